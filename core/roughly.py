"""Times and sizes said roughly: in words, without digits that nobody knows."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

# Up to so many seconds: the unit, its seconds, and the step to which its number is rounded.
_GRAINS = (
    (52.5, "second", 1.0, 5),
    (9.5 * MINUTE, "minute", MINUTE, 1),
    (57.5 * MINUTE, "minute", MINUTE, 5),
    (9.75 * HOUR, "hour", HOUR, 0.5),
    (1.75 * DAY, "hour", HOUR, 1),
    (9.75 * DAY, "day", DAY, 0.5),
)


def almost(seconds: float) -> str:
    """Say a time roughly: “a few seconds”, “about 4 minutes”, “about 2½ hours”.

    Parameters
    ----------
    seconds
        Zero or more; zero is “no time”.
    """
    if seconds <= 0:
        return "no time"
    if seconds < 7.5:
        return "a few seconds"
    for below, unit, size, grain in _GRAINS:
        if seconds < below:
            return _about(round(seconds / size / grain) * grain, unit)
    return _about(round(seconds / DAY), "day")


def amount(size: float) -> str:
    """Say a number of bytes with two digits: “1.2 GB”, “86 MB”."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        # 999.5 would be written as a thousand.
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    digits = 1 if value < 9.95 and unit != "bytes" else 0
    return f"{value:,.{digits}f} {unit}"


def _about(number: float, unit: str) -> str:
    whole, half = int(number), number % 1 == 0.5
    shown = f"{whole:,}½" if half else f"{whole:,}"
    return f"about {shown} {unit}{'' if number == 1 else 's'}"
