"""Loading models by any of transformers' Auto classes, and their tokenizers.

Where they come from stands in `sources`, whose names are offered here too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import ModelError, paragraph
from . import hub
from .adapters import base_of, four_bits, is_adapter, merged
from .classifiers import IMAGE_TEXT, WRITER
from .sources import BUNDLED, Bundled, Source, locate, no_hub
from .spec import ModelSpec
from .weights import check_folder

__all__ = [
    "BUNDLED",
    "Bundled",
    "Source",
    "fit_tokenizer",
    "has_vocabulary",
    "load",
    "load_labelled",
    "load_tokenizer",
    "loading",
    "locate",
    "newly_made",
    "places",
    "reload",
    "reload_tokenizer",
]

VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.tiktoken", "*.vocab")
"""Files of which a tokenizer's folder holds at least one."""


def load_tokenizer(source: Source, spec: ModelSpec) -> Any:
    """Load a model's fast tokenizer, with a padding token where it has none.

    Raises
    ------
    ModelError
        If it can't be loaded, or has no fast version (whose offsets explanations need).
    """
    from transformers import AutoTokenizer

    words = _with_vocabulary(source)
    if words.local:
        _check_vocabulary(Path(words.reference))
    with loading(source):
        tokenizer = AutoTokenizer.from_pretrained(
            words.reference, use_fast=True, trust_remote_code=spec.trust_remote_code
        )
    fit_tokenizer(tokenizer, source, spec)
    return tokenizer


def fit_tokenizer(tokenizer: Any, source: Source, spec: ModelSpec) -> None:
    """Give a model's tokenizer what it may lack: a padding token, and how much the model reads.

    Raises
    ------
    ModelError
        If it has no fast version.
    """
    from transformers import AutoConfig

    if not tokenizer.is_fast:
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                "its tokenizer has no fast version, and words can't be located without one",
                "Save it with a tokenizer.json, or use another model",
            )
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.sep_token or tokenizer.unk_token
    whole = _whole(source)
    with loading(source):
        config = AutoConfig.from_pretrained(
            whole.reference, trust_remote_code=spec.trust_remote_code
        )
    room = _positions(config)
    if room is not None and room < tokenizer.model_max_length:
        tokenizer.model_max_length = room


def load(auto: str, source: Source, spec: ModelSpec, seed: int, **head: Any) -> Any:
    """Load a model by one of transformers' Auto classes, in float32.

    A head that doesn't fit is replaced by a new one, without a word; `newly_made` tells. An
    adapter is merged into its base.

    Parameters
    ----------
    auto
        Name of the Auto class, such as ``AutoModelForMaskedLM``.
    source, spec
        Where it comes from and how it is loaded.
    seed
        Seeds the weights of a new head.
    head
        What the model's configuration shall say of the head, such as ``num_labels``.

    Raises
    ------
    ModelError
        If it can't be loaded, or its body is not the one that the weights belong to.
    """
    import torch

    torch.manual_seed(seed)
    settings: dict[str, Any] = head | {"trust_remote_code": spec.trust_remote_code}
    if spec.adapt.kind == "qlora":
        settings["quantization_config"] = four_bits()
    with loading(source):
        known = _auto(auto, source, spec)
        if known is None:
            from .fusion.load import joined

            texts = None if spec.text_encoder is None else locate(spec.text_encoder)
            model = joined(source, texts, **head)
        else:
            model = _loaded(known, source, **settings)
    ends = getattr(model.config, "eos_token_id", None)
    if ends is not None and model.config.pad_token_id is None:
        model.config.pad_token_id = ends[0] if isinstance(ends, list) else ends
    return model


def reload(auto: str, folder: Path) -> Any:
    """Load a model that a run saved, exactly as it stands there, in evaluation mode.

    Parameters
    ----------
    auto
        Name of transformers' Auto class.
    folder
        The model's folder, or an adapter's, which is merged into its base.

    Raises
    ------
    ModelError
        If it can't be loaded, or lacks weights.
    """
    source = Source(str(folder), str(folder), True, None)
    with loading(source):
        if is_adapter(folder):
            from transformers import AutoConfig

            own = (folder / "config.json").is_file()
            head = {"config": AutoConfig.from_pretrained(folder)} if own else {}
            model = _loaded(auto, source, **head)
        else:
            check_folder(folder)
            model = _loaded(_auto(auto, source, ModelSpec()) or auto, source)
    if made := [name for name in newly_made(model) if "pooler" not in name]:
        raise ModelError(
            paragraph(
                str(folder),
                f"the weights {', '.join(made[:3])} are missing",
                "The folder holds a model of another kind, or was altered; train it again",
            )
        )
    return model.eval()


def newly_made(model: Any) -> tuple[str, ...]:
    """Return the names of weights that were drawn at random because the source has none.

    Parameters
    ----------
    model
        As `load` returned it.
    """
    return tuple(sorted(getattr(model, "newly_made", ())))


def load_labelled(
    auto: str, source: Source, spec: ModelSpec, labels: Sequence[str], seed: int, **head: Any
) -> Any:
    """Load a model with one output for each label, in float32.

    Parameters
    ----------
    auto
        Name of transformers' Auto class.
    source, spec
        Where it comes from and how it is loaded.
    labels
        In the order of the outputs. A head for other labels is replaced.
    seed
        Seeds the weights of a new head.
    head
        What else the model's configuration shall say of the head, such as ``problem_type``.
    """
    return load(
        auto,
        source,
        spec,
        seed,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: code for code, label in enumerate(labels)},
        **head,
    )


def reload_tokenizer(folder: Path) -> Any:
    """Load the tokenizer that a run saved beside its model."""
    return load_tokenizer(Source(str(folder), str(folder), True, None), ModelSpec(name=str(folder)))


def _auto(auto: str, source: Source, spec: ModelSpec) -> str | None:
    """Return the Auto class that loads a model, None where it has to be joined of two."""
    if auto == WRITER:
        from .vision_language.processor import writes_about_pictures

        seeing = writes_about_pictures(_whole(source), spec)
        return "AutoModelForImageTextToText" if seeing else "AutoModelForCausalLM"
    if auto != IMAGE_TEXT:
        return auto
    from .fusion.load import auto_for

    return auto_for(source, trust_remote_code=spec.trust_remote_code)


def _loaded(auto: str, source: Source, **settings: Any) -> Any:
    """Load a model and note what of it is new; an adapter's base first, then the adapter."""
    import torch
    import transformers

    if source.local and is_adapter(Path(source.reference)):
        folder = Path(source.reference)
        model = merged(_loaded(auto, locate(base_of(folder)), **settings), folder)
        # What is trained beside this model belongs to all of it, not to its base alone.
        model.name_or_path = model.config._name_or_path = source.reference
        return model
    with _quiet():
        model, found = getattr(transformers, auto).from_pretrained(
            source.reference,
            dtype=torch.float32,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **settings,
        )
    _check_loaded(model, source, found)
    return model


def _check_loaded(model: Any, source: Source, found: dict[str, Any]) -> None:
    """Note which weights are new; refuse a body whose weights are not in the source."""
    if getattr(model, "_hf_peft_config_loaded", False):
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                "this is an adapter, and adapters are merged from a folder only",
                "Download it (`hf download`) and name its folder",
            )
        )
    other = {name for name, *_ in found["mismatched_keys"]}
    new = set(found["missing_keys"]) | other
    prefix = f"{model.base_model_prefix}."
    body = {name for name, _ in model.named_parameters() if name.startswith(prefix)}
    if body & other or (body and body <= new):
        word = "are of other sizes" if body & other else "are not there"
        some = sorted(body & other or body)[0]
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                f"its weights don't belong to its config.json: {some} and others {word}",
                "Copy the whole model again",
            )
        )
    model.newly_made = tuple(sorted(new))


def _whole(source: Source) -> Source:
    """Return where a model's configuration stands: with an adapter that has none, at its base."""
    folder = Path(source.reference)
    if source.local and is_adapter(folder) and not (folder / "config.json").is_file():
        return _whole(locate(base_of(folder)))
    return source


def _with_vocabulary(source: Source) -> Source:
    """Return where a model's tokenizer stands: with an adapter that has none, at its base."""
    folder = Path(source.reference)
    if source.local and is_adapter(folder) and not has_vocabulary(folder):
        return _with_vocabulary(locate(base_of(folder)))
    return source


def has_vocabulary(folder: Path) -> bool:
    """Say whether a folder holds a tokenizer."""
    return any(found for kind in VOCABULARIES for found in folder.glob(kind))


def _check_vocabulary(folder: Path) -> None:
    """Refuse a folder without a tokenizer, for which transformers makes one that knows no word."""
    if not has_vocabulary(folder):
        raise ModelError(
            paragraph(
                str(folder),
                "the folder holds no tokenizer; expected tokenizer.json",
                "Copy the whole model, or save its tokenizer here with `save_pretrained`",
            )
        )


def places(positions: Any, pad: Any) -> int | None:
    """Return how many tokens a model has places for, None where that is not known.

    Parameters
    ----------
    positions, pad
        ``max_position_embeddings`` and ``pad_token_id`` of its configuration.
    """
    if not isinstance(positions, int) or positions <= 0:
        return None
    # RoBERTa and its kin number places from behind the padding token's; elsewhere a few less harm
    # nobody.
    return positions - (pad + 1 if isinstance(pad, int) and 0 < pad < 8 else 0)


def _positions(config: Any) -> int | None:
    """Return how many tokens a model has places for, as far as its configuration tells."""
    text = config.get_text_config()
    positions = getattr(text, "max_position_embeddings", None)
    return places(positions, getattr(text, "pad_token_id", None))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from telling of new heads, which `newly_made` tells to who asks."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)


@contextlib.contextmanager
def loading(source: Source) -> Iterator[None]:
    """Turn what loaders raise into one paragraph that says what to do."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        if not source.local and hub.unreachable(error):
            raise no_hub(source.name) from error
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                f"the model can't be loaded ({reason})",
                "Check that it fits the installed transformers and is meant for this task",
            )
        ) from error
