"""Attributions against planted truth: whether the top segment lies where the model's reason does.

The samples that come with Pellucid hold a word, a mark and a hum that go with one class in the
training rows alone (assets/samples/README.md). The rows that are explained are those test rows of
other classes that the model takes for this class because of it: without it, it answers something
else. Of questions about a colour they are those that it answers rightly, and differently where the
thing that is asked about has another colour. What is printed for every method that serves the
model is the share of rows whose top segment is a planted one (the pointing game of Zhang et al.
2018), and how much its maps resemble those of the same model with weights drawn anew (the
model-parameter randomisation test of Adebayo et al. 2018), by Spearman's rank correlation, on
average over rows.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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

Known = Mapping[str, Any]
"""What the file beside a sample says of what is planted."""

Cells = Mapping[str, str]
"""A row's inputs by column."""


@dataclass(frozen=True)
class Planted:
    """A sample with planted truth.

    Attributes
    ----------
    modality
        Segments of which modality are looked at.
    rows
        Ids of the test rows that are explained, by what was predicted and the table.
    truth
        Which segments of an attribution are planted; those of other modalities don't play.
    without
        Writes a row's inputs without what is planted into a folder, and returns them.
    settings
        Further keys of a recipe's section `explain`.
    """

    modality: str
    rows: Callable[[Any, Known], list[str]]
    truth: Callable[[Any, Cells, Known], NDArray[np.bool_]]
    without: Callable[[Cells, Path, Known], dict[str, str]]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Game:
    """What was found of a method.

    Attributes
    ----------
    method
        Its name.
    rows
        Rows that were explained.
    found
        Of them, those whose top segment is planted.
    alike
        Rank correlation of its maps with those of random weights, on average over rows.
    refused
        Why it doesn't serve the model; empty where it does.
    """

    method: str
    rows: int = 0
    found: int = 0
    alike: float = math.nan
    refused: str = ""

    def __str__(self) -> str:
        """Say it on a line."""
        from scipy.stats import binomtest

        if self.refused:
            return f"{self.method}: refused ({self.refused})"
        around = binomtest(self.found, self.rows).proportion_ci(method="wilson")
        return (
            f"{self.method}: top segment planted in {self.found / self.rows:.3f} of "
            f"{self.rows} rows (95% interval {around.low:.3f} to {around.high:.3f}); "
            f"rank correlation with random weights {self.alike:.2f}"
        )


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--kind", choices=list(SETS), required=True)
    command.add_argument("--methods", help="with commas; all that serve the model if left out")
    command.add_argument("--run", type=Path, help="a finished run of the demo; trained if left out")
    command.add_argument(
        "--rows", type=int, help="sounds or questions of a sample that is made; the shipped one"
    )
    command.add_argument("--most", type=int, default=200, help="rows that are explained at most")


def main(chosen: argparse.Namespace) -> None:
    """Explain the rows by every method and print a line for each."""
    lines = []
    given = chosen.run, chosen.methods, chosen.most, chosen.rows
    for one in measure(chosen.kind, *given):
        lines.append(str(one))
        print(one, flush=True)
    if chosen.record:
        asked = f"--kind {chosen.kind} --most {chosen.most}"
        asked += f" --rows {chosen.rows}" if chosen.rows else ""
        asked += f" --methods {chosen.methods}" if chosen.methods else ""
        record.append(f"planted {asked}", lines)


def measure(
    kind: str,
    run: Path | None = None,
    names: str | None = None,
    most: int = 200,
    rows: int | None = None,
) -> Iterator[Game]:
    """Play the pointing game by each method, and compare its maps with those of random weights."""
    from pellucid import device

    device.prepare()
    with tempfile.TemporaryDirectory() as scratch:
        yield from _measure(kind, run or _demo(kind, Path(scratch), rows), names, most)


def _measure(kind: str, path: Path, names: str | None, most: int) -> Iterator[Game]:
    from pellucid.core.runs import Run
    from pellucid.errors import ModelError
    from pellucid.explain import attribute, methods
    from pellucid.explain.proof.agreement import rank_correlation

    planted = SETS[kind]
    run = Run.open(path)
    predictions = run.predictions()
    dataset = run.dataset()
    place = {str(name): row for row, name in enumerate(dataset.ids)}
    known = _known(run)
    candidates = planted.rows(predictions[predictions["split"] == "test"], known)
    ids = _decided(run, dataset, [place[name] for name in candidates], planted, known)[:most]
    if not ids:
        raise SystemExit(f"{path}: what is planted decides no answer")
    rows = np.array([place[name] for name in ids])
    untrained = _untrained(run, dataset.take(rows), planted)
    for name in names.split(",") if names else methods():
        try:
            found = attribute(run, ids, name, **planted.settings)
        except ModelError as error:
            yield Game(name, refused=str(error))
            continue
        hits, alike = 0, []
        for one, other, row in zip(found, untrained(name), rows.tolist(), strict=True):
            cells = _cells(dataset, row)
            wanted = {part.modality: span for part, span in one.spans}[planted.modality]
            truth = planted.truth(one, cells, known)[wanted]
            hits += int(truth[int(np.argmax(one.scores[wanted]))])
            alike.append(rank_correlation(one.scores, other.scores))
        yield Game(name, len(rows), hits, float(np.nanmean(alike)))


def _untrained(run: Any, dataset: Any, planted: Planted) -> Callable[[str], Sequence[Any]]:
    """Return what a method's maps of these rows are where the model's weights are drawn anew."""
    from pellucid.core.events import silent
    from pellucid.explain.attribute import changed
    from pellucid.explain.methods import methods
    from pellucid.explain.opened import ask, open_run
    from pellucid.explain.proof.untrained import untrained
    from pellucid.explain.spec import ExplainSpec

    spec = changed(run.section("explain", ExplainSpec), planted.settings)
    subject = ask(open_run(run), dataset, spec).subject
    subject = replace(subject, model=untrained(subject.model, 0))
    return lambda name: methods()[name].function(subject, spec, emit=silent, check=lambda: None)


def _cells(dataset: Any, row: int) -> dict[str, str]:
    return {column: str(part[row]) for column, part in dataset.inputs.items()}


def _decided(run: Any, dataset: Any, rows: list[int], planted: Planted, known: Known) -> list[str]:
    """Return the rows whose answer is another one without what is planted."""
    from pellucid import device
    from pellucid.core.predict import predictor

    columns = list(dataset.inputs)
    given, changed = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows:
            cells = _cells(dataset, row)
            folder = Path(scratch) / str(row)
            folder.mkdir()
            given.append(tuple(cells[name] for name in columns))
            without = planted.without(cells, folder, known)
            changed.append(tuple(without[name] for name in columns))
        answer = predictor(run, device.choose())
        before, after = (answer(samples).argmax(axis=1) for samples in (given, changed))
    return [str(dataset.ids[row]) for row in np.array(rows)[before != after].tolist()]


def _demo(kind: str, folder: Path, rows: int | None) -> Path:
    """Train a demo's model, on the sample that comes with Pellucid or on a larger one."""
    from pellucid import Recipe, execute
    from pellucid.assets.samples import scenes, sounds

    file = SAMPLES.parent / "recipes" / f"{kind}.yaml"
    recipe = Recipe.load(file)
    if rows is not None:
        make = {"audio": sounds, "image": scenes, "vqa": scenes}
        if kind not in make:
            raise SystemExit(f"--rows: the sample of {kind} has one size")
        source, _ = make[kind].write(folder / "samples", rows)
        recipe = Recipe.load(file, changes=[f"data.source={source}"])
    return execute(recipe, folder / "runs", only=("train", "evaluate")).path


def _known(run: Any) -> Known:
    """Read what is planted in a run's sample from the file beside it."""
    from pellucid.core.spec import DataSpec

    source = Path(run.section("data", DataSpec).source[0].path)
    file = source.with_name(f"{source.stem}.planted.json")
    known: Known = json.loads(file.read_text(encoding="utf-8"))
    return known


def _taken(predictions: Any, label: str, ids: set[str]) -> list[str]:
    """Return the rows among these that another class was taken for a label."""
    wrong = (predictions["prediction"] == label) & (predictions["label"] != label)
    return [str(one) for one in predictions["id"][wrong] if str(one) in ids]


def _reviews(predictions: Any, known: Known) -> list[str]:
    shortcut = known["shortcut"]
    return _taken(predictions, shortcut["label"], set(shortcut["rows"]["test"]))


def _word(one: Any, cells: Cells, known: Known) -> NDArray[np.bool_]:
    word = known["shortcut"]["word"]
    return np.array([word in name.lower() for name in one.segments])


def _without_word(cells: Cells, folder: Path, known: Known) -> dict[str, str]:
    word = known["shortcut"]["word"]
    whole = re.compile(r"\s*\b" + word + r"\b", re.IGNORECASE)
    return {name: whole.sub("", cell) for name, cell in cells.items()}


def _scenes(predictions: Any, known: Known) -> list[str]:
    shortcut = known["shortcut"]
    marked = {Path(name).stem for name in shortcut["pictures"]["test"]}
    ids = {str(one) for one in predictions["id"] if str(one).split("-")[0] in marked}
    return _taken(predictions, shortcut["value"], ids)


def _mark(one: Any, cells: Cells, known: Known) -> NDArray[np.bool_]:
    return _boxed(one, cells, [known["shortcut"]["box"]], known["size"])


def _without_mark(cells: Cells, folder: Path, known: Known) -> dict[str, str]:
    """Cover the mark by what lies beside it, where there is nothing but background either."""
    left, top, right, bottom = known["shortcut"]["box"]
    (name,) = (name for name, cell in cells.items() if cell.endswith(".png"))
    pixels = np.array(Image.open(cells[name]).convert("RGB"))
    wide = right - left
    pixels[top:bottom, left:right] = pixels[top:bottom, right + 1 : right + 1 + wide]
    Image.fromarray(pixels).save(folder / "picture.png")
    return {**cells, name: str(folder / "picture.png")}


def _sounds(predictions: Any, known: Known) -> list[str]:
    shortcut = known["shortcut"]
    hummed = {Path(name).stem for name in shortcut["clips"]["test"]}
    return _taken(predictions, shortcut["value"], hummed)


def _low(one: Any, cells: Cells, known: Known) -> NDArray[np.bool_]:
    ((outline, scores),) = one.outlines(cells)
    below = outline.segments.hertz[:-1] < HUM
    return np.repeat(below, len(scores) // len(below))


def _without_hum(cells: Cells, folder: Path, known: Known) -> dict[str, str]:
    """Take out all below `HUM`, by the Fourier transform of the whole clip."""
    ((name, cell),) = cells.items()
    sound, rate = soundfile.read(cell)
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) < HUM] = 0
    soundfile.write(folder / "sound.flac", np.fft.irfft(spectrum, len(sound)), rate)
    return {name: str(folder / "sound.flac")}


def _asked(predictions: Any, known: Known) -> list[str]:
    right = predictions["prediction"] == predictions["label"]
    colours = {thing[1] for things in known["objects"].values() for thing in things}
    return [str(one) for one in predictions["id"][right & predictions["label"].isin(colours)]]


def _thing(one: Any, cells: Cells, known: Known) -> NDArray[np.bool_]:
    """Find the thing whose colour is asked: the only one of its shape."""
    file = next(name for name in cells.values() if name.endswith(".png"))
    asked = next(name for name in cells.values() if not name.endswith(".png"))
    things = known["objects"][f"images/{Path(file).name}"]
    boxes = [thing[3:] for thing in things if thing[0] in asked]
    return _boxed(one, cells, boxes, known["size"])


def _recoloured(cells: Cells, folder: Path, known: Known) -> dict[str, str]:
    """Give the thing that is asked about another colour: red, green and blue change places."""
    (name,) = (name for name, cell in cells.items() if cell.endswith(".png"))
    asked = next(cell for cell in cells.values() if not cell.endswith(".png"))
    things = known["objects"][f"images/{Path(cells[name]).name}"]
    pixels = np.array(Image.open(cells[name]).convert("RGB"))
    for shape, _, _, left, top, right, bottom in things:
        if shape in asked:
            box = pixels[top:bottom, left:right]
            box[:] = np.roll(box, 1, axis=2)
    Image.fromarray(pixels).save(folder / "picture.png")
    return {**cells, name: str(folder / "picture.png")}


def _boxed(one: Any, cells: Cells, boxes: list[list[int]], size: int) -> NDArray[np.bool_]:
    """Say which segments lie in boxes by half, or hold half of one."""
    found = []
    for outline, scores in one.outlines(cells):
        if not hasattr(outline, "labels"):
            found.append(np.zeros(len(scores), bool))
            continue
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


ODDS: dict[str, Any] = {"scale": "log_odds"}
"""What decides between classes may speak against the others more than for the one."""

SETS = {
    "text": Planted("text", _reviews, _word, _without_word, ODDS),
    # Patches lie where superpixels may be cut through the edge of what is planted.
    "image": Planted(
        "image", _scenes, _mark, _without_mark, {**ODDS, "segments": {"image": "patches"}}
    ),
    # A hum lies in all cells of a band, so that no cell decides alone.
    "audio": Planted(
        "audio", _sounds, _low, _without_hum, {**ODDS, "segments": {"audio": "bands", "count": 12}}
    ),
    "vqa": Planted("image", _asked, _thing, _recoloured, {**ODDS, "segments": {"count": 32}}),
}
"""Demos by their names."""
