"""An evaluation as JSON, in the form that docs/cli.md promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thresher.cli import _documents
from thresher.cli._evaluating import Evaluated
from thresher.cli._limits import Verdict
from thresher.cli._requests import Request
from thresher.cli._states import keyed

__all__ = ["written"]


def written(request: Request, found: Sequence[Evaluated], verdicts: Sequence[Verdict]) -> str:
    """Return the document as text."""
    metadata = found[0].state.metadata or {}
    content = {
        "files": list(request.files),
        "sources": metadata.get("sources"),
        "rows": metadata.get("rows"),
        "seconds": metadata.get("seconds"),
        "label": request.label,
        "weight": request.weight,
        "group": list(request.groups),
        "where": [each.text for each in request.where],
        "scores": [_score(each) for each in found],
        "limits": [_verdict(each, found) for each in verdicts],
        "passed": not any(each.broken for each in verdicts),
        "report": request.report,
    }
    return _documents.written(_documents.document("evaluate", content))


def _score(found: Evaluated) -> dict[str, Any]:
    return {
        "score": found.score,
        "state": _documents.state(found.counts),
        **_documents.summary(found.summary),
        "slices": [{"key": keyed(found.slices.names, key), **_documents.summary(each)} for key, each in found.slices],
        "saved": found.saved,
    }


def _verdict(each: Verdict, found: Sequence[Evaluated]) -> dict[str, Any]:
    names = found[0].slices.names
    return {
        "limit": each.limit,
        "score": each.part.score,
        "key": None if each.part.slice_name is None else keyed(names, each.part.key),
        "value": each.value,
        "bounds": each.bounds,
        "broken": each.broken,
        "certain": each.certain,
        "reason": each.reason,
    }
