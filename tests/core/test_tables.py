"""Tables: what is read is what was written, against Python's csv module, pandas and pyarrow."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.core.spec import SourceSpec
from pellucid.core.tables import as_text, blank, check_flat, read_table
from pellucid.errors import DataError

# Half of a surrogate pair can't be written to any file.
CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8)


def read(path: Path, encoding: str = "utf-8") -> pd.DataFrame:
    return read_table(SourceSpec(path=str(path), encoding=encoding))


def cells(table: pd.DataFrame) -> list[list[str | None]]:
    return [
        list(row) for row in zip(*(as_text(table[name]).tolist() for name in table), strict=True)
    ]


def refused(path: Path, content: bytes | str, encoding: str = "utf-8") -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as error:
        read(path, encoding)
    assert str(path) in str(error.value)
    return str(error.value)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, tsv=st.booleans(), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_the_csv_module_writes_is_read_again(
    rows: list[tuple[str, str, str]], tsv: bool, quoting: int, tmp_path: Path
) -> None:
    path = tmp_path / ("t.tsv" if tsv else "t.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if tsv else ",", quoting=quoting)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    # A lone quote mark is quoted by the writer, so nothing is ambiguous; an empty cell is missing.
    assert cells(read(path)) == [[cell or None for cell in row] for row in rows]


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_jsonl_and_parquet_keep_every_text(
    rows: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    table = pd.DataFrame(rows, columns=["a", "b", "c"])
    lines = [json.dumps(dict(zip("abc", row, strict=True)), ensure_ascii=False) for row in rows]
    (tmp_path / "t.jsonl").write_bytes("\n".join(lines).encode())
    table.to_parquet(tmp_path / "t.parquet")
    assert cells(read(tmp_path / "t.jsonl")) == [list(row) for row in rows]
    assert cells(read(tmp_path / "t.parquet")) == [list(row) for row in rows]


def test_numbers_stay_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("zip,score,label\n01234,1.50,1\n00001,,0\n")
    assert cells(read(tmp_path / "t.csv")) == [["01234", "1.50", "1"], ["00001", None, "0"]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_of_every_system(ending: str, last: bool, tmp_path: Path) -> None:
    text = ending.join(["a,b", "1,2", "3,4"]) + (ending if last else "")
    (tmp_path / "t.csv").write_bytes(text.encode())
    assert cells(read(tmp_path / "t.csv")) == [["1", "2"], ["3", "4"]]


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('\n\n"a",b\n01,"2\n\n3"\n\n4,5\n\n')
    assert cells(read(tmp_path / "t.csv")) == [["01", "2\n\n3"], ["4", "5"]]


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-8"),
        ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
        ("utf-16-le", "utf-16-le"),
        ("utf-8", "UTF8"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_encodings(encoding: str, stated: str, suffix: str, tmp_path: Path) -> None:
    text = "a,b\ncafé,ñandú\n" if suffix == ".csv" else '{"a": "café", "b": "ñandú"}\n'
    path = tmp_path / f"t{suffix}"
    path.write_bytes(text.encode(encoding))
    table = read(path, stated)
    assert list(table.columns) == ["a", "b"] and cells(table) == [["café", "ñandú"]]


def test_a_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    content = b"a,b\n1,2\ncaf\xe9,4\n"
    told = refused(tmp_path / "t.csv", content)
    assert "t.csv, line 3: the byte 0xe9 does not belong to utf-8" in told
    assert "“klingon” is no known" in refused(tmp_path / "t.csv", content, "klingon")
    assert "line 3" in refused(tmp_path / "t.jsonl", b'{"a": 1}\n\n{"a": "\xe9"}\n')


@pytest.mark.parametrize("long", ["one long line", "many lines"])
def test_a_cell_that_is_larger_than_a_block(long: str, tmp_path: Path) -> None:
    cell = "x" * (9 << 20) if long == "one long line" else "a line\n" * (2 << 20)
    table = pd.DataFrame({"text": ["short", cell, "short"], "n": ["1", "2", "3"]})
    table.to_csv(tmp_path / "t.csv", index=False)
    assert read(tmp_path / "t.csv")["text"].tolist() == ["short", cell, "short"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n3\n", "line 3: the row has 1 cell, the header has 2"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4: the row has 3 cells, the header has 2"),
        ('a,b\n"x\ny",2\n3,4,5\n', "line 4: the row has 3 cells"),
        ("a,b\n1,\u2028\x85\n3\n", "line 3: the row has 1 cell"),
        ('a,b\n1,2\n"3,4\n5,6\n', "line 3: a quoted text that begins in this row is never closed"),
        ('a,b\n1,"x\n2,y\n3,"z",4\n', "line 2: a quoted text of this row goes on behind"),
        ('a,b\n1,"x\n2,"y"\n', "line 2: a quoted text of this row goes on behind"),
        ('a,b\n1,"x', "line 2: a quoted text that begins in this row is never closed"),
        ('a,b\n5" disk,2\n3,"x\n', "line 3: a quoted text that begins in this row is never closed"),
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("a,b\n", "the table has a header but no rows"),
        ("a,a\n1,2\n", "line 1: the column “a” stands in the header twice"),
        ("a,,\n1,2,3\n", "line 1: the columns 2 and 3 have no name"),
    ],
)
def test_a_broken_csv_names_the_line(content: str, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path / "t.csv", content)


def test_quotes_inside_an_unquoted_text_are_ordinary(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n5" disk,x\n"say ""hi""",y\n')
    assert cells(read(tmp_path / "t.csv")) == [['5" disk', "x"], ['say "hi"', "y"]]


def test_a_tsv_without_quoting_is_read_as_it_stands(tmp_path: Path) -> None:
    rows = [["ham", '"Hello" she said'], ["spam", 'only one " here'], ["ham", '"never closed']]
    lines = ["\t".join(row) for row in [["label", "text"], *rows]]
    (tmp_path / "t.tsv").write_text("\n".join(lines) + "\n")
    assert cells(read(tmp_path / "t.tsv")) == rows
    # Broken in either reading: the error names a line of the quoted one.
    told = refused(tmp_path / "t.tsv", "\n".join([*lines, "so\tso\tso"]))
    assert "t.tsv, line 2: a quoted text of this row goes on behind" in told
    assert "line 3: the row has 3 cells" in refused(tmp_path / "t.tsv", "a\tb\n1\t2\n1\t2\t3\n")


def test_a_tsv_with_quoting_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    table = pd.DataFrame({"label": ["a", "b"], "text": ["two\nlines\tand tab", 'a "quote"']})
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    again = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype=str)
    assert cells(read(tmp_path / "t.tsv")) == again.to_numpy().tolist() == table.to_numpy().tolist()


def test_the_same_column_twice_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,a\n1,2,1\n,4,\n")
    table = read(tmp_path / "t.csv")
    assert list(table.columns) == ["a", "b"] and cells(table) == [["1", "2"], [None, "4"]]


def test_a_hundred_thousand_rows_are_read_like_pandas_does(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "text": [f"word {n}, and\nanother" for n in generator.integers(0, 999, 100_000)],
            "label": generator.choice(["yes", "no"], 100_000),
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv")
    assert (found["text"].to_numpy(object) == table["text"].to_numpy(object)).all()
    assert (found["label"].to_numpy(object) == table["label"].to_numpy(object)).all()


def test_jsonl_keeps_types_and_gaps(tmp_path: Path) -> None:
    rows = [{"id": 2**60 + 1, "n": 1, "t": "a\u2028b", "f": 2.5}, {"n": 2.0, "t": None, "x": True}]
    (tmp_path / "t.jsonl").write_text("\r\n".join(json.dumps(row) for row in rows))
    table = read(tmp_path / "t.jsonl")
    assert cells(table) == [
        [str(2**60 + 1), "1", "a\u2028b", "2.5", None],
        [None, "2", None, None, "True"],
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"a": 1', "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("3", "found int, expected an object"),
        ('{"a": "\\ud83d half"}', "half of a character"),
        ('{"a": ' + "9" * 5000 + "}", "this is not JSON"),
    ],
)
def test_a_broken_jsonl_names_the_line(line: str, said: str, tmp_path: Path) -> None:
    told = refused(tmp_path / "t.jsonl", f'{{"a": 1}}\n\n{line}\n')
    assert "t.jsonl, line 3" in told and said in told
    (tmp_path / "t.jsonl").write_text('{"a": "\\ud83d\\ude00"}')  # a whole pair is fine
    assert cells(read(tmp_path / "t.jsonl")) == [["😀"]]


def test_parquet_keeps_index_columns_and_large_numbers(tmp_path: Path) -> None:
    index = pd.Index([10, 20, 30], name="id")
    table = pd.DataFrame(
        {"big": pd.array([2**60 + 1, None, 3], dtype="Int64"), "f": [1.0, np.nan, 2.0]}, index=index
    )
    table.to_parquet(tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet")
    assert {name: as_text(found[name]).tolist() for name in found} == {
        "big": [str(2**60 + 1), None, "3"],
        "f": ["1", None, "2"],
        "id": ["10", "20", "30"],
    }


def test_parquet_that_is_broken(tmp_path: Path) -> None:
    pd.DataFrame({"a": ["x"] * 1000}).to_parquet(tmp_path / "fine.parquet")
    whole = (tmp_path / "fine.parquet").read_bytes()
    for content in (whole[:-20], b"PAR1" + bytes(50) + b"PAR1", b"a,b\n1,2\n"):
        assert "not a readable Parquet file" in refused(tmp_path / "t.parquet", content)
    pq.write_table(pa.table([["a"], ["b"]], names=["x", "x"]), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="two columns are named “x”"):
        read(tmp_path / "t.parquet")


def test_lists_and_mappings_become_json(tmp_path: Path) -> None:
    rows = [{"a": "x", "b": 1}, {"a": ["x", "é"], "b": {"k": [1, None, 2.5]}}, {"b": []}]
    for name, content in (
        ("t.jsonl", "\n".join(map(json.dumps, rows))),
        ("t.json", json.dumps(rows, indent=1)),
    ):
        (tmp_path / name).write_text(content)
        assert cells(read(tmp_path / name)) == [
            ["x", "1"],
            ['["x","é"]', '{"k":[1,null,2.5]}'],
            [None, "[]"],
        ]


def test_a_list_where_one_text_is_expected_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": "[1]", "b": 1}\n{"a": ["x", "y"], "b": 2}\n')
    table = read(tmp_path / "t.jsonl")
    check_flat(table["b"])
    check_flat(table["a"].iloc[:1])  # a text that only looks like a list
    for column in (table["a"], as_text(table["a"])):
        with pytest.raises(DataError, match=r"t.csv, row 2, column “a”: .* a list or a mapping"):
            check_flat(column, "t.csv")
    with pytest.raises(DataError, match=r"^here 1: "):
        check_flat(as_text(table["a"]), lambda row: f"here {row}")
    # What was nested is still known behind joining, choosing and writing to Arrow.
    both = pd.concat([as_text(table["a"]).to_frame()] * 2, ignore_index=True)
    with pytest.raises(DataError, match="row 2, "):
        check_flat(both[both["a"].notna()].reset_index(drop=True)["a"])
    assert pa.array(both["a"], from_pandas=True).to_pylist() == ["[1]", '["x","y"]'] * 2


def test_nested_cells_of_parquet_become_json(tmp_path: Path) -> None:
    answers = pa.array([{"text": ["a", "b"], "answer_start": [3, 9]}, None])
    table = pa.table(
        {
            "answers": answers,
            "numbers": [[1, None], []],
            "reals": [[0.5, float("nan")], [float("inf")]],
            "messages": [[{"role": "user", "content": "hé"}], []],
            "days": [[datetime.date(2024, 1, 2)], None],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found = {name: as_text(cells).tolist() for name, cells in read(tmp_path / "t.parquet").items()}
    assert found == {
        "answers": ['{"text":["a","b"],"answer_start":[3,9]}', None],
        "numbers": ["[1,null]", "[]"],
        "reals": ["[0.5,null]", "[null]"],
        "messages": ['[{"role":"user","content":"hé"}]', "[]"],
        "days": ['["2024-01-02"]', None],
    }


@pytest.mark.parametrize("cell", [b"x", {1, 2}, [b"x"], {"a": [b"x"]}])
def test_cells_that_are_no_text(cell: object) -> None:
    with pytest.raises(DataError, match=r"t.csv, row 2, column “a”: .* of type (bytes|set)"):
        as_text(pd.Series(["x", cell], name="a"), "t.csv")


def test_a_json_file_holds_records(tmp_path: Path) -> None:
    rows = [{"zip": "01234", "n": 2**60 + 1}, {"n": None, "more": True}]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    assert cells(read(tmp_path / "t.json")) == [
        ["01234", str(2**60 + 1), None],
        [None, None, "True"],
    ]
    # Many files of that name hold JSON Lines.
    (tmp_path / "t.json").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert cells(read(tmp_path / "t.json")) == [["1"], ["2"]]
    (tmp_path / "t.json").write_text('{"a": 1}\n')
    assert cells(read(tmp_path / "t.json")) == [["1"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("[]", "the file is empty"),
        ('[{"a": 1},\n {"a": 2}', "t.json, line 2: this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("3", "found int, expected a list"),
        ('[{"a": 1}, 3]', "t.json, row 2: found int, expected an object"),
        ('[{"a": 1}, {"a": ["\\ud83d half"]}]', "t.json, row 2: a text holds half of a character"),
        ('{"a": 1}\n{"a": \n', "t.json, line 2: this is not JSON"),
        ('{"rows": [{"a": 1}]}', "neither a record nor in SQuAD's form"),
        (
            '{"data": [{"paragraphs": [{"context": "a", "qas": [{"answers": []}]}]}]}',
            "t.json, document 1, paragraph 1, question 1: “question” is missing",
        ),
    ],
)
def test_a_broken_json_names_the_row(content: str, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path / "t.json", content)


def test_questions_in_squads_form_are_rows(real_data) -> None:  # type: ignore[no-untyped-def]
    table = read(real_data("xquad") / "xquad.en.json")
    assert list(table.columns) == ["id", "title", "context", "question", "answers"]
    assert len(table) == table["id"].nunique() == 1190
    for context, answers in zip(table["context"], as_text(table["answers"]), strict=True):
        (one,) = json.loads(answers)
        assert context[one["answer_start"] :].startswith(one["text"])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pd.Series([1, 2, 3]), ["1", "2", "3"]),
        (pd.Series([1.0, np.nan, -2.0]), ["1", None, "-2"]),
        (pd.Series([1.5, 2.0]), ["1.5", "2.0"]),
        (pd.Series([1e300, 1.0]), ["1e+300", "1.0"]),
        (pd.Series([np.nan, np.nan]), [None, None]),
        (pd.Series([np.inf, 1.0]), ["inf", "1.0"]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series([None, "a", "", " "], dtype=object), [None, "a", "", " "]),
        (pd.Series(["a", None], dtype="string"), ["a", None]),
        (pd.Series(["b", None, "a"], dtype="category"), ["b", None, "a"]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([1.0, None], dtype="Float64"), ["1", None]),
        (pd.Series(pd.to_datetime(["2024-01-02", None])), ["2024-01-02 00:00:00", None]),
    ],
)
def test_any_column_becomes_text(column: pd.Series, text: list[str | None]) -> None:
    found = as_text(column)
    assert found.dtype == object and found.tolist() == text
    assert blank(found).tolist() == [cell is None or not cell.strip() for cell in text]


def test_kinds_of_files_and_places(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"“\.xls” can't be read as a table"):
        read(tmp_path / "t.xls")
    with pytest.raises(DataError, match="there is no file"):
        read(tmp_path / "t.csv")
    with pytest.raises(DataError, match="there is no file"):
        read(tmp_path / "folder")
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(DataError, match="there is a folder here"):
        read(tmp_path / "f.csv")
    (tmp_path / "T.CSV").write_text("a\n1\n")
    assert cells(read(tmp_path / "T.CSV")) == [["1"]]


def test_real_messages_without_quoting(real_data) -> None:  # type: ignore[no-untyped-def]
    path = real_data("sms_spam") / "sms.tsv"
    rows = list(csv.reader(io.StringIO(path.read_text(), newline=""), delimiter="\t", quoting=3))
    table = read(path)
    assert len(table) == len(rows) - 1 == 5574
    assert cells(table) == rows[1:]
