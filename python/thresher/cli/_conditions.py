"""Conditions on rows, as `--where` takes them: COLUMN OP VALUE, compared as values of the column's type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thresher.cli._failures import UsageFailure
from thresher.cli._literals import Literal, known_column, value_of

__all__ = ["Condition", "condition", "expression"]

_COLUMN = r"`[^`]+`|\"[^\"]+\"|'[^']+'|[^\s=!<>\"'`]+"
_CONDITION = re.compile(rf"\s*({_COLUMN})\s*(==|!=|<=|>=|<|>|=|(?<=\s)not\s+in\b|(?<=\s)in\b)\s*(.*\S)\s*", re.DOTALL)
_LITERAL = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^,\"']*[^,\"'\s]))\s*(?:,|$)")
_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it was typed."""

    text: str
    column: str
    operator: str
    values: tuple[Literal, ...]


def condition(text: str) -> Condition:
    """Return the condition that a text states.

    Parameters
    ----------
    text : str
        `COLUMN OP VALUE`. A column whose name holds spaces or operators stands in quotes or backticks; OP is ==, !=, <,
        <=, >, >= or `in` (a list, in brackets or not); VALUE is text (in quotes, or bare), a number, a date or time in
        ISO form, true, false or null.

    Raises
    ------
    UsageFailure
        For any other form.

    Examples
    --------
    >>> found = condition("country in (AT, 'DE')")
    >>> found.column, found.operator, [value.text for value in found.values]
    ('country', 'in', ['AT', 'DE'])
    """
    parts = _CONDITION.fullmatch(text)
    if parts is None:
        raise UsageFailure(f"--where: {text!r} must be COLUMN OP VALUE, as 'country == \"AT\"'")
    column, operator, rest = parts.groups()
    if operator == "=" or operator not in _OPERATORS:
        meant = "==" if operator == "=" else "!=, repeated,"
        raise UsageFailure(f"--where: {text!r} has {operator!r}; write {meant} instead")
    if column[0] in "`\"'":
        column = column[1:-1]
    values = _literals(text, rest, several=operator == "in")
    if any(value.is_null for value in values) and operator not in ("==", "!=", "in"):
        raise UsageFailure(f"--where: {text!r} compares with null, which has no order; use == or !=")
    return Condition(text, column, operator, values)


def expression(conditions: Sequence[Condition], schema: Any) -> Any:
    """Return a pyarrow.dataset.Expression that all conditions hold; None for no condition.

    A row whose value is null meets a condition only where that names null.
    """
    whole = None
    for each in conditions:
        one = _expression(each, schema)
        whole = one if whole is None else whole & one
    return whole


def _expression(each: Condition, schema: Any) -> Any:
    import pyarrow.dataset

    kind = known_column(each.column, schema, "--where")
    field = pyarrow.dataset.field(each.column)
    values = [value_of(value, kind, f"--where: {each.text!r}") for value in each.values if not value.is_null]
    null = any(value.is_null for value in each.values)
    if each.operator == "in":
        known = _any_of(field, values)
        return known if not null else field.is_null() if known is None else known | field.is_null()
    if null:
        return field.is_null() if each.operator == "==" else ~field.is_null()
    compare = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
    return getattr(field, compare[each.operator])(values[0])


def _any_of(field: Any, values: Sequence[Any]) -> Any:
    found = None
    for value in values:
        found = field == value if found is None else found | (field == value)
    return found


def _literals(text: str, rest: str, several: bool) -> tuple[Literal, ...]:
    if several and rest[0] + rest[-1] in ("()", "[]", "{}"):
        rest = rest[1:-1]
    found, place = [], 0
    while place < len(rest):
        part = _LITERAL.match(rest, place)
        if part is None:
            raise UsageFailure(f"--where: {text!r}: cannot read {rest[place:]!r}; put text in quotes")
        double, single, bare = part.groups()
        quoted = double if double is not None else single
        found.append(Literal(bare, quoted=False) if quoted is None else Literal(re.sub(r"\\(.)", r"\1", quoted), True))
        place = part.end()
    if len(found) != 1 and not several:
        raise UsageFailure(f"--where: {text!r} has {len(found)} values; several need `in`")
    if not found:
        raise UsageFailure(f"--where: {text!r} names no value")
    return tuple(found)
