"""Edited rows beside the rows as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core import Run
from pellucid.errors import DataError
from pellucid.explain.opened import Opened, open_run
from pellucid.explain.search import what_if


@pytest.fixture(scope="module")
def opened(finished: Path) -> tuple[Opened, Any]:
    run = Run.open(finished)
    dataset = run.dataset()
    return open_run(run), dataset.take(np.arange(1))


def said(opened: Opened, text: str, hidden: str = "") -> dict[str, float]:
    """Ask the model itself; a hidden word's token becomes padding that is read."""
    batch = opened.processor(text, return_tensors="pt")
    if hidden:
        token = opened.processor.convert_tokens_to_ids(hidden)
        batch["input_ids"][batch["input_ids"] == token] = opened.processor.pad_token_id
    with torch.no_grad():
        shares = opened.model(**batch).logits[0].softmax(-1).tolist()
    return dict(zip(opened.labels, shares, strict=True))


def test_another_text(opened: tuple[Opened, Any]) -> None:
    model, row = opened
    text = "the room was awful and the staff were rude"
    found = what_if(model, row, {"text": text})
    assert found.before.scores == pytest.approx(said(model, row.inputs["text"][0]), abs=1e-4)
    assert found.after.scores == pytest.approx(said(model, text), abs=1e-4)
    assert found.segments == tuple(text.split())
    assert found.flipped == (found.before.label != found.after.label)
    assert found.as_json()["after"]["label"] == found.after.label


def test_words_left_out_of_another_text(opened: tuple[Opened, Any]) -> None:
    model, row = opened
    found = what_if(model, row, {"text": "the room was awful"}, [3])
    assert found.left_out == ("awful",)
    assert found.after.scores == pytest.approx(said(model, "the room was awful", "awful"), abs=1e-4)


def test_nothing_edited(opened: tuple[Opened, Any]) -> None:
    model, row = opened
    found = what_if(model, row)
    assert found.before == found.after and not found.flipped


def test_what_is_not_there(opened: tuple[Opened, Any]) -> None:
    model, row = opened
    with pytest.raises(DataError, match="text"):
        what_if(model, row, {"texts": "x"})
    with pytest.raises(DataError, match="numbered from 0"):
        what_if(model, row, {"text": "good room"}, [2])
