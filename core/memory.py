"""Running out of memory: telling it from other errors, and giving back what is held."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

Items = TypeVar("Items", bound="Sequence[Any] | NDArray[Any]")
Found = TypeVar("Found")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory, on a device or on the machine."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text
    )


def in_halves(
    work: Callable[[Items], Found], items: Items, halved: Callable[[], None] = lambda: None
) -> Iterator[tuple[Items, Found]]:
    """Do something with items together, or with each half of them where memory runs out.

    Parameters
    ----------
    work
        What is done.
    items
        What can be cut in two.
    halved
        Told whenever memory ran out.

    Yields
    ------
    Items that were worked on together, and what came of them; in the items' order.
    """
    try:
        found = work(items)
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error) or len(items) == 1:
            raise
    else:
        yield items, found
        return
    give_back()  # behind the handler, whose traceback held the tensors
    halved()
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        yield from in_halves(work, half, halved)  # type: ignore[arg-type, misc]


def give_back() -> None:
    """Free what nothing refers to any more, on the device too."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
