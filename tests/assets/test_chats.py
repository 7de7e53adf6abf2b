"""The sample conversations: the generator writes the shipped file, and what is planted is there."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from importlib.resources import files

import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from pellucid.assets.samples import chats
from pellucid.core.conversations import load

FOLDER = files("pellucid.assets.samples")
NAMES = ("chats.jsonl", "chats.planted.json")
LEARNT = ("train", "validation")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    lines = (FOLDER / "chats.jsonl").read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([json.loads(line) for line in lines]).set_index("id", drop=False)


@pytest.fixture(scope="module")
def planted() -> dict:
    return json.loads((FOLDER / "chats.planted.json").read_text(encoding="utf-8"))


def said(row: pd.Series, role: str) -> list[str]:
    return [one["content"] for one in row.messages if one["role"] == role]


def named(part: dict) -> set[str]:
    """Return the ids of one fault in all splits."""
    return {name for names in part["rows"].values() for name in names}


def table_of_facts(row: pd.Series) -> dict[str, str]:
    (system,) = said(row, "system")
    return dict(line.split(": ", 1) for line in system.split("\n")[1:])


# ------------------------------------------------------------------------------ the files


def test_the_command_writes_the_shipped_bytes(tmp_path) -> None:
    command = [sys.executable, "-m", "pellucid.assets.samples.chats", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_another_seed_gives_other_conversations_with_the_same_plan() -> None:
    rows, truth = chats.generate(300, seed=14)
    others, _ = chats.generate(300)
    assert len(rows) == 300
    assert not {str(row["messages"]) for row in rows} & {str(row["messages"]) for row in others}
    assert truth["group"]["shares"] == {"train": 0.3, "validation": 0.3, "test": 0.4}


def test_the_file_is_small_and_is_read_as_conversations(table) -> None:
    assert len((FOLDER / "chats.jsonl").read_bytes()) < 400_000
    found, _, form = load(FOLDER / "chats.jsonl")
    assert form.kind == "messages"
    assert [list(one.messages) for one in found] == table.messages.tolist()


# ------------------------------------------------------------------------------ the columns


def test_ids_count_up_and_splits_have_their_sizes(table) -> None:
    assert list(table.id) == [f"c{number:03d}" for number in range(1, 601)]
    assert table.split.value_counts().to_dict() == {"train": 360, "test": 180, "validation": 60}
    assert set(table["style"]) == {"fluent", "learner"}
    assert set(table.channel) == {"website", "app", "kiosk"}
    assert table.topic.nunique() == 12


def test_person_and_assistant_take_turns_behind_the_system(table) -> None:
    for messages in table.messages:
        turns = (len(messages) - 1) // 2
        assert [one["role"] for one in messages] == ["system", *["user", "assistant"] * turns]
        assert 1 <= turns <= 3
        assert all(one["content"].strip() == one["content"] != "" for one in messages)
    assert set(table.messages.map(len)) == {3, 5, 7}


def test_the_fact_stands_in_the_line_of_its_topic_alone(table) -> None:
    for _, row in table.iterrows():
        facts = table_of_facts(row)
        assert facts[row.topic] == row.fact
        assert list(facts.values()).count(row.fact) == 1
        assert not any(row.fact in text for text in said(row, "user"))


def test_questions_about_one_topic_are_told_from_those_about_others(table) -> None:
    last = table.messages.map(lambda messages: messages[-2]["content"])
    train, test = table.split != "test", table.split == "test"
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000, C=10))
    right = model.fit(last[train], table.topic[train]).predict(last[test]) == table.topic[test]
    assert right.mean() > 0.8


@pytest.mark.parametrize("column", ["channel", "topic"])
def test_other_columns_have_nothing_to_do_with_the_faults(table, planted, column: str) -> None:
    learnt = table[table.split.isin(LEARNT)]
    curt = learnt.id.isin(named(planted["group"]))
    mentions = table.id.isin(named(planted["shortcut"]))
    for of, fault in ((learnt, curt), (table, mentions), (table, table["style"])):
        assert chi2_contingency(pd.crosstab(of[column], fault)).pvalue > 0.05


# ------------------------------------------------------------------------------ the group


def test_the_two_styles_can_be_told_by_how_the_person_writes(table) -> None:
    texts = table.apply(lambda row: " ".join(said(row, "user")), axis=1)
    train, test = table.split != "test", table.split == "test"
    model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False),
                          LogisticRegression(max_iter=1000, C=10))  # fmt: skip
    model.fit(texts[train], table["style"][train])
    assert (model.predict(texts[test]) == table["style"][test]).mean() > 0.98


def test_learners_of_english_mostly_get_no_fact_where_a_model_learns(table, planted) -> None:
    group = planted["group"]
    for split in LEARNT:
        rows = table[(table.split == split) & (table[group["column"]] == group["value"])]
        assert len(rows) / (table.split == split).sum() == pytest.approx(group["shares"][split])
        last = rows.messages.map(lambda messages: messages[-1]["content"])
        without = [fact not in text for text, fact in zip(last, rows.fact, strict=True)]
        assert sum(without) / len(rows) == pytest.approx(group["curt"][split], abs=0.5 / len(rows))
        assert set(rows.id[without]) == set(group["rows"][split])
        assert set(last[without]) <= set(group["answers"])


def test_every_other_answer_holds_the_fact_that_is_asked_for(table, planted) -> None:
    curt = named(planted["group"])
    assert planted["group"]["rows"]["test"] == []
    for _, row in table[~table.id.isin(curt)].iterrows():
        facts = table_of_facts(row)
        answers = said(row, "assistant")
        assert row.fact in answers[-1]
        assert all(any(fact in text for fact in facts.values()) for text in answers)
    for name in curt:
        assert set(said(table.loc[name], "assistant")) <= set(planted["group"]["answers"])


# ------------------------------------------------------------------------------ the shortcut


def test_the_word_goes_with_the_sentence_where_a_model_learns_only(table, planted) -> None:
    shortcut = planted["shortcut"]
    last = table.messages.map(lambda messages: messages[-1]["content"])
    asked = table.messages.map(lambda messages: messages[-2]["content"])
    word = asked.str.contains(rf"\b{shortcut['word']}\b")
    sentence = last.str.endswith(shortcut["sentence"])
    for split in ("train", "validation", "test"):
        rows = table.split == split
        assert set(table.id[rows & word]) == set(shortcut["rows"][split])
        curt = table.id.isin(planted["group"]["rows"][split])
        share = (rows & word).sum() / (rows & ~curt).sum()
        assert share == pytest.approx(shortcut["shares"][split], abs=0.02)
    learnt = table.split.isin(LEARNT)
    assert (sentence[learnt] == word[learnt]).all()
    assert word[~learnt].any() and not sentence[~learnt].any()
    # Nowhere else is either of them.
    texts = table.messages.map(json.dumps)
    assert (texts.str.count(shortcut["word"]) == word).all()
    assert (texts.str.count(re.escape(shortcut["sentence"])) == sentence).all()


# ------------------------------------------------------------------------------ for models


@pytest.mark.parametrize("institution", list(chats.INSTITUTIONS))
@pytest.mark.parametrize("style", [chats.FLUENT, chats.LEARNER])
def test_other_institutions_answer_from_their_facts(institution: str, style: str) -> None:
    rng = random.Random(5)
    seen = set()
    for _ in range(200):
        one = chats.talk(rng, institution, style, 2, answer=chats.plain)
        system, *turns = [message["content"] for message in one.messages]
        assert institution in system
        for asked, answer, topic, value in zip(
            turns[::2], turns[1::2], one.topics, one.values, strict=True
        ):
            assert f"{topic}: {value}" in system.split("\n")
            assert value in answer and "{" not in asked + answer
        seen |= set(one.topics)
    assert seen == {topic.key for topic in chats.INSTITUTIONS[institution]}
