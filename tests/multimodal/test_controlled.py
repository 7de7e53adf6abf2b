"""Kinds of change by name: which there are, which strengths, and copies that models read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pellucid.errors import DataError, RecipeError
from pellucid.multimodal.controlled import change, changed, checked, chosen, kinds
from pellucid.multimodal.media import File, content


@pytest.fixture
def samples(tmp_path: Path) -> dict[str, str]:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (20, 20, 3), np.uint8)).save(tmp_path / "a.png")
    soundfile.write(tmp_path / "a.wav", rng.standard_normal(4000) * 0.1, 8000)
    return {
        "image": File.at(tmp_path / "a.png", "a.png"),
        "audio": File.at(tmp_path / "a.wav", "a.wav"),
        "text": "Somebody brought another glass of sparkling water without having asked us.",
    }


@pytest.mark.parametrize("modality", ["image", "audio", "text"])
def test_every_kind_does_something_and_the_same_again(
    modality: str, samples: dict[str, str], tmp_path: Path
) -> None:
    from pellucid.multimodal.modality import of

    own = of(modality).controlled
    for kind in kinds([modality]):
        assert list(kind.strengths) == sorted(kind.strengths)
        assert all(kind.least <= one <= kind.most for one in kind.strengths)
        assert kind.neutral not in kind.strengths
        far = [0.0 if kind.neutral is None else abs(one - kind.neutral) for one in kind.strengths]
        strongest = kind.strengths[int(np.argmax(far))]
        folders = [tmp_path / f"{kind.name}{number}" for number in range(2)]
        copies = []
        for folder in folders:
            folder.mkdir()
            copies.append(changed(samples[modality], kind, strongest, 3, folder))
        unchanged = changed(samples[modality], kind, None, 3, folders[0])
        first, second, before = (own.load(one) for one in (*copies, unchanged))
        if modality == "image":
            np.testing.assert_array_equal(first, second)
            assert not np.array_equal(first, before), kind.name
            np.testing.assert_array_equal(before, Image.open(samples["image"]))
        elif modality == "audio":
            np.testing.assert_array_equal(first.samples, second.samples)
            assert not np.array_equal(first.samples, before.samples), kind.name
        else:
            assert first == second != before == samples["text"], kind.name
        if kind.neutral is not None:
            still = changed(samples[modality], kind, kind.neutral, 3, folders[1])
            if modality == "text":
                assert still == samples["text"]
            elif modality == "image":
                np.testing.assert_array_equal(own.load(still), before)
            else:
                np.testing.assert_array_equal(own.load(still).samples, before.samples)


def test_copies_are_known_by_what_was_done_with_them(
    samples: dict[str, str], tmp_path: Path
) -> None:
    blur = chosen(["blur"], ["image"], "test")[0]
    one, other = (changed(samples["image"], blur, sigma, 3, tmp_path) for sigma in (1.0, 2.0))
    assert Path(one).is_file() and Path(other).is_file() and one != other
    assert len({content(one), content(other), content(samples["image"])}) == 3
    assert one.cell == "a.png"


def test_names_and_strengths_are_checked() -> None:
    both = ["image", "text"]
    assert [one.name for one in chosen(["typos", "blur"], both, "x")] == ["typos", "blur"]
    assert {one.modality for one in chosen([], both, "x")} == {"image", "text"}
    with pytest.raises(RecipeError, match="did you mean “blur”"):
        chosen(["blurr"], both, "--change")
    with pytest.raises(RecipeError, match="can't be changed so"):
        chosen(["pitch"], both, "--change")
    blur = chosen(["blur"], both, "x")[0]
    assert checked(blur, [], "x") == blur.strengths
    assert checked(blur, [2, 1, 2], "x") == (1, 2)
    with pytest.raises(RecipeError, match="between 0 px and 50 px"):
        checked(blur, [1, -1], "--strengths")


def test_a_file_that_is_gone_is_named(samples: dict[str, str], tmp_path: Path) -> None:
    Path(samples["image"]).unlink()
    blur = chosen(["blur"], ["image"], "x")[0]
    with pytest.raises(DataError, match=r"a\.png"):
        change(samples["image"], blur, 1.0, 0)
