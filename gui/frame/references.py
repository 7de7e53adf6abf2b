"""A repair of PySide6 6.12.0 on Python before 3.12.

There most calls into Qt that return None, True or False take a reference to it without having one,
so that after some ten thousand calls the interpreter ends with “deallocating None” (tried: 6.11.0
counts right). From Python 3.12 on these objects are never counted.
"""

from __future__ import annotations

import ctypes
import sys

SPARE = 1 << 40


def hold_constants() -> None:
    """Give None, True and False more references than can be lost."""
    if sys.version_info < (3, 12) and sys.implementation.name == "cpython":
        for constant in (None, True, False):
            if sys.getrefcount(constant) < SPARE // 2:
                ctypes.c_ssize_t.from_address(id(constant)).value += SPARE
