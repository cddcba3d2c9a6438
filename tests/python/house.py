"""Reading the house: which module imports what, in both languages, from the sources alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CORE = REPOSITORY / "src"
FACE = REPOSITORY / "python" / "thresher"


def python_modules() -> dict[str, ast.Module]:
    """Module name below `thresher` -> its syntax tree."""
    return {
        ".".join(path.relative_to(FACE).with_suffix("").parts): ast.parse(path.read_text(), str(path))
        for path in sorted(FACE.rglob("*.py"))
    }


def imported_when_loaded(tree: ast.Module) -> Iterator[str]:
    """Dotted names that the module imports by being imported: not in function bodies, not for type checkers alone."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides who is imported"
            if node.module == "thresher":
                yield from (f"thresher.{name.name}" for name in node.names)
            elif node.module:
                yield node.module
        elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            pending.extend(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


def rust_code(path: Path) -> str:
    """The file without comments and without its tests."""
    code = path.read_text().split("#[cfg(test)]\nmod tests")[0]
    return re.sub(r"//.*", "", code)


def rust_sources(folder: Path) -> list[Path]:
    """Every source file below, except files of tests."""
    return sorted(path for path in folder.rglob("*.rs") if path.stem != "tests")


def core_rooms() -> set[str]:
    """The core's top modules."""
    return set(re.findall(r"^(?:pub )?mod (\w+);", rust_code(CORE / "lib.rs"), re.MULTILINE))


def core_room(path: Path) -> str:
    """The top module that a file belongs to."""
    return path.relative_to(CORE).with_suffix("").parts[0]


def rooms_used(path: Path) -> set[str]:
    """The top modules whose paths the file names, through `crate::` or enough `super::`."""
    code = rust_code(path)
    module = [part for part in path.relative_to(CORE).with_suffix("").parts if part != "mod"]
    to_root = "super::" * len(module)
    named: set[str] = set()
    for start in re.finditer(rf"\bcrate::|(?<!super::){to_root}(?!super)", code):
        named |= heads(code[start.end() :])
    exported: dict[str, str] = {}
    for room, names in re.findall(r"pub use (\w+)::(\{[^}]*\}|\w+);", rust_code(CORE / "lib.rs")):
        exported |= dict.fromkeys(re.findall(r"\w+", names), room)
    return {exported.get(name, name) for name in named} - {module[0]}


def heads(text: str) -> set[str]:
    """First names of a path, or of every path of a `{...}` group, that begins `text`."""
    if not text.startswith("{"):
        return set(re.findall(r"\A\w+", text))
    depth, names, begins = 0, set(), True
    for word in re.findall(r"\w+|[{},]", text):
        if word == "{":
            depth += 1
        elif word == "}":
            depth -= 1
            if depth == 0:
                break
        elif word != "," and begins and depth == 1:
            names.add(word)
        begins = word in "{,"
    return names
