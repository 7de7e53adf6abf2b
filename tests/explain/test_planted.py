"""What is planted in the samples is found where it lies, and nowhere where weights are random."""

from __future__ import annotations

import pytest

from pellucid.benchmarks.planted import SETS, measure

ENOUGH = 0.95
"""Share of the rows whose top segment is planted."""

METHODS = {
    "text": ("integrated_gradients", "feature_ablation", "partition_shap"),
    "image": ("integrated_gradients", "partition_shap", "kernel_shap", "grad_cam"),
    "audio": ("feature_ablation", "occlusion", "lime"),
    "vqa": ("integrated_gradients", "gradient_shap", "partition_shap"),
}

ROWS = {"audio": 3200}
"""Of the sounds that come with Pellucid a model learns the hum too weakly."""


@pytest.mark.prove
@pytest.mark.parametrize("kind", SETS)
def test_three_methods_find_what_is_planted(kind: str) -> None:
    found = list(measure(kind, names=",".join(METHODS[kind]), most=40, rows=ROWS.get(kind)))
    good = [one for one in found if one.rows and one.found >= ENOUGH * one.rows]
    assert len(good) >= 3, [str(one) for one in found]
    assert all(one.rows >= 5 for one in good)
    fell = [one for one in good if one.alike < 0.2]
    assert len(fell) >= 3, [str(one) for one in found]
