"""Folders that hold an adapter of peft instead of a model: small weights beside a base's own.

An adapter is loaded as base and adapter merged (Hu et al. 2022, section 4.1), so that what comes
after it, training and explaining alike, meets an ordinary model.
"""

from __future__ import annotations

import importlib.util
import json
import warnings
from pathlib import Path
from typing import Any

from ..errors import ModelError, paragraph
from .weights import check_safetensors

SETTINGS = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def is_adapter(folder: Path) -> bool:
    """Say whether a folder holds an adapter."""
    return (folder / SETTINGS).is_file()


def base_of(folder: Path) -> str:
    """Return the model that an adapter was trained beside: a folder, or a hub id.

    Raises
    ------
    ModelError
        If the adapter is not whole, or doesn't say what it belongs to.
    """
    file = folder / SETTINGS
    try:
        base = json.loads(file.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            paragraph(
                str(file),
                f"it doesn't say which model the adapter belongs to ({type(error).__name__})",
                "Copy the adapter's whole folder again",
            )
        ) from None
    if not isinstance(base, str) or not base:
        raise ModelError(
            paragraph(
                str(file),
                "base_model_name_or_path is empty, so the model that the adapter belongs to is "
                "not known",
                "Write the model's folder or hub id there",
            )
        )
    if not (folder / WEIGHTS).is_file():
        raise ModelError(
            paragraph(
                str(folder),
                f"the adapter's weights are missing; expected {WEIGHTS}",
                "Copy the adapter's whole folder again",
            )
        )
    check_safetensors(folder / WEIGHTS)
    return base


def merged(model: Any, folder: Path) -> Any:
    """Merge an adapter into the model that it belongs to.

    Parameters
    ----------
    model
        The base, in float32. Its head may be another one than the adapter's; then it stays.
    folder
        The adapter.

    Returns
    -------
    torch.nn.Module
        An ordinary model of the base's class. What of it the adapter brought stands no longer
        among its `newly_made` weights.
    """
    from peft import PeftConfig, PeftModel
    from safetensors import safe_open

    with safe_open(folder / WEIGHTS, framework="numpy") as opened:
        names = list(opened.keys())
        shapes = {name: tuple(opened.get_slice(name).get_shape()) for name in names}
    brought = {name.removeprefix("base_model.model."): shape for name, shape in shapes.items()}
    own = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    fits = {name for name, shape in brought.items() if own.get(name) == shape}
    settings = PeftConfig.from_pretrained(str(folder))
    settings.inference_mode = True
    # A head for other answers stays the base's; the task type would ask for the adapter's.
    settings.task_type = None
    settings.modules_to_save = [
        module
        for module in settings.modules_to_save or []
        if any(f".{module}." in f".{name}" for name in fits)
        and all(name in fits for name in brought if f".{module}." in f".{name}")
    ] or None
    made = set(getattr(model, "newly_made", ()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that transformers will drop
        whole = PeftModel.from_pretrained(model, str(folder), config=settings).merge_and_unload()
    whole.requires_grad_(True)  # the adapter's base was fixed, and so was the adapter
    whole.newly_made = tuple(name for name in made if name not in fits)
    return whole


def four_bits() -> Any:
    """Return how weights are held in 4 bits: NF4, quantised twice (Dettmers et al. 2023).

    Raises
    ------
    ModelError
        If bitsandbytes or an NVIDIA GPU is not here.
    """
    import torch

    lacking = [
        what
        for what, there in (
            ("bitsandbytes", importlib.util.find_spec("bitsandbytes") is not None),
            ("an NVIDIA GPU", torch.cuda.is_available()),
        )
        if not there
    ]
    if lacking:
        raise ModelError(
            paragraph(
                "recipe, key “model.adapt.kind”",
                f"qlora needs bitsandbytes and an NVIDIA GPU, and {' and '.join(lacking)} "
                f"{'is' if len(lacking) == 1 else 'are'} not here",
                "Set it to lora, which learns the same weights beside a model that is held whole",
            )
        )
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
