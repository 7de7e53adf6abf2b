"""Running out of memory: telling it from other errors, and giving back what is held."""

from __future__ import annotations

import gc


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory, on a device or on the machine."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text
    )


def give_back() -> None:
    """Free what nothing refers to any more, on the device too."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
