"""Answer 20,000 sentences with MiniLM: `pellucid predict` against transformers' pipeline.

Both read the same CSV file and write a Parquet file with the probability of every class; what is
timed is all of that with loading the model, without importing libraries and, of the pipeline,
without looking for its batch size: the quickest of several on 500 of the sentences. The
weights are all-MiniLM-L6-v2's with a random head, ten times as large as usual, so that the
probabilities spread. Each side runs in float32 and in bf16, and the largest difference of a
probability to the pipeline's float32 is printed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from . import record, sides
from .sides import Figures, timed

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""The pipeline's batch sizes."""

GPU_SIZES = (32, 64, 128, 256, 512, 1024)

TRIED = 500
"""Sentences on which each is tried."""

EXACT = "pipeline fp32"
SIDES = ("pellucid fp32", EXACT, "pellucid bf16", "pipeline bf16")
Precision = Literal["fp32", "bf16"]


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--rows", type=int, default=20_000)
    command.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.rows, chosen.seeds = min(chosen.rows, 500), 1
    if chosen.side:
        kind, precision = chosen.side.split()
        side = {"pellucid": _pellucid, "pipeline": _pipeline}[kind]
        sides.answer({chosen.side: lambda: side(chosen.place, precision)}, chosen.side)
        return
    with TemporaryDirectory() as name:
        place = Path(name)
        _prepare(place, chosen)
        found = sides.run("predict", SIDES, chosen.seeds, ["--place", str(place)])
        lines = [
            *sides.ratios(found, EXACT, "pellucid fp32"),
            *sides.ratios(found, "pipeline bf16", "pellucid bf16"),
            *sides.ratios(found, EXACT, "pellucid bf16"),
            *_differences(place),
        ]
    lines += sides.means(found, "batch size", "batch size found best")
    print("\n".join(lines))
    if chosen.record:
        record.append(f"predict --rows {chosen.rows} --seeds {chosen.seeds}", lines)


def _prepare(place: Path, chosen: argparse.Namespace) -> None:
    """Write the table, and a run's folder with the model in it."""
    from pellucid import device

    device.prepare()
    import pandas as pd
    import torch
    import yaml
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from pellucid.core import Run
    from pellucid.multimodal.models import locate

    texts = pd.read_csv(chosen.data / "rt_polarity.csv")[["text"]]
    texts = pd.concat([texts] * -(-chosen.rows // len(texts))).head(chosen.rows)
    texts.to_csv(place / "table.csv", index=False)
    recipe = {
        "name": "run",
        "data": {"source": "table.csv", "inputs": {"text": "text"}, "label": "label"},
        "model": {"name": "bundled/minilm", "max_length": 256},
    }
    run = Run.create(
        place,
        "run",
        yaml.safe_dump(recipe),
        {"labels": ["0", "1"], "task": "classification", "device": device.choose().as_json()},
    )
    source = locate("bundled/minilm").reference
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=2, id2label={0: "0", 1: "1"}, dtype=torch.float32
    )
    with torch.no_grad():
        model.classifier.weight.mul_(10)
    model.save_pretrained(run.path / "model")
    AutoTokenizer.from_pretrained(source).save_pretrained(run.path / "model")


def _pellucid(place: Path, precision: Precision) -> Figures:
    from pellucid import device

    device.prepare()
    from transformers.models.bert import modeling_bert  # noqa: F401 - imports are not measured

    from pellucid.core import Run
    from pellucid.core.predict_table import predict_table
    from pellucid.core.tasks import classification  # noqa: F401

    figures: Figures = {}
    with timed(figures):
        predict_table(
            Run.open(place / "run"),
            place / "table.csv",
            place / f"pellucid {precision}.parquet",
            precision=precision,
        )
    return figures


def _pipeline(place: Path, precision: Precision) -> Figures:
    from pellucid import device

    device.prepare()
    import pandas as pd
    import torch
    from transformers import pipeline

    def load() -> Any:
        return pipeline(
            "text-classification",
            str(place / "run" / "model"),
            top_k=None,
            dtype=torch.float32 if precision == "fp32" else torch.bfloat16,
        )

    def seconds(size: int) -> float:
        began = time.perf_counter()
        model(few, batch_size=size)
        return time.perf_counter() - began

    few = pd.read_csv(place / "table.csv", nrows=TRIED)["text"].tolist()
    model = load()
    best = min(GPU_SIZES if torch.cuda.is_available() else SIZES, key=seconds)
    figures: Figures = {}
    with timed(figures):
        texts = pd.read_csv(place / "table.csv")["text"].tolist()
        found = load()(texts, batch_size=best)
        scores = [{one["label"]: one["score"] for one in each} for each in found]
        table = pd.DataFrame(scores).add_prefix("score:")
        table.to_parquet(place / f"pipeline {precision}.parquet", index=False)
    return figures | {"batch size": best}


def _differences(place: Path) -> list[str]:
    import pandas as pd

    scores = {side: pd.read_parquet(place / f"{side}.parquet")["score:1"] for side in SIDES}
    exact = scores[EXACT]
    return [
        f"probabilities, {side} to {EXACT}: differ by {(found - exact).abs().max():.1e} at most, "
        f"{(found - exact).abs().mean():.1e} on average; {((found > 0.5) != (exact > 0.5)).sum()} "
        f"of {len(exact):,} answers are others"
        for side, found in scores.items()
        if side != EXACT
    ]
