"""Files are written whole or not at all, also on a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.core import files
from pellucid.errors import DiskFullError


def test_an_error_leaves_the_last_good_file(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    files.write_json(path, {"good": 1})
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"bad": float("nan")})

    def broken(partial: Path) -> None:
        partial.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        files.write_with(path, broken)
    assert files.read_json(path) == {"good": 1}
    assert [item.name for item in tmp_path.iterdir()] == ["value.json"]


def test_a_full_disk_is_named_and_loses_nothing(small_disk: Path) -> None:
    path = small_disk / "file.bin"
    files.write_bytes(path, b"x" * 400_000)
    with pytest.raises(DiskFullError, match=r"no space left.*--resume"):
        files.write_bytes(path, b"y" * 1_900_000)
    assert path.read_bytes() == b"x" * 400_000
    assert [item.name for item in small_disk.iterdir()] == ["file.bin"]


def test_a_full_disk_under_safetensors_is_named_too(small_disk: Path) -> None:
    import torch
    from safetensors.torch import save_file

    with (
        pytest.raises(DiskFullError),
        files.folder_whole(small_disk / "checkpoint") as folder,
    ):
        save_file({"weights": torch.zeros(1_000_000)}, folder / "model.safetensors")
    assert list(small_disk.iterdir()) == []


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "model"
    for text in ("first", "second"):
        with files.folder_whole(place) as folder:
            (folder / "inner").mkdir()
            (folder / "inner" / "file").write_text(text)
            if text == "first":
                assert not place.exists()
    assert (place / "inner" / "file").read_text() == "second"
    with pytest.raises(RuntimeError), files.folder_whole(place) as folder:
        (folder / "file").write_text("third")
        raise RuntimeError
    assert (place / "inner" / "file").read_text() == "second"
    assert [item.name for item in tmp_path.iterdir()] == ["model"]


def test_sweep_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    (tmp_path / f"{files.PARTIAL}1-model").mkdir()
    (tmp_path / f"{files.PARTIAL}2-a.json").write_text("{")
    (tmp_path / "kept").write_text("")
    files.sweep(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["kept"]
