"""Contrastive tuning from a recipe to what it says, on drawn scenes and by a small dual encoder."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file

import pellucid
from pellucid import Recipe, execute
from pellucid.assets.samples.scenes_things import COLOURS
from pellucid.core.batches import length_buckets
from pellucid.core.dataset import load
from pellucid.core.events import Event, Metric
from pellucid.core.jobs import CancelToken
from pellucid.core.pairs import codes, encode_pairs
from pellucid.core.predict_table import predict_table
from pellucid.core.runs import Run
from pellucid.core.spec import DataSpec
from pellucid.errors import PellucidError
from pellucid.multimodal.models import locate
from pellucid.multimodal.processors import load_processor
from pellucid.multimodal.spec import ModelSpec

SCENES = Path(pellucid.__file__).parent / "assets" / "samples" / "scenes"
TRAINED, TESTED = 96, 60


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a table of some scenes with their captions; of some pictures it has two rows."""
    rows = pd.read_csv(SCENES / "metadata.csv").drop_duplicates("file_name")
    plain = rows[rows["camera"] == "new"]
    parts = [
        plain[plain["split"] == split][:count]
        for split, count in (("train", TRAINED), ("validation", 20), ("test", TESTED))
    ]
    found = pd.concat(parts)
    words = found["caption"].str.findall(rf"\b({'|'.join(COLOURS)})\b")
    found = found.assign(colour=words.str[0])
    again = found.groupby("split").head(6).assign(caption=lambda one: "there is " + one["caption"])
    path = tmp_path_factory.mktemp("scenes") / "table.csv"
    columns = ["file_name", "caption", "colour", "split"]
    pd.concat([found, again])[columns].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def raw(table: Path) -> dict[str, Any]:
    return {
        "name": "scenes",
        "data": {
            "source": str(table),
            "folder": str(SCENES),
            "inputs": {"file_name": "image", "caption": "text"},
            "label": "colour",
            "split": {"column": "split"},
        },
        "model": {"name": "bundled/clip", "task": "contrastive"},
        "train": {"epochs": 3, "learning_rate": 2e-4, "batch_size": 32, "precision": "fp32"},
        "evaluate": {"replicates": 200, "prompts": ["a {label}", "a photo of a {label}"]},
    }


@pytest.fixture(scope="module")
def run(raw: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return execute(Recipe.of(copy.deepcopy(raw)), tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def asked(run: Run) -> dict[str, Any]:
    """Return the test rows and the vectors of them, by transformers alone."""
    data = run.dataset()
    test = data.take(data.rows("test"))
    model = transformers.AutoModel.from_pretrained(run.model).eval()
    processor = transformers.AutoProcessor.from_pretrained(run.model)
    pictures = [Image.open(path).convert("RGB") for path in test.inputs["file_name"]]
    texts = test.inputs["caption"].tolist()
    prompts = [f"{said} {colour}" for colour in data.labels for said in ("a", "a photo of a")]
    with torch.inference_mode():
        given = processor(text=texts + prompts, images=pictures, padding=True, return_tensors="pt")
        found = model(**given)
    own = found.text_embeds.numpy()
    return {
        "data": test,
        "images": found.image_embeds.numpy(),
        "texts": own[: len(texts)],
        "prompts": own[len(texts) :].reshape(len(data.labels), 2, -1),
    }


def test_captions_are_found_far_above_chance(run: Run) -> None:
    assert run.status == "finished"
    found = json.loads((run.path / "evaluation.json").read_text())["test"]
    for way in ("image_to_text", "text_to_image"):
        figure, chance = found[f"{way}_recall_at_1"], found["baselines"]["chance"]
        assert figure["low"] > 5 * chance[f"{way}_recall_at_1"]["value"]
        assert found[f"{way}_median_rank"]["value"] < chance[f"{way}_median_rank"]["value"] / 5
    assert found["image_to_text_recall_at_1"]["n"] == TESTED
    chance = found["baselines"]["chance"]["zero_shot_accuracy"]["value"]
    assert chance == 1 / len(COLOURS) and found["zero_shot_accuracy"]["low"] > 2 * chance
    assert set(found["baselines"]) == {"chance", "untrained"}


def test_figures_are_those_of_transformers_alone(run: Run, asked: dict[str, Any]) -> None:
    data, images, texts = asked["data"], asked["images"], asked["texts"]
    similar = images @ texts.T
    cells = {name: data.inputs[name].tolist() for name in ("file_name", "caption")}
    first = {name: list(dict.fromkeys(one)) for name, one in cells.items()}
    row = {name: {cell: one.index(cell) for cell in first[name]} for name, one in cells.items()}
    pairs = set(zip(*cells.values(), strict=True))
    ranks: dict[str, list[int]] = {"image_to_text": [], "text_to_image": []}
    for image in first["file_name"]:
        scores = {
            text: similar[row["file_name"][image], row["caption"][text]]
            for text in first["caption"]
        }
        ranks["image_to_text"].append(place(scores, {text for one, text in pairs if one == image}))
    for text in first["caption"]:
        scores = {
            image: similar[row["file_name"][image], row["caption"][text]]
            for image in first["file_name"]
        }
        ranks["text_to_image"].append(place(scores, {one for one, said in pairs if said == text}))
    found = json.loads((run.path / "evaluation.json").read_text())["test"]
    for way, rank in ranks.items():
        for k in (1, 5, 10):
            expected = np.mean(np.array(rank) <= k)
            assert found[f"{way}_recall_at_{k}"]["value"] == pytest.approx(expected)
        assert found[f"{way}_reciprocal_rank"]["value"] == pytest.approx(
            np.mean(1 / np.array(rank))
        )
    own = run.predictions()
    own = own[own["split"] == "test"]
    np.testing.assert_allclose(own["similarity"], np.diagonal(similar), atol=2e-5)


def place(scores: dict[str, float], own: set[str]) -> int:
    best = max(scores[one] for one in own)
    return 1 + sum(score > best for name, score in scores.items() if name not in own)


def test_labels_are_told_by_the_mean_of_their_prompts(run: Run, asked: dict[str, Any]) -> None:
    mean = asked["prompts"].mean(axis=1)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    nearest = (asked["images"] @ mean.T).argmax(axis=1)
    labels = np.array(run.labels, dtype=object)
    own = run.predictions()
    own = own[own["split"] == "test"].reset_index(drop=True)
    assert own["prediction"].tolist() == labels[nearest].tolist()
    scores = own[[f"score:{label}" for label in labels]].to_numpy()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    once = own.drop_duplicates("image")
    found = json.loads((run.path / "evaluation.json").read_text())["test"]["zero_shot_accuracy"]
    assert found["value"] == pytest.approx((once["prediction"] == once["label"]).mean())


def test_the_report_shows_pairs_and_recall(run: Run) -> None:
    page = (run.path / "report.html").read_text(encoding="utf-8")
    for said in (
        "Recall@1 of texts by pictures",
        "Recall by the candidates that are looked at",
        "Pictures that find another text",
        "Texts that find another picture",
        "the model would have chosen",
        "zero-shot",
    ):
        assert said.lower() in page.lower(), said
    card = (run.path / "model_card.md").read_text(encoding="utf-8")
    assert "pipeline_tag: zero-shot-image-classification" in card
    assert "classes, which it did not learn" in card


def test_new_pictures_need_no_captions(run: Run, table: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(table)
    rows = rows[rows["split"] == "test"][:5]
    for name in rows["file_name"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(SCENES / name, tmp_path / name)
    rows[["file_name"]].to_csv(tmp_path / "alone.csv", index=False)
    rows[["file_name", "caption"]].to_csv(tmp_path / "both.csv", index=False)
    before = run.predictions()
    before = before[before["split"] == "test"][:5]
    for name in ("alone", "both"):
        found = predict_table(run, tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet").frame()
        assert found["prediction"].tolist() == before["prediction"].tolist()
        assert ("similarity" in found) == (name == "both")
        assert "text_rank" not in found and "label" not in found
    np.testing.assert_allclose(found["similarity"], before["similarity"], atol=1e-5)


def test_a_stopped_training_goes_on_as_if_nothing_had_been(
    run: Run, raw: dict[str, Any], tmp_path: Path
) -> None:
    token = CancelToken()

    def listen(event: Event) -> None:
        if isinstance(event, Metric):
            token.stop()

    recipe = Recipe.of(copy.deepcopy(raw))
    stopped = execute(recipe, tmp_path, emit=listen, cancel=token, only=("train",))
    assert stopped.status == "stopped"
    done = execute(recipe, tmp_path, resume=True, only=("train",))
    assert done.path == stopped.path and done.status == "finished"
    weights, whole = (load_file(one.model / "model.safetensors") for one in (done, run))
    assert all(torch.equal(weights[name], whole[name]) for name in whole)


def test_rows_of_one_picture_share_a_split(table: Path) -> None:
    spec = DataSpec.model_validate(
        {
            "source": str(table),
            "folder": str(SCENES),
            "inputs": {"caption": "text", "file_name": "image"},
        }
    )
    found = load(spec, "contrastive")
    splits = pd.Series(found.split).groupby(found.inputs["file_name"].astype(str)).nunique()
    assert (splits == 1).all() and len(splits) < len(found)
    assert any("same file_name in the same split" in step.reason for step in found.lineage)
    assert found.labels == ()


def test_batches_are_drawn_by_chance_and_parts_encoded_once(table: Path) -> None:
    spec = DataSpec.model_validate(
        {
            "source": str(table),
            "folder": str(SCENES),
            "inputs": {"caption": "text", "file_name": "image"},
            "split": {"column": "split"},
        }
    )
    data = load(spec, "contrastive")
    source, model = locate("bundled/clip"), ModelSpec(name="bundled/clip")
    processor = load_processor(source, model, ("image", "text"))
    pairs = encode_pairs(processor, data, model)
    assert len(pairs.distinct("image")) == data.inputs["file_name"].astype(str).size - 18
    assert len(pairs.distinct("text")) == len(set(data.inputs["caption"].tolist()))
    for row in (0, 100, len(data) - 1):
        alike = (codes(data)[:, 1] == codes(data)[row, 1]).nonzero()[0]
        assert set(data.inputs["caption"][alike]) == {data.inputs["caption"][row]}
        batch = pairs.batch(np.array([row]))
        text = processor.of["text"](data.inputs["caption"][row])
        assert batch["input_ids"][0].tolist() == text["input_ids"]
    # Where lengths differ the batches would hold texts of like length.
    tokens = pairs.samples.lengths
    by_chance, by_length = (
        np.mean([tokens[rows].std() for rows in length_buckets(one, 16, [3])])
        for one in (pairs.lengths, tokens)
    )
    assert by_length < by_chance / 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": {"inputs": {"caption": "text"}}}, "one column of pictures and one of texts"),
        (
            {"data": {"inputs": {"file_name": "image", "caption": "text", "colour": "text"}}},
            "one column of pictures and one of texts",
        ),
        ({"model": {"text_encoder": "bundled/minilm"}}, r"model\.text_encoder"),
        ({"train": {"micro_batch_size": 8}}, r"train\.micro_batch_size"),
        ({"train": {"augment": ["mixup"]}}, "other parts can't be mixed"),
        ({"train": {"augment": ["flip"]}}, "it mirrors pictures"),
        ({"evaluate": {"prompts": ["a photo"]}}, r"evaluate\.prompts.*label"),
        ({"model": {"adapt": "head"}}, r"model\.adapt\.kind"),
    ],
)
def test_what_does_not_fit_is_refused(
    changed: dict[str, Any], said: str, raw: dict[str, Any], tmp_path: Path
) -> None:
    given = copy.deepcopy(raw)
    for section, keys in changed.items():
        given[section] |= keys
    if "colour" in given["data"]["inputs"]:
        del given["data"]["label"]
    with pytest.raises(PellucidError, match=said):
        execute(Recipe.of(given), tmp_path, only=("train",))
