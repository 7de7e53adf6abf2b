"""A measured figure: what JSON holds and what people read."""

from __future__ import annotations

import json
import math

import pytest

from pellucid.core.measured import Measured


def test_json_and_back() -> None:
    one = Measured(0.5, 0.4, 0.6, 120, "wilson")
    raw = json.loads(json.dumps(one.as_json()))
    assert raw == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 120, "method": "wilson"}
    assert Measured.from_json(raw) == one
    assert Measured(1.0).as_json() == {"value": 1.0, "low": None, "high": None, "n": None}
    assert Measured.from_json({"value": 1.0}) == Measured(1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null_in_json(value: float) -> None:
    raw = Measured(value, value, 1.0, 0).as_json()
    json.dumps(raw, allow_nan=False)
    assert raw["value"] is None and raw["low"] is None and raw["high"] == 1.0
    again = Measured.from_json(raw)
    assert not again.defined
    assert again.show() == "not defined"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 0.2, True),
        (-0.2, -0.1, True),
        (-0.1, 0.1, False),
        (0.0, 0.1, False),
        (-0.1, 0.0, False),
        (None, 0.1, False),
        (0.1, None, False),
        (math.nan, math.nan, False),
    ],
)
def test_an_interval_on_one_side_of_zero(
    low: float | None, high: float | None, expected: bool
) -> None:
    assert Measured(0.1, low, high).excludes_zero is expected


def test_for_people() -> None:
    assert Measured(0.8434, 0.8206, 0.8641).show() == "0.843 (0.821 to 0.864)"
    assert Measured(0.5).show(1) == "0.5"
    assert Measured(0.5, 0.25, 0.75).show(2, signed=True) == "+0.50 (+0.25 to +0.75)"
    assert Measured(0.5, math.nan, math.nan).show(2) == "0.50"
