"""Which weights are trained: all, the head, those above some layers, or small ones beside them.

Low-rank weights are peft's: LoRA (Hu et al. 2022), DoRA (Liu et al. 2024), and LoRA over weights in
4 bits (Dettmers et al. 2023). Every part is found by how a model is built (`core.structure`).
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

from ..errors import ModelError, nearest, paragraph
from ..multimodal.adapters import four_bits, merged
from ..multimodal.models import newly_made
from ..multimodal.spec import AdaptSpec
from . import structure

ADAPTER = "adapter"
"""Folder in a model's folder that holds the adapter alone."""

LOW_RANK = ("lora", "dora", "qlora")


def adapt(model: torch.nn.Module, spec: AdaptSpec) -> torch.nn.Module:
    """Choose what of a model is trained.

    Parameters
    ----------
    model
        As a task loaded it; it is changed in place.
    spec
        The recipe's ``model.adapt``.

    Returns
    -------
    torch.nn.Module
        The model itself, or in peft's wrapper where low-rank weights were added.

    Raises
    ------
    ModelError
        Naming the key of the recipe that doesn't fit the model.
    """
    fixed = _fixed(model, spec)
    if spec.kind == "head":
        _learn_the_head(model)
        return model
    if spec.kind in LOW_RANK:
        return _beside(model, spec, fixed)
    for part in fixed:
        part.requires_grad_(False)
    return model


def save(model: torch.nn.Module, processor: Any, folder: Path, spec: AdaptSpec) -> None:
    """Write a trained model as ``from_pretrained`` reads it.

    Low-rank weights are merged into the model, and the adapter alone stands in ``adapter/`` in its
    folder. With ``merge: false`` the folder holds the adapter alone, which peft's
    ``AutoPeftModel…`` loads beside its base.

    Parameters
    ----------
    model
        As `adapt` returned it. Merging changes it for good.
    processor
        The tokenizer.
    folder
        An empty folder.
    spec
        The recipe's ``model.adapt``.
    """
    whole: Any = model
    if spec.kind not in LOW_RANK:
        whole.save_pretrained(folder)
    elif not spec.merge:
        # A reader learns the head's classes from the configuration.
        whole.get_base_model().config.save_pretrained(folder)
        _save_adapter(whole, folder)
    else:
        _save_adapter(whole, folder / ADAPTER)
        if spec.kind == "qlora":
            # Weights in 4 bits have lost what the adapter is merged into.
            whole = merged(_unquantised(whole.get_base_model()), folder / ADAPTER)
        else:
            whole = whole.merge_and_unload()
        whole.save_pretrained(folder)
    processor.save_pretrained(folder)


def set_dropout(model: torch.nn.Module, share: float) -> None:
    """Set every dropout of a model, attention's and the configuration's too.

    Models read attention's dropout from numbers that their modules keep, not from ``nn.Dropout``.

    Parameters
    ----------
    model
        Changed in place. Low-rank weights' own dropout is set by ``model.adapt.dropout``, so this
        is called before `adapt`.
    share
        Share of the activations that are dropped.
    """
    for part in model.modules():
        if isinstance(part, torch.nn.modules.dropout._DropoutNd):
            part.p = share
            continue
        for name, value in vars(part).items():
            if _is_dropout(name) and _is_share(value):
                setattr(part, name, share)
    config: Any = getattr(model, "config", None)
    if config is None:
        return
    for one in {id(one): one for one in (config, config.get_text_config())}.values():
        for name, value in one.to_dict().items():
            if _is_dropout(name) and _is_share(value):
                setattr(one, name, share)


def _is_dropout(name: str) -> bool:
    # “dropout”, “attention_dropout”, “attention_probs_dropout_prob”, “resid_pdrop”, “dropout_p”
    return "dropout" in name or name.endswith("pdrop")


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1


def _fixed(model: torch.nn.Module, spec: AdaptSpec) -> list[torch.nn.Module]:
    """Return what stays as it is because the recipe names it, or doesn't name it."""
    made_of = structure.parts(model)
    fixed = [one for name, part in made_of.items() if name not in spec.parts for one in part]
    if not spec.frozen_layers and not spec.frozen_embeddings:
        return fixed
    layers = structure.layers(model)
    if spec.frozen_layers > len(layers):
        raise ModelError(
            paragraph(
                "recipe, key “model.adapt.frozen_layers”",
                f"{spec.frozen_layers} layers shall stay as they are, and the model has "
                f"{len(layers)}",
                f"Write a number from 0 to {len(layers)}",
            )
        )
    return [*fixed, *structure.embeddings(model), *layers[: spec.frozen_layers]]


def _learn_the_head(model: torch.nn.Module) -> None:
    """Leave the body as it is, except what of it is new."""
    if structure.writes(model) or not structure.head(model):
        raise ModelError(
            paragraph(
                "recipe, key “model.adapt.kind”",
                "head learns a new head on top of a model, and this task's model has none of its "
                "own: its scores come from the embeddings that it reads with",
                "Set it to lora, or to full",
            )
        )
    new = set(newly_made(model))
    inside = structure.body(model)
    for name, weight in model.named_parameters():
        if name in new:
            weight.requires_grad_(True)
        elif any(weight is one for one in inside.parameters()):
            weight.requires_grad_(False)


def _beside(
    model: torch.nn.Module, spec: AdaptSpec, fixed: list[torch.nn.Module]
) -> torch.nn.Module:
    """Add low-rank weights beside the body's linear layers; the head is trained whole."""
    from peft import LoraConfig, get_peft_model

    if spec.kind == "qlora":
        four_bits()
    learnt = _learnt_whole(model)
    targets = _named(model, spec.targets) if spec.targets else _linear(model, learnt, fixed)
    settings = LoraConfig(
        r=spec.rank,
        lora_alpha=2 * spec.rank if spec.alpha is None else spec.alpha,  # type: ignore[arg-type]
        lora_dropout=spec.dropout,
        use_dora=spec.kind == "dora",
        target_modules=targets,
        modules_to_save=learnt or None,
    )
    if spec.kind == "qlora":
        _ready_for_four_bits(model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that GPT-2 holds its weights the other way round
            wrapped: torch.nn.Module = get_peft_model(model, settings)
    except ValueError as error:
        raise ModelError(
            paragraph(
                "recipe, key “model.adapt.targets”",
                f"peft can't put low-rank weights there ({str(error).split(chr(10))[0]})",
                "Name linear or embedding layers, or leave the key out",
            )
        ) from error
    return wrapped


def _learnt_whole(model: torch.nn.Module) -> list[str]:
    """Return the modules that are trained whole: the task's head, and what of a body is new.

    A language model's head is the embeddings' own, or was learnt with the model, so of it only
    new layers are trained.
    """
    model = structure.plain(model)
    words = structure.writes(model)
    found = [] if words else list(structure.head(model))
    new, tied = set(newly_made(model)), _tied(model)
    output: Any = model.get_output_embeddings() if words else None  # type: ignore[operator]
    for name, part in model.named_modules():
        own = [f"{name}.{weight}" for weight, _ in part.named_parameters(recurse=False)]
        known = any(name == one or name.startswith(f"{one}.") for one in found)
        if not known and part is not output and set(own) & new and not set(own) & tied:
            if any(True for _ in part.children()):
                continue  # a weight beside modules: saving it would save them all
            found.append(name)
    return found


def _tied(model: torch.nn.Module) -> set[str]:
    """Return the names of the weights that are the same tensor as another."""
    names: dict[int, list[str]] = {}
    for name, weight in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(weight), []).append(name)
    return {name for some in names.values() if len(some) > 1 for name in some}


def _is_linear(part: torch.nn.Module) -> bool:
    from transformers.pytorch_utils import Conv1D  # GPT-2's name for a linear layer

    return isinstance(part, (torch.nn.Linear, Conv1D))


def _linear(model: torch.nn.Module, learnt: list[str], fixed: list[torch.nn.Module]) -> list[str]:
    """Return the linear layers of the body that are neither trained whole nor to stay."""
    inside = set(structure.body(model).modules())
    inside -= {one for part in fixed for one in part.modules()}
    output: Any = model.get_output_embeddings() if structure.writes(model) else None  # type: ignore[operator]
    found = [
        name
        for name, part in model.named_modules()
        if part in inside
        and _is_linear(part)
        and part is not output
        and not any(name == one or name.startswith(f"{one}.") for one in learnt)
    ]
    if not found:
        raise ModelError(
            paragraph(
                "recipe, key “model.adapt”",
                "no linear layer of the model is left beside which low-rank weights could be "
                "learnt",
                "Lower model.adapt.frozen_layers, or set model.adapt.kind to full",
            )
        )
    return found


def _named(model: torch.nn.Module, targets: list[str]) -> list[str]:
    """Check the names of layers that a recipe gives."""
    can = [
        name
        for name, part in model.named_modules()
        if _is_linear(part) or isinstance(part, torch.nn.Embedding)
    ]
    # “query”, “attention.self.query”, “encoder.layer.0.attention.self.query”, as peft reads them
    known = {name.split(".", cut)[-1] for name in can for cut in range(name.count(".") + 1)}
    short = list(dict.fromkeys(name.rpartition(".")[2] for name in can))
    for target in targets:
        if target not in known:
            raise ModelError(
                paragraph(
                    "recipe, key “model.adapt.targets”",
                    f"the model has no layer “{target}” that could get low-rank weights "
                    f"({nearest(target, short)})",
                    "Write names as the model has them, or leave the key out for all linear layers",
                )
            )
    return targets


def _save_adapter(wrapped: Any, folder: Path) -> None:
    """Write an adapter so that it is found again, wherever a run is started from."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a base in a local folder can't be asked for a card
        wrapped.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # an empty form that peft leaves
    file = folder / "adapter_config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    base = settings.get("base_model_name_or_path")
    if base and Path(base).is_dir():
        settings["base_model_name_or_path"] = str(Path(base).resolve())
        file.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _ready_for_four_bits(model: torch.nn.Module) -> None:
    """Freeze the model, and hold what is not in 4 bits in float32 (Dettmers et al. 2023)."""
    from peft import prepare_model_for_kbit_training

    # The recipe says by itself whether activations are computed twice.
    prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)  # type: ignore[no-untyped-call]


def _unquantised(model: torch.nn.Module) -> Any:
    """Load the base of a model in 4 bits once more, in float32."""
    whole: Any = model
    config = whole.config.__class__.from_dict(whole.config.to_dict())
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    return type(whole).from_pretrained(
        whole.config._name_or_path,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=True,
    )
