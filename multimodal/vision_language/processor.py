"""Loading the processor of a model that writes about pictures, also without what videos need.

Processors of models that see videos too (Qwen-VL, SmolVLM) load a video processor, for which
torchvision has to be there. Pictures need none of it: where it is missing, the processor is put
together without its half for videos, whose settings are kept, so that they are saved with the rest.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import ModelError, paragraph
from ..models import fit_tokenizer, loading
from ..sources import Source
from ..spec import ModelSpec

VIDEO = "video_processor"
SETTINGS = ("processor_config.json", "video_preprocessor_config.json")
"""Files in which the settings of a processor for videos may stand."""


def writes_about_pictures(source: Source, spec: ModelSpec) -> bool:
    """Say whether a model is made for writing about pictures, by its configuration."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(
        source.reference, trust_remote_code=spec.trust_remote_code
    )
    kind = type(config)
    return (
        kind in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
        # BLIP and its kin answer questions in another way, and are loaded for that.
        and kind not in transformers.MODEL_FOR_VISUAL_QUESTION_ANSWERING_MAPPING
    )


def load(source: Source, spec: ModelSpec) -> Any:
    """Load a processor, with a padding token where its tokenizer has none.

    Raises
    ------
    ModelError
        If it can't be loaded, names a package that is not there, or its tokenizer has no fast
        version.
    """
    import transformers
    from transformers.utils.import_utils import is_torchvision_available

    auto: Any = transformers.AutoProcessor
    given: dict[str, Any] = {"trust_remote_code": spec.trust_remote_code}
    with loading(source):
        known = _class_of(source)
        if known is None or VIDEO not in known.get_attributes() or is_torchvision_available():
            found = auto.from_pretrained(source.reference, **given)
        else:
            found = without_videos(known).from_pretrained(source.reference, **given)
            found.video_settings = _video_settings(source)
    for part in ("image_processor", "tokenizer"):
        if getattr(found, part, None) is None:
            raise ModelError(
                paragraph(
                    f"model.name: {source.name}",
                    f"it comes without {part}, so it can't be told pictures and words",
                    "Copy the whole model, with preprocessor_config.json and tokenizer.json",
                )
            )
    fit_tokenizer(found.tokenizer, source, spec)
    return found


def _class_of(source: Source) -> Any:
    """Return the class of a processor that transformers itself has; None where it names another."""
    import transformers
    from transformers.models.auto.processing_auto import processor_class_from_name

    folder = Path(source.reference)
    for name in ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
        if source.local and (folder / name).is_file():
            named = json.loads((folder / name).read_text(encoding="utf-8")).get("processor_class")
            if named is not None:
                return processor_class_from_name(named)
    config = transformers.AutoConfig.from_pretrained(source.reference)
    return transformers.PROCESSOR_MAPPING.get(type(config), None)


@cache
def without_videos(known: Any) -> Any:
    """Return a processor's class that does without a processor for videos."""

    class Pictures(known):  # type: ignore[misc]
        video_settings: Any = None

        @classmethod
        def get_attributes(cls) -> list[str]:
            return [name for name in known.get_attributes() if name != VIDEO]

        @classmethod
        def _get_arguments_from_pretrained(cls, *args: Any, **settings: Any) -> list[Any]:
            found = iter(super()._get_arguments_from_pretrained(*args, **settings))
            return [None if name == VIDEO else next(found) for name in known.get_attributes()]

        def to_dict(self) -> dict[str, Any]:
            said = super().to_dict()
            kept = {} if self.video_settings is None else {VIDEO: self.video_settings}
            return {**said, **kept}

    Pictures.__name__ = Pictures.__qualname__ = known.__name__
    module = sys.modules[known.__module__]
    if getattr(module, "num2words", True) is None:  # it writes the times of a video's frames
        module.num2words = _no_videos  # type: ignore[attr-defined]
    return Pictures


def _no_videos(*_: Any) -> str:
    raise ImportError("Package `num2words` is required to read videos.")


def _video_settings(source: Source) -> Any:
    for name in SETTINGS if source.local else ():
        file = Path(source.reference) / name
        if file.is_file():
            said = json.loads(file.read_text(encoding="utf-8"))
            found = said.get(VIDEO) if name == SETTINGS[0] else said
            if found:
                return found
    return None
