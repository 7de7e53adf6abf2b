"""What turns a sample's parts into a model's inputs: a tokenizer, an image or a sound processor.

Where samples have parts of one modality it is that modality's processor of transformers itself;
where they have several it is a `Processors`, one for each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError, paragraph
from .media import WORDS
from .models import Source, has_vocabulary, load_tokenizer, loading, locate
from .spec import ModelSpec

FILES = ("preprocessor_config.json", "processor_config.json")
"""Files of which a model's folder holds one where it sees or hears."""

AUTO = {"image": "AutoImageProcessor", "audio": "AutoFeatureExtractor"}
"""transformers' Auto class of each modality's processor."""


@dataclass(frozen=True)
class Processors:
    """One processor for each modality of a sample's parts."""

    of: Mapping[str, Any]

    def save_pretrained(self, folder: Path | str) -> None:
        """Write all of them, as transformers' Auto classes read each."""
        for one in self.of.values():
            one.save_pretrained(folder)


def load_processor(source: Source, spec: ModelSpec, modalities: Collection[str]) -> Any:
    """Load what a model needs to read samples whose parts have these modalities.

    Parameters
    ----------
    source, spec
        Where the model comes from, and how it is loaded.
    modalities
        ``text``, ``image``, ``audio``; each once or more often.

    Returns
    -------
    A fast tokenizer, an image processor or a feature extractor of transformers; where there are
    several modalities the processor of a model that writes about pictures, else a `Processors`.

    Raises
    ------
    ModelError
        If the model has none for a modality, or it can't be loaded.
    """
    kinds = sorted(set(modalities))
    if kinds == ["image", "text"] and _writes(source, spec):
        from .vision_language.processor import load

        return load(source, spec)
    found = {kind: _one(source, spec, kind, beside=len(kinds) > 1) for kind in kinds}
    return found[kinds[0]] if len(kinds) == 1 else Processors(found)


def _writes(source: Source, spec: ModelSpec) -> bool:
    """Say whether a model reads pictures and texts by one processor, to write about them."""
    from .vision_language.processor import writes_about_pictures

    with loading(source):
        return writes_about_pictures(source, spec)


def reload_processor(folder: Path, modalities: Collection[str]) -> Any:
    """Load what a run saved beside its model."""
    source = Source(str(folder), str(folder), True, None)
    return load_processor(source, ModelSpec(name=str(folder)), modalities)


def processor_of(processor: Any, modality: str) -> Any:
    """Return the processor of one modality's parts; of texts, the tokenizer."""
    if isinstance(processor, Processors):
        return processor.of[modality]
    return getattr(processor, "tokenizer", processor) if modality == "text" else processor


def _one(source: Source, spec: ModelSpec, kind: str, *, beside: bool) -> Any:
    """Load the processor of one modality; `beside` others, or alone."""
    if kind == "text":
        texts = source if spec.text_encoder is None else locate(spec.text_encoder)
        if beside and texts.local and not has_vocabulary(Path(texts.reference)):
            from .fusion.load import reads_no_texts

            raise reads_no_texts(texts)
        return load_tokenizer(texts, spec)
    import transformers

    if source.local and not any((Path(source.reference) / name).is_file() for name in FILES):
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                f"the model reads no {WORDS[kind]}: its folder holds no preprocessor_config.json",
                f"Name a model for {WORDS[kind]}, such as bundled/{kind}",
            )
        )
    auto = getattr(transformers, AUTO[kind])
    with loading(source):
        found = auto.from_pretrained(source.reference, trust_remote_code=spec.trust_remote_code)
    return found
