"""The language model that is asked: a run's, or one by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ...core.events import Emit, silent
from ...core.runs import Run
from ...device import Device, choose, prepare
from ...errors import DataError, ModelError, paragraph
from ...multimodal.classifiers import WRITER
from ...multimodal.sources import Source, locate
from ...multimodal.spec import ModelSpec
from .likelihood import Kind, Scorer

MASKED = "AutoModelForMaskedLM"

KINDS: dict[str, Kind] = {
    "masked_lm": "masked",
    "causal_lm": "causal",
    "chat": "causal",
    "preference": "causal",
}
"""How the model of each task guesses words; others have no head for it."""

Precision = Literal["auto", "bf16", "fp32"]


def run_of(given: Run | str | Path) -> Run | None:
    """Return the run that something stands for, None where it is a model's name or folder."""
    if isinstance(given, Run):
        return given
    return Run.open(given) if (Path(given).expanduser() / "recipe.yaml").is_file() else None


def open_model(
    given: Run | str | Path,
    *,
    precision: Precision = "fp32",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Scorer:
    """Load a language model to ask it how likely words are.

    Parameters
    ----------
    given
        A run whose task is masked or causal language modelling, chat or preference tuning; or its
        folder; or the name or folder of a model.
    precision
        Number format of the weights. In bf16 likelihoods are off by some hundredths of a nat, which
        turns pairs around that are nearly even.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    DataError
        If the run's model doesn't guess words.
    ModelError
        If the model can't be loaded, or has no head for guessing words.
    """
    prepare()
    import torch

    from ...core.predict import present
    from ...multimodal.models import load_tokenizer, reload, reload_tokenizer

    run, model = run_of(given), None
    device = choose(precision)
    if run is not None:
        if run.task not in KINDS:
            raise DataError(
                paragraph(
                    str(run.path),
                    f"this test asks a language model how likely words are, and {run.task} has no "
                    "head for that",
                    f"Choose a run whose task is one of {', '.join(KINDS)}",
                )
            )
        kind, name = KINDS[run.task], run.name
        device = present(Device.from_json(run.environment["device"]))
        model = reload(MASKED if kind == "masked" else WRITER, run.model)
        tokenizer = reload_tokenizer(run.model)
    else:
        source = locate(str(given))
        kind, name = _kind(source), source.name
        model = _loaded(source, kind)
        tokenizer = load_tokenizer(source, ModelSpec(name=source.name))
    torch.set_num_threads(device.threads)
    used = choose(precision).precision
    weights = torch.bfloat16 if used == "bf16" else torch.float32
    if kind == "masked" and tokenizer.mask_token_id is None:
        raise ModelError(
            paragraph(
                name,
                "its tokenizer has no mask token, so nothing can be hidden from the model",
                "Choose a model that was trained by masking, or a causal one",
            )
        )
    return Scorer(model.to(device.kind, weights).eval(), tokenizer, kind, name, used, emit, check)


def _loaded(source: Source, kind: Kind) -> Any:
    """Load a model by its name; refuse one whose head for guessing words would be a new one."""
    from ...multimodal.models import load
    from ...multimodal.text.language_models import check_causal, new_head

    model = load(MASKED if kind == "masked" else WRITER, source, ModelSpec(name=source.name), 0)
    if new_head(model):
        raise ModelError(
            paragraph(
                source.name,
                "it comes without a head for guessing words, and a new one guesses at random",
                "Tune it first with model.task masked_lm or causal_lm, and name that run",
            )
        )
    if kind == "causal":
        check_causal(model, source)
    return model


def _kind(source: Source) -> Kind:
    """Tell a masked from a causal language model by its configuration."""
    import transformers
    from transformers import AutoConfig

    from ...multimodal.models import loading

    with loading(source):
        config = AutoConfig.from_pretrained(source.reference)
    made = " ".join(getattr(config, "architectures", None) or ())
    if "ForMaskedLM" in made or "ForPreTraining" in made:
        return "masked"
    if "ForCausalLM" in made or "LMHeadModel" in made or "ImageTextToText" in made:
        return "causal"
    auto = transformers.models.auto.modeling_auto
    known = type(config) in auto.MODEL_FOR_MASKED_LM_MAPPING
    if known and not getattr(config, "is_decoder", False):
        return "masked"
    if type(config) in auto.MODEL_FOR_CAUSAL_LM_MAPPING or type(config) in (
        auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
    ):
        return "causal"
    raise ModelError(
        paragraph(
            source.name,
            "this model guesses no words; expected a masked or a causal language model",
            "Name such a model, or a run that tuned one",
        )
    )
