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
PREFIX = "base_model.model."
"""What peft puts in front of the base's own names."""


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
    from peft import (
        PeftConfig,
        get_peft_model,
        get_peft_model_state_dict,
        set_peft_model_state_dict,
    )
    from safetensors.torch import load_file

    brought = load_file(folder / WEIGHTS)
    own = {f"{PREFIX}{name}": weight.shape for name, weight in model.named_parameters()}
    fits = {name for name, weight in brought.items() if own.get(name) == weight.shape}
    settings = PeftConfig.from_pretrained(str(folder))
    settings.inference_mode = True
    # A head for other answers stays the base's; the task type would ask for the adapter's.
    settings.task_type = None
    parts = {
        part: {name for name in brought if f".{part}." in name}
        for part in settings.modules_to_save or []
    }
    settings.modules_to_save = [part for part, names in parts.items() if names and names <= fits]
    other = set().union(*parts.values()) - fits
    settings.modules_to_save = settings.modules_to_save or None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that transformers will drop
        whole = get_peft_model(model, settings)
        room = {name: weight.shape for name, weight in get_peft_model_state_dict(whole).items()}
        taken = {name: brought[name] for name in brought if name not in other}
        body = f"{PREFIX}{model.base_model_prefix}."
        strays = [
            name
            for name, weight in taken.items()
            if room.get(name) != weight.shape and (name in room or name.startswith(body))
        ]
        if strays:
            raise ModelError(
                paragraph(
                    str(folder / WEIGHTS),
                    f"the adapter doesn't belong to {base_of(folder)}: the model there has no "
                    f"place for {strays[0].removeprefix(PREFIX)}",
                    "Correct base_model_name_or_path in adapter_config.json",
                )
            )
        set_peft_model_state_dict(whole, taken)
        whole = whole.merge_and_unload()
    whole.requires_grad_(True)  # beside an adapter its base is fixed
    made = set(getattr(model, "newly_made", ()))
    kept = {name for part in settings.modules_to_save or [] for name in parts[part]}
    whole.newly_made = tuple(name for name in made if f"{PREFIX}{name}" not in kept)
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
