"""Times and sizes in words."""

from __future__ import annotations

import pytest

from pellucid.core.roughly import almost, amount


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "no time"),
        (0.2, "a few seconds"),
        (7.4, "a few seconds"),
        (8, "about 10 seconds"),
        (52, "about 50 seconds"),
        (53, "about 1 minute"),
        (89, "about 1 minute"),
        (236, "about 4 minutes"),
        (9.6 * 60, "about 10 minutes"),
        (57 * 60, "about 55 minutes"),
        (58 * 60, "about 1 hour"),
        (2.4 * 3600, "about 2½ hours"),
        (9.7 * 3600, "about 9½ hours"),
        (10.2 * 3600, "about 10 hours"),
        (47 * 3600, "about 2 days"),
        (2.6 * 86400, "about 2½ days"),
        (1234 * 86400, "about 1,234 days"),
    ],
)
def test_times(seconds: float, expected: str) -> None:
    assert almost(seconds) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (272_580_644, "273 MB"),
        (9_940_000, "9.9 MB"),
        (9_960_000, "10 MB"),
        (999_600, "1.0 MB"),
        (1_490_210_816, "1.5 GB"),
        (3e15, "3,000 TB"),
    ],
)
def test_sizes(size: float, expected: str) -> None:
    assert amount(size) == expected
