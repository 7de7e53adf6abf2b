"""Integrated gradients of 200 sentences by a fine-tuned MiniLM: Pellucid against captum.

Both explain the same class of the same rt_polarity sentences with the same weights, against the
same baselines, on the embeddings of tokens. captum's LayerIntegratedGradients takes one sentence
after the other, as transformers-interpret calls it, at the one number of steps with which every
sentence meets the tolerance: a completeness error of at most 1% of the difference of the answers.
That number is searched for beforehand and not timed; neither is fine-tuning nor loading.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from . import polarity, record, sides
from .sides import Figures, timed

OURS, PEER = "pellucid", "captum, sentence by sentence"

TOLERANCE = 0.01
LADDER = (20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1000, 1500, 2000)
"""Steps that are tried for captum, as people choose them."""


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--data", type=Path, default=record.data("rt_polarity"))
    command.add_argument("--sentences", type=int, default=200)
    command.add_argument("--rows", type=int, default=4000, help="training rows; 0: all")
    command.add_argument("--run", type=Path, help="a finished run, in place of training")
    command.add_argument("--steps", type=int, default=0, help=argparse.SUPPRESS)
    sides.options(command)


def main(chosen: argparse.Namespace) -> None:
    """Train once, find captum's steps, run both sides in turn and print the ratio of times."""
    if chosen.quick:
        chosen.rows, chosen.sentences, chosen.seeds = min(chosen.rows, 500), 12, 1
    if chosen.side:
        work = _Work(chosen.run, chosen.data, chosen.sentences)
        sides.answer(
            {OURS: lambda: _ours(work), PEER: lambda: _theirs(work, chosen.steps)}, chosen.side
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        run = chosen.run or _trained(chosen, Path(folder))
        work = _Work(run, chosen.data, chosen.sentences)
        steps = _steps(work)
        lines = [f"captum needs {steps} steps for every sentence"]
        passed = ["--data", str(chosen.data), "--sentences", str(chosen.sentences)]
        private = ["--run", str(run), "--steps", str(steps)]
        found = sides.run("integrated-gradients", [OURS, PEER], chosen.seeds, [*passed, *private])
    lines += sides.ratios(found, PEER, OURS)
    for side, runs in found.items():
        lines.append(f"largest error, {side}: {max(one['error'] for one in runs):.3%}")
        lines.append(f"points a sentence, {side}: {runs[0]['points']:.1f}")
    print("\n".join(lines))
    if chosen.record:
        shown = f"--sentences {chosen.sentences} --rows {chosen.rows} --seeds {chosen.seeds}"
        record.append(f"integrated-gradients {shown}", lines)


def _trained(chosen: argparse.Namespace, folder: Path) -> Path:
    from pellucid import Recipe, device, execute

    device.prepare()
    with polarity.Work(chosen.data, chosen.rows, 2, 0).table() as path:
        kept = folder / "rows.csv"
        kept.write_bytes(path.read_bytes())
    raw: dict[str, Any] = {
        "name": "benchmark",
        "data": {
            "source": str(kept),
            "inputs": {"text": "text"},
            "label": "label",
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/minilm", "max_length": polarity.LENGTH},
        "train": {"epochs": 2, "seed": 0, "checkpoint_steps": None},
    }
    return Path(execute(Recipe.of(raw), folder / "runs", only=["train"]).folder)


class _Work:
    """The model, and sentences that it was not trained with, with the classes it predicts.

    Parameters
    ----------
    run, data
        Folders of the run and of rt_polarity.
    count
        How many sentences.
    """

    def __init__(self, run: Path, data: Path, count: int) -> None:
        from pellucid import device

        device.prepare()
        import pandas as pd
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self.place = "cuda" if torch.cuda.is_available() else "cpu"
        folder = run / "model"
        self.model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        self.model.to(self.place).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        table = pd.read_csv(data / "rt_polarity.csv").sample(frac=1, random_state=0)
        self.texts = table["text"].tail(count).tolist()
        with torch.no_grad():
            self.targets = [
                int(self.model(**self.inputs(text)).logits.argmax()) for text in self.texts
            ]

    def inputs(self, text: str) -> Any:
        """Return a sentence as the model's inputs."""
        found = self.tokenizer(
            text, return_tensors="pt", truncation=True, max_length=polarity.LENGTH
        )
        return found.to(self.place)


def _ours(work: _Work) -> Figures:
    import numpy as np

    from pellucid.explain.attribution import relative_error
    from pellucid.explain.gradients.integrated_gradients import integrated_gradients
    from pellucid.explain.pieces import Piece, Pieces
    from pellucid.explain.spec import ExplainSpec
    from pellucid.explain.subject import Subject
    from pellucid.multimodal.text.encode import encode
    from pellucid.multimodal.text.segmented import segmented

    samples = [(text,) for text in work.texts]
    length = polarity.LENGTH

    def explain(count: int) -> list[Any]:
        encoded = encode(work.tokenizer, samples[:count], length)

        def cut(row: int) -> Pieces:
            found = segmented(
                work.tokenizer, encoded, row, samples[row], instead="pad", max_length=length
            )
            return Pieces((Piece("text", ("text",), found),))

        subject = Subject(work.model, encoded, cut, np.array(work.targets[:count]))
        return integrated_gradients(subject, ExplainSpec(tolerance=TOLERANCE, max_steps=4096))

    explain(2)  # the first calls warm up
    figures: Figures = {}
    with timed(figures):
        found = explain(len(samples))
    figures["error"] = max(
        relative_error(
            float(one.scores.sum()) + one.rest - (one.output - one.baseline_output),
            one.output - one.baseline_output,
        )
        for one in found
    )
    figures["points"] = float(np.mean([one.evaluations for one in found]))
    return figures


def _theirs(work: _Work, steps: int) -> Figures:
    _captum(work, range(min(2, len(work.texts))), steps)
    figures: Figures = {}
    with timed(figures):
        errors = _captum(work, range(len(work.texts)), steps)
    figures["error"], figures["points"] = max(errors), float(steps)
    return figures


def _captum(work: _Work, rows: Any, steps: int) -> list[float]:
    """Explain sentences one by one; return each one's error as a share of the difference."""
    import torch
    from captum.attr import LayerIntegratedGradients

    from pellucid.explain.attribution import relative_error

    model, tokenizer = work.model, work.tokenizer

    def forward(ids: Any, mask: Any, types: Any) -> Any:
        return model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits

    method = LayerIntegratedGradients(forward, model.get_input_embeddings())
    frame = torch.tensor([tokenizer.cls_token_id, tokenizer.sep_token_id], device=work.place)
    errors = []
    for row in rows:
        inputs = work.inputs(work.texts[row])
        ids = inputs["input_ids"]
        base = torch.where(torch.isin(ids, frame), ids, tokenizer.pad_token_id)
        others = (inputs["attention_mask"], inputs["token_type_ids"])
        scores, delta = method.attribute(
            ids,
            baselines=base,
            target=work.targets[row],
            additional_forward_args=others,
            n_steps=steps,
            return_convergence_delta=True,
        )
        # captum's delta is what the scores add up to, less the difference of the answers.
        error = float(delta.detach())
        errors.append(relative_error(error, float(scores.detach().sum()) - error))
    return errors


def _steps(work: _Work) -> int:
    """Return the fewest steps of the ladder with which every sentence meets the tolerance."""
    every = list(range(len(work.texts)))
    hard = every
    for steps in LADDER:
        # Those that missed it with fewer steps are asked first, so most tries end early.
        for rows in (hard, every):
            errors = _captum(work, rows, steps)
            missed = [row for row, one in zip(rows, errors, strict=True) if one > TOLERANCE]
            if missed:
                hard = missed
                break
        else:
            return steps
    raise SystemExit(f"captum needs more than {LADDER[-1]} steps for some sentence")
