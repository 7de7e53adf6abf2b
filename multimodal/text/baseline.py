"""Simple features of a text, for baselines: which words and pairs of words it has.

Whoever learns from them reads words but knows no language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MOST_WORDS = 100_000

MOST_CHARACTERS = 5_000
"""What stands behind this in a text is not read where labels are checked; it keeps books from
taking minutes."""

NO_WORDS = "the training texts hold no words of two letters or more"

Texts = Sequence[tuple[str, ...]]
"""Samples of one or several texts each; those of a sample are joined by a space."""


def counted(train: Texts) -> tuple[Any, Callable[[Texts], Any]] | None:
    """Count the words of training texts, and say how those of others are counted.

    Words and pairs of neighbouring words are counted with sublinear weight and inverse document
    frequency (`sklearn.feature_extraction.text.TfidfVectorizer`), the `MOST_WORDS` most frequent
    ones of them.

    Returns
    -------
    train, count
        A sparse matrix of shape (training samples, words), and what makes such a one of other
        samples. None where the training texts hold no words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=MOST_WORDS)
    try:
        found = vectorizer.fit_transform(joined(train))
    except ValueError:  # scikit-learn's "empty vocabulary"
        return None
    return found, lambda texts: vectorizer.transform(joined(texts))


def counted_together(texts: Texts) -> Any | None:
    """Count words that at least two texts share, in the first `MOST_CHARACTERS` of each.

    Returns
    -------
    A sparse matrix of shape (samples, words), weighted as in `counted`; None where the texts share
    no words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=MOST_WORDS
    )
    try:
        return vectorizer.fit_transform([text[:MOST_CHARACTERS] for text in joined(texts)])
    except ValueError:  # scikit-learn's words for texts that share no word
        return None


def joined(texts: Texts) -> list[str]:
    """Return the texts of each sample as one."""
    return [" ".join(parts) for parts in texts]
