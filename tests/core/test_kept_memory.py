"""Freed memory stays in the process while the context is open, and goes back afterwards."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pellucid.core import kept_memory as module
from pellucid.core.kept_memory import kept_memory

SCRIPT = """
import ctypes, resource
from pellucid.core.kept_memory import kept_memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        block = libc.malloc(64 << 20)
        ctypes.memset(block, 1, 64 << 20)
        libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = faults()
with kept_memory():
    faults()
    inside = faults()
after = faults()
print(outside, inside, after)
"""


@pytest.mark.skipif(module._glibc() is None, reason="skipped: the C library is not glibc")
def test_pages_are_cleared_once_while_it_is_open() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=True, stdout=subprocess.PIPE, text=True
    )
    outside, inside, after = map(int, done.stdout.split())
    # Ten blocks of 64 MB have 163,840 pages of 4 KB, or fewer where the system uses larger ones.
    assert inside < outside / 5 and inside < after / 5


def test_elsewhere_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    def refuse(*_: Any) -> Any:
        raise AssertionError("no C library is asked")

    monkeypatch.setattr(module.ctypes, "CDLL", refuse)
    with kept_memory():
        pass


def test_an_error_passes_through() -> None:
    with pytest.raises(ValueError, match="inside"), kept_memory():
        raise ValueError("inside")
