"""The values of facts: hours, fees, forms, days, rooms, all drawn by lot."""

from __future__ import annotations

from collections.abc import Callable

from .chance import Chance, pick

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMES = (
    "Adler", "Banda", "Costa", "Dahl", "Evans", "Farah", "Gupta", "Haas", "Ito", "Jansen",
    "Kaya", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Silva", "Tanaka",
    "Usman", "Varga", "Weber", "Xu", "Yilmaz", "Zhou", "Ahmed", "Brown", "Chen", "Diaz",
)  # fmt: skip
_LANES = (
    "Mill Lane", "High Street", "Park Road", "Church Street", "Station Road", "Garden Lane",
    "Bridge Street", "School Road", "Market Square", "River Walk", "Hill Street", "Long Lane",
)  # fmt: skip
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def _whole(rng: Chance, low: int, high: int) -> int:
    """Draw a whole number, both ends included."""
    return low + int(rng.random() * (high - low + 1))


def _clock(rng: Chance, low: int, high: int, step: int) -> str:
    return f"{_whole(rng, low, high)}:{step * _whole(rng, 0, 60 // step - 1):02d}"


def _hours(rng: Chance) -> str:
    return f"{_clock(rng, 7, 11, 15)} to {_clock(rng, 15, 21, 15)}"


def _day(rng: Chance) -> str:
    return f"{pick(rng, _WEEKDAYS)} at {_clock(rng, 8, 19, 5)}"


def _fee(rng: Chance) -> str:
    return f"{_whole(rng, 6, 48)}.{5 * _whole(rng, 0, 19):02d} euros"


def _coins(rng: Chance) -> str:
    return f"{_whole(rng, 0, 5)}.{5 * _whole(rng, 1, 19):02d} euros"


def _form(rng: Chance) -> str:
    return f"{pick(rng, _LETTERS)}-{_whole(rng, 10, 999)}"


def _room(rng: Chance) -> str:
    return f"room {_whole(rng, 1, 499)}"


def _days(rng: Chance) -> str:
    return f"{_whole(rng, 2, 60)} days"


def _phone(rng: Chance) -> str:
    return f"{_whole(rng, 200, 999)} {_whole(rng, 100, 999)}"


def _person(rng: Chance) -> str:
    return f"{pick(rng, ('Ms', 'Mr', 'Dr'))} {pick(rng, _NAMES)}"


def _place(rng: Chance) -> str:
    return f"{_whole(rng, 1, 99)} {pick(rng, _LANES)}"


KINDS: dict[str, Callable[[Chance], str]] = {
    "hours": _hours,
    "day": _day,
    "fee": _fee,
    "coins": _coins,
    "form": _form,
    "room": _room,
    "days": _days,
    "phone": _phone,
    "person": _person,
    "place": _place,
}
"""What draws the values of each kind."""
