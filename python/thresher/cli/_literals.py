"""Values as they are typed, read as values of a column's type."""

from __future__ import annotations

import datetime
import difflib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from thresher.cli._failures import Failure, UsageFailure

__all__ = ["Literal", "known_column", "value_of"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was typed, and whether it stood in quotes."""

    text: str
    quoted: bool

    @property
    def is_null(self) -> bool:
        """Whether it is the bare word null."""
        return not self.quoted and self.text == "null"


def known_column(name: str, schema: Any, option: str) -> Any:
    """Return the type of a column, or refuse one that is not there, with near names."""
    index = schema.get_field_index(name)
    if index < 0:
        near = difflib.get_close_matches(name, schema.names, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(schema.names[:12])}"
        raise Failure(f"{option}: no column {name!r}; {hint}")
    return schema.field(index).type


def value_of(literal: Literal, kind: Any, place: str) -> Any:
    """Return a pyarrow scalar of a column's type.

    Numbers are rounded to a column of floats, as a score is compared with a threshold; one that a column of integers
    cannot hold is compared as it is.

    Raises
    ------
    UsageFailure
        For a text that is no such value, or a type whose values cannot be typed.
    """
    import pyarrow

    if pyarrow.types.is_dictionary(kind):
        return value_of(literal, kind.value_type, place)
    try:
        return _scalar(literal, kind)
    except (ValueError, InvalidOperation, pyarrow.ArrowException) as error:
        if isinstance(error, UsageFailure):
            raise
        quotes = " in quotes" if literal.quoted else ""
        raise UsageFailure(f"{place}: {literal.text!r}{quotes} is no value of a column of type {kind}") from error


def _scalar(literal: Literal, kind: Any) -> Any:
    import pyarrow

    types, text = pyarrow.types, literal.text
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pyarrow.scalar(text)
    if types.is_date(kind):
        return pyarrow.scalar(datetime.date.fromisoformat(text), kind)
    if types.is_timestamp(kind):
        return pyarrow.scalar(_moment(text, kind.tz), kind)
    if types.is_time(kind):
        return pyarrow.scalar(datetime.time.fromisoformat(text), kind)
    if literal.quoted:
        raise ValueError(text)
    if types.is_boolean(kind):
        return pyarrow.scalar({"true": True, "false": False, "1": True, "0": False}[_among(text)])
    if types.is_integer(kind):
        return _whole(Decimal(text), kind)
    if types.is_floating(kind):
        return pyarrow.scalar(float(text), kind)
    if types.is_decimal(kind):
        return pyarrow.scalar(Decimal(text))
    raise ValueError(text)


def _among(text: str) -> str:
    lower = text.lower()
    if lower not in ("true", "false", "0", "1"):
        raise ValueError(text)
    return lower


def _whole(value: Decimal, kind: Any) -> Any:
    import pyarrow

    if value != value.to_integral_value():
        return pyarrow.scalar(float(value))
    try:
        return pyarrow.scalar(int(value), kind)
    except pyarrow.ArrowInvalid:
        return pyarrow.scalar(int(value))  # beyond the type: larger or smaller than every value of the column


def _moment(text: str, zone: str | None) -> datetime.datetime:
    """Return a time; without an offset it is one of the column's zone."""
    from zoneinfo import ZoneInfo

    found = datetime.datetime.fromisoformat(text)
    if zone is None and found.tzinfo is not None:
        raise ValueError(text)
    if zone is not None and found.tzinfo is None:
        return found.replace(tzinfo=ZoneInfo(zone))
    return found
