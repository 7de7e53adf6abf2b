"""Cells that name files: inside the dataset's folder, and nowhere else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pellucid.multimodal.media import (
    File,
    Unreadable,
    content,
    inspector,
    kind_of,
    modality_of,
    resolve,
    shown,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "inner").mkdir(parents=True)
    (home / "inner" / "a b.png").write_bytes(b"inside")
    (tmp_path / "secret.png").write_bytes(b"outside")
    return home


@pytest.mark.parametrize(
    "cell", ["inner/a b.png", "./inner/a b.png", "inner/../inner/a b.png", "inner//a b.png"]
)
def test_paths_inside_the_folder(cell: str, folder: Path) -> None:
    assert resolve(cell, folder) == folder / "inner" / "a b.png"


def test_absolute_paths_and_links_inside_the_folder(folder: Path) -> None:
    path = folder / "inner" / "a b.png"
    assert resolve(str(path), folder) == path
    (folder / "link.png").symlink_to(path)
    assert resolve("link.png", folder) == path
    other = folder.parent / "other"
    other.symlink_to(folder)
    assert resolve("inner/a b.png", other) == path


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("../secret.png", "leads out of the dataset's folder"),
        ("inner/../../secret.png", "leads out of the dataset's folder"),
        ("{outside}", "leads out of the dataset's folder"),
        ("link.png", "leads out of the dataset's folder"),
        ("linked/secret.png", "leads out of the dataset's folder"),
        ("/etc/passwd", "leads out of the dataset's folder"),
        ("none.png", "there is no such file"),
        ("~/a b.png", "there is no such file"),
        ("inner", "there is a folder"),
        (".", "there is a folder"),
        ("a\0b.png", "it is no path of a file"),
        ("x" * 5000 + ".png", "it can't be reached"),
        ("inner/a b.png/more", "there is no such file|can't be reached"),
        ("round.png", "can't be reached|no path of a file|there is no such file"),
        ("\ud800.png", "no path of a file|there is no such file"),
    ],
)
def test_paths_that_are_refused(cell: str, reason: str, folder: Path) -> None:
    outside = folder.parent / "secret.png"
    (folder / "link.png").symlink_to(outside)
    (folder / "linked").symlink_to(folder.parent)
    (folder / "round.png").symlink_to(folder / "round.png")
    with pytest.raises(Unreadable, match=reason):
        resolve(cell.format(outside=outside), folder)


def test_a_folder_without_rights(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("skipped: root may read everything")
    (folder / "inner").chmod(0)
    try:
        with pytest.raises(Unreadable, match="it can't be reached"):
            resolve("inner/a b.png", folder)
    finally:
        (folder / "inner").chmod(0o700)


def test_a_file_is_known_by_what_it_holds(folder: Path) -> None:
    path = folder / "inner" / "a b.png"
    found = File.at(path, "inner/a b.png")
    assert found == str(path) and Path(found) == path
    assert found.content == content(found) == hashlib.sha256(b"inside").hexdigest()
    assert shown(found) == "inner/a b.png"
    assert content("a text") == shown("a text") == "a text"
    (folder / "copy.png").write_bytes(b"inside")
    assert File.at(folder / "copy.png", "copy.png").content == found.content
    with pytest.raises(Unreadable, match="it can't be read"):
        File.at(folder / "inner", "inner")


def test_what_names_say() -> None:
    assert modality_of("deep/x.JPG") == "image" and modality_of("x.Flac") == "audio"
    assert modality_of("x.txt") is None and modality_of("jpg") is None
    assert kind_of(["a.png", " b.jpeg "]) == "image"
    assert kind_of(["a.png", "b.wav"]) is None
    assert kind_of(["a.png", "b"]) is None and kind_of([]) is None


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_inspectors_refuse_what_is_none(kind: str, folder: Path) -> None:
    with pytest.raises(Unreadable, match="it is no"):
        inspector(kind)(folder / "inner" / "a b.png")
