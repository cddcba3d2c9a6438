"""What went wrong, as one line on stderr and an exit code; a traceback only where THRESHER_TRACEBACK=1 asks for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator

from thresher import Error

__all__ = ["BROKEN_LIMIT", "Failure", "UsageFailure", "guarded", "say", "telling"]

BAD_DATA, BAD_CALL, BROKEN_LIMIT = 1, 2, 3
INTERRUPTED, UNREAD = 130, 141  # 128 + SIGINT, 128 + SIGPIPE, as shells have it

_TRACEBACK = "THRESHER_TRACEBACK"


class Failure(Exception):
    """Data or a file that cannot be used; its text is the line that is shown."""


class UsageFailure(Exception):
    """An option or argument that cannot be understood; its text is the line that is shown."""


def say(text: str) -> None:
    """Write a line for people to stderr, whatever the text holds."""
    print(f"thresher: {' '.join(text.split())}", file=sys.stderr)


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Write results to stdout, to the end; what prevents it is named."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), "standard output") from error


def guarded(command: Callable[[], int]) -> int:
    """Return the exit code of a command, or of what stopped it."""
    _prepare()
    try:
        code = command()
        with telling():
            return code
    except BrokenPipeError:
        _silence()
        return UNREAD
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(_TRACEBACK, "0") not in ("", "0"):
            traceback.print_exc()
        _silence_if_full()
        code, text = _explained(error)
        say(text)
        return code


def _explained(error: Exception) -> tuple[int, str]:
    """Return the exit code and the line for an error."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # what typer found in the arguments
        return _misunderstood(error)
    if isinstance(error, UsageFailure):
        return BAD_CALL, f"{error} (thresher --help shows examples)"
    if isinstance(error, ImportError):
        return BAD_CALL, str(error)
    if isinstance(error, OSError):
        return BAD_DATA, _unreachable(error)
    if isinstance(error, Failure | Error):
        return BAD_DATA, str(error)
    if isinstance(error, MemoryError):
        return BAD_DATA, f"out of memory: {str(error) or 'count with --into compact, which takes a few MiB'}"
    return BAD_DATA, f"{type(error).__name__}: {str(error) or 'no message'} ({_TRACEBACK}=1 shows where)"


def _misunderstood(error: Exception) -> tuple[int, str]:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "thresher"
    text = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    return int(error.exit_code), f"{text} ({command} --help shows examples)"  # type: ignore[attr-defined]


def _unreachable(error: OSError) -> str:
    """Return what the system said of a file, with a remedy where there is a usual one."""
    reason = error.strerror or str(error)
    text = f"{error.filename}: {reason}" if error.filename is not None else reason
    if error.errno == errno.ENOENT:
        return f"{text}; check the path"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text}; free some space and run again"
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{text}; check the permissions"
    return text


def _prepare() -> None:
    """Make both streams take any text: a column's name may hold what a terminal's encoding lacks."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        if hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _silence() -> None:
    """Send what is still buffered nowhere: the interpreter flushes once more as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _silence_if_full() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _silence()
