"""Models with one output for each class, label or number, by what their samples consist of."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import RecipeError, paragraph

IMAGE_TEXT = "pictures with texts"
"""Stands for the Auto class of such models, which depends on the model (`multimodal.fusion`)."""

WRITER = "a model that writes"
"""Stands for the Auto class of language models, with or without an eye for pictures."""

HEADS = {
    frozenset({"text"}): "AutoModelForSequenceClassification",
    frozenset({"image"}): "AutoModelForImageClassification",
    frozenset({"audio"}): "AutoModelForAudioClassification",
    frozenset({"image", "text"}): IMAGE_TEXT,
}
"""transformers' Auto class for samples whose parts have these modalities."""


USUAL = {
    frozenset({"text"}): {"name": "bundled/minilm"},
    frozenset({"image"}): {"name": "bundled/image"},
    frozenset({"audio"}): {"name": "bundled/audio"},
    frozenset({"image", "text"}): {"name": "bundled/image", "text_encoder": "bundled/minilm"},
}
"""A recipe's section `model` for what comes with Pellucid, by what samples consist of."""


def auto_of(modalities: Collection[str]) -> str:
    """Return the Auto class of transformers that puts a head on a model for such samples.

    For pictures with texts `IMAGE_TEXT`, which `models.load` and `models.reload` understand.

    Raises
    ------
    RecipeError
        If there is none for this combination.
    """
    named = sorted(modalities)
    found = HEADS.get(frozenset(named))
    if found is None or named.count("image") > 1 or named.count("audio") > 1:
        raise RecipeError(
            paragraph(
                "recipe, key “data.inputs”",
                f"no model reads {' and '.join(named)} together here",
                "Leave columns out until one of these is left: columns of text, one column of "
                "pictures, one column of sounds, or one column of pictures with columns of text",
            )
        )
    return found
