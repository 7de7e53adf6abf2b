"""What a recipe says about changing samples at random while they are trained on."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from .spec import Spec, one_key

Share = Annotated[float, Field(ge=0, le=1)]


class FlipSpec(Spec):
    """Mirror pictures left to right."""

    chance: Share = Field(0.5, description="Share of the pictures that are mirrored.")


class CropSpec(Spec):
    """Shift pictures: grow them at their edges by reflection and cut the old size out."""

    padding: Share = Field(0.125, description="Most shift, as a share of the picture's side.")


class RotateSpec(Spec):
    """Turn pictures about their middle."""

    degrees: Annotated[float, Field(ge=0, le=180)] = Field(15.0, description="Most degrees.")


class ColourSpec(Spec):
    """Change brightness, contrast and saturation."""

    strength: Share = Field(0.3, description="Most change of each, as a share.")


class BlurSpec(Spec):
    """Blur pictures by a Gaussian."""

    chance: Share = Field(0.2, description="Share of the pictures that are blurred.")
    sigma: Annotated[float, Field(gt=0, le=10)] = Field(1.0, description="Most blur in pixels.")


class RandAugmentSpec(Spec):
    """A few changes drawn for each picture (RandAugment, Cubuk et al. 2020)."""

    number: Annotated[int, Field(ge=1, le=10)] = Field(2, description="Changes of a picture.")
    magnitude: Annotated[float, Field(ge=0, le=30)] = Field(
        9.0, description="How strong they are, of 30."
    )


class MixupSpec(Spec):
    """Blend pairs of pictures and their classes (mixup, Zhang et al. 2018)."""

    alpha: Annotated[float, Field(ge=0.01, le=10)] = Field(
        0.2, description="Shape of the beta distribution that shares are drawn from."
    )


class CutMixSpec(Spec):
    """Put a rectangle of one picture into another, and mix their classes (Yun et al. 2019)."""

    alpha: Annotated[float, Field(ge=0.01, le=10)] = Field(
        1.0, description="Shape of the beta distribution that shares are drawn from."
    )


class GainSpec(Spec):
    """Make sounds louder or softer."""

    decibels: Annotated[float, Field(ge=0, le=60)] = Field(6.0, description="Most change.")


class NoiseSpec(Spec):
    """Add white noise to sounds."""

    chance: Share = Field(0.5, description="Share of the sounds that get noise.")
    least_ratio: Annotated[float, Field(ge=-20, le=80)] = Field(
        15.0, description="Least signal-to-noise ratio in decibels; drawn from there to 30 more."
    )


class ShiftSpec(Spec):
    """Begin sounds earlier or later; what leaves at one end comes in at the other."""

    share: Share = Field(0.1, description="Most shift, as a share of a sound's length.")


class SpeedSpec(Spec):
    """Play sounds faster or slower, their pitch with it."""

    share: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.1, description="Most change, as a share; drawn in whole hundredths."
    )


class SpecAugmentSpec(Spec):
    """Hide bands of time and frequency of spectrograms (SpecAugment, Park et al. 2019)."""

    time: Share = Field(0.2, description="Widest band of time, as a share of the frames.")
    frequency: Share = Field(0.2, description="Widest band of frequency, as a share of the bins.")
    number: Annotated[int, Field(ge=1, le=10)] = Field(1, description="Bands of each.")


MODALITY = {
    "flip": "image",
    "crop": "image",
    "rotate": "image",
    "colour": "image",
    "blur": "image",
    "randaugment": "image",
    "mixup": "image",
    "cutmix": "image",
    "gain": "audio",
    "noise": "audio",
    "shift": "audio",
    "speed": "audio",
    "spec_augment": "audio",
}
"""The modality whose parts each step changes."""

MIXING = ("mixup", "cutmix")
"""Steps that mix the samples of a batch with one another, and their targets with them."""

WAVES = ("gain", "noise", "shift", "speed")
"""Steps that change sounds before a model's feature extractor analyses them."""

PARTNER, SHARE = "target_partner", "target_share"
"""Names in a batch whose samples were mixed: with which other one, and each one's own share."""


class AugmentStep(Spec):
    """One change: a name, or a mapping from the name to its settings."""

    flip: FlipSpec | None = Field(None, description="Mirror pictures left to right.")
    crop: CropSpec | None = Field(None, description="Shift pictures a little.")
    rotate: RotateSpec | None = Field(None, description="Turn pictures a little.")
    colour: ColourSpec | None = Field(None, description="Change brightness, contrast, saturation.")
    blur: BlurSpec | None = Field(None, description="Blur pictures.")
    randaugment: RandAugmentSpec | None = Field(None, description="Changes drawn for each picture.")
    mixup: MixupSpec | None = Field(None, description="Blend pairs of pictures and their classes.")
    cutmix: CutMixSpec | None = Field(
        None, description="Put a part of one picture into another, and mix their classes."
    )
    gain: GainSpec | None = Field(None, description="Make sounds louder or softer.")
    noise: NoiseSpec | None = Field(None, description="Add white noise to sounds.")
    shift: ShiftSpec | None = Field(None, description="Begin sounds earlier or later.")
    speed: SpeedSpec | None = Field(None, description="Play sounds faster or slower.")
    spec_augment: SpecAugmentSpec | None = Field(
        None, description="Hide bands of time and frequency of spectrograms."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, raw: Any) -> Any:
        """Accept a bare name, and a name with nothing or ``true`` behind it."""
        return one_key(raw, "flip or {crop: {padding: 0.1}}", {})

    @model_serializer(mode="wrap")
    def _one_key(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write what can be read again: the one key that is set."""
        return {name: value for name, value in dump(self).items() if value is not None}

    @property
    def name(self) -> str:
        """The step's name."""
        return next(name for name in MODALITY if getattr(self, name) is not None)

    @property
    def settings(self) -> Spec:
        """The step's settings."""
        found: Spec = getattr(self, self.name)
        return found

    @property
    def modality(self) -> str:
        """The modality whose parts it changes."""
        return MODALITY[self.name]
