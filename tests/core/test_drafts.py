"""Drafts of texts, against the files they belong to."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pellucid.core import drafts


def test_a_draft_is_found_again_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: a\n")
    draft = replace(drafts.begin(file), text="name: b – ünï\n")
    drafts.write(tmp_path / "drafts", draft)
    (found,) = drafts.left(tmp_path / "drafts")
    assert found == draft
    assert found.file == file
    assert found.text == "name: b – ünï\n"
    assert not found.overtaken


def test_a_text_that_was_never_saved_has_no_file(tmp_path: Path) -> None:
    drafts.write(tmp_path, replace(drafts.begin(None), text="name: b\n"))
    (found,) = drafts.left(tmp_path)
    assert found.file is None
    assert found.differs
    assert not found.overtaken


def test_a_draft_whose_text_was_saved_elsewhere_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: a\n")
    drafts.write(tmp_path / "drafts", replace(drafts.begin(file), text="name: b\n"))
    file.write_text("name: b\n")
    assert drafts.left(tmp_path / "drafts") == []
    assert list((tmp_path / "drafts").iterdir()) == []


def test_a_file_that_was_changed_or_deleted_meanwhile_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: a\n")
    draft = replace(drafts.begin(file), text="name: b\n")
    file.write_text("name: c\n")
    assert draft.overtaken
    file.unlink()
    assert draft.overtaken
    assert draft.differs


def test_the_newest_come_first_and_the_oldest_give_way(tmp_path: Path) -> None:
    for number in range(drafts.KEPT + 5):
        draft = replace(drafts.begin(None), text=str(number))
        drafts.write(tmp_path, draft)
        os.utime(tmp_path / f"{draft.id}.json", ns=(number * 10**9, number * 10**9))
    found = [int(draft.text) for draft in drafts.left(tmp_path)]
    assert found == sorted(found, reverse=True)
    assert len(found) == drafts.KEPT
    assert found[0] == drafts.KEPT + 4


def test_a_damaged_draft_hides_no_other(tmp_path: Path) -> None:
    drafts.write(tmp_path, replace(drafts.begin(None), text="good"))
    (tmp_path / "cut.json").write_text('{"format": 1, "te')
    (tmp_path / "alien.json").write_text("[1, 2]")
    (tmp_path / "newer.json").write_text('{"format": 2, "text": "x", "file": null}')
    assert [draft.text for draft in drafts.left(tmp_path)] == ["good"]


def test_removing_one_keeps_the_others(tmp_path: Path) -> None:
    one, two = (replace(drafts.begin(None), text=text) for text in "ab")
    drafts.write(tmp_path, one)
    drafts.write(tmp_path, two)
    drafts.remove(tmp_path, one)
    drafts.remove(tmp_path, one)  # once more is no error
    assert drafts.left(tmp_path) == [two]
