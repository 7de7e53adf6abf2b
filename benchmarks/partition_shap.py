"""Owen values of 50 sentences: `partition_shap` against shap.Explainer on transformers' pipeline.

Both divide the same groups of words (the hierarchy of shap's own masker of texts over whole words),
leave words out by one mask token for each of their pieces, ask for the same number of copies, and
explain the same logit of all-MiniLM-L6-v2 with a random head, ten times as large as usual. shap is
asked as it comes (its pipeline then answers one sentence after the other, its masker of texts five
copies at a time), and with the quickest of several batch sizes on a few of the sentences. What is
timed is all from the sentences to the scores, with the model in memory: for Pellucid the grouping
of words too, which shap is given. How far scores lie apart is measured afterwards, with as many
copies in a round as the other side has.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import record, sides
from .sides import Figures, timed

OURS, PLAIN, BEST = "pellucid", "shap default", "shap best"

SIZES = (4, 8, 16, 32, 64)
GPU_SIZES = (32, 64, 128, 256)
"""Copies that shap is asked to have answered at once."""

FEW = 3
"""Sentences on which each is tried."""

FIVE = 5
"""Copies at once of shap's own masker of texts."""

EXPLAINED = 1
"""The class that is explained."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--rows", type=int, default=50)
    command.add_argument("--evaluations", type=int, default=500)
    command.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.rows, chosen.evaluations, chosen.seeds = min(chosen.rows, 4), 100, 1
    if chosen.side:
        own: dict[str, Callable[[], Figures]] = {
            OURS: lambda: _ours(chosen.place, chosen.evaluations),
            PLAIN: lambda: _theirs(chosen.place, chosen.evaluations, best=False),
            BEST: lambda: _theirs(chosen.place, chosen.evaluations, best=True),
        }
        sides.answer(own, chosen.side)
        return
    passed = ["--evaluations", str(chosen.evaluations)]
    with TemporaryDirectory() as name:
        place = Path(name)
        _prepare(place, chosen)
        found = sides.run(
            "partition-shap", [OURS, PLAIN, BEST], chosen.seeds, [*passed, "--place", name]
        )
        lines = [
            *sides.ratios(found, PLAIN, OURS),
            *sides.ratios(found, BEST, OURS),
            *sides.means(found, "copies", "copies answered for a sentence"),
            *sides.means(found, "batch size", "batch size found best"),
            *_differences(place, chosen.evaluations),
        ]
    print("\n".join(lines))
    if chosen.record:
        record.append(
            f"partition-shap --rows {chosen.rows} {' '.join(passed)} --seeds {chosen.seeds}", lines
        )


def _prepare(place: Path, chosen: argparse.Namespace) -> None:
    """Write the model, the sentences, and how their words are grouped."""
    from pellucid import device

    device.prepare()
    import pandas as pd
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from pellucid.multimodal.sources import locate

    source = locate("bundled/minilm").reference
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=2, dtype=torch.float32
    )
    with torch.no_grad():
        model.classifier.weight.mul_(10)
    model.save_pretrained(place / "model")
    AutoTokenizer.from_pretrained(source).save_pretrained(place / "model")
    table = pd.read_csv(chosen.data / "rt_polarity.csv")
    texts = table["text"].sample(chosen.rows, random_state=0).tolist()
    (place / "texts.json").write_text(json.dumps(texts))
    subject = _subject(place, texts, *_loaded(place))
    shown: list[dict[str, Any]] = []
    for row in range(len(texts)):
        pieces = subject.cut(row)
        words: Any = pieces.pieces[0].segmented
        spans = [[one.start, one.end] for one in words.words]
        tokens = [int((words.owners == word).sum()) for word in range(len(words))]
        shown.append({"spans": spans, "tokens": tokens, "groups": pieces.hierarchy.tolist()})
    (place / "words.json").write_text(json.dumps(shown))


def _loaded(place: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from pellucid import device

    model = AutoModelForSequenceClassification.from_pretrained(place / "model", dtype=torch.float32)
    return model.to(device.choose().kind).eval(), AutoTokenizer.from_pretrained(place / "model")


def _subject(place: Path, texts: list[str], model: Any, tokenizer: Any) -> Any:
    import numpy as np

    from pellucid.explain.pieces import cut
    from pellucid.explain.spec import BaselineSpec, ExplainSpec
    from pellucid.explain.subject import Subject
    from pellucid.multimodal.text.encode import encode

    samples = [(text,) for text in texts]
    encoded = encode(tokenizer, samples, 256)
    spec = ExplainSpec(baseline=BaselineSpec(text="mask"))
    return Subject(
        model,
        encoded,
        lambda row: cut(tokenizer, encoded, {"text": "text"}, row, samples[row], spec, 256),
        np.full(len(texts), EXPLAINED, np.int64),
    )


def _ours(place: Path, evaluations: int) -> Figures:
    from pellucid import device

    device.prepare()
    import numpy as np
    import shap  # noqa: F401 - imports are not measured

    from pellucid.explain.perturbation.partition_shap import partition_shap
    from pellucid.explain.spec import ExplainSpec

    texts = json.loads((place / "texts.json").read_text())
    loaded = _loaded(place)
    spec = ExplainSpec(evaluations=evaluations)
    partition_shap(_subject(place, texts[:1], *loaded), ExplainSpec(evaluations=8))
    figures: Figures = {}
    with timed(figures):
        found = partition_shap(_subject(place, texts, *loaded), spec)
    return figures | {"copies": float(np.mean([one.evaluations for one in found]))}


def _theirs(place: Path, evaluations: int, *, best: bool) -> Figures:
    from pellucid import device

    device.prepare()
    import numpy as np
    import shap
    import torch
    from transformers import pipeline

    texts = json.loads((place / "texts.json").read_text())
    known = json.loads((place / "words.json").read_text())
    words = dict(zip(texts, known, strict=True))
    model, tokenizer = _loaded(place)

    class Masker(shap.maskers.Masker):  # type: ignore[misc]
        immutable_outputs = True
        text_data = True
        default_batch_size = FIVE

        def shape(self, text: str) -> tuple[int, int]:
            return 1, len(words[text]["tokens"])

        def mask_shapes(self, text: str) -> list[tuple[int]]:
            return [(len(words[text]["tokens"]),)]

        def feature_names(self, text: str) -> list[list[str]]:
            return [[text[start:end] for start, end in words[text]["spans"]]]

        def clustering(self, text: str) -> Any:
            return np.array(words[text]["groups"])

        def __call__(self, mask: Any, text: str) -> Any:
            out, place = [], 0
            one = words[text]
            for kept, (start, end), tokens in zip(mask, one["spans"], one["tokens"], strict=True):
                if not kept:
                    out += [text[place:start], " ".join([tokenizer.mask_token] * tokens)]
                    place = end
            return (np.array(["".join([*out, text[place:]])]),)

    def explained(some: list[str], size: int | None, most: int) -> tuple[Any, float]:
        at_once = {} if size is None else {"batch_size": size}
        answered = pipeline(
            "text-classification",
            model,
            tokenizer=tokenizer,
            top_k=None,
            function_to_apply="none",
            **at_once,
        )
        explainer = shap.Explainer(answered, Masker(), algorithm="partition")
        scores, copies = [], 0
        for text in some:
            found = explainer([text], max_evals=most, outputs=[EXPLAINED], silent=True, **at_once)
            scores.append(found.values[0][:, 0])
            copies += explainer.last_eval_count + 2
        return scores, copies / len(some)

    def seconds(size: int) -> float:
        began = time.perf_counter()
        explained(texts[:FEW], size, evaluations)
        return time.perf_counter() - began

    explained(texts[:1], None, 8)
    size = None
    if best:
        size = min(GPU_SIZES if torch.cuda.is_available() else SIZES, key=seconds)
    figures: Figures = {}
    with timed(figures):
        scores, copies = explained(texts, size, evaluations)
    at_once = FIVE if size is None else size
    (place / f"{BEST if best else PLAIN}.json").write_text(
        json.dumps({"size": at_once, "scores": [one.tolist() for one in scores]})
    )
    return figures | {"copies": copies} | ({"batch size": at_once} if best else {})


def _differences(place: Path, evaluations: int) -> list[str]:
    """Say how far the scores lie apart where both sides ask for as many copies in a round."""
    import numpy as np

    from pellucid.explain.perturbation.partition_shap import partition_shap
    from pellucid.explain.spec import ExplainSpec

    subject = _subject(place, json.loads((place / "texts.json").read_text()), *_loaded(place))
    lines = []
    for side in (PLAIN, BEST):
        theirs = json.loads((place / f"{side}.json").read_text())
        found = partition_shap(
            subject, ExplainSpec(evaluations=evaluations), at_once=theirs["size"]
        )
        ours = np.concatenate([one.scores for one in found])
        apart = np.abs(ours - np.concatenate(theirs["scores"]))
        lines.append(
            f"scores, {side} to {OURS}: differ by {apart.max():.1e} at most "
            f"(they reach {np.abs(ours).max():.2f})"
        )
    return lines
