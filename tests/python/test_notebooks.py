"""notebooks/ holds what its cells give: they run in order, as one script of plain Python, without Jupyter.

What a cell prints, and the repr of its last expression where that is an output, are compared with the committed text:
words exactly, numbers within 2 %, for the models are trained anew and their last digits depend on the machine. Pictures
are drawn, not compared. `jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb` renews the outputs.
"""

import ast
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def result_of(cell: dict[str, Any]) -> str | None:
    """The committed text of a cell's last expression; None where it has none."""
    texts = ["".join(each["data"]["text/plain"]) for each in cell["outputs"] if each["output_type"] == "execute_result"]
    return texts[0] if texts else None


def ran(cell: dict[str, Any], names: dict[str, object]) -> tuple[str, str | None]:
    """What the cell prints, and the repr of its last expression."""
    tree, printed, result = ast.parse("".join(cell["source"])), io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        last = tree.body.pop() if result_of(cell) is not None else None
        exec(compile(tree, "notebook", "exec"), names)
        if isinstance(last, ast.Expr):
            result = repr(eval(compile(ast.Expression(last.value), "notebook", "eval"), names))
    return printed.getvalue(), result


def agrees(found: str, committed: str) -> bool:
    """Whether both texts have the same words, and numbers close to each other."""
    texts = [" ".join(text.split()) for text in (found, committed)]
    numbers = [[float(number.replace(",", "")) for number in NUMBER.findall(text)] for text in texts]
    words = [NUMBER.sub("#", text) for text in texts]
    return words[0] == words[1] and numbers[0] == pytest.approx(numbers[1], rel=0.02, abs=0.002)


# Keras's own, on jax, when it reads weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_give_the_outputs_that_are_committed(path, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS)
    monkeypatch.setattr(sys, "path", [*sys.path])
    plt.switch_backend("Agg")
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    for number, cell in enumerate(cells, start=1):
        assert cell["execution_count"] == number, "run all cells, in order, before committing"
        printed, result = ran(cell, names)
        committed = "".join("".join(each["text"]) for each in cell["outputs"] if each["output_type"] == "stream")
        where = f"cell {number} of {path.name}"
        assert agrees(printed, committed), f"{where} prints\n{printed}\nbut holds\n{committed}"
        assert agrees(result or "", result_of(cell) or ""), f"{where} gives\n{result}\nbut holds\n{result_of(cell)}"
    plt.close("all")


def test_notebooks_are_small_enough_to_be_kept():
    sizes = {path.name: path.stat().st_size for path in NOTEBOOKS.glob("*.ipynb")}
    assert {"certainty.ipynb", "keras_migration.ipynb"} <= set(sizes)
    assert max(sizes.values()) < 300_000


def test_another_figure_or_word_in_an_output_is_noticed():
    assert agrees("recall 0.491,\n  1,686 rows", "recall 0.490, 1,690 rows")
    assert not agrees("recall 0.491", "recall 0.591")
    assert not agrees("recall 0.491", "precision 0.491")
