"""Groups made of what is known of samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid.core.dataset import load
from pellucid.core.spec import DataSpec
from pellucid.errors import RecipeError
from pellucid.fairness.metadata import metadata_groups


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("pictures")
    rows = []
    for row in range(40):
        level = 6 * row
        Image.new("RGB", (10 + row % 2, 8), (level,) * 3).save(folder / f"{row}.png")
        split = "test" if row % 2 else "train"
        rows.append(
            {
                "image": f"{row}.png",
                "question": "Why " + "so " * (row % 3) + "dark?",
                "label": "ab"[row // 2 % 2],
                "split": split,
            }
        )
    pd.DataFrame(rows).to_csv(folder / "t.csv", index=False)
    spec = DataSpec.model_validate(
        {
            "source": str(folder / "t.csv"),
            "inputs": {"image": "image", "question": "text"},
            "label": "label",
            "split": {"column": "split"},
        }
    )
    return load(spec, "classification")


def test_numbers_become_bands_of_equal_size_in_rising_order(dataset) -> None:
    found = metadata_groups(dataset, ["brightness", "length"])
    bands = found["brightness"]
    assert bands.cat.ordered and len(bands.cat.categories) == 4
    assert bands.value_counts(sort=False).tolist() == [10, 10, 10, 10]
    assert bands.cat.codes.tolist() == np.repeat(np.arange(4), 10).tolist()
    assert list(bands.cat.categories) == [
        "below 60", "60 to below 120", "120 to below 180", "180 and above",
    ]  # fmt: skip
    # Texts have two, three or four words: no more bands than that.
    assert 2 <= len(found["length"].cat.categories) <= 3


def test_edges_are_taken_as_given(dataset) -> None:
    found = metadata_groups(dataset, ["brightness"], edges={"brightness": [100, 200]})
    counts = found["brightness"].value_counts(sort=False)
    assert list(counts.index) == ["below 100", "100 to below 200", "200 and above"]
    assert counts.tolist() == [17, 17, 6]


def test_words_are_groups_as_they_are(dataset) -> None:
    found = metadata_groups(dataset, ["exif", "format"])
    assert set(found["exif"]) == {"no"} and set(found["format"]) == {"PNG"}


def test_what_is_not_known_is_an_error(dataset) -> None:
    with pytest.raises(RecipeError, match="duration"):
        metadata_groups(dataset, ["duration"])


def test_a_cancelled_look_ends(dataset) -> None:
    class Cancelled(Exception):
        pass

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        metadata_groups(dataset, ["brightness"], check=check)
