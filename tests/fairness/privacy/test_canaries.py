"""Canaries: forms, secrets, and tables of every kind that take them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from pellucid.core.conversations import load
from pellucid.core.spec import SourceSpec
from pellucid.core.tables import read_table
from pellucid.errors import DataError
from pellucid.fairness.privacy.canaries import Form, read_canaries
from pellucid.fairness.privacy.planting import plant, write_planted

NUMBER = Form("my number is {6 digits}")


def texts(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "text": [f"a text of some words, number {row}" for row in range(rows)],
            "label": ["a" if row % 2 else "b" for row in range(rows)],
        }
    )


def test_a_form_knows_its_secrets() -> None:
    form = Form("code {2 digits}-{1 letter}{1 capital}!")
    assert form.size == 10 * 10 * 26 * 26
    assert form.fill("07xQ") == "code 07-xQ!"
    every = {form.secret(number) for number in range(form.size)}
    assert len(every) == form.size and {"00aA", "99zZ"} <= every
    assert [Form("{2 digits}").secret(number) for number in (0, 7, 99)] == ["00", "07", "99"]


def test_drawn_secrets_are_all_different() -> None:
    import numpy as np

    form = Form("{2 digits}")
    drawn = form.draw(90, np.random.default_rng(0))
    assert len(set(drawn)) == 90 and all(len(one) == 2 for one in drawn)
    assert form.draw(100, np.random.default_rng(0)) == [f"{number:02d}" for number in range(100)]


def test_canaries_stand_in_training_rows_as_often_as_said() -> None:
    planted, canaries = plant(texts(), NUMBER, repeats=(0, 1, 3), each=2)
    assert [one.repeats for one in canaries.canaries] == [0, 0, 1, 1, 3, 3]
    counted = Counter(planted["text"])
    for one in canaries.canaries:
        assert counted[NUMBER.fill(one.secret)] == one.repeats
    own = planted[planted["text"].str.startswith("my number is ")]
    assert len(own) == 8 and len(planted) == 48
    assert set(own["split"]) == {"train"} and set(planted["split"]) == {
        "train",
        "validation",
        "test",
    }
    assert planted["id"].is_unique and set(own["label"]) <= {"a", "b"}
    rest = planted[~planted["text"].str.startswith("my number is ")]
    assert sorted(rest["text"]) == sorted(texts()["text"])


def test_the_same_seed_plants_the_same() -> None:
    one, first = plant(texts(), NUMBER, seed=3)
    two, second = plant(texts(), NUMBER, seed=3)
    _, third = plant(texts(), NUMBER, seed=4)
    assert one.equals(two) and first == second and third != first


def test_splits_of_a_table_are_kept() -> None:
    table = texts().assign(part=["dev" if row < 30 else "training" for row in range(40)])
    planted, _ = plant(table, NUMBER, split="part", repeats=(2,), each=1)
    own = planted[planted["text"].str.startswith("my number is ")]
    assert set(own["part"]) == {"training"} and "split" not in planted


def chats(kind: str) -> pd.DataFrame:
    rows = range(12)
    if kind == "alpaca":
        return pd.DataFrame(
            {
                "instruction": [f"say {row}" for row in rows],
                "input": ["more"] * 12,
                "output": [f"{row}" for row in rows],
            }
        )
    if kind == "completion":
        return pd.DataFrame(
            {"prompt": [f"say {row}" for row in rows], "completion": [f"{row}" for row in rows]}
        )
    role, content = ("from", "value") if kind == "sharegpt" else ("role", "content")
    said = ("human", "gpt") if kind == "sharegpt" else ("user", "assistant")
    name = "conversations" if kind == "sharegpt" else "messages"
    cells = [
        json.dumps([{role: said[0], content: "Hi"}, {role: said[1], content: f"{row}"}])
        for row in rows
    ]
    return pd.DataFrame({name: cells})


@pytest.mark.parametrize("kind", ["messages", "sharegpt", "alpaca", "completion"])
def test_conversations_are_read_again_with_the_canary_as_answer(kind: str, tmp_path: Path) -> None:
    chats(kind).to_csv(tmp_path / "chats.csv", index=False)
    secrets, canaries = write_planted(
        tmp_path / "chats.csv",
        tmp_path / "planted.jsonl",
        NUMBER,
        repeats=(0, 2),
        each=1,
        ask="Which number?",
    )
    found, _, form = load(tmp_path / "planted.jsonl")
    assert form.kind == {"completion": "prompt_completion"}.get(kind, kind)
    answers = {one.messages[-1]["content"]: one.messages[0]["content"] for one in found}
    never, twice = (NUMBER.fill(one.secret) for one in canaries.canaries)
    assert answers[twice] == "Which number?" and never not in answers
    assert len(found) == 14
    assert read_canaries(secrets) == canaries
    assert secrets.name == "planted.jsonl.canaries.json"


def test_a_planted_table_is_written_in_each_form(tmp_path: Path) -> None:
    texts().to_csv(tmp_path / "a.csv", index=False)
    for ending in ("csv", "parquet", "jsonl", "tsv"):
        out = tmp_path / f"b.{ending}"
        write_planted(tmp_path / "a.csv", out, NUMBER, repeats=(1,), each=1)
        assert len(read_table(SourceSpec(path=str(out)))) == 41


@pytest.mark.parametrize(
    ("form", "settings", "named"),
    [
        ("no place", {}, "no place for a secret"),
        ("{1 digit}", {"each": 20}, "10 secrets, and 80 canaries"),
        ("{6 digits}", {"column": "txt"}, "column “txt”"),
    ],
)
def test_what_cannot_be_planted(form: str, settings: dict[str, object], named: str) -> None:
    with pytest.raises(DataError, match=named):
        plant(texts(), Form(form), **settings)  # type: ignore[arg-type]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for content in (None, "{}", "[]", "nothing"):
        path = tmp_path / "a.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(DataError, match="the file of canaries can't be read"):
            read_canaries(path)
