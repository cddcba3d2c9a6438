"""The report in a real browser: what a reader sees, does with the keyboard, and prints."""

import numpy as np
import pytest

import thresher as th
from browser import CHROMIUM, opened

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium; `make test-python` installs it")

KEYS = ("AT", "DE", None, "</b>")


class Named(dict):
    names = ("country", "day")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    labels = rng.random(20_000) < 0.2
    better, worse = (np.clip(rng.normal(0.3 + gap * labels, 0.15), 0, 1) for gap in (0.2, 0.1))
    return labels, better, worse


@pytest.fixture(scope="module")
def counts(data):
    labels, better, worse = data
    new, old = th.ExactCounts(), th.CompactCounts(sums=True)
    new.update(labels, better)
    old.update(labels, worse)
    return new, old


@pytest.fixture(scope="module")
def slices(data):
    labels, scores, _ = data
    parts = Named()
    for number in range(12):
        part = th.ExactCounts()
        part.update(labels[number * 500 : number * 900], scores[number * 500 : number * 900])
        parts[KEYS[number % 4], number // 4] = part
    return parts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def one(folder, counts, slices):
    return th.report(counts[0], folder / "one.html", slices=slices, title="One model")


@pytest.fixture(scope="module")
def two(folder, counts):
    return th.report({"new <i>": counts[0], "old": counts[1]}, folder / "two.html", title="Two models")


@pytest.fixture(scope="module")
def tab(folder):
    with opened(folder / "profile") as browser:
        yield browser


@pytest.fixture
def browser(tab):
    """The tab, at its ordinary size, with nothing noted."""
    tab.complaints.clear()
    tab.requests.clear()
    tab.show(1280)
    yield tab
    assert tab.complaints == []


def text(browser, selector):
    return browser.run(f"document.querySelector({selector!r}).innerText")


def cells(browser):
    """What the matrix shows, as numbers."""
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    return [int(text(browser, f"#{name}").split("\n")[0].replace(",", "")) for name in names]


def told(counts):
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    return [getattr(counts, name) for name in names]


def test_it_opens_without_complaint_and_asks_nothing_of_any_host(browser, one, two):
    for page in (one, two):
        browser.requests.clear()
        browser.open(page)
        assert browser.run("Bokeh.documents.length") >= 5
        asked = [url for url in browser.requests if not url.startswith("data:")]
        assert asked == [page.as_uri()]


def test_every_figure_is_drawn(browser, one):
    browser.open(one)
    assert browser.run("document.querySelectorAll('.figure').length") == 5
    for name in ("roc", "precision-recall", "thresholds", "histogram", "reliability"):
        inked = f"""(() => {{
          const canvas = [...document.querySelector('#figure-{name} > *').shadowRoot.querySelectorAll('.bk-Canvas')][0]
            .shadowRoot.querySelector('canvas');
          const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let coloured = 0;
          for (let i = 0; i < pixels.length; i += 4)
            coloured += pixels[i + 3] > 0 && Math.max(pixels[i], pixels[i + 1], pixels[i + 2])
              - Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > 60;
          return coloured;
        }})()"""
        assert browser.run(inked) > 300, name


def test_the_slider_moves_by_keyboard_and_shows_the_counts_at_its_threshold(browser, one, counts):
    browser.open(one)
    browser.run("document.getElementById('threshold').focus()")
    seen = set()
    for key, times in (("Home", 1), ("ArrowRight", 3), ("End", 1), ("ArrowLeft", 40), ("ArrowLeft", 1)):
        browser.press(key, times)
        threshold = text(browser, "#threshold-shown")
        at = counts[0].confusion(float(threshold))
        assert cells(browser) == told(at)
        for name in ("recall", "precision", "f1", "false_positive_rate", "matthews_correlation", "lift"):
            rate = at.rate(name)
            shown = text(browser, f"#rate-{name}-0")
            assert shown == ("undefined" if np.isnan(rate) else f"{rate:.4f}")
        assert threshold in browser.run("document.getElementById('threshold').getAttribute('aria-valuetext')")
        seen.add(threshold)
    assert len(seen) == 5


def marks(browser, figure):
    """The points that the slider moves: [x, y] of each."""
    return browser.run(f"""(() => {{
      const plot = Bokeh.documents.map(each => each.roots()[0]).find(each => each.left[0].axis_label === {figure!r});
      const {{ x, y }} = plot.renderers.find(each => each.data_source.tags.includes('marks')).data_source.data;
      return [...x].map((each, position) => [each, y[position]]);
    }})()""")


def test_the_point_of_the_slider_s_threshold_is_marked_on_each_curve(browser, one, counts):
    browser.open(one)
    browser.run("document.getElementById('threshold').focus()")
    browser.press("ArrowRight", 25)
    at = counts[0].confusion(float(text(browser, "#threshold-shown")))
    assert marks(browser, "True positive rate (recall)") == [
        pytest.approx([at.false_positive_rate, at.recall], rel=1e-5)
    ]
    assert marks(browser, "Precision") == [pytest.approx([at.recall, at.precision], rel=1e-5)]
    rates = [at.recall, at.precision, at.rate("f1"), at.false_positive_rate]
    assert marks(browser, "Rate") == [pytest.approx([at.thresholds, rate], rel=1e-5) for rate in rates]


def test_of_two_models_each_has_its_rates_and_one_is_chosen(browser, two, counts):
    browser.open(two)
    assert browser.run("document.querySelectorAll('#model option').length") == 2
    for index, chosen in ((1, counts[1]), (0, counts[0])):
        browser.run(
            f"(() => {{ const s = document.getElementById('model'); s.value = '{index}';"
            "s.dispatchEvent(new Event('change')); })()"
        )
        at = chosen.confusion(float(text(browser, "#threshold-shown")))
        assert cells(browser) == told(at)
        for model, each in enumerate(counts):
            threshold = float(text(browser, f"#at-{model}").split("≥ ")[1])
            assert text(browser, f"#rate-recall-{model}") == f"{each.confusion(threshold).recall:.4f}"
        visible = browser.run("""Bokeh.documents.map(each => each.roots()[0])
          .find(each => each.below[0].axis_label === 'Score')
          .renderers.filter(each => each.visible).map(each => each.tags[0])""")
        assert visible == [index, index]
    assert "new <i>" in text(browser, "#rates")


def column(browser, number):
    return browser.run(
        f"[...document.querySelectorAll('#slices tbody tr')].map(row => row.cells[{number}].firstChild.textContent)"
    )


def test_slices_are_sorted_by_keyboard_and_the_heads_say_so(browser, one):
    browser.open(one)
    rows = [int(each.replace(",", "")) for each in column(browser, 2)]
    assert rows == sorted(rows, reverse=True)
    head = "document.querySelectorAll('#slices th')[{}]"
    for number, first in ((4, "descending"), (5, "descending"), (0, "ascending")):
        browser.run(f"{head.format(number)}.querySelector('button').focus()")
        browser.press("Enter")
        assert browser.run(f"{head.format(number)}.getAttribute('aria-sort')") == first
        once = column(browser, number)
        browser.press("Enter")
        assert browser.run(f"{head.format(number)}.getAttribute('aria-sort')") != first
        assert browser.run("document.querySelectorAll('#slices [aria-sort=none]').length") == 6
        twice = column(browser, number)
        known = [each for each in once if each not in {"undefined", "(none)"}]
        if number:
            values = [float(each.removesuffix(" %")) for each in known]
            assert values == sorted(values, reverse=True)
        else:
            assert known == sorted(known, key=str)
        assert [each for each in twice if each in known] == known[::-1] or len(set(known)) < len(known)
        for order in (once, twice):
            assert order[len(known) :] == [each for each in order if each in {"undefined", "(none)"}]  # these come last


def test_what_has_the_focus_is_seen_and_every_control_has_a_name(browser, two):
    browser.open(two)
    names = browser.run("[...document.querySelectorAll('input, select')].map(each => each.labels[0]?.innerText)")
    assert names == ["Model", "Threshold"]
    browser.run("document.getElementById('model').focus()")
    browser.press("Tab")
    assert browser.run("document.activeElement.id") == "threshold"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    levels = browser.run("[...document.querySelectorAll('h1, h2')].map(each => each.tagName)")
    assert levels[0] == "H1"
    assert "H1" not in levels[1:]


def contrast(browser, selector, behind):
    """Contrast of text and what lies behind it, as WCAG 2 defines it."""
    light = []
    for of, name in ((selector, "color"), (behind, "backgroundColor")):
        color = browser.run(f"getComputedStyle(document.querySelector({of!r})).{name}")
        parts = [float(each) / 255 for each in color.split("(")[1].rstrip(")").split(",")[:3]]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_dark_and_light_differ_and_both_can_be_read(browser, one, folder):
    browser.open(one)
    pictures, labels = [], []
    for scheme in ("light", "dark", "light"):
        browser.show(1280, scheme=scheme)
        pictures.append(browser.picture(folder / f"{scheme}.png"))
        labels.append(browser.run("Bokeh.documents[0].roots()[0].below[0].major_label_text_color"))
        for selector in ("h1", ".small", ".tile dt", ".notes dt"):
            assert contrast(browser, selector, "body" if selector == "h1" else ".card") >= 4.5, (scheme, selector)
    assert pictures[0] != pictures[1]
    assert labels[0] == labels[2] != labels[1]


@pytest.mark.parametrize("width", [320, 390, 701, 1000])
def test_no_width_makes_a_reader_scroll_sideways(browser, one, two, width):
    for page in (one, two):
        browser.open(page)
        browser.show(width, mobile=width < 700)
        assert browser.run("document.documentElement.scrollWidth") <= width
        inside = (
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        )
        assert browser.run(f"{inside}.map(e => e.outerHTML.slice(0, 80))") == []
        columns = browser.run("getComputedStyle(document.querySelector('.grid')).gridTemplateColumns.split(' ').length")
        assert columns == (1 if width <= 700 else 2)


@pytest.mark.parametrize("width", [320, 701, 1280])
def test_large_counts_stay_in_their_cells(browser, folder, width):
    huge = th.ThresholdCounts([0.5])
    huge.update([0, 1, 0, 1], [0.2, 0.2, 0.7, 0.7])
    for _ in range(31):
        huge.merge(huge)  # 2 billion rows in each cell
    browser.open(th.report(huge, folder / "huge.html"))
    browser.show(width, mobile=width < 700)
    assert cells(browser) == [2**31] * 4
    overfull = "[...document.querySelectorAll('.matrix td')].filter(cell => cell.scrollWidth > cell.clientWidth).length"
    assert browser.run(overfull) == 0


def test_it_prints_on_white_even_from_the_dark_and_figures_have_room(browser, one):
    browser.open(one)
    for scheme, turned in (("light", False), ("dark", True)):
        browser.show(1280, scheme=scheme, media="print")
        assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert (browser.run("getComputedStyle(document.querySelector('.figure')).filter") != "none") is turned
        assert browser.run("getComputedStyle(document.querySelector('.grid')).display") == "block"
        assert browser.run("getComputedStyle(document.getElementById('control')).position") == "static"
    browser.show(1280)
    drawn = "[...document.querySelectorAll('.figure')].map(figure => figure.getBoundingClientRect().width)"
    assert max(browser.run(drawn)) < 700  # the width of A4 in pixels, less its margins, is 718
    assert len(browser.call("Page.printToPDF")["data"]) > 10_000


def test_after_another_width_every_tool_is_still_there(browser, one):
    browser.open(one)
    shown = """(() => {
      const within = e => e.shadowRoot ? all(e.shadowRoot) : [];
      const all = node => [...node.querySelectorAll('*')].flatMap(e => [e, ...within(e)]);
      return all(document).filter(e => /tool-icon-(pan|box-zoom|wheel-zoom|reset)/.test(e.className)
        && e.getBoundingClientRect().width > 0).length;
    })()"""
    for width in (1280, 1100, 760, 1280):
        browser.show(width)
        browser.wait_for(f"{shown} === 20")


def test_a_pointer_on_a_curve_is_told_where_it_is(browser, one):
    browser.open(one)
    place = browser.run("""(() => {
      const figure = document.getElementById('figure-roc');
      figure.scrollIntoView({ block: 'center' });
      const plot = Bokeh.documents.map(e => e.roots()[0]).find(e => e.below[0].axis_label === 'False positive rate');
      const view = Bokeh.index.get_one(plot);
      const { x, y } = plot.renderers.find(e => e.data_source.tags.includes('marks')).data_source.data;
      const box = figure.getBoundingClientRect();
      const at = view.frame.bbox;
      return [box.left + view.frame.x_scale.compute(x[0]), box.top + view.frame.y_scale.compute(y[0])];
    })()""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0] - 3, y=place[1] + 3)
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    browser.wait_for("""(() => {
      const within = e => e.shadowRoot ? all(e.shadowRoot) : [];
      const all = node => [...node.querySelectorAll('*')].flatMap(e => [e, ...within(e)]);
      return all(document).some(e => e.classList.contains('bk-Tooltip') && /FPR/.test(e.shadowRoot?.textContent ?? ''));
    })()""")


def test_without_rows_it_opens_too(browser, folder):
    browser.open(th.report(th.ExactCounts(), folder / "none.html"))
    assert browser.run("getComputedStyle(document.getElementById('control')).display") == "none"
    assert "there are no rows" in text(browser, "main")
