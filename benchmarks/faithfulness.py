"""Insertion and deletion curves of CIFAR-10's pictures: the value function against a batched loop.

The loop is written as the documentation of Quantus's pixel flipping has it: a batch of pictures in
numpy, one more segment replaced in each of them at each step, and the batch given to the model.
Both measure the same orders of the same segments with the same left-out colours in float32, from
files' decoded pixels to probabilities; cutting pictures into segments is in the time of both.

With --table it measures how faithful methods are on rt_polarity and cifar10_images instead, beside
random scores and a model that learnt nothing, and says which differences are not significant.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import polarity, record, sides
from .seen import KINDS
from .sides import Figures, timed

OURS, PEER = "pellucid", "batched loop"

BATCH = 64
"""Pictures that the loop gives to the model at a time, Quantus's default."""

METHODS = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "gradient_shap",
    "feature_ablation",
    "lime",
    "kernel_shap",
    "partition_shap",
)


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--run", type=Path, action="append", default=[], help="a finished run")
    command.add_argument("--rows", type=int, default=200, help="test rows that are measured")
    command.add_argument("--epochs", type=int, default=3, help="of training, where no run is named")
    command.add_argument("--table", action="store_true", help="measure methods on both datasets")
    command.add_argument("--methods", default=",".join(METHODS), help="what the table compares")
    command.add_argument("--out", type=Path, help="file that the table is written to")
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run both sides in turn and print the ratio of their times, or print the table."""
    learnt = 0
    if chosen.quick:
        chosen.rows, chosen.epochs, chosen.seeds, learnt = min(chosen.rows, 20), 1, 1, 500
    if chosen.side:
        run = chosen.run[0]
        answer = {OURS: lambda: _ours(run, chosen), PEER: lambda: _looped(run, chosen)}
        sides.answer(answer, chosen.side)
    elif chosen.table:
        _table(chosen, learnt)
    else:
        _curves(chosen, learnt)


def _curves(chosen: argparse.Namespace, learnt: int) -> None:
    with _runs(chosen, ["cifar10_images"], learnt) as runs:
        passed = ["--rows", str(chosen.rows)]
        found = sides.run(
            "faithfulness", [OURS, PEER], chosen.seeds, [*passed, "--run", str(runs[0])]
        )
    lines = sides.ratios(found, PEER, OURS)
    lines += sides.means(found, "insertion", "insertion AUC")
    lines += sides.means(found, "deletion", "deletion AUC")
    print("\n".join(lines))
    if chosen.record:
        record.append(f"faithfulness --seeds {chosen.seeds} {' '.join(passed)}", lines)


def _table(chosen: argparse.Namespace, learnt: int) -> None:
    from pellucid import device

    device.prepare()
    from pellucid.explain.proof.compare import compare_run

    lines: list[str] = []
    with _runs(chosen, ["rt_polarity", "cifar10_images"], learnt) as runs:
        for run in runs:
            lines += _markdown(run.name, compare_run(run, chosen.methods.split(","), chosen.rows))
    text = "\n".join(lines)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")
    if chosen.record:
        said = [line for line in lines if line.startswith("- ")]
        record.append(f"faithfulness --table --rows {chosen.rows}", [one[2:] for one in said])


@contextmanager
def _runs(chosen: argparse.Namespace, names: list[str], learnt: int) -> Iterator[list[Path]]:
    """Give the runs that were named, or train one on each dataset."""
    if chosen.run:
        yield chosen.run
        return
    from pellucid import device

    device.prepare()
    from pellucid import Recipe, execute

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = []
        for name in names:
            raw = _recipe(name, folder, chosen.epochs, learnt)
            made.append(execute(Recipe.of(raw), folder / "runs", only=["train"]).path)
        yield made


def _recipe(name: str, folder: Path, epochs: int, learnt: int) -> dict[str, Any]:
    """Return a recipe for one of the datasets; its table is written into the folder."""
    table = folder / f"{name}.csv"
    if name == "cifar10_images":
        kind = KINDS["image"]
        kind.write(table, learnt)
        return kind.recipe(table, name, 0, epochs=epochs)
    work = polarity.Work(record.data(name), 2 * learnt, epochs, 0)
    with work.table() as written:
        table.write_bytes(written.read_bytes())
    return {
        "name": name,
        "data": {
            "source": str(table),
            "inputs": {"text": "text"},
            "label": "label",
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/minilm", "max_length": polarity.LENGTH},
        "train": {"epochs": epochs, "seed": 0, "learning_rate": work.learning_rate},
    }


def _asked(run: Path, rows: int, seed: int) -> tuple[Any, dict[int, list[Any]]]:
    """Open a run, and draw an order of every row's segments."""
    from pellucid import device

    device.prepare()
    import numpy as np
    import soundfile  # noqa: F401 - imports are not measured
    import transformers.modeling_outputs  # noqa: F401

    from pellucid.core.dataset import pick
    from pellucid.core.runs import Run
    from pellucid.explain.opened import ask, open_run
    from pellucid.explain.proof.order import ordered
    from pellucid.explain.spec import ExplainSpec

    opened = Run.open(run)
    test = opened.dataset()
    test = test.take(test.rows("test"))
    subject = ask(open_run(opened), test.take(pick(test.ids, rows)), ExplainSpec()).subject
    rng = np.random.default_rng(seed)
    orders = {row: [ordered(rng.random(len(subject.cut(row))), rng)] for row in range(len(subject))}
    return subject, orders


def _ours(run: Path, chosen: argparse.Namespace) -> Figures:
    import numpy as np

    from pellucid.explain.proof.answers import answers
    from pellucid.explain.proof.curves import curves
    from pellucid.explain.value import Value

    subject, orders = _asked(run, chosen.rows, chosen.seed)
    subject = _unkept(subject)
    figures: Figures = {}
    with timed(figures):
        read, _ = answers(subject, "probability")
        found = curves(Value(subject), orders, read, points=10_000)
        areas = [curve.figures() for own in found.values() for curve in own]
    for side in ("insertion", "deletion"):
        figures[side] = float(np.mean([one[f"{side}_auc"] for one in areas]))
    return figures


def _looped(run: Path, chosen: argparse.Namespace) -> Figures:
    from dataclasses import replace

    import numpy as np
    from transformers import AutoModelForImageClassification

    subject, orders = _asked(run, chosen.rows, chosen.seed)
    # As anybody loads it; what explains rows has the weights laid out for its device.
    model = AutoModelForImageClassification.from_pretrained(run / "model").to(subject.place).eval()
    subject = _unkept(replace(subject, model=model))
    areas: dict[str, list[float]] = {"insertion": [], "deletion": []}
    figures: Figures = {}
    with timed(figures):
        for first in range(0, len(subject), BATCH):
            rows = np.arange(first, min(first + BATCH, len(subject)))
            cut = [subject.cut(int(row)).pieces[0].segmented for row in rows]
            labels = np.stack([one.labels for one in cut])
            x = subject.samples.batch(rows)["pixel_values"].numpy()
            bare = np.concatenate(
                [one.inputs(np.zeros((1, len(one)), bool))["pixel_values"].numpy() for one in cut]
            )
            order = [orders[int(row)][0] for row in rows]
            for side, (start, end) in {"deletion": (x, bare), "insertion": (bare, x)}.items():
                curve = _flipped(subject, rows, start, end, labels, order)
                for place in range(len(rows)):
                    own = curve[: len(order[place]) + 1, place]
                    areas[side].append(float(np.trapezoid(own, dx=1 / len(order[place]))))
    return {**figures, **{side: float(np.mean(own)) for side, own in areas.items()}}


def _flipped(subject: Any, rows: Any, start: Any, end: Any, labels: Any, order: list[Any]) -> Any:
    """Replace one segment of each picture after the other; shape (steps + 1, pictures)."""
    import numpy as np

    changed = start.copy()
    out = [_probabilities(subject, rows, changed)]
    for step in range(max(map(len, order))):
        for place, own in enumerate(order):
            if step < len(own):
                there = labels[place] == own[step]
                changed[place][:, there] = end[place][:, there]
        out.append(_probabilities(subject, rows, changed))
    return np.stack(out)


def _probabilities(subject: Any, rows: Any, pictures: Any) -> Any:
    import torch

    with torch.inference_mode():
        given = torch.from_numpy(pictures).to(subject.place)
        logits = subject.model(pixel_values=given).logits
        found = torch.softmax(logits.float(), dim=1).cpu().numpy()
    return found[range(len(rows)), subject.targets[rows]]


def _unkept(subject: Any) -> Any:
    """Return a subject that has cut none of its rows yet, so that both sides cut them."""
    from dataclasses import replace

    return replace(subject, cut=subject.cut.__wrapped__)


def _markdown(name: str, found: Any) -> list[str]:
    """Write a comparison as Markdown."""
    from pellucid.explain.proof.comparison import FRESH, RANDOM, title
    from pellucid.explain.proof.measures import MEASURES, TESTED

    names = [
        *found.ranked,
        RANDOM,
        *(FRESH + one for one in found.ranked if FRESH + one in found.figures),
    ]
    shown = [one for one in MEASURES.values() if any(one.name in found.figures[n] for n in names)]
    arrows = {"higher": "↑", "lower": "↓"}
    heads = [
        "Method",
        *(f"{one.title} {arrows[one.better]} ({one.range(found.scale)})" for one in shown),
    ]
    lines = ["", f"## {name}, {found.rows:,} test rows", ""]
    lines += [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    for one in names:
        own = found.figures[one]
        cells = [own[m.name].show() if m.name in own else "–" for m in shown]
        lines.append(f"| {title(one, found.titles)} | {' | '.join(cells)} |")
    lines += ["", *(f"- {text}" for text in found.words)]
    lines += ["", f"Not significant, of {len(found.differences):,} differences (adjusted p):", ""]
    for measure in TESTED:
        dull = [
            f"{title(one.first, found.titles)} and {title(one.second, found.titles)} "
            f"({one.adjusted:.2g})"
            for one in found.differences
            if one.measure == measure and not one.significant
        ]
        lines.append(f"- {MEASURES[measure].title}: {'; '.join(dull) or 'none'}.")
    return lines
