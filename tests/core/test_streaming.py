"""Tables in chunks: the same cells as reading them whole, whatever their form and size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.core import streaming
from pellucid.core.spec import SourceSpec
from pellucid.core.streaming import stream
from pellucid.core.tables import as_text, read_table
from pellucid.errors import DataError

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table count as large, and blocks be small."""
    monkeypatch.setattr(streaming, "WHOLE", 0)
    monkeypatch.setattr(streaming, "BLOCK", 2048)


@pytest.fixture
def texts() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    words = [
        "good",
        "room",
        'the "best"',
        "a,b",
        "tab\there",
        "two\nlines",
        "é日本",
        "U+2028\u2028x",
    ]
    rows = 700
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "text": [
                " ".join(generator.choice(words, generator.integers(1, 9))) for _ in range(rows)
            ],
            "label": [str(label) for label in generator.choice(["yes", "no"], rows)],
            "postcode": [f"{number:05d}" for number in generator.integers(0, 99_999, rows)],
            "gap": [None if row % 3 else f"g{row}" for row in range(rows)],
        }
    )


def save(table: pd.DataFrame, path: Path) -> Path:
    match path.suffix:
        case ".csv":
            table.to_csv(path, index=False)
        case ".tsv":
            table.to_csv(path, index=False, sep="\t")
        case ".jsonl":
            table.to_json(path, orient="records", lines=True, force_ascii=False)
        case ".parquet":
            table.to_parquet(path, index=False, row_group_size=100)
    return path


def whole(path: Path, columns: list[str], encoding: str = "utf-8") -> dict[str, list[str | None]]:
    table = read_table(SourceSpec(path=str(path), encoding=encoding))
    return {name: as_text(table[name]).tolist() for name in columns}


def joined(chunks: Iterator[pd.DataFrame], first: int = 0) -> dict[str, list[str | None]]:
    found = list(chunks)
    rows = np.concatenate([chunk.index for chunk in found])
    assert rows.tolist() == list(range(first, first + len(rows)))
    names = found[0].columns
    return {name: [cell for chunk in found for cell in chunk[name]] for name in names}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("size", [1, 37, 100_000])
@pytest.mark.usefixtures("large")
def test_chunks_hold_what_the_whole_table_does(
    ending: str, size: int, texts: pd.DataFrame, tmp_path: Path
) -> None:
    path = save(texts, tmp_path / f"t{ending}")
    columns = ["text", "gap", "postcode"]
    found = stream(SourceSpec(path=str(path)))
    assert found.rows == len(texts) and set(found.columns) == set(texts.columns)
    chunks = list(found.chunks(columns, lambda: size))
    assert all(len(chunk) <= size and list(chunk.columns) == columns for chunk in chunks)
    assert joined(iter(chunks)) == whole(path, columns)
    # It can be read again.
    assert joined(found.chunks(["id"])) == whole(path, ["id"])


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("skip", [0, 1, 99, 100, 350, 699, 700])
@pytest.mark.usefixtures("large")
def test_rows_that_were_done_are_passed_over(
    ending: str, skip: int, texts: pd.DataFrame, tmp_path: Path
) -> None:
    path = save(texts, tmp_path / f"t{ending}")
    found = list(stream(SourceSpec(path=str(path))).chunks(["id"], lambda: 50, skip=skip))
    if skip == len(texts):
        assert found == []
        return
    assert joined(iter(found), skip)["id"] == texts["id"].tolist()[skip:]


@pytest.mark.parametrize("ending", ENDINGS)
def test_small_tables_are_sliced(ending: str, texts: pd.DataFrame, tmp_path: Path) -> None:
    path = save(texts, tmp_path / f"t{ending}")
    found = stream(SourceSpec(path=str(path)))
    sizes = iter([1, 2, 400, 500])
    chunks = list(found.chunks(["id", "gap"], lambda: next(sizes)))
    assert [len(chunk) for chunk in chunks] == [1, 2, 400, 297]
    assert joined(iter(chunks)) == whole(path, ["id", "gap"])


@pytest.mark.usefixtures("large")
def test_rows_longer_than_a_block(tmp_path: Path) -> None:
    texts = ["short", "x" * 50_000, 'quoted "' + "y" * 20_000, "end"]
    for ending in ENDINGS:
        path = save(pd.DataFrame({"text": texts}), tmp_path / f"long{ending}")
        chunks = list(stream(SourceSpec(path=str(path))).chunks(["text"]))
        assert [text for chunk in chunks for text in chunk["text"]] == texts
    assert len(chunks) > 1  # so much text is no longer one chunk


@pytest.mark.usefixtures("large")
def test_whole_numbers_of_parquet_stay_as_they_are_written_in_every_chunk(tmp_path: Path) -> None:
    rows = 600
    table = pd.DataFrame(
        {
            "whole": [float(row) if row % 7 else None for row in range(rows)],
            # A fraction in the last rows alone makes the whole column one of fractions.
            "parts": [float(row) if row < rows - 1 else 0.5 for row in range(rows)],
            "numbers": pd.array([row if row % 5 else None for row in range(rows)], "Int64"),
        }
    )
    path = save(table, tmp_path / "t.parquet")
    found = joined(stream(SourceSpec(path=str(path))).chunks(list(table), lambda: 90))
    assert found == whole(path, list(table))
    assert found["whole"][1] == "1" and found["parts"][1] == "1.0" and found["whole"][0] is None


@pytest.mark.usefixtures("large")
def test_columns_that_few_lines_have(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    lines = [json.dumps({"a": f"a{row}"} | ({"b": row} if row > 90 else {})) for row in range(99)]
    path.write_text("\n\n".join(lines))
    found = stream(SourceSpec(path=str(path)))
    assert found.columns == ("a", "b")
    cells = joined(found.chunks(["b", "a"], lambda: 10))
    assert cells == whole(path, ["b", "a"])
    assert cells["b"][90:92] == [None, "91"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl"])
@pytest.mark.usefixtures("large")
def test_encodings(encoding: str, ending: str, tmp_path: Path) -> None:
    texts = pd.DataFrame({"text": [f"Größe é {row}" for row in range(400)]})
    path = save(texts, tmp_path / f"t{ending}")
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    found = stream(SourceSpec(path=str(path), encoding="utf-8" if "utf" in encoding else encoding))
    assert joined(found.chunks(["text"]))["text"] == texts["text"].tolist()


@pytest.mark.usefixtures("large")
def test_quotes_of_tsv_that_do_not_pair_up_are_characters(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text('text\tn\n"so what\t1\n5" wide\t2\n"yes\t3\n')
    assert joined(stream(SourceSpec(path=str(path))).chunks(["text", "n"])) == whole(
        path, ["text", "n"]
    )


@pytest.mark.usefixtures("large")
def test_blank_lines_above_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n\ntext,n\na,1\n\nb,2\n")
    assert joined(stream(SourceSpec(path=str(path))).chunks(["text", "n"])) == whole(
        path, ["text", "n"]
    )


BAD: dict[str, tuple[bytes, str]] = {
    "cells.csv": (b"a,b\n" + b"1,2\n" * 900 + b"1,2,3\n" + b"1,2\n" * 900, "3"),
    "quote.csv": (b"a,b\n" + b'1,2\n1,"x\n' + b"1,2\n" * 900, "quotes of this file don't pair"),
    "rows.csv": (b"a,b\n", "no rows"),
    "twice.csv": (b"a,a\n1,2\n", "two columns are named “a”"),
    "json.jsonl": (b'{"a": 1}\n' * 500 + b'{"a": \n', "line 501: this is not JSON"),
    "list.jsonl": (b'{"a": 1}\n[1]\n', "line 2: found list"),
    "half.jsonl": (b'{"a": "\\ud800"}\n', "line 1: a text holds half of a character"),
    "bytes.csv": (b"a\n" + b"x\n" * 900 + b"\xff\xfe\xff\n", "utf"),
    "bytes.jsonl": (b'{"a": "\xff"}\n', "the byte 0xff does not belong to utf-8"),
    "cut.parquet": (b"PAR1xxxx", "not a readable Parquet"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("large")
def test_what_can_not_be_read_is_known_before_the_work(name: str, tmp_path: Path) -> None:
    content, said = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        stream(SourceSpec(path=str(tmp_path / name)))
    assert name in str(caught.value) and said in str(caught.value)


@pytest.mark.usefixtures("large")
def test_unknown_encodings_and_endings(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="“klingon” is no known character encoding"):
        stream(SourceSpec(path=str(tmp_path / "t.csv"), encoding="klingon"))
    with pytest.raises(DataError, match="there is no file"):
        stream(SourceSpec(path=str(tmp_path / "none.csv")))
    (tmp_path / "t.xlsx").write_text("a")
    with pytest.raises(DataError, match=r"“\.xlsx” can't be read as a table"):
        stream(SourceSpec(path=str(tmp_path / "t.xlsx")))


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
@pytest.mark.usefixtures("large")
def test_a_file_that_changes_meanwhile(ending: str, texts: pd.DataFrame, tmp_path: Path) -> None:
    path = save(texts, tmp_path / f"t{ending}")
    found = stream(SourceSpec(path=str(path)))
    save(texts.head(300), path)
    with pytest.raises(DataError, match="held 700 rows and now holds 300"):
        list(found.chunks(["text"]))


@pytest.mark.usefixtures("large")
def test_memory_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a table many blocks long only a number of blocks is held that doesn't grow with it."""
    monkeypatch.setattr(streaming, "BLOCK", 1 << 16)
    import pyarrow as pa

    most = []
    for rows in (100_000, 300_000):
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("text\n")
            file.writelines(f"the room was very good {row}\n" for row in range(rows))
        before = pa.total_allocated_bytes()
        chunks = stream(SourceSpec(path=str(path))).chunks(["text"], lambda: 100)
        most.append(max(pa.total_allocated_bytes() - before for _ in chunks))
    assert 0 < most[1] < 1.5 * most[0]
