"""Arrays kept as files: what was written, found again, and never half of it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.multimodal import arrays
from pellucid.multimodal.arrays import Kind
from pellucid.multimodal.media import File

KINDS = {
    "pixels": Kind(np.uint8, (3, 2, 2), mapped=True),
    "sizes": Kind(np.int64),
    "values": Kind(np.float32, (5,), mapped=True),
}
GENERATOR = np.random.default_rng(0)


def piece(rows: int) -> dict[str, np.ndarray]:
    return {
        "pixels": GENERATOR.integers(0, 256, (rows, 3, 2, 2), dtype=np.uint8),
        "sizes": GENERATOR.integers(0, 99, rows),
        "values": GENERATOR.standard_normal((rows, 5)).astype(np.float32),
    }


def assert_same(found: Any, pieces: list[dict[str, np.ndarray]]) -> None:
    assert set(found) == set(KINDS)
    for name, kind in KINDS.items():
        expected = np.concatenate([one[name] for one in pieces]) if pieces else kind.empty()
        assert found[name].dtype == kind.dtype and found[name].shape[1:] == kind.shape
        np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize("rows", [[], [0], [3], [1, 4, 2]])
def test_what_is_written_is_found_again(rows: list[int], tmp_path: Path) -> None:
    pieces = [piece(one) for one in rows]
    folder = tmp_path / "deep" / "kept"
    assert arrays.read(folder, KINDS) is None
    assert_same(arrays.write(folder, KINDS, pieces), pieces)
    assert_same(arrays.read(folder, KINDS), pieces)
    assert_same(arrays.gather(KINDS, pieces), pieces)
    for name in KINDS:  # numpy reads them without us
        assert len(np.load(folder / f"{name}.npy")) == sum(rows)
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]


def test_large_ones_are_mapped(tmp_path: Path) -> None:
    found = arrays.write(tmp_path / "kept", KINDS, [piece(4)])
    assert isinstance(found["pixels"].base, np.memmap)
    assert not isinstance(found["pixels"], np.memmap)
    assert not isinstance(found["sizes"].base, np.memmap)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "garbage", "other"])
def test_damaged_ones_are_not_read(name: str, damage: str, tmp_path: Path) -> None:
    pieces = [piece(6)]
    arrays.write(tmp_path / "kept", KINDS, pieces)
    path = tmp_path / "kept" / f"{name}.npy"
    whole = path.read_bytes()
    path.unlink()
    if damage == "other":
        np.save(path, np.zeros((6, 9), np.float64))
    elif damage != "missing":
        harm = {"cut": whole[:-1], "empty": b"", "garbage": b"x" * len(whole)}
        path.write_bytes(harm[damage])
    assert arrays.read(tmp_path / "kept", KINDS) is None
    assert_same(arrays.write(tmp_path / "kept", KINDS, pieces), pieces)
    assert path.read_bytes() == whole


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[dict[str, np.ndarray]]:
        yield piece(3)
        raise ValueError("the second piece")

    with pytest.raises(ValueError, match="the second piece"):
        arrays.write(tmp_path / "kept", KINDS, failing())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(small_disk: Path) -> None:
    kinds = {"pixels": Kind(np.uint8, (1000, 1000), mapped=True)}
    pieces = [{"pixels": np.zeros((1, 1000, 1000), np.uint8)}] * 5
    with pytest.raises(OSError) as caught:
        arrays.write(small_disk / "kept", kinds, pieces)
    assert caught.value.errno in (errno.ENOSPC, None)
    assert list(small_disk.iterdir()) == []


def test_keys_follow_settings_and_what_files_hold(tmp_path: Path) -> None:
    def file(name: str, held: bytes) -> File:
        (tmp_path / name).write_bytes(held)
        return File.at(tmp_path / name, name)

    one, copy, other = file("a", b"1"), file("b", b"1"), file("c", b"2")
    assert arrays.key({"size": 1}, [one]) == arrays.key({"size": 1}, [copy])
    keys = [
        arrays.key(said, parts)
        for said in ({"size": 1}, {"size": 2})
        for parts in ([one], [other], [one, other], [other, one], [], ["a"])
    ]
    assert len(set(keys)) == len(keys)


def test_threads_give_in_order_and_run_a_few_ahead() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> int:
        with lock:
            begun.append(number)
        return number * number

    coming = arrays.in_threads(work, range(100), 3)
    assert next(coming) == 0 and len(begun) <= 8
    assert list(coming) == [number * number for number in range(1, 100)]
    with pytest.raises(ZeroDivisionError):
        list(arrays.in_threads(lambda number: 1 // number, [1, 0, 1], 2))
    assert list(arrays.in_threads(work, [], 2)) == []
