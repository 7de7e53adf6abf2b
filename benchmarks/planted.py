"""Attributions against planted truth: whether the top segment lies where the model's reason does.

The samples that come with Pellucid hold a word, a mark and a hum that go with one class in the
training rows alone (assets/samples/README.md). The rows that are explained are those test rows of
other classes that the model takes for this class because of it: without it, it answers something
else. Of questions about a colour they are those that it answers rightly, and differently where the
thing that is asked about has another colour. What is printed is the
share of rows whose top segment is a planted one (the pointing game of Zhang et al. 2018), for every
method that serves the model.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image

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
    without
        Writes a sample's parts without what is planted into a folder, and returns them.
    """

    modality: str
    rows: Callable[[Any], list[str]]
    truth: Truth
    without: Callable[[Mapping[str, str], Path], dict[str, str]]


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
        asked = f"--kind {chosen.kind} --most {chosen.most}"
        asked += f" --methods {chosen.methods}" if chosen.methods else ""
        record.append(f"planted {asked}", lines)


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
    dataset = run.dataset()
    place = {str(name): row for row, name in enumerate(dataset.ids)}
    candidates = planted.rows(predictions[predictions["split"] == "test"])
    ids = _decided(run, dataset, [place[name] for name in candidates], planted)[:most]
    out = [(1.0, f"{len(ids)} rows of {len(candidates)}, {len(dataset.labels)} classes")]
    for name in names.split(",") if names else methods():
        try:
            # Patches lie where superpixels may be cut through the edge of what is planted.
            found = attribute(run, ids, name, segments={"image": "patches"})
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


def _decided(run: Any, dataset: Any, rows: list[int], planted: Planted) -> list[str]:
    """Return the rows whose answer is another one without what is planted."""
    from pellucid import device
    from pellucid.core.predict import predictor

    columns = list(dataset.inputs)
    given, changed = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows:
            cells = {name: str(dataset.inputs[name][row]) for name in columns}
            folder = Path(scratch) / str(row)
            folder.mkdir()
            given.append(tuple(cells[name] for name in columns))
            changed.append(tuple(planted.without(cells, folder)[name] for name in columns))
        answer = predictor(run, device.choose())
        before, after = (answer(samples).argmax(axis=1) for samples in (given, changed))
    return [str(dataset.ids[row]) for row in np.array(rows)[before != after].tolist()]


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


def _without_word(cells: Mapping[str, str], folder: Path) -> dict[str, str]:
    word = _known("reviews")["shortcut"]["word"]
    whole = re.compile(r"\s*\b" + word + r"\b", re.IGNORECASE)
    return {name: whole.sub("", cell) for name, cell in cells.items()}


def _scenes(predictions: Any) -> list[str]:
    known = _known("scenes")["shortcut"]
    marked = {Path(name).stem for name in known["pictures"]["test"]}
    ids = {str(one) for one in predictions["id"] if str(one).split("-")[0] in marked}
    return _taken(predictions, known["value"], ids)


def _mark(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    return _boxed(one, cells, [_known("scenes")["shortcut"]["box"]])


def _without_mark(cells: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Cover the mark by what lies beside it, where there is nothing but background either."""
    left, top, right, bottom = _known("scenes")["shortcut"]["box"]
    (name,) = (name for name, cell in cells.items() if cell.endswith(".png"))
    pixels = np.array(Image.open(cells[name]).convert("RGB"))
    wide = right - left
    pixels[top:bottom, left:right] = pixels[top:bottom, right + 1 : right + 1 + wide]
    Image.fromarray(pixels).save(folder / "picture.png")
    return {**cells, name: str(folder / "picture.png")}


def _sounds(predictions: Any) -> list[str]:
    known = _known("sounds")["shortcut"]
    hummed = {Path(name).stem for name in known["clips"]["test"]}
    return _taken(predictions, known["value"], hummed)


def _low(one: Any, cells: Mapping[str, str]) -> NDArray[np.bool_]:
    ((outline, scores),) = one.outlines(cells)
    below = outline.segments.hertz[:-1] < HUM
    return np.repeat(below, len(scores) // len(below))


def _without_hum(cells: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Take out all below `HUM`, by the Fourier transform of the whole clip."""
    ((name, cell),) = cells.items()
    sound, rate = soundfile.read(cell)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) < HUM] = 0
    soundfile.write(folder / "sound.flac", np.fft.irfft(spectrum, len(sound)), rate)
    return {name: str(folder / "sound.flac")}


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


def _recoloured(cells: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Give the thing that is asked about another colour: red, green and blue change places."""
    (name,) = (name for name, cell in cells.items() if cell.endswith(".png"))
    asked = next(cell for cell in cells.values() if not cell.endswith(".png"))
    things = _known("scenes")["objects"][f"images/{Path(cells[name]).name}"]
    pixels = np.array(Image.open(cells[name]).convert("RGB"))
    for shape, _, _, left, top, right, bottom in things:
        if shape in asked:
            box = pixels[top:bottom, left:right]
            box[:] = np.roll(box, 1, axis=2)
    Image.fromarray(pixels).save(folder / "picture.png")
    return {**cells, name: str(folder / "picture.png")}


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
    "text": Planted("text", _reviews, _word, _without_word),
    "image": Planted("image", _scenes, _mark, _without_mark),
    "audio": Planted("audio", _sounds, _low, _without_hum),
    "vqa": Planted("image", _asked, _thing, _recoloured),
}
"""Demos by their names."""
