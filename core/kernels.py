"""Putting another kernel in the place of one of PyTorch's."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch


@contextlib.contextmanager
def replaced(operator: str, key: str, kernel: Callable[..., Any]) -> Iterator[None]:
    """Compute an operator by another kernel while the context is open, in the whole process.

    Parameters
    ----------
    operator
        Its name in ``aten``, with the overload where it has several.
    key
        The dispatch key under which PyTorch's own kernel stands; others keep theirs.
    kernel
        Called with the operator's arguments.
    """
    library: Any = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a kernel is replaced, which is meant
        library.impl(operator, kernel, key, allow_override=True)
    try:
        yield
    finally:
        library._destroy()
