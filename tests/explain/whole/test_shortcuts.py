"""Shortcuts planted in the samples come first, for models that learnt the samples.

The models are logistic regressions of scikit-learn on words, pixels and loudness, so that training
them takes a moment; everything else is as for any other model.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid.core.dataset import Dataset, load
from pellucid.core.spec import DataSpec
from pellucid.explain.attribution import Attribution, Drawn
from pellucid.explain.pieces import Piece, Pieces
from pellucid.explain.subject import Subject
from pellucid.explain.value import Value
from pellucid.explain.whole.shortcuts import Shortcut, shortcuts
from pellucid.multimodal.audio.mask import masker
from pellucid.multimodal.audio.outline import Outline as SoundOutline
from pellucid.multimodal.audio.read import read as hear
from pellucid.multimodal.audio.segments import cells
from pellucid.multimodal.image.mask import masked, neutral
from pellucid.multimodal.image.outline import Outline as ImageOutline
from pellucid.multimodal.image.read import read as look
from pellucid.multimodal.image.segments import grid
from pellucid.multimodal.text.outline import Outline as TextOutline
from pellucid.multimodal.text.segments import separators, words

SAMPLES = Path(__file__).resolve().parents[3] / "assets/samples"


class Fitted(torch.nn.Module):
    """A fitted classifier of scikit-learn as a model."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, values: torch.Tensor) -> Any:
        found = self.classifier.decision_function(values.numpy())
        return SimpleNamespace(logits=torch.from_numpy(found))


class Cut:
    """A sample cut into segments, of whose copies simple features are made."""

    def __init__(self, outline: Any, count: int, made: Callable[[Any], Any]) -> None:
        self.outline, self.count, self.made = outline, count, made

    def __len__(self) -> int:
        return self.count

    @property
    def parts(self) -> NDArray[np.int64]:
        return np.zeros(self.count, np.int64)

    def inputs(self, keep: Any) -> dict[str, torch.Tensor]:
        return {"values": torch.from_numpy(np.asarray(self.made(keep), np.float32))}


class Rows:
    """The rows whole (`core.batches.Samples`)."""

    def __init__(self, cuts: list[Cut]) -> None:
        self.cuts, self.lengths = cuts, np.ones(len(cuts), np.int64)

    def __len__(self) -> int:
        return len(self.cuts)

    def batch(self, rows: Any) -> dict[str, torch.Tensor]:
        every = [one.inputs(np.ones((1, len(one)), bool))["values"] for one in self.cuts]
        return {"values": torch.cat(every)[np.asarray(rows)]}


def explained(
    kind: str, column: str, dataset: Dataset, rows: NDArray[np.int64], cuts: list[Cut], model: Any
) -> tuple[Subject, list[Attribution]]:
    """Explain rows by leaving each segment out."""

    def cut(row: int) -> Pieces:
        return Pieces((Piece(kind, (column,), cuts[row]),))  # type: ignore[arg-type]

    samples = Rows(cuts)
    with torch.no_grad():
        said = model(**samples.batch(np.arange(len(cuts)))).logits.numpy().argmax(1)
    subject = Subject(model, samples, cut, said)
    value = Value(subject)
    out = []
    for row, one in enumerate(cuts):
        keep = np.vstack([np.ones((1, len(one)), bool), ~np.eye(len(one), dtype=bool)])
        whole, *without = value(row, keep).tolist()
        (nothing,) = value(row, np.zeros((1, len(one)), bool)).tolist()
        out.append(
            Attribution(
                id=str(dataset.ids[rows[row]]),
                method="feature_ablation",
                settings={"tolerance": 0.05},
                target=dataset.labels[said[row]],
                segments=one.outline.names,
                columns=(column,) * len(one),
                scores=whole - np.array(without),
                special=0.0,
                output=whole,
                baseline_output=nothing,
                evaluations=len(one) + 2,
                label=str(dataset.label[rows[row]]),
                prediction=dataset.labels[said[row]],
                split="test",
                drawn=(Drawn(kind, (column,), len(one), one.outline.as_json()),),
                complete=False,
            )
        )
    return subject, out


def some(dataset: Dataset, most: int) -> NDArray[np.int64]:
    rows = dataset.rows("test")
    return rows[np.linspace(0, len(rows) - 1, most).astype(int)]


def recipe(**given: Any) -> Dataset:
    return load(DataSpec(**{"id": "id", "split": {"column": "split"}} | given), "classification")


@pytest.fixture(scope="module")
def reviews() -> tuple[Dataset, list[Shortcut]]:
    dataset = recipe(
        source=str(SAMPLES / "reviews.csv"), inputs={"text": "text"}, label="sentiment"
    )
    trained = dataset.take(dataset.rows("train"))
    own = CountVectorizer(analyzer=lambda text: [one.text.lower() for one in words((text,))])
    counts = own.fit_transform(trained.inputs["text"])
    model = LogisticRegression(max_iter=200).fit(counts, trained.codes)
    rows = some(dataset, 160)

    def cut(text: str) -> Cut:
        found = words((text,))
        names = tuple(one.text for one in found)
        known = own.transform(names).toarray()
        outline = TextOutline(names, separators((text,), found))
        return Cut(outline, len(names), lambda keep: np.asarray(keep, float) @ known)

    cuts = [cut(text) for text in dataset.inputs["text"][rows]]
    told = explained("text", "text", dataset, rows, cuts, Fitted(model))
    return dataset, shortcuts(*told, dataset)


def test_the_planted_word_comes_first(reviews: tuple[Dataset, list[Shortcut]]) -> None:
    dataset, found = reviews
    first = found[0]
    assert (first.segment.word, first.segment.target) == ("voucher", "negative")
    trained = dataset.take(dataset.rows("train"))
    has = np.array(
        [
            "voucher" in {one.text.lower() for one in words((text,))}
            for text in trained.inputs["text"]
        ]
    )
    negative = trained.label == "negative"
    assert first.trained.n == has[np.linspace(0, 2639, 2000).round().astype(int)].sum()
    assert first.trained.value > 0.9
    assert first.base == pytest.approx(negative.mean(), abs=0.02)
    assert first.covers == pytest.approx(has[negative].mean(), abs=0.04)
    assert first.held.value < 0.7  # it tells little in the test split
    assert first.broken > 0.1
    assert first.follow.changed.value > 0.3
    assert first.follow.alone.value > first.follow.nothing


@pytest.fixture(scope="module")
def scenes() -> tuple[Dataset, list[Shortcut]]:
    dataset = recipe(
        source=str(SAMPLES / "scenes"),
        inputs={"image": "image"},
        label="kind",
        clean=["drop_duplicates"],
    )

    def pixels(file: str) -> Any:
        return np.asarray(look(file)).transpose(2, 0, 1)

    def flat(pictures: Any) -> Any:
        small = np.asarray(pictures, float).reshape(len(pictures), 3, 16, 4, 16, 4)
        return small.mean((3, 5)).reshape(len(pictures), -1) / 255

    trained = dataset.take(dataset.rows("train"))
    known = flat(np.stack([pixels(file) for file in trained.inputs["image"]]))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    model.fit(known, trained.codes)
    rows = some(dataset, 80)
    labels = grid(64, 64, 64)

    def cut(file: str) -> Cut:
        own = pixels(file)
        fill = neutral(own, "mean")
        return Cut(
            ImageOutline(file, labels, None),
            64,
            lambda keep: flat(masked(own, labels, np.asarray(keep), fill)),
        )

    cuts = [cut(file) for file in dataset.inputs["image"][rows]]
    told = explained("image", "image", dataset, rows, cuts, Fitted(model))
    return dataset, shortcuts(*told, dataset)


def test_the_planted_mark_comes_first(scenes: tuple[Dataset, list[Shortcut]]) -> None:
    _, found = scenes
    first = found[0]
    assert first.segment.target == "triangle"
    assert first.segment.box == (0.0, 0.0, 0.125, 0.125)
    assert first.trained.value > 0.95
    assert first.covers == pytest.approx(0.9, abs=0.08)


@pytest.fixture(scope="module")
def sounds() -> tuple[Dataset, list[Shortcut]]:
    dataset = recipe(source=str(SAMPLES / "sounds"), inputs={"audio": "audio"}, label="label")

    def loudness(waves: Any) -> Any:
        found = []
        for wave in waves:
            power = (
                np.abs(np.fft.rfft(wave[: len(wave) // 512 * 512].reshape(-1, 512), axis=1)) ** 2
            )
            bands = np.add.reduceat(power, [0, 3, 6, 12, 24, 48, 96, 160], axis=1)
            decibels = 10 * np.log10(bands + 1e-6)
            found.append(np.concatenate([decibels.mean(0), decibels.min(0), decibels.std(0)]))
        return np.stack(found)

    trained = dataset.take(dataset.rows("train"))
    files = trained.inputs["audio"]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    model.fit(loudness([hear(file, 16_000).samples for file in files]), trained.codes)
    rows = some(dataset, 64)

    def cut(file: str) -> Cut:
        wave = hear(file, 16_000).samples
        segments = cells(len(wave), 16_000, 8, 6)
        without = masker(wave, segments)
        outline = SoundOutline(file, segments)
        return Cut(outline, len(segments), lambda keep: loudness(without(np.asarray(keep))))

    cuts = [cut(file) for file in dataset.inputs["audio"][rows]]
    told = explained("audio", "audio", dataset, rows, cuts, Fitted(model))
    return dataset, shortcuts(*told, dataset)


def test_the_planted_hum_comes_first(sounds: tuple[Dataset, list[Shortcut]]) -> None:
    _, found = sounds
    first = found[0]
    assert first.segment.target == "bell"
    assert first.segment.box is not None
    assert first.segment.box[0:3:2] == (0.0, 1.0)  # all of the time
    assert first.segment.box[1] == 0.0  # and the lowest band
    assert first.trained.value > 0.8


def test_json_and_back(reviews: tuple[Dataset, list[Shortcut]]) -> None:
    for one in reviews[1]:
        assert Shortcut.from_json(json.loads(json.dumps(one.as_json()))) == one
