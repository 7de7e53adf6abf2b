"""What the step writes for a run of pictures, read back and put in a report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe, execute
from pellucid.core.report.html import render
from pellucid.core.report.tree import Drawing, Gallery, Report, Section, Table
from pellucid.core.runs import Run
from pellucid.explain.attribute import attribute
from pellucid.explain.whole.before import before, open_begun
from pellucid.explain.whole.difference import difference
from pellucid.explain.whole.section import findings, sections
from pellucid.explain.whole.whole import Whole, whole


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train a tiny ViT on noise, of which one class has a bright mark at the bottom right."""
    import torch
    from transformers import ViTConfig, ViTImageProcessorPil, ViTModel

    folder = tmp_path_factory.mktemp("whole")
    generator = np.random.default_rng(3)
    rows = []
    for row in range(140):
        marked = row % 2 == 0
        pixels = generator.integers(40, 160, (32, 32, 3)).astype(np.uint8)
        if marked:
            pixels[24:, 24:] = (250, 250, 90)
        Image.fromarray(pixels).save(folder / f"{row}.png")
        split = "train" if row < 90 else "validation" if row < 100 else "test"
        label, camera = ("yes" if marked else "no"), ("old" if row % 3 else "new")
        rows.append(
            {
                "id": f"p{row:03d}",
                "image": f"{row}.png",
                "label": label,
                "camera": camera,
                "split": split,
            }
        )
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    torch.manual_seed(0)
    model = folder / "vit"
    ViTModel(
        ViTConfig(
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            image_size=32,
            patch_size=8,
        )
    ).save_pretrained(model)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(model)
    recipe = {
        "data": {
            "source": "rows.csv",
            "inputs": {"image": "image"},
            "label": "label",
            "id": "id",
            "groups": ["camera"],
            "split": {"column": "split"},
        },
        "model": {"name": str(model)},
        "train": {"epochs": 4, "learning_rate": 5e-3, "batch_size": 16},
        "explain": {"segments": {"image": "patches", "count": 16}, "tolerance": 0.2},
    }
    return execute(Recipe.of(recipe, folder=folder), folder / "runs", only=["train"])


@pytest.fixture(scope="module")
def explained(run: Run) -> list[Any]:
    return attribute(run, "all", "feature_ablation")


@pytest.fixture(scope="module")
def found(run: Run, explained: list[Any]) -> dict[str, Any]:
    return json.loads(json.dumps(whole(run, explained, run.dataset())))


def test_the_mark_is_suspected(found: dict[str, Any]) -> None:
    first = found["shortcuts"][0]
    assert first["target"] == "yes"
    assert first["segment"]["box"][0] >= 0.75 and first["segment"]["box"][1] >= 0.75
    assert first["trained"]["value"] == 1
    assert first["base"] == 0.5
    assert first["follow"]["changed"]["value"] > 0.8
    assert first["follow"]["alone"]["value"] > 0.8


def test_the_mean_map_is_highest_at_the_mark(found: dict[str, Any]) -> None:
    one = next(one for one in found["maps"] if one["target"] == "yes")
    values = np.array(one["mean"])
    assert values.shape == (8, 8)
    assert np.unravel_index(values.argmax(), values.shape) >= (6, 6)


def test_groups_have_their_own_ranking(found: dict[str, Any], explained: list[Any]) -> None:
    assert list(found["groups"]["camera"]) == ["new", "old"]
    for values in found["groups"]["camera"].values():
        assert min(values["yes"][0]["box"][:2]) >= 0.75
    rows = {value: own["yes"][0]["rows"] for value, own in found["groups"]["camera"].items()}
    assert sum(rows.values()) == sum(one.target == "yes" for one in explained)


def test_read_back_and_put_in_a_report(found: dict[str, Any]) -> None:
    told = Whole.from_json(found)
    assert told.as_json() == found
    parts = sections(told)
    titles = [part.title for part in parts]
    assert titles[:2] == ["Where the scores lie", "What matters in each group"]
    gallery = parts[0].blocks[0]
    assert isinstance(gallery, Gallery)
    assert all(isinstance(one, Drawing) and one.html.count("<path") for one in gallery.drawings)
    table = parts[-1].blocks[0]
    assert isinstance(table, Table)
    assert table.rows[0][1] == "yes"
    (first, *_) = findings(told.shortcuts)
    assert "may be a shortcut to “yes”: 100% of the 45 training rows" in first.text
    page = render(Report("r", "s", findings(told.shortcuts), parts, ()))
    assert "Segments that may carry a class" in page


def test_nothing_found_says_nothing() -> None:
    nothing = Whole({}, {}, (), {}, ())
    assert sections(nothing) == ()
    assert findings(()) == ()
    assert Whole.from_json(nothing.as_json()).as_json() == nothing.as_json()


def test_before_training_the_mark_meant_nothing(run: Run, explained: list[Any]) -> None:
    marked = [one for one in explained if one.target == "yes"]
    begun = before(run, marked)
    assert {one.target for one in begun} == {"yes"}
    told = difference(begun, marked)
    assert len(told.rows) == len(marked) and told.unmatched == 0
    first = told.gained[0]
    assert first.box is not None and min(first.box[:2]) >= 0.75
    assert first.after > first.before
    assert first.change.excludes_zero


def test_the_model_before_training_has_the_trained_head(run: Run) -> None:
    import torch
    from transformers import ViTModel

    from pellucid.explain.opened import open_run

    trained, begun = open_run(run).model, open_begun(run).model
    torch.testing.assert_close(begun.classifier.weight, trained.classifier.weight)
    pretrained = ViTModel.from_pretrained(run.recipe["model"]["name"], add_pooling_layer=False)
    for name, weight in pretrained.named_parameters():
        torch.testing.assert_close(begun.vit.get_parameter(name), weight)
    own = zip(begun.vit.parameters(), trained.vit.parameters(), strict=True)
    assert not any(torch.equal(one, other) for one, other in own)
    plain = open_begun(run, head=False).model
    assert not torch.equal(plain.classifier.weight, trained.classifier.weight)


def test_sections_have_their_own_anchors(found: dict[str, Any]) -> None:
    parts = sections(Whole.from_json(found))
    anchors = [part.anchor for part in parts]
    inner = [block.anchor for part in parts for block in part.blocks if isinstance(block, Section)]
    assert len({*anchors, *inner}) == len([*anchors, *inner])
