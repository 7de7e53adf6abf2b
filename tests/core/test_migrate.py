"""Formats of run folders, from the oldest to today's, and those from tomorrow."""

from __future__ import annotations

from typing import Any

import pytest

from pellucid.core import migrate as module
from pellucid.core.migrate import FORMAT, migrate
from pellucid.errors import RunError


def test_todays_format_is_left_as_it_is() -> None:
    environment = {"format": FORMAT, "seed": 13}
    assert migrate(environment) == environment == {"format": FORMAT, "seed": 13}


def test_older_formats_go_through_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(environment: dict[str, Any]) -> dict[str, Any]:
        return environment | {"format": 2, "device": environment["machine"]}

    def second(environment: dict[str, Any]) -> dict[str, Any]:
        return environment | {"format": 3, "steps": "both"}

    monkeypatch.setattr(module, "FORMAT", 3)
    monkeypatch.setattr(module, "STEPS", {1: first, 2: second})
    old = {"format": 1, "machine": "cpu"}
    assert migrate(old)["device"] == "cpu" and migrate(old)["steps"] == "both"
    assert old == {"format": 1, "machine": "cpu"}
    assert migrate({"format": 2})["steps"] == "both"


def test_a_newer_format_says_so() -> None:
    with pytest.raises(RunError, match=rf"a newer version .*format {FORMAT + 1}.*Update Pellucid"):
        migrate({"format": FORMAT + 1})


@pytest.mark.parametrize("found", ["one", None, 0, -1, 1.0, True, []])
def test_a_format_that_never_was(found: object) -> None:
    with pytest.raises(RunError, match=r"the format .* is not known"):
        migrate({"format": found})
