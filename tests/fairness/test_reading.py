"""An audit read back from its files says what the audit that was measured says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core import Run
from pellucid.core.report.tree import LineFigure, Section
from pellucid.fairness import audit, findings, sections
from pellucid.fairness.reading import read_audit


def flat(found: tuple[Section, ...]) -> list[Any]:
    out: list[Any] = []
    for section in found:
        out.append((section.title, section.anchor, section.lead))
        for block in section.blocks:
            if isinstance(block, Section):
                out += flat((block,))
            elif isinstance(block, LineFigure):
                lines = [(one.name, one.x.tolist(), one.y.tolist()) for one in block.lines]
                out.append((block.title, block.alt, lines))
            else:
                out.append(repr(block))
    return out


def test_it_says_the_same(finished: Path) -> None:
    run = Run.open(finished)
    again, measured = read_audit(run), audit(run)
    assert again is not None
    assert findings(again) == findings(measured)
    assert flat(sections(again)) == flat(sections(measured))
    assert (
        again.as_json() == measured.as_json() == json.loads((finished / "audit.json").read_text())
    )


def test_with_more_classes_a_missing_column_and_rows_without_a_label(
    finished: Path, tmp_path: Path
) -> None:
    import pandas as pd

    path = tmp_path / "run"
    shutil.copytree(finished, path, ignore=shutil.ignore_patterns("checkpoints", "model"))
    frame = pd.read_parquet(path / "predictions.parquet")
    generator = np.random.default_rng(3)
    names = np.array(["bad", "good", "so-so"])
    scores = generator.dirichlet([1, 1, 1], len(frame))
    frame = frame.drop(columns=["score:negative", "score:positive"])
    for at, name in enumerate(names):
        frame[f"score:{name}"] = scores[:, at]
    frame["label"] = generator.choice(names, len(frame))
    frame["prediction"] = names[scores.argmax(axis=1)]
    test = np.flatnonzero(frame["split"] == "test")
    frame.loc[test[:3], "label"] = None
    frame.loc[test[5], "group:gender"] = None
    frame.to_parquet(path / "predictions.parquet", index=False)
    run = Run.open(path)
    recipe = (path / "recipe.yaml").read_text().replace("positive: positive", "positive: null")
    (path / "recipe.yaml").write_text(recipe)
    measured = audit(run)
    assert measured.dropped == 3 and measured.positive is None
    (path / "audit.json").write_text(json.dumps(measured.as_json()))
    from pellucid.fairness import curves_table
    from pellucid.fairness.shared_thresholds import scores_table

    curves_table(measured.curves).to_parquet(path / "audit/curves.parquet", index=False)
    scores_table(measured.scores).to_parquet(path / "audit/scores.parquet", index=False)
    again = read_audit(run)
    assert again is not None
    assert findings(again) == findings(measured)
    assert flat(sections(again)) == flat(sections(measured))


def test_nothing_where_there_is_none(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(finished, path, ignore=shutil.ignore_patterns("checkpoints", "model"))
    (path / "audit.json").write_text('{"positive": null}')
    assert read_audit(Run.open(path)) is None
    (path / "audit.json").unlink()
    assert read_audit(Run.open(path)) is None
