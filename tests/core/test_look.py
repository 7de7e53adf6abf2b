"""Looking at a table: against pandas, hand-made tables, and what is planted in the sample."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.__main__ import main
from pellucid.assets import samples
from pellucid.core import look_lengths
from pellucid.core.look import Look, look
from pellucid.core.look_lengths import histogram
from pellucid.errors import DataError

REVIEWS = Path(samples.__file__).parent / "reviews.csv"

Make = Callable[..., Look]


@pytest.fixture
def seen(tmp_path: Path, tiny_model: Path) -> Make:
    """Write columns to a CSV file and look at it."""

    def make(columns: Mapping[str, Any], **options: Any) -> Look:
        path = tmp_path / "table.csv"
        pd.DataFrame(columns).to_csv(path, index=False)
        return look(path, **{"model": str(tiny_model), **options})

    return make


@pytest.fixture(scope="module")
def reviews(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Look, Path]:
    out = tmp_path_factory.mktemp("look")
    return look(REVIEWS, model=str(tiny_model), out=out), out


def texts(rows: int) -> list[str]:
    return [f"the room number {row} was very good" for row in range(rows)]


def told(found: Look) -> str:
    return "\n".join(one.text for one in found.findings)


def test_columns_are_counted_as_pandas_counts(reviews: tuple[Look, Path]) -> None:
    found, table = reviews[0], pd.read_csv(REVIEWS, dtype=str)
    assert found.rows == len(table)
    assert [one.name for one in found.columns] == list(table.columns)
    for one in found.columns:
        cells = table[one.name]
        assert one.missing == cells.isna().sum()
        assert one.distinct == cells.nunique()
        assert one.mean_length == pytest.approx(cells.str.len().mean())
        assert one.longest == cells.str.len().max()
        few = cells.nunique() <= 50
        assert dict(one.values) == (cells.value_counts().to_dict() if few else {})
        assert [rows for _, rows in one.values] == sorted(dict(one.values).values(), reverse=True)
    roles = {one.name: one.role for one in found.columns}
    assert roles == {
        "id": "id",
        "text": "input",
        "sentiment": "label",
        "product": "none",
        "region": "group",
        "gender": "group",
        "age_band": "group",
        "split": "split",
    }
    assert {one.name: one.modality for one in found.columns if one.modality} == {"text": "text"}


def test_balance_and_groups_are_pandas_crosstabs(reviews: tuple[Look, Path]) -> None:
    found, table = reviews[0], pd.read_csv(REVIEWS, keep_default_na=False)
    assert found.balance is not None
    assert found.balance.rows == table["sentiment"].value_counts().to_dict()
    expected = pd.crosstab(table["split"], table["sentiment"]).to_dict("index")
    assert found.balance.splits == expected
    assert list(found.groups) == ["region", "gender", "age_band"]
    for column, groups in found.groups.items():
        cells = table[column].replace("", "(missing)")
        assert {name: one.rows for name, one in groups.items()} == cells.value_counts().to_dict()
        crossed = pd.crosstab(cells, table["sentiment"]).to_dict("index")
        assert {name: one.labels for name, one in groups.items()} == crossed


def test_planted_duplicates_are_found(reviews: tuple[Look, Path]) -> None:
    planted = json.loads((REVIEWS.parent / "reviews.planted.json").read_text())["duplicates"]
    found = reviews[0].duplicates
    assert found is not None
    exact, near = len(planted["exact"]), sum(map(len, planted.values()))
    assert (found.exact, found.near, found.across_splits) == (exact, near, near)
    assert f"{near} validation or test rows also stand among the training rows" in told(reviews[0])


def test_lengths_are_those_of_the_models_tokenizer(
    reviews: tuple[Look, Path], tiny_model: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(tiny_model)
    cells = pd.read_csv(REVIEWS)["text"].tolist()
    tokens = np.array([len(ids) for ids in tokenizer(cells, verbose=False)["input_ids"]])
    found = reviews[0].lengths
    assert found is not None
    assert found.measured_rows == len(tokens)
    assert found.longest == tokens.max()
    ordered = np.sort(tokens)
    for value, share in ((found.median, 0.5), (found.p90, 0.9), (found.p99, 0.99)):
        assert value == ordered[int(np.ceil(share * len(tokens))) - 1]
    # The tiny model reads 64 tokens, however many are asked for.
    assert (found.max_length, found.limit) == (256, 64)
    assert found.cut == (tokens > 64).sum()
    assert sum(found.counts) == len(tokens) and len(found.counts) <= 40
    assert "are longer than 64 tokens" in told(reviews[0])


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=50), st.integers(0, 600))
def test_histogram_holds_every_length_once(tokens: list[int], far: int) -> None:
    far = max(far, min(tokens))
    edges, counts = histogram(np.array(tokens), far)
    assert 1 <= len(counts) <= 40 and len(edges) == len(counts) + 1
    assert list(edges) == sorted(set(edges))
    for low, high, rows in zip(edges, edges[1:], counts, strict=False):
        assert rows == sum(low <= one < high for one in tokens)
    assert sum(counts) == len(tokens)
    assert len(set(np.diff(edges)[:-1])) <= 1  # all are equally wide, but for the last


def test_a_very_long_text_does_not_squeeze_the_others() -> None:
    edges, counts = histogram(np.array([*range(10, 50)] * 5 + [9000]), 64)
    assert max(counts) <= 10 and counts[-1] == 1 and edges[-1] == 9001


def test_many_rows_are_measured_evenly(seen: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_lengths, "MOST_ROWS", 50)
    cells = [" ".join(["good"] * (1 + row // 10)) + f" {row % 10}" for row in range(1000)]
    found = seen({"text": cells, "label": ["a", "b"] * 500}, label="label", inputs=["text"])
    assert found.lengths is not None
    assert found.lengths.measured_rows == 50
    assert found.lengths.longest == 103  # the last row is among them
    assert found.lengths.median == pytest.approx(53, abs=2)
    assert found.duplicates is not None and found.duplicates.exact == 0  # counted in all rows


def test_roles_that_a_person_names_win(seen: Make) -> None:
    columns = {
        "text": texts(40),
        "note": [f"a different text {row} that reads well" for row in range(40)],
        "label": ["a", "b"] * 20,
        "gender": ["f", "m", "f", "m"] * 10,
    }
    found = seen(columns, label="gender", inputs=["note", "text"])
    assert found.named("input") == ("text", "note")
    assert found.named("label") == ("gender",)
    assert found.balance is not None and found.balance.rows == {"f": 20, "m": 20}
    assert {one.reason for one in found.columns if one.role == "input"} == {"named by you"}


def test_a_table_without_roles_is_shown_all_the_same(seen: Make, tmp_path: Path) -> None:
    columns = {"x": range(30), "y": np.linspace(0, 1, 30)}
    found = seen(columns, out=tmp_path / "out")
    assert found.problem is not None and "no column reads like text" in found.problem
    assert {one.role for one in found.columns} == {"none"}
    assert [one.numeric for one in found.columns] == [True, True]
    assert found.balance is None and found.duplicates is None and found.lengths is None
    assert found.lengths_reason == "no column of texts is an input"
    assert Look.from_json(json.loads((tmp_path / "out" / "look.json").read_text())) == found
    named = seen(columns | {"kind": ["p", "q", "q"] * 10}, label="kind")
    assert named.problem is not None and named.named("label") == ("kind",)
    assert named.balance is not None and named.balance.rows == {"q": 20, "p": 10}


@pytest.mark.parametrize("column", ["label", "text"])
def test_a_named_column_that_is_not_there_is_refused(seen: Make, column: str) -> None:
    columns = {"text": texts(10), "label": ["a", "b"] * 5}
    with pytest.raises(DataError, match=r"“nope”: there is no such column"):
        seen(columns, **({"label": "nope"} if column == "label" else {"inputs": ["nope"]}))
    with pytest.raises(DataError, match="named both as input and as label"):
        seen(columns, label=column, inputs=[column])


def test_blank_cells_are_missing_and_spaces_around_a_label_do_not_count(seen: Make) -> None:
    rows = texts(12)
    rows[3], rows[4] = " ", ""
    labels = ["yes ", "no", "yes", " no"] * 3
    labels[5] = "\t"
    found = seen({"text": rows, "label": labels}, label="label", inputs=["text"])
    missing = {one.name: one.missing for one in found.columns}
    assert missing == {"text": 2, "label": 1}
    assert found.balance is not None and found.balance.rows == {"yes": 6, "no": 5}
    assert found.duplicates is not None and found.duplicates.exact == 0
    assert found.lengths is not None and found.lengths.measured_rows == 10
    assert "The input “text” is empty in 2 rows" in told(found)
    assert "The label “label” is empty in 1 row." in told(found)


def of(**rows: int) -> list[str]:
    return [name for name, number in rows.items() for _ in range(number)]


@pytest.mark.parametrize(
    ("labels", "sentence", "tone"),
    [
        (of(a=40), "holds one class only, “a”", "warning"),
        (of(a=20, b=19, c=1), "1 class of the label “y” has one row only: “c”", "warning"),
        (of(a=38, b=1, c=1), "2 classes of the label “y” have one row only: “b”, “c”", "warning"),
        (of(a=37, b=3), "The label “a” has 37 rows, “b” has 3", "note"),
        ([f"v{row}" for row in range(60)], "looks like free text or a measure", "warning"),
    ],
)
def test_labels_that_training_would_stumble_over_are_told(
    seen: Make, labels: list[str], sentence: str, tone: str
) -> None:
    found = seen({"text": texts(len(labels)), "y": labels}, label="y")
    (one,) = [one for one in found.findings if sentence in one.text]
    assert one.tone == tone


def test_a_table_in_order_has_nothing_to_tell(seen: Make) -> None:
    columns = {"text": texts(40), "y": of(a=30, b=10), "split": ["train", "test"] * 20}
    assert seen(columns).findings == ()
    # Ten to one is not yet above ten to one.
    assert seen({"text": texts(33), "y": of(a=30, b=3)}).findings == ()


def test_a_label_that_no_training_row_has_is_told(seen: Make) -> None:
    labels, split = of(a=20, b=10, c=4), ["train", "dev"] * 15 + ["test"] * 4
    found = seen({"text": texts(34), "y": labels, "split": split})
    assert "No training row has the label “c”" in told(found)
    assert found.balance is not None
    assert found.balance.splits == {
        "train": {"a": 10, "b": 5, "c": 0},
        "validation": {"a": 10, "b": 5, "c": 0},  # written “dev”
        "test": {"a": 0, "b": 0, "c": 4},
    }


def test_many_labels_are_not_all_listed(seen: Make) -> None:
    labels = [f"intent {row % 600:03}" for row in range(1200)] + ["intent 599"]
    found = seen({"text": texts(1201), "y": labels}, label="y")
    assert found.balance is not None
    assert len(found.balance.rows) == 500 and found.balance.others == 100
    assert next(iter(found.balance.rows.items())) == ("intent 599", 3)
    columns = {one.name: one for one in found.columns}
    assert columns["y"].distinct == 600 and columns["y"].values == ()


def test_a_model_that_is_not_here_leaves_the_rest(seen: Make) -> None:
    found = seen({"text": texts(20), "y": ["a", "b"] * 10}, model="nobody/no-such-model")
    assert found.lengths is None
    assert found.lengths_reason is not None and "not on this machine" in found.lengths_reason
    assert found.balance is not None and found.duplicates is not None


def read_back(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as mapped:
        return pa.ipc.open_file(mapped).read_all()


def test_the_arrow_file_holds_the_table(reviews: tuple[Look, Path]) -> None:
    before = pa.total_allocated_bytes()
    found = read_back(reviews[1] / "table.arrow")
    # Uncompressed, so the cells stay in the file.
    assert pa.total_allocated_bytes() - before < found.nbytes / 10
    frame = pd.read_csv(REVIEWS, dtype=str)
    assert found.column_names == list(frame.columns)
    for name in frame:
        cells = frame[name].astype(object)
        assert found[name].to_pylist() == cells.where(cells.notna(), None).tolist()
    assert sorted(path.name for path in reviews[1].iterdir()) == ["look.json", "table.arrow"]


def test_a_long_table_comes_in_batches(seen: Make, tmp_path: Path) -> None:
    rows = 140_000
    seen({"text": texts(rows), "y": ["a", "b"] * (rows // 2)}, out=tmp_path / "out")
    with pa.memory_map(str(tmp_path / "out" / "table.arrow")) as mapped:
        file = pa.ipc.open_file(mapped)
        sizes = [file.get_batch(number).num_rows for number in range(file.num_record_batches)]
        assert file.read_all()["text"].to_pylist() == texts(rows)
    assert sizes == [65_536, 65_536, rows - 2 * 65_536]


def test_parquet_keeps_its_types(tmp_path: Path, tiny_model: Path) -> None:
    rows = 70_000
    table = pa.table(
        {
            "text": texts(rows),
            "label": pa.array(["yes", "no"] * (rows // 2)).dictionary_encode(),
            "stars": pa.array([1, None, 3, 4] * (rows // 4), pa.int8()),
            "when": pa.array(range(rows), pa.timestamp("ms")),
            "vector": [[1.0, 2.0]] * rows,
            "picture": [b"\x00\xff"] * rows,
        }
    )
    path = tmp_path / "table.parquet"
    pa_parquet.write_table(table, path, row_group_size=30_000)
    found = look(path, model=str(tiny_model), out=tmp_path / "out")
    assert read_back(tmp_path / "out" / "table.arrow").equals(table)
    columns = {one.name: one for one in found.columns}
    assert found.named("input") == ("text",) and found.named("label") == ("label",)
    assert columns["stars"].missing == rows // 4 and columns["stars"].numeric
    assert columns["stars"].values == (("1", rows // 4), ("3", rows // 4), ("4", rows // 4))
    assert columns["vector"].role == "none" and columns["vector"].values == (("[1.0,2.0]", rows),)
    assert columns["picture"].role == "none" and columns["picture"].distinct is None


def test_json_lines_are_written_as_text(tmp_path: Path, tiny_model: Path) -> None:
    lines = [{"text": text, "y": row % 2, "tags": ["ä", row]} for row, text in enumerate(texts(20))]
    lines[3]["y"] = None
    path = tmp_path / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    found = look(path, label="y", model=str(tiny_model), out=tmp_path / "out")
    written = read_back(tmp_path / "out" / "table.arrow")
    assert written["y"].to_pylist()[:5] == ["0", "1", "0", None, "0"]
    assert written["tags"].to_pylist()[1] == '["ä", 1]'
    assert found.balance is not None and found.balance.rows == {"0": 10, "1": 9}


def command(*arguments: object) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pellucid", "data", "look", *map(str, arguments)])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gone.csv", None),
        ("empty.csv", b""),
        ("header.csv", b"text,label\n"),
        ("ragged.csv", b"text,label\na,b\nc\n"),
        ("latin.csv", b"text,label\ncaf\xe9,b\n"),
        ("broken.parquet", b"PAR1 and no more"),
        ("table.xlsx", b"PK"),
        ("list.jsonl", b"[1, 2]\n"),
    ],
)
def test_a_file_that_is_no_table_leaves_nothing_behind(
    name: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert command(tmp_path / name, "--out", tmp_path / "out", "--json") == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("Error: ") and name in printed.err
    assert not (tmp_path / "out").exists()


def test_what_was_written_before_outlives_a_bad_table(
    tmp_path: Path, table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert command(table, "--out", out, "--model", tiny_model, "--json") == 0
    printed = Look.from_json(json.loads(capsys.readouterr().out))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert Look.from_json(json.loads(before["look.json"])) == printed
    bad = tmp_path / "bad.csv"
    bad.write_text('text,label\n"never closed,a\n')
    assert command(bad, "--out", out) == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_file_in_the_folders_place_is_told(tmp_path: Path, table: Path, tiny_model: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DataError, match="the folder can't be written"):
        look(table, model=str(tiny_model), out=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_the_command_shows_columns_and_findings(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(REVIEWS, "--model", tiny_model, "--out", tmp_path / "out") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Column", "Role", "Missing", "Distinct", "Why"]
    assert "Rows by label: positive 2,170, negative 1,218, neutral 612" in lines
    assert any(line.startswith("Warning: 40 validation or test rows") for line in lines)
    assert lines[-1] == str(tmp_path / "out")


def test_the_source_is_told_so_that_a_change_is_noticed(
    table: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    monkeypatch.chdir(table.parent)
    found = look(table.name, model=str(tiny_model)).source
    assert found.path == str(table)
    assert (found.size, found.modified) == (table.stat().st_size, table.stat().st_mtime)
    assert found.sha256 == hashlib.sha256(table.read_bytes()).hexdigest()


@pytest.mark.parametrize("raw", [None, [], {}, {"format": 2}, {"format": 1, "source": {}}])
def test_what_is_no_record_is_refused(raw: Any) -> None:
    with pytest.raises(DataError, match=r"look\.json: this is no record"):
        Look.from_json(raw)


def test_the_record_is_read_without_heavy_packages(reviews: tuple[Look, Path]) -> None:
    code = (
        "import sys, json; from pellucid.core.look import Look;"
        f"found = Look.from_json(json.load(open({str(reviews[1] / 'look.json')!r})));"
        "print(found.rows, sorted({'torch', 'pandas', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "4000 []"


def test_looking_does_not_load_torch(table: Path, tiny_model: Path) -> None:
    code = (
        "import sys; from pellucid.core.look import look;"
        f"look({str(table)!r}, model={str(tiny_model)!r});"
        "print(sorted({'torch', 'transformers', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_pictures_are_not_tokenised(tmp_path: Path, tiny_model: Path) -> None:
    for number in range(20):
        path = tmp_path / "two words" / ("train", "test")[number % 2] / "ab"[number % 4 // 2]
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{number:02}.png").write_bytes(b"")
    folder = tmp_path / "two words"
    (folder / "notes.txt").write_text("")
    found = look(folder, model=str(tiny_model), out=tmp_path / "out")
    assert {one.name: (one.role, one.modality) for one in found.columns} == {
        "image": ("input", "image"),
        "label": ("label", None),
        "split": ("split", None),
    }
    assert found.lengths is None and found.lengths_reason == "no column of texts is an input"
    assert found.balance is not None and found.balance.rows == {"a": 10, "b": 10}
    assert found.duplicates is not None and found.duplicates.near == 0
    assert found.task == "classification" and "2 folders" in found.task_reason
    assert "no row is about: notes.txt" in told(found)
    assert (found.source.path, found.source.size) == (str(folder), 0)
    rows = pa.ipc.open_file(tmp_path / "out" / "table.arrow").read_all()
    assert rows.column("image")[0].as_py() == "test/a/01.png"
    again = look(folder, model=str(tiny_model))
    assert again == found
    (folder / "train" / "a" / "00.png").write_bytes(b"more")
    assert look(folder, model=str(tiny_model)).source.sha256 != found.source.sha256


def test_pictures_with_questions(tmp_path: Path, tiny_model: Path) -> None:
    for number in range(40):
        (tmp_path / f"p-{number}.png").write_bytes(b"")
        (tmp_path / f"P {number}.png").write_bytes(b"")
    table = {
        "image": [f"p-{row}.png" for row in range(40)] + [f"P {row}.png" for row in range(40)],
        "question": ["was it good?", "was it bad?"] * 40,
        "answer": ["yes", "no"] * 40,
    }
    pd.DataFrame(table).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "p-3.png").unlink()
    found = look(tmp_path / "t.csv", model=str(tiny_model), max_length=32)
    kinds = {one.name: one.modality for one in found.columns}
    assert kinds == {"image": "image", "question": "text", "answer": None}
    # Names of files that differ by a sign are two files.
    assert found.duplicates is not None and found.duplicates.near == 0
    assert found.lengths is not None
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert found.lengths.longest == len(tokenizer("was it good?")["input_ids"])
    assert "Of 80 pictures that “image” names, 1 file can't be found" in told(found)
    assert "p-3.png" in told(found) and found.findings[0].tone == "warning"
