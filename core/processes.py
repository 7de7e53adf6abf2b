"""Several processes that train one model together, as `accelerate launch` starts them.

Every function does nothing worth naming in a single process, which is the usual case, and then
loads no torch. Whatever is said between processes is said by accelerate.

The first process owns the run's folder: it alone holds its lock, writes its events and its files.
The others compute, and follow it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
S = TypeVar("S", bound="Sequence[Any] | NDArray[Any]")

_alone: list[bool] = []


def world() -> int:
    """Return how many processes work together."""
    if _alone:
        return 1
    # accelerate too takes LOCAL_RANK as the sign that a launcher started this process.
    return int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1


def rank() -> int:
    """Return this process's number, from 0."""
    return int(os.environ.get("RANK", "0")) if world() > 1 else 0


def is_main() -> bool:
    """Whether this process owns the run's folder."""
    return rank() == 0


@contextmanager
def alone() -> Iterator[None]:
    """Let this process work as if there were no others: nothing is shared, nothing waited for."""
    _alone.append(True)
    try:
        yield
    finally:
        _alone.pop()


def sharded() -> bool:
    """Whether no process holds the whole model (FSDP): they have to go through it in step."""
    return "LOCAL_RANK" in os.environ and _yes("ACCELERATE_USE_FSDP")


def begin() -> None:
    """Let the processes find each other; before anything else here that waits for others."""
    if world() > 1:
        from accelerate import PartialState

        PartialState(cpu=_on_cpu())


def barrier() -> None:
    """Wait until every process has come here."""
    if world() > 1:
        from accelerate.utils import wait_for_everyone

        begin()
        wait_for_everyone()


def gather_objects(value: T) -> list[T]:
    """Return what each process gave, in the order of their numbers, to all of them."""
    if world() == 1:
        return [value]
    from accelerate.utils import gather_object

    begin()
    return cast(list[T], gather_object([value]))


def from_main(work: Callable[[], T]) -> T:
    """Let the first process do something, and return its result in all of them."""
    if world() == 1:
        return work()
    from accelerate.utils import broadcast_object_list

    begin()
    said: list[Any] = [work() if is_main() else None]
    broadcast_object_list(said)
    return cast(T, said[0])


def share(items: S) -> S:
    """Return this process's part of a list: every so many, so that the parts cost alike."""
    own: Any = items[rank() :: world()]
    return cast(S, own)


def merge(whole: NDArray[Any]) -> NDArray[Any]:
    """Put the parts together that each process filled in an array of zeros; to all of them."""
    if world() == 1:
        return whole
    parts = gather_objects(whole)
    out: NDArray[Any] = cast("np.ndarray[Any, Any]", sum(parts[1:], parts[0]))
    return out


def any_of(flag: bool) -> bool:
    """Whether any process says yes."""
    return any(gather_objects(flag)) if world() > 1 else flag


def merge_lists(found: list[T], empty: Callable[[T], bool]) -> list[T]:
    """Put lists together of which each process filled some places; to all of them."""
    parts = gather_objects(found)
    return [
        next((one for one in place if not empty(one)), place[0])
        for place in zip(*parts, strict=True)
    ]


def _on_cpu() -> bool:
    import torch

    return _yes("ACCELERATE_USE_CPU") or not torch.cuda.is_available()


def _yes(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes")
