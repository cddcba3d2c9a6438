// The slider, the marks on curves, the colours of figures, the order of slices. Numbers come from the page's JSON.
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const models = page.models;
  const element = (id) => document.getElementById(id);
  const slider = element("threshold");
  const CELLS = ["true_positives", "false_positives", "false_negatives", "true_negatives"];
  const SHORT = ["TP", "FP", "FN", "TN"];
  const DRAWN = ["recall", "precision", "f1", "false_positive_rate"];
  const RATE_COLORS = page.rate_colors;
  const plots = {};
  let chosen = 0;

  const sign = (model) => (model.comparison === ">=" ? "≥" : ">");
  const counted = (value) =>
    Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(6)).toLocaleString("en");
  const share = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(2)} %` : "–");
  const rate = (value) => (value === null ? "undefined" : value.toFixed(4));
  const shown = (text) => text.replace("Infinity", "∞").replace("-", "−");

  // The position of a model's stop nearest to a threshold; models that can be read at the same thresholds share theirs.
  function nearest(model, threshold) {
    let best = 0;
    model.thresholds.forEach((text, position) => {
      const distance = Math.abs(Number(text) - threshold);
      if (distance < Math.abs(Number(model.thresholds[best]) - threshold)) best = position;
    });
    return best;
  }

  function positions() {
    const own = Number(slider.value);
    const threshold = Number(models[chosen].thresholds[own]);
    return models.map((model, index) => (index === chosen ? own : nearest(model, threshold)));
  }

  function tell() {
    const model = models[chosen];
    if (!model.thresholds.length) return;
    const at = positions();
    const here = at[chosen];
    const [tp, fp, fn, tn] = CELLS.map((name) => model[name][here]);
    const wholes = [tp + fn, fp + tn, tp + fn, fp + tn];
    CELLS.forEach((name, index) => {
      const value = [tp, fp, fn, tn][index];
      const cell = element(name);
      cell.replaceChildren(counted(value));
      const below = document.createElement("span");
      below.className = "small";
      below.textContent = `${SHORT[index]} · ${share(value, wholes[index])}`;
      cell.append(below);
      cell.style.setProperty("--share", wholes[index] > 0 ? value / wholes[index] : 0);
    });
    models.forEach((each, index) => {
      if (!each.thresholds.length) return;
      element(`at-${index}`).textContent = `score ${sign(each)} ${shown(each.thresholds[at[index]])}`;
      page.rates.forEach((name) => {
        element(`rate-${name}-${index}`).textContent = rate(each.rates[name][at[index]]);
      });
    });
    const widest = Math.max(...[tp, fp, fn, tn].map((value) => counted(value).length), 4);
    element("matrix").style.setProperty("--digits", widest);
    const flagged = tp + fp;
    const total = tp + fp + fn + tn;
    const classes = `${counted(tp + fn)} actual positive, ${counted(fp + tn)} actual negative`;
    element("matrix-totals").textContent = `${classes}; ${counted(flagged)} flagged (${share(flagged, total)}).`;
    const text = shown(model.thresholds[here]);
    const [recall, precision] = ["recall", "precision"].map((name) => rate(model.rates[name][here]));
    element("threshold-shown").textContent = text;
    element("threshold-says").textContent =
      `Flagged when score ${sign(model)} ${text}: recall ${recall}, precision ${precision}.`;
    slider.setAttribute("aria-valuetext", `${text}: recall ${recall}, precision ${precision}`);
    document.querySelectorAll(".chosen").forEach((each) => (each.textContent = model.name));
    mark(at);
  }

  function mark(at) {
    const curves = { roc: ["false_positive_rate", "recall"], "precision-recall": ["recall", "precision"] };
    for (const [name, [x, y]] of Object.entries(curves)) {
      const points = models
        .map((model, index) => ({ model, index, x: model.rates[x][at[index]], y: model.rates[y][at[index]] }))
        .filter((point) => typeof point.x === "number" && typeof point.y === "number");
      const size = (index) => (index === chosen ? 13 : 9);
      place(plots[name], points.map(({ model, index, x, y }) => ({ x, y, color: model.color, size: size(index) })));
    }
    const model = models[chosen];
    const threshold = Number(model.thresholds[at[chosen]]);
    const rates = DRAWN.map((name) => [name, model.rates[name][at[chosen]]]).filter(([, rate]) => rate !== null);
    place(plots.thresholds, rates.map(([name, y]) => ({ x: threshold, y, color: RATE_COLORS[name], size: 10 })));
    for (const plot of [plots.thresholds, plots.histogram]) {
      if (plot) plot.center.filter((each) => each.tags.includes("cut")).forEach((cut) => (cut.location = threshold));
    }
  }

  function place(plot, points) {
    if (!plot) return;
    const source = plot.renderers.map((each) => each.data_source).find((each) => each?.tags.includes("marks"));
    const columns = ["x", "y", "color", "size"].map((key) => [key, points.map((point) => point[key])]);
    source.data = Object.fromEntries(columns);
  }

  function choose(index) {
    const threshold = Number(models[chosen].thresholds[Number(slider.value)]);
    const first = slider.max === "0";
    chosen = index;
    const model = models[chosen];
    slider.max = Math.max(model.thresholds.length - 1, 0);
    slider.value = first || Number.isNaN(threshold) ? model.start : nearest(model, threshold);
    if (plots.thresholds && !page.common) reach(plots.thresholds.x_range, model);
    const ofModels = (plot) => (plot ? plot.renderers.filter((each) => typeof each.tags[0] === "number") : []);
    ofModels(plots.histogram).forEach((each) => (each.visible = each.tags[0] === chosen));
    ofModels(plots.thresholds).forEach((each) => (each.glyph.line_alpha = each.tags[0] === chosen ? 1 : 0.3));
    tell();
  }

  // Models of different scales are not shown on one axis.
  function reach(range, model) {
    const finite = model.thresholds.map(Number).filter(Number.isFinite);
    if (!finite.length) return;
    const [low, high] = [finite[0], finite[finite.length - 1]];
    const room = high / 50 - low / 50 || Math.abs(low) / 2 || 0.5;
    range.setv({ start: low - room, end: high + room, reset_start: low - room, reset_end: high + room });
  }

  // Rates by threshold are drawn from the numbers that the slider shows.
  function fill(plot) {
    if (!plot) return;
    models.forEach((model, index) => {
      const finite = [...model.thresholds.keys()].filter((p) => Number.isFinite(Number(model.thresholds[p])));
      const texts = finite.map((p) => model.thresholds[p]);
      const data = { threshold: texts.map(Number), shown: texts };
      DRAWN.forEach((name) => (data[name] = finite.map((p) => model.rates[name][p] ?? NaN)));
      const drawn = plot.renderers.find((each) => each.tags.includes(index));
      drawn.data_source.data = data;
    });
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");

  let resized = 0;

  // After its width has changed, Bokeh 3.9 leaves tools hidden; another height makes it lay out anew.
  function settle() {
    Object.values(plots).forEach((plot) => (plot.height += plot.height % 2 ? -1 : 1));
  }

  function paint(isDark) {
    document.documentElement.dataset.painted = isDark ? "dark" : "light";
    const [text, faint] = isDark ? ["#c3cad3", "#323a45"] : ["#3d4653", "#e1e5ea"];
    const card = isDark ? "#181c22" : "#ffffff";
    Object.values(plots).forEach((plot) => {
      for (const axis of [...plot.below, ...plot.left]) {
        axis.setv({
          axis_label_text_color: text, major_label_text_color: text, axis_line_color: faint,
          major_tick_line_color: faint, minor_tick_line_color: null,
        });
      }
      plot.center.filter((each) => "grid_line_color" in each).forEach((grid) => (grid.grid_line_color = faint));
      const marks = plot.renderers.filter((each) => each.data_source?.tags.includes("marks"));
      marks.forEach((each) => (each.glyph.line_color = card));
    });
  }

  function sortable(table) {
    const collator = new Intl.Collator("en", { numeric: true });
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const numbers = head.classList.contains("number");
        const before = head.getAttribute("aria-sort");
        const descending = before === "none" ? numbers : before === "ascending";
        heads.forEach((each) => each.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const order = (row) => row.cells[column].dataset.order;
        const compare = (a, b) => {
          const [x, y] = [Number(a), Number(b)];
          return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
        };
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => {
          const [x, y] = [order(a), order(b)];
          if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
          return (descending ? -1 : 1) * compare(x, y);
        });
        body.append(...rows);
      });
    });
  }

  async function begin() {
    for (const [name, item] of Object.entries(page.figures)) {
      const view = await Bokeh.embed.embed_item(item);
      plots[name] = view.model ?? [...view.roots][0].model;
      if (matchMedia("(pointer: fine)").matches) {
        const zoom = plots[name].toolbar.tools.find((tool) => tool.type === "BoxZoomTool");
        plots[name].toolbar.active_drag = zoom;
        zoom.active = true;
      }
    }
    fill(plots.thresholds);
    paint(dark.matches);
    dark.addEventListener("change", () => paint(dark.matches));
    addEventListener("resize", () => {
      clearTimeout(resized);
      resized = setTimeout(settle, 150);
    });
    if (models.some((model) => model.thresholds.length)) {
      element("control").hidden = false;
      slider.addEventListener("input", tell);
      element("control").addEventListener("submit", (event) => event.preventDefault());
      element("model")?.addEventListener("change", (event) => choose(Number(event.target.value)));
      choose(0);
    }
    document.documentElement.dataset.ready = "yes";
  }

  document.querySelectorAll("table.sortable").forEach(sortable);
  begin();
})();
