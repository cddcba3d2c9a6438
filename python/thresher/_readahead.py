"""Reading ahead: threads that read tasks into short queues, in an order that does not depend on their pace.

A task is a function that returns an iterator, as that over a few row groups. Each thread takes the next task and fills
a queue of its own; the caller empties the queues in the order of the tasks. What is read ahead is bounded by the length
of a queue and by the number of tasks under way. Why threads of our own: docs/dev/scan.md.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any, TypeAlias, TypeVar

__all__ = ["Task", "read_ahead"]

_Item = TypeVar("_Item")
Task: TypeAlias = Callable[[], Iterator[_Item]]

# Items that wait in the queue of a task, its end aside: as many as a usual row group has, so that a thread need not
# wait for another to finish its row group.
_DEPTH = 8
# Tasks that were taken and wait to be emptied, beside those under way. Of 1e8 rows at 19 thresholds (two cores): with
# one 0.33 s, with 2 0.31, with 3 or 4 0.29; more takes memory alone.
_AHEAD = 3
# How long a thread that waits for room takes to notice that nobody wants more.
_PATIENCE = 0.02

_END = object()


def read_ahead(tasks: Iterator[Task[_Item]], threads: int) -> Generator[_Item, None, None]:
    """Yield the items of the tasks in their order, read by so many threads; none is left when this ends or is closed.

    An exception of a task is raised where its next item would have come.
    """
    reading = _Reading(tasks)
    workers = [Thread(target=reading.work, name=f"thresher-reader-{number}") for number in range(threads)]
    try:
        for worker in workers:
            worker.start()
        yield from reading.items()
    finally:
        reading.stopped.set()
        for worker in workers:
            if worker.ident is not None:
                worker.join()


class _Reading:
    """What the threads share: the tasks left, and the queues of those under way in their order."""

    def __init__(self, tasks: Iterator[Task[Any]]) -> None:
        self.stopped = Event()
        self._tasks = tasks
        self._turn = Lock()
        self._order: Queue[Queue[Any] | None] = Queue(_AHEAD)

    def work(self) -> None:
        """Read task after task until there is none, or nobody wants more."""
        while not self.stopped.is_set():
            queue: Queue[Any] = Queue(_DEPTH + 1)
            try:
                with self._turn:
                    task = self._next(queue)
                if task is None:
                    return
                items = task()
                while (item := next(items, _END)) is not _END and self._put(queue, item):
                    pass
                self._put(queue, _END)
            except BaseException as error:
                self._put(queue, error)

    def items(self) -> Iterator[Any]:
        """Empty the queues in their order."""
        while (queue := _taken(self._order)) is not None:
            while (item := _taken(queue)) is not _END:
                if isinstance(item, BaseException):
                    raise item
                yield item

    def _next(self, queue: Queue[Any]) -> Task[Any] | None:
        """Take the next task, whose items go into `queue`; None when there is none."""
        try:
            task = next(self._tasks, None)
        except BaseException:
            self._put(self._order, queue)
            raise
        taken = self._put(self._order, None if task is None else queue)
        return task if taken else None

    def _put(self, queue: Queue[Any], item: object) -> bool:
        """Whether there was room before nobody wanted more."""
        while not self.stopped.is_set():
            try:
                queue.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return True
        return False


def _taken(queue: Queue[Any]) -> Any:
    """Wait for an item; in slices, because Windows delivers Ctrl-C only between them."""
    while True:
        try:
            return queue.get(timeout=_PATIENCE)
        except Empty:
            continue
