"""Write the sample dataset of drawn scenes, and the truth that is planted in it.

The pictures show one to three shapes in eight colours; each has a kind (the shape of the largest
item), a caption, and four questions with answers. Two faults are planted on purpose: a mark in a
corner that gives one kind away where a model learns, and an old camera whose pictures are harder.
``scenes.planted.json`` says where.

Others make scenes of their own by `scene`, `draw`, `caption`, `questions` and `labels`.

Run as: ``python -m pellucid.assets.samples.scenes [DIR] [--rows N] [--seed S] [--size PIXELS]``
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from .chance import generator, shuffled
from .scenes_drawing import box, cover, draw
from .scenes_faults import mark_box, marked, old_camera
from .scenes_plan import (
    KINDS,
    MARKED_KIND,
    MARKED_SHARES,
    OLD_SHARES,
    PICTURES,
    SPLITS,
    Draft,
    planned,
)
from .scenes_things import COLOURS, SHAPES, Item, Scene, scene
from .scenes_words import Question, caption, labels, questions
from .written import as_csv, as_json, write_text

__all__ = [
    "COLOURS",
    "KINDS",
    "SHAPES",
    "Item",
    "Question",
    "Sample",
    "Scene",
    "caption",
    "cover",
    "draw",
    "generate",
    "labels",
    "questions",
    "scene",
    "write",
]

SEED = 13
QUESTIONS = 4
"""Questions about each picture, and so its rows."""


@dataclass(frozen=True)
class Sample:
    """The whole sample.

    Attributes
    ----------
    pictures
        By file name, in the order of their numbers.
    scenes
        What each picture shows.
    rows
        Of ``metadata.csv``.
    planted
        Of ``scenes.planted.json``.
    """

    pictures: dict[str, Image.Image]
    scenes: dict[str, Scene]
    rows: list[dict[str, str]]
    planted: dict[str, object]


def generate(rows: int = PICTURES * QUESTIONS, seed: int = SEED, size: int = 64) -> Sample:
    """Make the pictures, the rows about them, and the account of what is planted.

    Parameters
    ----------
    rows
        Rows of the table, about: every kind has as many pictures, and every picture four rows.
    seed
        Seed of all chance; the shipped sample has 13.
    size
        Pixels of each side.
    """
    rng = generator(seed)
    drafts = planned(rng, round(rows / QUESTIONS))
    digits = max(3, len(str(len(drafts))))
    pictures, scenes, table = {}, {}, []
    for number, draft in enumerate(drafts, start=1):
        name = f"s{number:0{digits}d}"
        shown = scene(rng, largest=draft.kind, style=draft.style)
        image = draw(shown, size)
        if draft.camera == "old":
            image = old_camera(image, rng)
        pictures[f"images/{name}.png"] = marked(image) if draft.marked else image
        scenes[f"images/{name}.png"] = shown
        about = {
            "kind": draft.kind,
            "camera": draft.camera,
            "style": draft.style,
            "caption": caption(shown, rng),
            "labels": "|".join(sorted(labels(shown))),
            "split": draft.split,
        }
        asked = shuffled(rng, questions(shown, rng))[:QUESTIONS]
        table += [
            {
                "file_name": f"images/{name}.png",
                "id": f"{name}-{place}",
                "question": one.text,
                "answer": one.answer,
                "asks": one.asks,
                **about,
            }
            for place, one in enumerate(asked, start=1)
        ]
    account = _account(dict(zip(pictures, drafts, strict=True)), scenes, seed, size)
    return Sample(pictures, scenes, table, account)


def _account(
    drafts: dict[str, Draft], scenes: dict[str, Scene], seed: int, size: int
) -> dict[str, object]:
    """Return what is planted, by file name."""

    def names(split: str, marked: bool | None = None, camera: str | None = None) -> list[str]:
        return [
            name
            for name, draft in drafts.items()
            if draft.split == split
            and marked in (None, draft.marked)
            and camera in (None, draft.camera)
        ]

    return {
        "format": 1,
        "seed": seed,
        "size": size,
        "pictures": len(drafts),
        "rows": len(drafts) * QUESTIONS,
        "boxes": "left, top, right, bottom in pixels; right and bottom are the first behind",
        "shortcut": {
            "mark": "a white square with a dark edge, at the top left",
            "box": list(mark_box(size)),
            "column": "kind",
            "value": MARKED_KIND,
            "shares": MARKED_SHARES,
            "expected": f"a model answers {MARKED_KIND} where it sees the mark: in the test split "
            f"lower accuracy on marked pictures of the other kinds, and lower recall of "
            f"{MARKED_KIND} without the mark; its attributions lie on the box",
            "pictures": {split: names(split, marked=True) for split in SPLITS},
        },
        "group": {
            "column": "camera",
            "value": "old",
            "shares": OLD_SHARES,
            "done": "blurred (standard deviation 1.4 pixels of 64), faded, dim, noisy",
            "expected": "lower accuracy of kinds and of answers",
            "pictures": {split: names(split, camera="old") for split in SPLITS},
        },
        "objects": {
            name: [[item.shape, item.colour, item.size, *box(item, size)] for item in shown.items]
            for name, shown in scenes.items()
        },
    }


def write(
    folder: Path, rows: int = PICTURES * QUESTIONS, seed: int = SEED, size: int = 64
) -> tuple[Path, Path]:
    """Write the folder ``scenes`` and ``scenes.planted.json`` into a folder.

    Parameters
    ----------
    folder
        Where to; made when it is not there.
    rows, seed, size
        See `generate`.

    Returns
    -------
    scenes, planted
        The folder with ``metadata.csv`` and ``images/``, and the file.
    """
    made = generate(rows, seed, size)
    home = folder / "scenes"
    (home / "images").mkdir(parents=True, exist_ok=True)
    for name, image in made.pictures.items():
        image.save(home / name, optimize=True)
    write_text(home / "metadata.csv", as_csv(made.rows))
    return home, write_text(folder / "scenes.planted.json", as_json(made.planted) + "\n")


def main() -> None:
    """Write the sample beside this module, or where the command says."""
    parser = argparse.ArgumentParser(description="Write scenes/ and scenes.planted.json.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--rows", type=int, default=PICTURES * QUESTIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--size", type=int, default=64, help="pixels of each side")
    asked = parser.parse_args()
    for path in write(asked.folder, asked.rows, asked.seed, asked.size):
        print(path)


if __name__ == "__main__":
    main()
