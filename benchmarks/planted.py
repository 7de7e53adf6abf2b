"""Attributions against planted truth: whether the top segment lies where the model's reason does.

The samples that come with Pellucid hold a word, a mark and a hum that go with one class in the
training rows alone (assets/samples/README.md). The rows that are explained are those test rows of
other classes that the model takes for this class because of it; of questions about a colour those
that it answers rightly, where the reason is the thing that is asked about. What is printed is the
share of rows whose top segment is a planted one (the pointing game of Zhang et al. 2018), for every
method that serves the model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import record

SAMPLES = Path(__file__).resolve().parents[1] / "assets" / "samples"

HUM = 150.0
"""Hz below which no event has anything to say."""

Truth = Callable[[Any, Mapping[str, str]], NDArray[np.bool_]]
"""``truth(attribution, cells)``: which segments are planted; those that don't count are left out of
the game by `Planted.modality`."""


@dataclass(frozen=True)
class Planted:
    """A sample with planted truth.

    Attributes
    ----------
    modality
        Segments of which modality are looked at.
    rows
        Ids of the test rows that are explained, by what was predicted.
    truth
        Which segments of a row are planted.
    """

    modality: str
    rows: Callable[[Any], list[str]]
    truth: Truth


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--kind", choices=list(SETS), required=True)
    command.add_argument("--methods", help="with commas; all that serve the model if left out")
    command.add_argument("--run", type=Path, help="a finished run of the demo; trained if left out")
    command.add_argument("--most", type=int, default=200, help="rows that are explained at most")


def main(chosen: argparse.Namespace) -> None:
    """Explain the rows by every method and print a line for each."""
    lines = [line for _, line in measure(chosen.kind, chosen.run, chosen.methods, chosen.most)]
    print("\n".join(lines))
    if chosen.record:
        record.append(f"planted --kind {chosen.kind}", lines)


def measure(
    kind: str, run: Path | None = None, names: str | None = None, most: int = 200
) -> list[tuple[float, str]]:
    """Return for each method the share of rows whose top segment is planted, and a line."""
    from pellucid import device

    device.prepare()
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(kind, run or _demo(kind, Path(scratch)), names, most)


def _measure(kind: str, path: Path, names: str | None, most: int) -> list[tuple[float, str]]:
    from scipy.stats import binomtest

    from pellucid.core.runs import Run
    from pellucid.errors import ModelError
    from pellucid.explain import attribute, methods

    planted = SETS[kind]
    run = Run.open(path)
    predictions = run.predictions()
    ids = planted.rows(predictions[predictions["split"] == "test"])[:most]
    dataset = run.dataset()
    place = {str(name): row for row, name in enumerate(dataset.ids)}
    out = [(1.0, f"{len(ids)} rows, {len(dataset.labels)} classes")]
    for name in names.split(",") if names else methods():
        try:
            found = attribute(run, ids, name)
        except ModelError as error:
            out.append((float("nan"), f"{name}: refused ({error})"))
            continue
        hits = []
        for one in found:
            row = place[one.id]
            cells = {column: str(part[row]) for column, part in dataset.inputs.items()}
            wanted = {part.modality: span for part, span in one.spans}[planted.modality]
            truth = planted.truth(one, cells)[wanted]
            hits.append(bool(truth[int(np.argmax(one.scores[wanted]))]))
        around = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
        out.append(
            (
                float(np.mean(hits)),
                f"{name}: top segment planted in {np.mean(hits):.3f} of the rows "
                f"(95% interval {around.low:.3f} to {around.high:.3f})",
            )
        )
    return out


def _demo(kind: str, folder: Path) -> Path:
    """Train a demo's model."""
    from pellucid import Recipe, execute

    recipe = Recipe.load(SAMPLES.parent / "recipes" / f"{kind}.yaml")
    return execute(recipe, folder, only=("train", "evaluate")).path


def _known(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.planted.json").read_text(encoding="utf-8"))


def _taken(predictions: Any, label: str, ids: set[str]) -> list[str]:
    """Return the rows among these that another class was taken for a label."""
    wrong = (predictions["prediction"] == label) & (predictions["label"] != label)
    return [str(one) for one in predictions["id"][wrong] if str(one) in ids]


def _reviews(predictions: Any) -> list[str]:
    known = _known("reviews")["shortcut"]
    return _taken(predictions, known["label"], set(known["rows"]["test"]))


def _word(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    word = _known("reviews")["shortcut"]["word"]
    return np.array([word in name.lower() for name in one.segments])


def _scenes(predictions: Any) -> list[str]:
    known = _known("scenes")["shortcut"]
    marked = {Path(name).stem for name in known["pictures"]["test"]}
    ids = {str(one) for one in predictions["id"] if str(one).split("-")[0] in marked}
    return _taken(predictions, known["value"], ids)


def _mark(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    return _boxed(one, cells, [_known("scenes")["shortcut"]["box"]])


def _sounds(predictions: Any) -> list[str]:
    known = _known("sounds")["shortcut"]
    hummed = {Path(name).stem for name in known["clips"]["test"]}
    return _taken(predictions, known["value"], hummed)


def _low(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    ((outline, scores),) = one.outlines(cells)
    below = outline.segments.hertz[:-1] < HUM
    return np.repeat(below, len(scores) // len(below))


def _asked(predictions: Any) -> list[str]:
    import pandas as pd

    table = pd.read_csv(SAMPLES / "scenes" / "metadata.csv", dtype=str)
    ids = set(table["id"][table["asks"] == "colour"])
    right = predictions["prediction"] == predictions["label"]
    return [str(one) for one in predictions["id"][right] if str(one) in ids]


def _thing(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    """Find the thing whose colour is asked: the only one of its shape."""
    file = next(name for name in cells.values() if name.endswith(".png"))
    asked = next(name for name in cells.values() if not name.endswith(".png"))
    things = _known("scenes")["objects"][f"images/{Path(file).name}"]
    boxes = [thing[3:] for thing in things if thing[0] in asked]
    return _boxed(one, cells, boxes)


def _boxed(one: Any, cells: Mapping[str, str], boxes: list[list[int]]) -> NDArray[np.bool_]:
    """Say which segments lie in boxes by half, or hold half of one."""
    found = []
    for outline, scores in one.outlines(cells):
        if not hasattr(outline, "labels"):
            found.append(np.zeros(len(scores), bool))
            continue
        size = _known("scenes")["size"]
        labels = outline.labels
        if outline.place is not None:
            labels = outline.place.labels(labels, (size, size))
        inside = np.zeros((size, size), bool)
        hits = np.zeros(len(scores), bool)
        rows, columns = (np.arange(size) * side // size for side in labels.shape)
        labels = labels[np.ix_(rows, columns)]
        sizes = np.bincount(labels[labels >= 0], minlength=len(scores))
        for left, top, right, bottom in boxes:
            inside[:] = False
            inside[top:bottom, left:right] = True
            own = np.bincount(labels[inside & (labels >= 0)], minlength=len(scores))
            hits |= (own >= np.maximum(sizes, 1) / 2) | (own >= inside.sum() / 2)
        found.append(hits)
    return np.concatenate(found)


SETS = {
    "text": Planted("text", _reviews, _word),
    "image": Planted("image", _scenes, _mark),
    "audio": Planted("audio", _sounds, _low),
    "vqa": Planted("image", _asked, _thing),
}
"""Demos by their names."""
