"""Data sheet and model card: filled in from the run, nothing invented, open questions marked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

from pellucid.core import Run, decision
from pellucid.core.report.card import NOT_STATED
from pellucid.core.report.sheet import Answer, DataSheet, SheetPart, render_sheet
from pellucid.core.report.tree import Table
from pellucid.core.spec import StatementsSpec
from pellucid.fairness.accountability.data_sheet import data_sheet
from pellucid.fairness.privacy.check import privacy
from pellucid.fairness.privacy.record import write_privacy
from pellucid.writeup import write

STATED = {
    "motivation": "To learn what guests praise.",
    "intended_use": "Sorting reviews before a person reads them.",
    "out_of_scope": "Judging staff.",
    "ethical_considerations": "Guests who write in dialect may be misread.",
    "author": "The hotel’s data office",
    "data_licence": "CC BY 4.0",
}


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Run:
    shutil.copytree(finished, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    return Run.open(tmp_path / "run")


def stating(run: Run, **said: str) -> None:
    path = run.path / "recipe.yaml"
    raw = yaml.safe_load(path.read_text())
    raw["report"]["statements"].update(said)
    raw["report"]["formats"] = ["html", "model_card", "data_sheet"]
    path.write_text(yaml.safe_dump(raw, allow_unicode=True))


def test_what_only_people_know_is_marked(run: Run) -> None:
    sheet = data_sheet(run)
    text = render_sheet(sheet)
    # Every question that a person has to answer is open, once each; the first is the preamble's.
    asked = set(StatementsSpec.model_fields) - {
        "intended_use",
        "out_of_scope",
        "ethical_considerations",
        "caveats",
    }
    assert len(sheet.open) == len(asked)
    assert text.count(f"\n{NOT_STATED}\n") == len(asked)
    titles = [part.title for part in sheet.parts]
    assert titles == [
        "Motivation",
        "Composition",
        "Collection",
        "Cleaning",
        "Splits",
        "Personal data",
        "Uses",
        "Distribution",
        "Maintenance",
    ]


def test_what_people_state_stands_there(run: Run) -> None:
    stating(run, **STATED)
    assert write(run, run.dataset()) == ["report.html", "model_card.md", "data_sheet.md"]
    sheet = (run.path / "data_sheet.md").read_text()
    card = (run.path / "model_card.md").read_text()
    for key in ("motivation", "author", "data_licence"):
        assert STATED[key] in sheet
    for key in ("intended_use", "out_of_scope", "ethical_considerations", "author"):
        assert STATED[key] in card
    assert "Contact: (not stated)" in card and "No narrower use was stated" not in card


def test_the_sheet_counts_what_the_table_holds(run: Run, table: Path) -> None:
    text = render_sheet(data_sheet(run))
    rows = pd.read_csv(table)
    split = pd.Series(run.dataset().split)
    for column in ("gender", "region"):
        for value, count in rows[column].value_counts().items():
            parts = [(split[rows[column] == value] == name).sum() for name in
                     ("train", "validation", "test")]  # fmt: skip
            assert f"| {value} | {count} | {parts[0]} | {parts[1]} | {parts[2]} |" in text
    assert "400 rows, after cleaning." in text
    assert "| read | 400 | 400 | sentences.csv; 400 rows |" in text
    assert f"| text | input (text) | {rows['text'].nunique()} | 0 |" in text
    assert "By chance, with the seed 13, each class in the same shares." in text
    assert run.environment["data"]["fingerprint"] in text
    assert str(table.parent) not in text


def test_personal_data_is_told_where_it_was_looked_for(run: Run) -> None:
    assert "Nobody has looked for it" in render_sheet(data_sheet(run))
    write_privacy(run.path, privacy(run, checks=["personal"]))
    text = render_sheet(data_sheet(run))
    assert "Nobody has looked for it" not in text
    assert "No personal data of a known form was found in the 400 rows" in text


def test_the_card_has_the_rates_of_audit_json(run: Run) -> None:
    decision.write(run.path, decision.Decision("positive", 0.7), run.labels)
    write_privacy(run.path, privacy(run, checks=["membership"], rows=100))
    write(run, run.dataset())
    card = (run.path / "model_card.md").read_text()
    raw = json.loads((run.path / "audit.json").read_text())
    for column in ("gender", "region"):
        for value, figures in raw[column]["groups"].items():
            (line,) = (one for one in card.splitlines() if one.startswith(f"| {value} | "))
            assert f"{figures['accuracy']['value']:.3f}" in line
    assert "“positive” is answered from a score of 0.7 on" in card
    assert "area under the ROC curve of" in card and "is chance" in card
    history = card[card.index("## How it came about") :]
    assert " UTC | Evaluated | wrote predictions.parquet" in history.replace("\\", "")


def test_text_of_the_data_does_nothing() -> None:
    evil = "# a | b <script>x</script> [l](http://e.org) `c` *d*\n---\n- e \x00\u202e"

    def sheet(text: str) -> str:
        table = Table(text, (text, "Rows"), ((text, 3),), text)
        answers = (Answer("Open?", ()), Answer("Said?", (text,), (table,)))
        return render_sheet(DataSheet(text, (text,), (SheetPart("Part", answers),)))

    markdown = MarkdownIt("gfm-like", {"linkify": False})
    page, expected = markdown.render(sheet(evil)), markdown.render(sheet("plain"))
    for tag in ("<h1", "<h2", "<li", "<table", "<tr", "<td", "<th", "<hr", "<code", "<strong"):
        assert page.count(tag) == expected.count(tag), tag
    assert "<script" not in page and "<a " not in page and "\u202e" not in page
    assert "(not stated)" in page
