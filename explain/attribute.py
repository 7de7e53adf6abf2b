"""Attributing the answers of a run, or of a model and texts at hand, to words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..core.dataset import Dataset, pick
from ..core.events import Emit, silent
from ..core.runs import Run
from ..core.spec import Rows
from ..device import Device, prepare
from ..errors import DataError, nearest, paragraph
from ..multimodal.spec import ModelSpec
from .attribution import Attribution
from .spec import ExplainSpec, Method


def attribute(
    run: Run | str | Path,
    rows: Rows | None = None,
    method: Method = "integrated_gradients",
    *,
    target: str | None = None,
    tolerance: float | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Attribute a run's answers on its test rows to their words.

    Parameters
    ----------
    run
        A run, or its folder.
    rows
        A number, ``"a:b"``, ``"all"`` or a list of ids; the recipe's `explain.rows` if left out.
    method
        ``integrated_gradients``.
    target
        ``predicted``, ``label`` or the name of a class; the recipe's if left out.
    tolerance
        Largest completeness error as a share; the recipe's if left out.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Attribution
        One for each row, in the order of the rows.

    Raises
    ------
    RunError
        If the run has no model yet, or its data changed since.
    DataError
        If a row or the target is not there, or the tolerance is no share.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    given = {"rows": rows, "target": target, "tolerance": tolerance}
    named = {key: value for key, value in given.items() if value is not None}
    try:
        spec = ExplainSpec(**{**run.section("explain", ExplainSpec).model_dump(), **named})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            paragraph(
                ".".join(map(str, first["loc"])) or "explain",
                f"found “{first['input']}”: {first['msg'].lower()}",
                "Correct the value",
            )
        ) from None
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    chosen = test.take(pick(test.ids, spec.rows))
    return explain_rows(run, chosen, spec, method=method, emit=emit, check=check)


def explain_rows(
    run: Run,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    method: Method = "integrated_gradients",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Attribute the answers of a run on rows at hand."""
    if method != "integrated_gradients":
        raise DataError(
            paragraph(
                f"method “{method}”",
                f"there is no such method ({nearest(method, ['integrated_gradients'])})",
                "Choose one of those",
            )
        )
    prepare()
    import torch

    from ..core.predict import present
    from ..multimodal.classifiers import auto_of
    from ..multimodal.models import reload, reload_tokenizer

    device = present(Device.from_json(run.environment["device"]))
    torch.set_num_threads(device.threads)
    model = reload(auto_of(dataset.modalities.values()), run.model).to(device.kind)
    return explain_samples(
        model,
        reload_tokenizer(run.model),
        dataset,
        spec,
        labels=run.labels,
        max_length=run.section("model", ModelSpec).max_length,
        emit=emit,
        check=check,
    )


def explain_samples(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    spec: ExplainSpec,
    *,
    labels: Sequence[str],
    max_length: int,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Attribute a model's answers on the rows of a dataset by integrated gradients."""
    from ..core.predict import logits
    from ..multimodal.text.encode import encode, token_spans
    from ..multimodal.text.segments import owners, read_words, separators, words
    from .integrated_gradients import integrated_gradients

    samples = dataset.samples()
    encoded = encode(tokenizer, samples, max_length)
    scores = logits(model, encoded, check=check)
    predicted = scores.argmax(axis=1)
    targets = _targets(spec.target, dataset, predicted, labels)
    found = integrated_gradients(
        model,
        encoded,
        targets,
        baseline=tokenizer.pad_token_id,
        keep=_kept(tokenizer),
        tolerance=spec.tolerance,
        steps=spec.steps,
        max_steps=spec.max_steps,
        outputs=np.take_along_axis(scores, targets[:, None], axis=1)[:, 0],
        emit=emit,
        check=check,
    )
    settings = {
        "baseline": f"{tokenizer.pad_token} in place of every token but special ones",
        "points": "Gauss-Legendre",
        "score": "logit",
        "tolerance": spec.tolerance,
        "steps": spec.steps,
        "max_steps": spec.max_steps,
    }
    spans = token_spans(tokenizer, samples, max_length)
    out = []
    for row, (sample, one) in enumerate(zip(samples, found, strict=True)):
        segments = words(sample)
        # What the model did not read has no score and is not shown.
        read = [segments[number] for number in read_words(segments, spans[row])]
        owner = owners(read, spans[row])
        by_word = np.zeros(len(read))
        np.add.at(by_word, owner[owner >= 0], one.scores[owner >= 0])
        out.append(
            Attribution(
                id=str(dataset.ids[row]),
                method="integrated_gradients",
                settings=settings,
                target=labels[int(targets[row])],
                segments=tuple(segment.text for segment in read),
                separators=separators(sample, read),
                scores=by_word,
                special=float(one.scores[owner < 0].sum()),
                output=one.output,
                baseline_output=one.baseline_output,
                steps=one.steps,
                label=str(dataset.label[row]),
                prediction=labels[int(predicted[row])],
                split=str(dataset.split[row]),
            )
        )
    return out


def _kept(tokenizer: Any) -> frozenset[int]:
    """Return the special tokens that frame a text; unknown and masked words belong to it."""
    words = {tokenizer.unk_token_id, tokenizer.mask_token_id}
    frame = {tokenizer.cls_token_id, tokenizer.sep_token_id}
    frame |= {tokenizer.bos_token_id, tokenizer.eos_token_id}
    return frozenset(number for number in tokenizer.all_special_ids if number not in words - frame)


def _targets(
    target: str, dataset: Dataset, predicted: NDArray[np.int64], labels: Sequence[str]
) -> NDArray[np.int64]:
    if target == "predicted":
        return predicted
    if target == "label":
        return dataset.codes
    if target not in labels:
        known = ["predicted", "label", *labels]
        raise DataError(
            paragraph(
                f"explain.target: {target}",
                f"there is no such class ({nearest(target, known)})",
                "Name a class, or write predicted or label",
            )
        )
    return np.full(len(dataset), labels.index(target), dtype=np.int64)
