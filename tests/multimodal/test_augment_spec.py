"""What a recipe may say of changes, and how it is written down again."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from pellucid.core.spec import TrainSpec
from pellucid.multimodal.audio import augment as audio
from pellucid.multimodal.augment_spec import MIXING, MODALITY, WAVES, AugmentStep
from pellucid.multimodal.image import augment as image


def test_names_and_mappings_are_read_and_written_the_same() -> None:
    written = ["flip", {"crop": None}, {"rotate": {"degrees": 5}}, {"gain": True}, {"noise": {}}]
    spec = TrainSpec.model_validate({"augment": written})
    names = [step.name for step in spec.augment]
    assert names == ["flip", "crop", "rotate", "gain", "noise"]
    assert [step.modality for step in spec.augment] == ["image"] * 3 + ["audio"] * 2
    dumped = spec.model_dump(mode="json")["augment"]
    assert dumped[0] == {"flip": {"chance": 0.5}} and dumped[2] == {"rotate": {"degrees": 5.0}}
    assert TrainSpec.model_validate({"augment": dumped}).augment == spec.augment
    assert spec.augment[2].settings.model_dump() == {"degrees": 5.0}
    assert TrainSpec().augment == [] == TrainSpec.model_validate({"augment": None}).augment


@pytest.mark.parametrize("name", MODALITY)
def test_every_step_is_done_by_its_modality(name: str) -> None:
    step = AugmentStep.model_validate(name)
    assert step.name == name and list(step.model_dump()) == [name]
    if step.modality == "image":
        assert (name in image.CHANGE) != (name in MIXING) and (name in image.MIX) == (
            name in MIXING
        )
    else:
        assert (name in audio.CHANGE) == (name in WAVES) != (name == "spec_augment")


def test_no_step_is_forgotten() -> None:
    assert set(AugmentStep.model_fields) == set(MODALITY)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("flop", "flop"),
        ({"flip": {}, "crop": {}}, "one step"),
        ({}, "one step"),
        ({"flip": {"chance": 1.5}}, "less than or equal to 1"),
        ({"flip": {"chances": 0.5}}, "chances"),
        ({"blur": {"sigma": 0}}, "greater than 0"),
        ({"randaugment": {"magnitude": 31}}, "less than or equal to 30"),
        ({"mixup": {"alpha": 0}}, "greater than or equal to 0.01"),
        ({"speed": {"share": 0.6}}, "less than or equal to 0.5"),
        ({"flip": False}, "FlipSpec"),
        (7, "AugmentStep"),
    ],
)
def test_what_cannot_be_is_refused(step: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainSpec.model_validate({"augment": [step]})


def test_reading_a_recipe_loads_no_torch() -> None:
    code = (
        "import sys; import pellucid.multimodal.augment_spec;"
        "print(sorted({'torch', 'torchaudio', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
