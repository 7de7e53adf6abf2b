"""Words joined to groups as sentences are built: the hierarchy of shap's masker of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..hierarchy import Hierarchy, scaled


def hierarchy(words: Sequence[str]) -> Hierarchy:
    """Join neighbouring words, the shortest groups first, across commas and full stops late.

    Parameters
    ----------
    words
        Of one text, in their order.

    Returns
    -------
    numpy.ndarray
        What `shap.maskers.Text` makes of them.
    """
    if len(words) < 2:
        return scaled([])
    from shap.maskers import Text

    # A tokenizer for which every word is a token, divided by spaces that no word holds.
    masker = Text(_tokens, mask_token="…", collapse_mask_token=False)
    return np.asarray(masker.clustering(" ".join(words)), np.float64)


def _tokens(text: str, **_: object) -> dict[str, object]:
    spans, place = [], 0
    for word in text.split(" ") if text else ():
        spans.append((place, place + len(word)))
        place += len(word) + 1
    return {"input_ids": list(range(len(spans))), "offset_mapping": spans}
