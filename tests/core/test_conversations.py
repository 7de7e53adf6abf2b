"""Tables of conversations: arranged into one column, written for hosted services, looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pellucid.core import roles
from pellucid.core.conversations import arrange, check_answered, export
from pellucid.core.spec import DataSpec, SourceSpec
from pellucid.errors import DataError, RecipeError
from pellucid.multimodal.text.chat.export import check_lines
from pellucid.multimodal.text.chat.messages import Conversation

TOLD = [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": "Four."}]


def read(path: Path, spec: DataSpec) -> pd.DataFrame:
    source = SourceSpec(path=str(path))
    return roles.read(source, spec.columns, whole=not spec.inputs)


def written(folder: Path, table: dict[str, list[object]], name: str = "t.csv") -> Path:
    path = folder / name
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def spec(path: Path, **more: object) -> DataSpec:
    return DataSpec.model_validate({"source": str(path), **more})


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"instruction": ["Two?"], "input": [""], "output": ["Four."]}, {}),
        ({"prompt": ["Two?"], "completion": ["Four."]}, {}),
        ({"messages": [json.dumps(TOLD)]}, {}),
        ({"chat": [json.dumps(TOLD)]}, {"inputs": {"chat": "text"}}),
        (
            {"frage": ["Two?"], "antwort": ["Four."]},
            {"inputs": {"frage": "text"}, "label": "antwort"},
        ),
    ],
)
def test_every_form_becomes_one_column(
    tmp_path: Path, table: dict[str, list[object]], named: dict[str, object]
) -> None:
    path = written(tmp_path, {**table, "who": ["ann"]})
    before = spec(path, groups=["who"], **named)
    found, after = arrange(read(path, before), before)
    assert list(after.inputs) == ["messages"]
    assert after.label is None
    assert set(after.columns) <= set(found.columns)
    assert json.loads(found["messages"][0]) == TOLD
    assert found["who"].tolist() == ["ann"]
    again, _ = arrange(found, after)
    assert again["messages"].tolist() == found["messages"].tolist()


def test_rows_with_an_empty_cell_have_none(tmp_path: Path) -> None:
    path = written(tmp_path, {"prompt": ["Two?", None, "a"], "completion": ["Four.", "b", None]})
    found, _ = arrange(read(path, spec(path)), spec(path))
    assert found["messages"].isna().tolist() == [False, True, True]


def test_a_bad_cell_is_named_with_file_row_and_column(tmp_path: Path) -> None:
    bad = json.dumps([{"role": "wizard", "content": "a"}])
    path = written(tmp_path, {"messages": [json.dumps(TOLD), bad]})
    with pytest.raises(
        DataError, match=r"t\.csv, row 2, column “messages”: message 1 has the role"
    ):
        arrange(read(path, spec(path)), spec(path))


def test_other_columns_are_refused_with_what_is_expected(tmp_path: Path) -> None:
    path = written(tmp_path, {"text": ["a"], "label": ["b"]})
    with pytest.raises(DataError, match=r"no conversations are recognised.*text, label"):
        arrange(read(path, spec(path)), spec(path))
    flags = spec(path, labels=["label"], inputs={"text": "text"})
    with pytest.raises(RecipeError, match=r"data\.labels"):
        arrange(read(path, flags), flags)


def test_a_conversation_without_answer_cannot_be_learnt(tmp_path: Path) -> None:
    path = written(tmp_path, {"messages": [json.dumps(TOLD), json.dumps(TOLD[:1])]})
    found, _ = arrange(read(path, spec(path)), spec(path))
    with pytest.raises(DataError, match=r"row 2: the conversation has no message of the assistant"):
        check_answered(found)


def test_an_export_is_written_and_checked(tmp_path: Path) -> None:
    rows = 12
    path = written(tmp_path, {"prompt": ["Two?"] * rows, "completion": [*["Four."] * 11, None]})
    out = tmp_path / "out" / "x.jsonl"
    found = export(path, out)
    assert (found["lines"], found["left_out"], found["form"]) == (11, 1, "prompt_completion")
    assert "1 rows with an empty cell" in found["notes"][0]
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"messages": TOLD}] * 11
    assert check_lines(lines) == []


def test_an_export_with_a_fault_names_the_row_and_writes_nothing(tmp_path: Path) -> None:
    good, bad = json.dumps(TOLD), json.dumps(TOLD[:1])
    path = written(tmp_path, {"messages": [good, bad, good, bad]})
    out = tmp_path / "x.jsonl"
    with pytest.raises(DataError, match=r"row 2: .*last message.*“user”.*, and 1 more rows"):
        export(path, out)
    assert not out.exists()


def test_the_demos_are_read_and_exported(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("alpaca_en_demo", "glaive_toolcall_en_demo", "identity", "kto_en_demo"):
        path = real_data("chat_demos") / f"{name}.json"
        raw = json.loads(path.read_text(encoding="utf-8"))
        found = export(path, tmp_path / f"{name}.hosted.jsonl")
        assert found["lines"] == len(raw)
        line = json.loads((tmp_path / f"{name}.hosted.jsonl").read_text("utf-8").split("\n")[0])
        assert line["messages"][-1]["role"] == "assistant"


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny causal model without a chat template."""
    from pellucid.benchmarks.learning.random_model import write_causal

    folder = tmp_path_factory.mktemp("models") / "chat"
    return write_causal(folder, ["Two? Four."], words=300, width=32, layers=2, places=128)


def test_the_commands_show_and_write(tmp_path: Path, chat_model: Path) -> None:
    import typer

    from pellucid.commands.chats import chat_export, chat_look

    app = typer.Typer()
    app.command("chat-look")(chat_look)
    app.command("chat-export")(chat_export)
    path = written(tmp_path, {"prompt": ["Two?\x1b[2J"] * 10, "completion": ["Four."] * 10})
    run = CliRunner()

    asked = ["chat-look", str(path), "--model", str(chat_model), "--rows", "2"]
    found = run.invoke(app, [*asked, "--json"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    assert (told["template"], told["form"], told["rows"]) == ("chatml", "prompt_completion", 10)
    assert len(told["shown"]) == 2
    learnt = [one["text"] for one in told["shown"][0]["pieces"] if one["kind"] == "learnt"]
    assert learnt == ["Four.<|im_end|>"]
    assert "ChatML is used" in told["notes"][0]

    plain = run.invoke(app, asked)
    assert "⟦Four.<|im_end|>⟧" in plain.output
    assert "\x1b" not in plain.output, "what a cell holds never acts on the terminal"
    assert "tokens are learnt" in plain.output

    out = tmp_path / "x.jsonl"
    done = run.invoke(app, ["chat-export", str(path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.output.strip().splitlines()[-1] == str(out)
    assert len(out.read_text(encoding="utf-8").splitlines()) == 10


def test_rows_that_are_not_there_are_refused(tmp_path: Path, chat_model: Path) -> None:
    from pellucid.core.chat_look import chat_look
    from pellucid.multimodal.spec import ModelSpec

    path = written(tmp_path, {"prompt": ["Two?"], "completion": ["Four."]})
    model = ModelSpec(name=str(chat_model), max_length=8)
    for rows in ("0", "5:7", "x"):
        with pytest.raises(DataError, match="--rows"):
            chat_look(path, model, rows=rows)
    found = chat_look(path, model, rows=1)
    assert found["shown"][0]["learnt"] == 0
    assert "Nothing is learnt of" in found["notes"][-1]
    assert Conversation.from_json(json.dumps(TOLD)).answered
