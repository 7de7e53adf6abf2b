"""A text with struck and inserted words, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from ..escape import visible

LONGEST = 80
"""Characters of a word that are shown."""


def changed_words(
    words: Sequence[str], changes: Mapping[int, str], *, separators: Sequence[str]
) -> Markup:
    """Strike words, and insert what stands in their place.

    Parameters
    ----------
    words
        Words in their order.
    changes
        What stands in place of words, by their number; nothing where they are left out.
    separators
        What stands after each word in the text.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="words">`` with ``<del>`` and ``<ins>``; everything from the data is
        escaped, and characters that act unseen are shown.
    """
    parts = []
    for number, (word, after) in enumerate(zip(words, separators, strict=True)):
        old = visible(word, LONGEST)
        if number not in changes:
            parts.append(escape(old))
        else:
            parts.append(Markup("<del>{}</del>").format(old))
            if changes[number]:
                parts.append(Markup(" <ins>{}</ins>").format(visible(changes[number], LONGEST)))
        parts.append(escape(visible(after, 40, lines=True)))
    return Markup('<div class="words"><p class="text" dir="auto">{}</p></div>').format(
        Markup("").join(parts)
    )
