"""Leave each segment of 200 pictures out: `feature_ablation` against captum's, which is tuned.

Both explain the same logits of the bundled image model with a random head of ten classes, leave the
same superpixels out, and put each picture's mean colour there. captum's FeatureAblation goes
through the pictures one by one, with the quickest of several ``perturbations_per_eval`` on a few of
them; its Occlusion knows rectangles only. What is timed is all from encoded pictures to scores,
with the model in memory and without finding superpixels, which both are given.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import record, sides
from .sides import Figures, timed

OURS, THEIRS = "pellucid", "captum tuned"

SIZES = (1, 4, 8, 16, 32, 64)
"""Copies that captum answers at once."""

FEW = 5
"""Pictures on which each is tried."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("cifar10_images"))
    command.add_argument("--rows", type=int, default=200)
    command.add_argument("--segments", type=int, default=64)
    command.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Run the sides in turn and print the ratios of their times."""
    if chosen.quick:
        chosen.rows, chosen.seeds = min(chosen.rows, 10), 1
    if chosen.side:
        own = {OURS: lambda: _ours(chosen), THEIRS: lambda: _theirs(chosen)}
        sides.answer(own, chosen.side)
        return
    passed = ["--rows", str(chosen.rows), "--segments", str(chosen.segments)]
    passed += ["--data", str(chosen.data)]
    with TemporaryDirectory() as name:
        found = sides.run("occlusion", [OURS, THEIRS], chosen.seeds, [*passed, "--place", name])
        lines = [
            *sides.ratios(found, THEIRS, OURS),
            *sides.means(found, "copies", "copies answered for a picture"),
            *sides.means(found, "batch size", "perturbations_per_eval found best"),
            _difference(Path(name)),
        ]
    print("\n".join(lines))
    if chosen.record:
        record.append(
            f"occlusion --rows {chosen.rows} --segments {chosen.segments} --seeds {chosen.seeds}",
            lines,
        )


def _subject(chosen: argparse.Namespace) -> Any:
    """Return the model and the pictures, which are encoded and cut."""
    from pellucid import device

    device.prepare()
    import numpy as np
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    from pellucid.core.layout import lay_out
    from pellucid.explain.pieces import cut
    from pellucid.explain.spec import ExplainSpec, SegmentsSpec
    from pellucid.explain.subject import Subject
    from pellucid.multimodal.image.encode import encode
    from pellucid.multimodal.sources import locate

    source = locate("bundled/image").reference
    torch.manual_seed(0)
    model = AutoModelForImageClassification.from_pretrained(
        source, num_labels=10, dtype=torch.float32
    )
    model = model.to(device.choose().kind).eval()
    lay_out(model)  # both sides gain by it
    processor = AutoImageProcessor.from_pretrained(source)
    files = sorted((chosen.data / "test").glob("*/*"))
    cells = [str(files[int(place * len(files) / chosen.rows)]) for place in range(chosen.rows)]
    encoded = encode(processor, cells)
    spec = ExplainSpec(segments=SegmentsSpec(count=chosen.segments))
    known = [
        cut(processor, encoded, {"image": "image"}, row, (cell,), spec, 0)
        for row, cell in enumerate(cells)
    ]
    targets = np.arange(len(cells)) % 10
    return Subject(model, encoded, known.__getitem__, targets)


def _ours(chosen: argparse.Namespace) -> Figures:
    subject = _subject(chosen)
    import numpy as np

    from pellucid.explain.perturbation.occlusion import feature_ablation
    from pellucid.explain.spec import ExplainSpec

    feature_ablation(replace(subject, targets=subject.targets[:1]), ExplainSpec())
    figures: Figures = {}
    with timed(figures):
        found = feature_ablation(subject, ExplainSpec())
    np.save(chosen.place / "ours.npy", np.concatenate([one.scores for one in found]))
    return figures | {"copies": float(np.mean([one.evaluations for one in found]))}


def _theirs(chosen: argparse.Namespace) -> Figures:
    subject = _subject(chosen)
    import numpy as np
    import torch
    from captum.attr import FeatureAblation

    def answer(pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = subject.model(pixel_values=pixels).logits
        return found

    ablation = FeatureAblation(answer)

    def explained(rows: int, size: int) -> list[Any]:
        out = []
        for row in range(rows):
            one = np.array([row])
            labels = subject.cut(row).pieces[0].segmented.labels
            with torch.inference_mode():
                scores = ablation.attribute(
                    subject.batch(one)["pixel_values"],
                    baselines=subject.baselines(one)["pixel_values"],
                    target=int(subject.targets[row]),
                    feature_mask=torch.from_numpy(labels).long().to(subject.place)[None, None],
                    perturbations_per_eval=size,
                )
            # Every pixel has its segment's score, which is read at the first of them.
            _, first = np.unique(labels, return_index=True)
            out.append(scores[0, 0].cpu().numpy().ravel()[first])
        return out

    def seconds(size: int) -> float:
        began = time.perf_counter()
        explained(min(FEW, chosen.rows), size)
        return time.perf_counter() - began

    explained(1, 8)
    best = min(SIZES, key=seconds)
    figures: Figures = {}
    with timed(figures):
        found = explained(chosen.rows, best)
    np.save(chosen.place / "theirs.npy", np.concatenate(found))
    return figures | {"batch size": best}


def _difference(place: Path) -> str:
    import numpy as np

    ours, theirs = np.load(place / "ours.npy"), np.load(place / "theirs.npy")
    return (
        f"scores differ by {np.abs(ours - theirs).max():.1e} at most "
        f"(they reach {np.abs(ours).max():.2f})"
    )
