"""Changing encoded samples: what is refused, what comes out, and training with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from transformers import (
    ASTFeatureExtractor,
    AutoModelForImageClassification,
    ViTConfig,
    ViTImageProcessorPil,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)

from pellucid import device
from pellucid.core import events
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.dataset import Dataset
from pellucid.core.jobs import CancelToken
from pellucid.core.labelled import Labelled
from pellucid.core.labelled import augmented as augmented_samples
from pellucid.core.loop import Fitted, fit
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks.classification import make
from pellucid.errors import RecipeError
from pellucid.multimodal.audio.encode import encode as encode_sounds
from pellucid.multimodal.augment import augmented, check_preserving
from pellucid.multimodal.augment_spec import PARTNER, SHARE, AugmentStep
from pellucid.multimodal.encode import Repeated, Together
from pellucid.multimodal.image.encode import Processed
from pellucid.multimodal.image.encode import encode as encode_pictures
from pellucid.multimodal.spec import ModelSpec

SIDE = 16
ALL = np.arange(8)


def steps(*named: Any) -> list[AugmentStep]:
    return [AugmentStep.model_validate(one) for one in named]


@pytest.fixture(scope="module")
def picture_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder, generator = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    paths = [folder / f"{number}.png" for number in ALL]
    for path in paths:
        Image.fromarray(generator.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(path)
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder, generator = tmp_path_factory.mktemp("sounds"), np.random.default_rng(1)
    paths = [folder / f"{number}.wav" for number in ALL]
    for number, path in enumerate(paths):
        soundfile.write(path, generator.normal(0, 0.2, 4000 + 400 * number), 16_000)
    return [str(path) for path in paths]


@pytest.fixture
def processor() -> Any:
    return ViTImageProcessorPil(size={"height": SIDE, "width": SIDE})


@pytest.fixture
def pictures(processor: Any, picture_files: list[str]) -> Any:
    return encode_pictures(processor, picture_files)


class Texts:
    """Samples of the kind text, as far as anything here looks at them."""

    lengths = np.ones(8, np.int64)

    def __len__(self) -> int:
        return 8

    def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.from_numpy(rows)[:, None]}


def test_pictures_are_changed_before_the_models_scaling(pictures: Any) -> None:
    changed = augmented(pictures, steps({"flip": {"chance": 1}}))
    expected = pictures.batch(ALL)["pixel_values"].flip(3)
    torch.testing.assert_close(changed.batch(ALL)["pixel_values"], expected)
    assert pictures.augment is None and len(changed) == 8


def test_pictures_are_changed_anew_each_time_and_the_kept_ones_never(pictures: Any) -> None:
    before = pictures.batch(ALL)["pixel_values"]
    changed = augmented(pictures, steps("crop", "colour", "rotate", "cutmix"))
    first, second = changed.batch(ALL), changed.batch(ALL)
    assert not torch.equal(first["pixel_values"], second["pixel_values"])
    assert set(first) == {"pixel_values", PARTNER, SHARE}
    assert first[PARTNER].dtype == torch.int64 and first[SHARE].dtype == torch.float32
    assert torch.equal(pictures.batch(ALL)["pixel_values"], before)


def test_pictures_that_their_processor_sees_anew(processor: Any, picture_files: list[str]) -> None:
    seen = Processed(processor, picture_files)
    changed = augmented(seen, steps({"flip": {"chance": 1}}))
    expected = seen.batch(ALL)["pixel_values"].flip(3)
    torch.testing.assert_close(changed.batch(ALL)["pixel_values"], expected)
    for name in ("mixup", "cutmix"):
        with pytest.raises(RecipeError, match=f"step “{name}”: it mixes pictures of one size"):
            augmented(seen, steps("flip", name))


def test_parts_beside_one_another_are_changed_each_by_its_own_steps(
    pictures: Any, sound_files: list[str]
) -> None:
    sounds = encode_sounds(Wav2Vec2FeatureExtractor(), sound_files, 30.0)
    together = Together({"text": Texts(), "image": pictures, "audio": sounds})
    changed = augmented(together, steps({"flip": {"chance": 1}}, {"shift": {"share": 0.5}}))
    found, plain = changed.batch(ALL), together.batch(ALL)
    assert torch.equal(found["input_ids"], plain["input_ids"])
    torch.testing.assert_close(found["pixel_values"], plain["pixel_values"].flip(3))
    assert found["input_values"].shape == plain["input_values"].shape
    assert not torch.equal(found["input_values"], plain["input_values"])
    with pytest.raises(RecipeError, match=r"“mixup”.*other parts can't be mixed"):
        augmented(together, steps("mixup"))


def test_a_picture_of_several_samples_is_changed_for_each_of_them(pictures: Any) -> None:
    repeated = Repeated(pictures, np.array([0, 0, 1, 1, 1, 2, 2, 2]))
    together = Together({"text": Texts(), "image": repeated})
    for samples in (repeated, together):
        changed = augmented(samples, steps({"crop": {"padding": 0.5}}))
        found, plain = changed.batch(ALL)["pixel_values"], samples.batch(ALL)["pixel_values"]
        assert torch.equal(plain[2], plain[3]) and not torch.equal(found[2], found[3])
    assert set(augmented(repeated, steps("mixup")).batch(ALL)) == {"pixel_values", PARTNER, SHARE}


@pytest.mark.parametrize(
    ("step", "modality"), [("gain", "audio"), ("spec_augment", "audio"), ("flip", "image")]
)
def test_a_step_for_a_modality_that_is_not_there_is_refused(
    step: str, modality: str, pictures: Any
) -> None:
    samples = pictures if modality == "audio" else Texts()
    with pytest.raises(RecipeError, match=f"step “{step}”: .*modality {modality}, and no input"):
        augmented(samples, steps(step))


def test_waves_are_changed_before_they_are_analysed(sound_files: list[str]) -> None:
    extractor = ASTFeatureExtractor(max_length=64)
    sounds = encode_sounds(extractor, sound_files, 30.0)
    # Kaldi's filter banks are logarithms of powers: louder sounds are shifted by a constant.
    torch.manual_seed(0)
    found = augmented(sounds, steps({"gain": {"decibels": 12}})).batch(ALL)["input_values"]
    plain = sounds.batch(ALL)["input_values"]
    louder = (found - plain)[:, :20, 64:].flatten(1)  # the lowest bins may hear nothing
    assert (louder.std(1) < 0.02).all() and louder.mean(1).std() > 0.05
    quiet = augmented(sounds, steps({"gain": {"decibels": 0}})).batch(ALL)["input_values"]
    assert torch.equal(quiet, plain)


@pytest.mark.parametrize("whisper", [False, True])
def test_bands_of_spectrograms_are_hidden(whisper: bool, sound_files: list[str]) -> None:
    extractor: Any = WhisperFeatureExtractor() if whisper else ASTFeatureExtractor(max_length=100)
    name = extractor.model_input_names[0]
    sounds = encode_sounds(extractor, sound_files, 30.0)
    plain = sounds.batch(ALL)[name]
    torch.manual_seed(1)
    for asked, axis in (({"frequency": 0, "time": 0.5}, 0), ({"time": 0, "frequency": 0.5}, 1)):
        for one, before in zip(
            augmented(sounds, steps({"spec_augment": {**asked, "number": 4}})).batch(ALL)[name],
            plain,
            strict=True,
        ):
            changed = (one.T != before.T) if whisper else (one != before)
            changed = changed[:20]  # of every sound: what comes behind may be padding
            # Whole frames, or whole bins.
            assert torch.equal(changed.all(1 - axis), changed.any(1 - axis)) and changed.any()
    assert torch.equal(sounds.batch(ALL)[name], plain)


def test_waves_have_no_bands_to_hide(sound_files: list[str]) -> None:
    sounds = encode_sounds(Wav2Vec2FeatureExtractor(), sound_files, 30.0)
    with pytest.raises(RecipeError, match=r"step “spec_augment”: .*hears the wave itself"):
        augmented(sounds, steps("gain", "spec_augment"))


def test_sounds_of_other_lengths_are_padded_with_their_mask(sound_files: list[str]) -> None:
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True, do_normalize=False)
    sounds = encode_sounds(extractor, sound_files, 30.0)
    torch.manual_seed(2)
    found = augmented(sounds, steps({"speed": {"share": 0.5}})).batch(ALL)
    assert found["input_values"].shape == found["attention_mask"].shape
    assert not torch.equal(
        found["attention_mask"].sum(1), sounds.batch(ALL)["attention_mask"].sum(1)
    )


@pytest.mark.parametrize(
    ("step", "text", "refused"),
    [
        ("flip", "Is the circle LEFT of the square?", True),
        ("flip", "a right-hand glove", True),
        ("flip", "leftmost", True),
        ("flip", "a bright leftover stands below", False),
        ({"flip": {"chance": 0}}, "left", False),
        ({"rotate": {"degrees": 45}}, "left or above", False),
        ({"rotate": {"degrees": 120}}, "Which one is above the other?", True),
        ({"rotate": {"degrees": 180}}, "the left one", True),
        ({"rotate": {"degrees": 180}}, "the red one", False),
        ("crop", "left", False),
        ("randaugment", "left", False),
        ("shift", "left", False),
    ],
)
def test_texts_have_to_stay_true(step: Any, text: str, refused: bool) -> None:
    texts = ["What is this?", text, ""]
    if not refused:
        check_preserving(steps("colour", step), texts)
        return
    name = step if isinstance(step, str) else next(iter(step))
    with pytest.raises(RecipeError, match=f"key “train.augment”, step “{name}”.*“.*{text[-8:-1]}"):
        check_preserving(steps("colour", step), iter(texts))


def test_a_long_text_is_shown_around_the_word() -> None:
    with pytest.raises(RecipeError) as caught:
        check_preserving(steps("flip"), ["word " * 100 + "at its left side" + " more" * 100])
    said = str(caught.value)
    assert "at its left side more" in said and said.count("more") < 6 and said.count("word") < 6
    assert "“…" in said and "…”" in said


def dataset(files: list[str], texts: list[str] | None = None, labels: Any = ("a", "b")) -> Dataset:
    inputs = {"picture": np.array(files, object)}
    if texts is not None:
        inputs["question"] = np.array(texts, object)
    return Dataset(
        inputs,
        {"picture": "image", "question": "text"} if texts is not None else {"picture": "image"},
        label=np.array([labels[row % 2] for row in ALL], object),
        ids=np.array([f"r{row}" for row in ALL], object),
        split=np.full(8, "train", object),
        labels=tuple(labels),
        groups={},
        weight=np.ones(8, np.float32),
        fingerprint="",
        lineage=(),
    )


def labelled(samples: Any, data: Dataset) -> Labelled:
    return Labelled(samples, data.codes, data.weight, data.ids)


def test_training_samples_are_checked_against_their_rows(
    pictures: Any, picture_files: list[str]
) -> None:
    spec = TrainSpec.model_validate({"augment": ["flip"]})
    data = dataset(picture_files)
    found = augmented_samples(labelled(pictures, data), spec, data)
    assert isinstance(found, Labelled) and found.samples.augment is not None
    assert set(found.batch(ALL)) == {"pixel_values", "target"}
    plain = labelled(pictures, data)
    assert augmented_samples(plain, TrainSpec(), data) is plain
    told = dataset(picture_files, ["Which colour is it?"] * 7 + ["Is it on the right?"])
    with pytest.raises(RecipeError, match="Is it on the right"):
        augmented_samples(labelled(pictures, told), spec, told)
    arrows = dataset(picture_files, labels=("arrow left", "arrow up"))
    with pytest.raises(RecipeError, match="arrow left"):
        augmented_samples(labelled(pictures, arrows), spec, arrows)
    with pytest.raises(RecipeError, match="learns from texts"):
        augmented_samples(Texts(), spec, data)


def train(
    folder: Path, pictures: Any, files: list[str], stop_at: int | None = None
) -> tuple[Any, Fitted]:
    spec = TrainSpec.model_validate(
        {
            "epochs": 2,
            "batch_size": 4,
            "learning_rate": 1e-2,
            "augment": ["flip", "crop", "colour", "randaugment", "mixup", "cutmix"],
        }
    )
    data = dataset(files)
    task = make(
        "", DataSpec(source=["x"], inputs={"p": "image"}), ModelSpec(), spec, EvaluateSpec()
    )
    samples = augmented_samples(labelled(pictures, data), spec, data)
    torch.manual_seed(5)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=SIDE,
        patch_size=8,
        num_labels=2,
    )
    model = AutoModelForImageClassification.from_config(config)
    looks = 0

    class Stopping(CancelToken):
        def check(self) -> None:
            nonlocal looks
            looks += 1
            if looks == stop_at:
                self.stop()

    fitted = fit(
        model,
        samples,
        spec,
        loss=task.loss,
        metric=task.metric,
        device=device.choose("fp32"),
        checkpoints=Checkpoints(folder, 2),
        validate=None,
        emit=events.silent,
        cancel=Stopping(),
    )
    return model, fitted


def test_a_model_learns_from_changed_pictures_and_resumes_with_the_same_ones(
    tmp_path: Path, pictures: Any, picture_files: list[str]
) -> None:
    whole, fitted = train(tmp_path / "whole", pictures, picture_files)
    assert fitted.state.step == 4
    stopped, fitted = train(tmp_path / "parts", pictures, picture_files, stop_at=1)
    assert fitted.stopped and fitted.state.step == 1
    resumed, _ = train(tmp_path / "parts", pictures, picture_files)
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name
    assert any(
        not torch.equal(weight, stopped.state_dict()[name])
        for name, weight in whole.state_dict().items()
    )
