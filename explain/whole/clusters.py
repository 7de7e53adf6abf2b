"""Clusters of similar explanations: the ways in which a model comes to one and the same answer.

Spectral relevance analysis (SpRAy; Lapuschkin et al., *Unmasking Clever Hans predictors and
assessing what machines really learn*, Nature Communications 10, 2019): rows whose scores lie on the
same segments form a cluster, and how many clusters there are is told by the eigengap of the graph
of neighbours (von Luxburg 2007). A small cluster that leans on something odd is worth a look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..attribution import Attribution
from .mean import rate
from .spots import Spot, spots

LEAST = 12
"""Rows of a class below which it isn't cut into clusters."""

MOST = 1000
"""Rows of a class that are clustered; of more, so many spread evenly."""

MOST_CLUSTERS = 8

NEIGHBOURS = 10
"""Neighbours of each row in the graph."""

SHOWN = 5
"""Typical segments and example rows of a cluster."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Typical:
    """A segment that sets a cluster apart.

    Attributes
    ----------
    column, name
        The dataset's column, and the word or the place.
    share
        Its mean score in the cluster's rows, as a share of a row's absolute scores; above zero it
        spoke for the class.
    elsewhere
        The same in the other rows of the class.
    """

    column: str
    name: str
    share: float
    elsewhere: float


@dataclass(frozen=True)
class Cluster:
    """Rows of one class that are explained alike.

    Attributes
    ----------
    target
        The class that was explained.
    ids
        The rows, the most typical first.
    of
        Explained rows of the class.
    typical
        What sets the cluster apart, the strongest first.
    right
        Share of its rows that were answered rightly, with a 95% interval (Wilson); not defined
        where no labels are known, or numbers were answered.
    distance
        Mean silhouette of its rows by cosine distance (Rousseeuw 1987), from -1 to 1: how clearly
        they lie apart from the next cluster. 0 where there is only one cluster.
    """

    target: str
    ids: tuple[str, ...]
    of: int
    typical: tuple[Typical, ...]
    right: Measured
    distance: float

    @property
    def examples(self) -> tuple[str, ...]:
        """The most typical rows."""
        return self.ids[:SHOWN]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "target": self.target,
            "ids": list(self.ids),
            "of": self.of,
            "typical": [vars(one) for one in self.typical],
            "right": self.right.as_json(),
            "distance": self.distance,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Cluster:
        """Read what `as_json` wrote."""
        return cls(
            raw["target"],
            tuple(raw["ids"]),
            raw["of"],
            tuple(Typical(**one) for one in raw["typical"]),
            Measured.from_json(raw["right"]),
            raw["distance"],
        )


def clusters(attributions: Sequence[Attribution], *, seed: int = 0) -> dict[str, list[Cluster]]:
    """Cluster the explained rows of each class by which segments their scores lie on.

    Parameters
    ----------
    attributions
        Explanations of many rows, by one method.
    seed
        Of the start of k-means.

    Returns
    -------
    dict
        The clusters of each class that has `LEAST` rows, the largest first. Texts are compared by
        their words, pictures and sounds by the places of the scores.
    """
    out: dict[str, list[Cluster]] = {}
    every: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(attributions):
        every[one.target].append(place)
    for target, places in sorted(every.items()):
        if len(places) < LEAST:
            continue
        spread = np.linspace(0, len(places) - 1, min(MOST, len(places))).round().astype(int)
        rows = [attributions[places[number]] for number in np.unique(spread).tolist()]
        known, profiles = _profiles(rows)
        numbers = partition(profiles, seed=seed)
        out[target] = _told(target, rows, known, profiles, numbers)
    return out


def partition(profiles: Matrix, *, seed: int = 0) -> NDArray[np.int64]:
    """Cut rows into clusters by normalised spectral clustering (Ng, Jordan & Weiss 2001).

    Parameters
    ----------
    profiles
        Shape (rows, numbers); rows are compared by the cosine of their angle.
    seed
        Of the start of k-means.

    Returns
    -------
    numpy.ndarray
        Cluster of each row, from 0; shape (rows,).
    """
    from sklearn.cluster import SpectralClustering

    graph = _graph(profiles)
    count = _count(graph)
    if count < 2:
        return np.zeros(len(profiles), np.int64)
    found = SpectralClustering(
        n_clusters=count, affinity="precomputed", random_state=seed, assign_labels="kmeans"
    ).fit_predict(graph)
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _profiles(rows: Sequence[Attribution]) -> tuple[list[Spot], Matrix]:
    """Return shares of scores by spot; shape (rows, spots), absolute values sum to at most 1."""
    known: dict[Spot, int] = {}
    found: list[tuple[list[int], Matrix]] = []
    for one in rows:
        own = spots(one)
        whole = float(np.abs(one.scores).sum()) or 1.0
        found.append(
            ([known.setdefault(spot, len(known)) for spot in own.spots], own.scores(one) / whole)
        )
    out = np.zeros((len(rows), len(known)))
    for row, (numbers, values) in enumerate(found):
        out[row, numbers] = values
    return list(known), out


def _graph(profiles: Matrix) -> Matrix:
    """Return the graph of nearest neighbours by cosine; shape (rows, rows), symmetric."""
    lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
    unit = profiles / np.where(lengths > 0, lengths, 1)
    alike = np.clip(unit @ unit.T, 0, 1)
    np.fill_diagonal(alike, 0)
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(alike) - 1)]
    near = np.zeros_like(alike, bool)
    np.put_along_axis(near, nearest, True, axis=1)
    # A thread to every row, so that one that is like no other has a neighbour too.
    return np.where(near | near.T, alike, 0) + 1e-6


def _count(graph: Matrix) -> int:
    """Return the number of clusters before the largest gap of the Laplacian's eigenvalues."""
    roots = 1 / np.sqrt(graph.sum(axis=1))
    laplacian = np.eye(len(graph)) - roots[:, None] * graph * roots
    most = min(MOST_CLUSTERS, len(graph) // 3)
    values = np.sort(np.linalg.eigvalsh(laplacian))[: most + 1]
    return int(np.diff(values).argmax()) + 1


def _told(
    target: str,
    rows: Sequence[Attribution],
    known: Sequence[Spot],
    profiles: Matrix,
    numbers: NDArray[np.int64],
) -> list[Cluster]:
    apart = _silhouettes(profiles, numbers)
    out = []
    for number in range(int(numbers.max()) + 1):
        own = numbers == number
        mean = profiles[own].mean(axis=0)
        rest = profiles[~own].mean(axis=0) if not own.all() else np.zeros_like(mean)
        order = np.argsort(-np.abs(mean - rest), kind="stable")[:SHOWN]
        typical = tuple(
            Typical(known[at].column, known[at].place.name, float(mean[at]), float(rest[at]))
            for at in order
            if mean[at] != rest[at]
        )
        members = np.flatnonzero(own)
        near = members[np.argsort(-(profiles[members] @ mean), kind="stable")].tolist()
        judged = [rows[row].right for row in near if rows[row].right is not None]
        out.append(
            Cluster(
                target,
                tuple(rows[row].id for row in near),
                len(rows),
                typical,
                rate(sum(map(bool, judged)), len(judged)),
                float(apart[own].mean()),
            )
        )
    return sorted(out, key=lambda one: -len(one.ids))


def _silhouettes(profiles: Matrix, numbers: NDArray[np.int64]) -> Matrix:
    from sklearn.metrics import silhouette_samples

    if numbers.max() < 1:
        return np.zeros(len(numbers))
    found: Matrix = silhouette_samples(profiles, numbers, metric="cosine")
    return found
