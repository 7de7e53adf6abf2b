"""The report and the model card: what they say of runs that are whole, half done, or small."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.report.tree import LineFigure, Section, Table, Text
from pellucid.errors import RunError
from pellucid.fairness.reading import read_audit
from pellucid.writeup import compose, write


def copied(finished: Path, folder: Path, *without: str) -> Run:
    """Copy a finished run without some of its files."""
    path = folder / "copy"
    shutil.copytree(finished, path, ignore=shutil.ignore_patterns("checkpoints", "model"))
    for name in without:
        shutil.rmtree(path / name) if (path / name).is_dir() else (path / name).unlink()
    return Run.open(path)


def composed(run: Run) -> Any:
    return compose(run, run.dataset(), read_audit(run))


def anchors(report: Any) -> list[str]:
    return [section.anchor for section in report.sections]


def rows_of(page: str, title: str) -> dict[str, list[str]]:
    """Read a table of the page: the text of its cells by the text of its first cell."""
    (table,) = re.findall(
        rf"<table[^>]*>(?:(?!</table>).)*?>{re.escape(title)}<.*?</table>", page, re.S
    )
    out = {}
    for row in re.findall(r"<tr.*?</tr>", table.split("<tbody>")[1], re.S):
        cells = [
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        # Groups and words in few rows carry a tag.
        out[cells[0].removesuffix(" few rows")] = cells[1:]
    return out


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"[-+]?\d+\.\d+", text.replace("−", "-"))]


def figure(raw: dict[str, Any]) -> list[float]:
    ends = [raw["low"], raw["high"]] if raw["low"] is not None else []
    return [raw["value"], *ends]


@pytest.fixture(scope="module")
def page(finished: Path) -> str:
    return (finished / "report.html").read_text(encoding="utf-8")


def test_the_page_has_every_section(finished: Path, page: str) -> None:
    report = composed(Run.open(finished))
    found = anchors(report)
    assert found[:2] == ["evaluation-test", "evaluation-validation"]
    assert found[2:4] == ["explain-words", "explain-maps"]
    assert [one for one in found if one.startswith("audit-")]
    assert found[-2:] == ["data", "training"]
    for anchor in found:
        assert f'id="{anchor}"' in page
    assert page.count('<figure class="drawing"') == 6
    assert not any("Not carried out" in text.text for text in report.summary)


def test_the_page_holds_the_numbers_of_evaluation_json(finished: Path, page: str) -> None:
    raw = json.loads((finished / "evaluation.json").read_text())
    test_part = page[page.index('id="evaluation-test"') : page.index('id="evaluation-validation"')]
    shown = rows_of(test_part, "Over all classes, next to the baselines")
    for title, name in (
        ("Accuracy", "accuracy"),
        ("F1, macro", "f1_macro"),
        ("ROC AUC, macro", "roc_auc_macro"),
    ):
        assert numbers(shown[title][0]) == pytest.approx(figure(raw["test"][name]), abs=5.1e-4)
        for place, baseline in enumerate(raw["test"]["baselines"].values()):
            expected = figure(baseline[name])
            assert numbers(shown[title][1 + place]) == pytest.approx(expected, abs=5.1e-4)
    classes = rows_of(test_part, "Each class")
    for label, figures in raw["test"]["per_class"].items():
        assert numbers(classes[label][2]) == pytest.approx(figure(figures["recall"]), abs=5.1e-4)


def test_the_page_holds_the_numbers_of_audit_json(finished: Path, page: str) -> None:
    raw = json.loads((finished / "audit.json").read_text())
    part = page[page.index('id="audit-1-gender"') : page.index('id="audit-2-region"')]
    tables = re.findall(r"<table.*?</table>", part, re.S)
    shown = next(table for table in tables if "Selection rate" in table)
    head = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<th scope=\"col\".*?</th>", shown)]
    (title,) = re.findall(r"<caption><span[^>]*>(.*?)</span>", shown)
    rows = rows_of(part, title)
    for group, figures in raw["gender"]["groups"].items():
        for name, column in (("selection_rate", "Selection rate"), ("accuracy", "Accuracy")):
            cell = rows[group][head.index(column) - 1]
            assert numbers(cell) == pytest.approx(figure(figures[name]), abs=5.1e-4)


def test_the_page_holds_the_words_of_importance_json(finished: Path, page: str) -> None:
    raw = json.loads((finished / "explanations" / "importance.json").read_text())
    part = page[page.index('id="explain-words"') : page.index('id="explain-maps"')]
    for target, words in raw["integrated_gradients"].items():
        if not words:
            continue
        shown = rows_of(part, f"The same words for “{target}”")
        assert list(shown) == [word["word"] for word in words[:12]]
        for word, cells in zip(words, shown.values(), strict=False):
            assert cells[0] == str(word["rows"])
            # Small numbers are written as powers of ten.
            if "×" not in cells[1]:
                assert numbers(cells[1]) == pytest.approx(figure(word["mean"]), abs=5.1e-4)


def test_without_explanations(finished: Path, tmp_path: Path) -> None:
    report = composed(copied(finished, tmp_path, "explanations"))
    assert not any(anchor.startswith("explain") for anchor in anchors(report))
    (note,) = (text.text for text in report.summary if "Not carried out" in text.text)
    assert note == (
        "Not carried out: “explain”. So this report doesn’t say why the model answers as it does."
    )


def test_after_training_and_evaluation_only(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path, "explanations", "audit.json", "audit", "report.html")
    report = composed(run)
    assert [anchor for anchor in anchors(report) if "audit" in anchor] == ["audit"]
    (groups,) = (section for section in report.sections if section.anchor == "audit")
    assert isinstance(groups.blocks[0], Text) and groups.blocks[0].tone == "warning"
    assert "the step “audit” was not carried out" in groups.blocks[0].text
    assert any("“explain” and “audit”" in text.text for text in report.summary)
    assert write(run, run.dataset()) == ["report.html", "model_card.md"]
    assert "No audit over groups was made" in (run.path / "model_card.md").read_text()


def test_without_an_evaluation_there_is_no_report(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path, "evaluation.json")
    with pytest.raises(RunError, match="evaluate"):
        write(run, run.dataset())


def test_only_the_audited_columns_are_shown(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    raw = json.loads((run.path / "audit.json").read_text())
    kept = {key: value for key, value in raw.items() if key in ("positive", "region")}
    (run.path / "audit.json").write_text(json.dumps(kept))
    report = composed(run)
    found = [anchor for anchor in anchors(report) if anchor.startswith("audit-")]
    assert found[:3] == ["audit-limits", "audit-differences", "audit-1-region"]
    assert not any("gender" in anchor for anchor in found)


@pytest.fixture(scope="module")
def small(
    table: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    """Train on rows without validation split and groups, and evaluate the test rows only."""
    folder = tmp_path_factory.mktemp("small")
    pd.read_csv(table).iloc[:120].drop(columns="id").to_csv(folder / "rows.csv", index=False)
    recipe = {
        "name": "small",
        "data": {
            "source": "rows.csv",
            "inputs": {"text": "text"},
            "label": "label",
            "split": {"train": 0.8, "validation": 0.0, "test": 0.2},
        },
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 1, "learning_rate": 3e-3},
        "evaluate": {"splits": ["test"], "baselines": False, "replicates": 100},
        "explain": {"rows": 4},
        "report": {"title": "A small & plain one", "maps": 2},
    }
    return execute(Recipe.of(recipe, folder=folder), folder / "runs"), folder


def test_without_validation_and_groups(small: tuple[Run, Path]) -> None:
    run, _ = small
    report = composed(run)
    assert report.title == "A small & plain one"
    found = anchors(report)
    assert found == [
        "evaluation-test",
        "explain-words",
        "explain-maps",
        "audit",
        "lineage",
        "data",
        "training",
    ]
    training = report.sections[-1]
    assert any(
        isinstance(block, Text) and "those of the last step were kept" in block.text
        for block in training.blocks
    )
    groups = report.sections[found.index("audit")]
    assert isinstance(groups.blocks[0], Text)
    assert groups.blocks[0].text.startswith("The recipe names no sensitive columns (data.groups)")
    facts = dict(report.facts)
    assert facts["Rows"] == "96 train, 24 test"
    assert "A small &amp; plain one" in (run.path / "report.html").read_text()


def test_the_facts_tell_nothing_of_the_machines_folders(
    small: tuple[Run, Path], tiny_model: Path
) -> None:
    run, folder = small
    facts = dict(composed(run).facts)
    assert facts["Base model"] == tiny_model.name
    assert facts["Data"] == "rows.csv"
    assert facts["Reads"] == "text"
    assert facts["Answers"] == "label: negative, positive"
    assert facts["Software"].startswith("Pellucid ")
    card = (run.path / "model_card.md").read_text()
    page = (run.path / "report.html").read_text()
    for place in (str(folder), str(tiny_model.parent)):
        assert place not in card and place not in page
    assert "base_model" not in yaml.safe_load(card.split("---")[1])


def test_a_model_of_the_hub_is_named_to_the_hub(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    path = run.path / "environment.json"
    environment = json.loads(path.read_text())
    for name, expected in (
        ("someone/their-model", "someone/their-model"),
        ("bundled/minilm", None),
    ):
        environment["model"]["name"] = name
        path.write_text(json.dumps(environment))
        write(run, run.dataset())
        card = (run.path / "model_card.md").read_text()
        assert yaml.safe_load(card.split("---")[1]).get("base_model") == expected
        assert f"fine-tuned from {name}" in (run.path / "report.html").read_text()


def test_how_it_was_trained(finished: Path) -> None:
    training = composed(Run.open(finished)).sections[-1]
    assert isinstance(training, Section)
    figure_, validation, settings = training.blocks
    assert re.fullmatch(
        r"The training loss is \d\.\d\d at step \d+ and \d\.\d\d at step 60\.", figure_.alt
    )
    assert isinstance(validation, Table)
    assert [row[0] for row in validation.rows] == [20, 40, 60]
    assert "F1, macro" in validation.columns
    assert validation.note == "The weights with the highest “F1, macro” were kept."
    told = [json.loads(line) for line in (finished / "events.jsonl").read_text().splitlines()]
    for row in validation.rows:
        column = validation.columns.index("Accuracy")
        (value,) = (
            one["value"]
            for one in told
            if one["event"] == "Metric" and one["split"] == "validation"
            if one["name"] == "accuracy" and one["at"] == row[0]
        )
        assert row[column] == value
    assert isinstance(settings, Table)
    assert ("early_stopping.patience", "2") in settings.rows


@pytest.mark.parametrize(
    ("task", "role", "answers"),
    [
        ("regression", {"label": "stars"}, "stars"),
        ("multilabel", {"labels": ["good", "staff"]}, "good, staff"),
    ],
)
def test_other_tasks_are_written_up(
    task: str, role: dict[str, Any], answers: str, table: Path, tiny_model: Path, tmp_path: Path
) -> None:
    rows = pd.read_csv(table).iloc[:120]
    rows["good"] = (rows["label"] == "positive").astype(int)
    rows["staff"] = rows["text"].str.contains("staff").astype(int)
    rows["stars"] = rows["good"] + rows["text"].str.len() / 100
    rows.to_csv(tmp_path / "rows.csv", index=False)
    recipe = {
        "name": task,
        "data": {"source": "rows.csv", "inputs": {"text": "text"}, **role},
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 2, "learning_rate": 3e-3, "batch_size": 16},
        "evaluate": {"replicates": 100},
    }
    run = execute(Recipe.of(recipe, folder=tmp_path), tmp_path / "runs")
    report = composed(run)
    found = anchors(report)
    assert found[:4] == [
        "evaluation-test",
        "evaluation-validation",
        "explain-words",
        "explain-maps",
    ]
    assert found[-2:] == ["data", "training"]
    assert "audit" in found  # no sensitive column was named, which is said
    assert dict(report.facts)["Answers"] == answers
    assert report.subtitle.startswith(f"A {'multilabel ' * (task == 'multilabel')}text ")
    figures = [block for block in report.sections[0].blocks if isinstance(block, LineFigure)]
    kinds = {
        "regression": ["Predicted and true numbers", "How far off the predictions are"],
        "multilabel": ["Precision-recall curves", "ROC curves"],
    }
    assert [figure.title for figure in figures] == kinds[task]
    (loss,) = (block for block in report.sections[-1].blocks if isinstance(block, LineFigure))
    assert [line.name for line in loss.lines] == ["training loss", "validation loss"]
    measured = json.loads((run.path / "evaluation.json").read_text())["test"]
    card = (run.path / "model_card.md").read_text()
    matter = yaml.safe_load(card.split("---")[1])
    assert matter["pipeline_tag"] == "text-classification"
    (result,) = matter["model-index"][0]["results"]
    first = next(name for name, one in measured.items() if isinstance(one, dict) and one["value"])
    assert round(measured[first]["value"], 4) in [one["value"] for one in result["metrics"]]
    assert "<svg" in (run.path / "report.html").read_text()
