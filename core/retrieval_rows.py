"""Pairs to look at: pictures with their text and the one that the model would have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..multimodal.draw import html_of
from ..multimodal.escape import visible
from .pairs import cells_of
from .report.tree import Block, Drawing, Gallery, Section, Text

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

MISSED, FOUND = 8, 4
"""Rows of each kind that are shown, so that a page stays small enough to send."""

LONGEST = 200
"""Characters of a text that was chosen."""

KINDS = (
    (
        "image",
        "text_rank",
        "missed-texts",
        "Pictures that find another text",
        "Each with its own text; those whose text stands farthest behind come first.",
    ),
    (
        "text",
        "image_rank",
        "missed-pictures",
        "Texts that find another picture",
        "Each with its own picture, and behind it the one that is most similar; those whose "
        "picture stands farthest behind come first.",
    ),
)


def section(predictions: pd.DataFrame, dataset: Dataset) -> tuple[Section, ...]:
    """Return the report's part with pairs to look at.

    Parameters
    ----------
    predictions
        What predictions.parquet holds.
    dataset
        The run's rows.
    """
    splits = [one for one in ("test", "validation", "train") if (predictions.split == one).any()]
    if not splits:
        return ()
    frame = predictions[predictions.split == splits[0]].reset_index(drop=True)
    place = {name: at for at, name in enumerate(dataset.ids.tolist())}
    blocks: list[Block | Section] = []
    for asking, rank, anchor, title, lead in KINDS:
        asked = frame.drop_duplicates(asking)
        missed = asked[asked[rank] > 1].sort_values(rank, ascending=False, kind="stable")
        blocks.append(_gallery(missed[:MISSED], asking, dataset, place, (title, anchor, lead)))
    found = frame.drop_duplicates("image")
    found = found[(found["text_rank"] == 1) & (found["image_rank"] == 1)]
    found = found.iloc[_evenly(len(found), FOUND)]
    about = ("Pairs that find each other", "found-pairs", "Evenly spread over the rows.")
    blocks.append(_gallery(found, "image", dataset, place, about))
    lead = f"A few of the {len(frame):,} {splits[0]} rows, as the model got them."
    return (Section("Pairs to look at", "rows", tuple(blocks), lead),)


def _gallery(
    rows: pd.DataFrame,
    asking: str,
    dataset: Dataset,
    place: dict[str, int],
    about: tuple[str, str, str],
) -> Section:
    title, anchor, lead = about
    drawn = [
        _drawing(one, asking, dataset, place)
        for one in rows.to_dict("records")
        if one["id"] in place
    ]
    inner: tuple[Block, ...] = (Gallery(tuple(drawn)),)
    if not drawn:
        inner = (Text("There are none among these rows.", tone="note"),)
    return Section(title, f"rows-{anchor}", inner, lead)


def _drawing(row: dict[Any, Any], asking: str, dataset: Dataset, place: dict[str, int]) -> Drawing:
    images, texts = cells_of(dataset, "image"), cells_of(dataset, "text")
    at = place[row["id"]]
    parts = [html_of("image", images[at]), html_of("text", texts[at])]
    name = visible(str(row["id"]), 60)
    rank = int(row["text_rank"] if asking == "image" else row["image_rank"])
    if rank == 1:
        said = "picture and text find each other first."
    elif asking == "image":
        chosen = visible(str(row["nearest_text"]), LONGEST)
        said = f"its text comes {_place(rank)}; the model would have chosen “{chosen}”."
    else:
        if row["nearest_image"] in place:
            parts.append(html_of("image", images[place[row["nearest_image"]]]))
        chosen = visible(str(row["nearest_image"]), 60)
        said = f"its picture comes {_place(rank)}; the model would have chosen row {chosen}’s."
    return Drawing(Markup("").join(parts), f"Row {name}: picture and text", f"Row {name}: {said}")


def _place(rank: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{'th' if rank % 100 in (11, 12, 13) else ending}"


def _evenly(rows: int, count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, max(rows - 1, 0), min(rows, count)).round().astype(np.int64))
