"""The command line, called within the test's own process."""

from __future__ import annotations

import sys

import pytest

from pellucid.__main__ import main


def called(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Call the command line; return its exit code and what it printed."""
    monkeypatch.setattr(sys, "argv", ["pellucid", *words])
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err
