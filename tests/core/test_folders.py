"""Folders of pictures and sounds: the layouts that people have, against Hugging Face's reading."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core import folders
from pellucid.core.spec import SourceSpec
from pellucid.core.streaming import stream
from pellucid.core.tables import read_table
from pellucid.errors import DataError


def put(folder: Path, *names: str) -> Path:
    """Make empty files: layouts are read by names alone."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def rows(folder: Path) -> list[dict[str, object]]:
    table = read_table(SourceSpec(path=str(folder)))
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def test_labels_by_folder(tmp_path: Path) -> None:
    put(tmp_path, "dogs/2.jpg", "cats/1.PNG", "cats/0.webp", "dogs/a b.tiff")
    assert rows(tmp_path) == [
        {"image": "cats/0.webp", "label": "cats"},
        {"image": "cats/1.PNG", "label": "cats"},
        {"image": "dogs/2.jpg", "label": "dogs"},
        {"image": "dogs/a b.tiff", "label": "dogs"},
    ]


def test_splits_and_labels(tmp_path: Path) -> None:
    put(tmp_path, "Train/yes/1.wav", "train/no/2.flac", "dev/yes/3.mp3", "testing/no/4.ogg")
    assert rows(tmp_path) == [
        {"audio": "Train/yes/1.wav", "label": "yes", "split": "train"},
        {"audio": "dev/yes/3.mp3", "label": "yes", "split": "validation"},
        {"audio": "testing/no/4.ogg", "label": "no", "split": "test"},
        {"audio": "train/no/2.flac", "label": "no", "split": "train"},
    ]


def test_no_labels(tmp_path: Path) -> None:
    assert rows(put(tmp_path / "flat", "b.jpg", "a.jpg")) == [
        {"image": "a.jpg"},
        {"image": "b.jpg"},
    ]
    found = rows(put(tmp_path / "splits", "val/b.jpg", "train/a.jpg"))
    assert [row["split"] for row in found] == ["train", "validation"]
    assert "label" not in found[0]
    # One folder alone tells nothing apart; neither does Hugging Face take it for a label.
    found = rows(put(tmp_path / "one", "train/images/a.jpg", "test/images/b.jpg"))
    assert set(found[0]) == {"image", "split"}


def test_a_split_s_name_may_be_a_label(tmp_path: Path) -> None:
    found = rows(put(tmp_path, "train/1.jpg", "car/2.jpg", "bus/3.jpg"))
    assert {row["label"] for row in found} == {"train", "car", "bus"} and "split" not in found[0]


def test_what_systems_leave_is_passed_over_and_the_rest_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg", "b/2.jpg", "a/Thumbs.db", ".DS_Store", "b/.hidden.jpg", "desktop.ini")
    put(tmp_path, "__MACOSX/a/1.jpg", ".git/x.jpg", "README.md", "a/notes.txt")
    (tmp_path / "b" / "linked").symlink_to(tmp_path / "a")
    paths = [str(row["image"]) for row in rows(tmp_path)]
    assert paths == ["a/1.jpg", "b/2.jpg"]
    assert folders.strays(tmp_path, paths) == ["README.md", "a/notes.txt", "b/linked"]
    assert folders.strays(tmp_path, ["./a/1.jpg", None]) == [
        "README.md",
        "a/notes.txt",
        "b/2.jpg",
        "b/linked",
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("column", ["file_name", "file", "image"])
def test_metadata(ending: str, column: str, tmp_path: Path) -> None:
    put(tmp_path, "deep/in/b.jpg", "a.jpg", "unnamed.jpg")
    table = pd.DataFrame({"answer": ["no", "yes"], column: ["deep/in/b.jpg", "a.jpg"]})
    path = tmp_path / f"metadata.{ending}"
    if ending == "parquet":
        table.to_parquet(path)
    elif ending == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    assert rows(tmp_path) == [
        {"image": "deep/in/b.jpg", "answer": "no"},
        {"image": "a.jpg", "answer": "yes"},
    ]
    assert folders.strays(tmp_path, ["deep/in/b.jpg", "a.jpg"]) == ["unnamed.jpg"]


def test_metadata_in_each_split(tmp_path: Path) -> None:
    put(tmp_path, "train/a.wav", "train/more/b.wav", "test/c.wav")
    (tmp_path / "train" / "metadata.csv").write_text("file_name,label\na.wav,1\nmore/b.wav,2\n,3\n")
    (tmp_path / "test" / "metadata.csv").write_text("file_name,label,by\nc.wav,1,me\n")
    found = read_table(SourceSpec(path=str(tmp_path)))
    assert found["audio"].tolist()[:3] == ["test/c.wav", "train/a.wav", "train/more/b.wav"]
    assert found["audio"].isna().tolist() == [False, False, False, True]
    assert found["split"].tolist()[:3] == ["test", "train", "train"]
    assert found["label"].tolist() == ["1", "1", "2", "3"]
    assert found["by"].isna().tolist() == [False, True, True, True]


def test_splits_follow_from_paths_where_no_column_names_them(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,y\ntrain/a.wav,1\ndev/b.wav,2\n")
    assert [row["split"] for row in rows(tmp_path)] == ["train", "validation"]
    (tmp_path / "metadata.csv").write_text("file_name,split\ntrain/a.wav,test\ndev/b.wav,train\n")
    assert [row["split"] for row in rows(tmp_path)] == ["test", "train"]
    (tmp_path / "metadata.csv").write_text("file_name,y\ntrain/a.wav,1\nb.wav,2\n")
    assert set(rows(tmp_path)[0]) == {"audio", "y"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "no picture or sound in it (found: nothing)"),
        (["a.txt", "b/c.docx"], "no picture or sound in it (found: a.txt, b/c.docx)"),
        (
            ["a.jpg", "b.wav", "c.wav"],
            "it holds 1 pictures (a.jpg) and 2 sounds (b.wav and 1 more)",
        ),
        (["a.jpg", "cats/b.jpg"], "“a.jpg” lies less deep in it than “cats/b.jpg”"),
        (["train/a.jpg", "train/cats/b.jpg"], "“train/a.jpg” lies less deep"),
        (["a/b/c.jpg", "a/d/e.jpg"], "lies 2 folders deep in it"),
        (["train/a/b/c.jpg"], "lies 2 folders deep in it"),
        (["train/a/1.jpg", "extra/b/2.jpg"], "“train” names a split, and “extra” beside it does"),
        (["train/a/metadata.csv", "x.txt"], "no picture or sound"),
        (["cats/metadata.csv", "cats/a.jpg"], "metadata stands in “cats”, which is no name"),
        (["metadata.csv", "metadata.jsonl"], "several files of metadata"),
        (["metadata.csv", "train/metadata.csv"], "several files of metadata"),
        (
            ["train/metadata.csv", "train/a.jpg", "test/b.jpg"],
            "“test/b.jpg” lies in no folder that",
        ),
    ],
)
def test_layouts_that_are_refused(names: list[str], said: str, tmp_path: Path) -> None:
    put(tmp_path, *names)
    with pytest.raises(DataError) as error:
        read_table(SourceSpec(path=str(tmp_path)))
    assert said in str(error.value) and str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,label\na.jpg,1\n", "no column is called file_name, file, image, audio"),
        ("file_name,label\na.txt,1\n", "it names neither pictures nor sounds"),
        ("file_name,label\na.jpg,1\nb.wav,2\n", "it names both pictures and sounds"),
        ("file_name,image\na.jpg,1\n", "column “image”: the column is made of “file_name”"),
        ("file_name,label\n", "no rows"),
    ],
)
def test_metadata_that_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(text)
    with pytest.raises(DataError) as error:
        read_table(SourceSpec(path=str(tmp_path)))
    assert said in str(error.value)


def test_metadata_of_two_kinds(tmp_path: Path) -> None:
    put(tmp_path, "train/a.wav", "test/b.jpg")
    (tmp_path / "train" / "metadata.csv").write_text("file_name\na.wav\n")
    (tmp_path / "test" / "metadata.csv").write_text("file_name\nb.jpg\n")
    with pytest.raises(DataError, match="pictures and sounds"):
        read_table(SourceSpec(path=str(tmp_path)))


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    except OSError:
        pytest.skip("skipped: this file system holds UTF-8 names only")
    with pytest.raises(DataError, match="is not UTF-8"):
        read_table(SourceSpec(path=str(tmp_path)))


def test_a_folder_without_rights(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("skipped: root may read everything")
    put(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a").chmod(0)
    try:
        with pytest.raises(DataError, match=r"the folder can't be read .*Check its rights"):
            read_table(SourceSpec(path=str(tmp_path)))
    finally:
        (tmp_path / "a").chmod(0o700)


def test_labels_that_are_folders_names(tmp_path: Path) -> None:
    put(tmp_path, "train/1/a.jpg", "train/2/b.jpg")
    assert folders.names_labels(str(tmp_path), "label")
    assert not folders.names_labels(str(tmp_path), "other")
    put(tmp_path, "train/metadata.csv")
    assert not folders.names_labels(str(tmp_path), "label")
    assert not folders.names_labels(str(tmp_path / "train" / "metadata.csv"), "label")


def test_an_altered_folder_is_known(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg")
    first = folders.totals(tmp_path)
    assert folders.totals(tmp_path) == first
    put(tmp_path, "a/2.jpg")
    second = folders.totals(tmp_path)
    (tmp_path / "a" / "1.jpg").write_bytes(b"more")
    assert len({tuple(first), tuple(second), tuple(folders.totals(tmp_path))}) == 3


def test_a_folder_can_be_streamed(tmp_path: Path) -> None:
    found = stream(SourceSpec(path=str(put(tmp_path / "x.csv", "a/1.jpg", "b/2.jpg"))))
    assert found.rows == 2 and found.columns == ("image", "label")
    (chunk,) = found.chunks(["label"])
    assert chunk["label"].tolist() == ["a", "b"]


def test_real_pictures(real_data: Callable[[str], Path]) -> None:
    found = read_table(SourceSpec(path=str(real_data("cifar10_images"))))
    assert found.groupby(["split", "label"]).size().unique().tolist() == [100, 500]
    assert found["image"].is_monotonic_increasing and found["image"].is_unique


def test_real_sounds(real_data: Callable[[str], Path]) -> None:
    folder = real_data("fsdd")
    found = read_table(SourceSpec(path=str(folder)))
    plain = pd.read_csv(folder / "metadata.csv", dtype=str)
    assert found["audio"].tolist() == plain["file"].tolist()
    assert list(found.columns) == ["audio", *plain.columns[1:]]
