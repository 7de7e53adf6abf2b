"""Geometry of SVG: paths and transforms, as a page of a PDF takes them."""

from __future__ import annotations

import math
import re

Matrix = tuple[float, float, float, float, float, float]
"""As in SVG: ``matrix(a b c d e f)``."""

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TOKEN = re.compile(rf"[A-Za-z]|{NUMBER.pattern}")
_CALL = re.compile(r"(\w+)\(([^)]*)\)")


def path(data: str) -> str:
    """Return an SVG path as operators; quadratic curves become cubic ones."""
    out: list[str] = []
    tokens = _TOKEN.findall(data)
    at = 0
    x = y = first_x = first_y = 0.0
    kind = ""

    def take(count: int) -> list[float]:
        nonlocal at
        at += count
        return [float(one) for one in tokens[at - count : at]]

    while at < len(tokens):
        if tokens[at].isalpha():
            kind = tokens[at]
            at += 1
        base = (x, y) if kind.islower() else (0.0, 0.0)
        match kind.upper():
            case "M" | "L":
                right, down = take(2)
                x, y = base[0] + right, base[1] + down
                out.append(f"{x:.6g} {y:.6g} {'m' if kind in 'Mm' else 'l'}")
                if kind in "Mm":
                    first_x, first_y = x, y
                    kind = "l" if kind == "m" else "L"  # more points are lines
            case "H":
                x = base[0] + take(1)[0]
                out.append(f"{x:.6g} {y:.6g} l")
            case "V":
                y = base[1] + take(1)[0]
                out.append(f"{x:.6g} {y:.6g} l")
            case "C":
                points = take(6)
                ends = [value + base[place % 2] for place, value in enumerate(points)]
                x, y = ends[-2:]
                out.append(" ".join(f"{value:.6g}" for value in ends) + " c")
            case "Q":
                points = take(4)
                cx, cy, right, down = (v + base[place % 2] for place, v in enumerate(points))
                ends = [
                    x + 2 / 3 * (cx - x),
                    y + 2 / 3 * (cy - y),
                    right + 2 / 3 * (cx - right),
                    down + 2 / 3 * (cy - down),
                    right,
                    down,
                ]
                x, y = right, down
                out.append(" ".join(f"{value:.6g}" for value in ends) + " c")
            case "Z":
                x, y = first_x, first_y
                out.append("h")
            case _:
                raise ValueError(f"a path of a figure holds the command {kind!r}")
    return " ".join(out)


def matrix(transform: str) -> Matrix:
    """Return the matrix of an SVG ``transform``."""
    out: Matrix = (1, 0, 0, 1, 0, 0)
    for name, inside in _CALL.findall(transform):
        values = [float(one) for one in NUMBER.findall(inside)]
        match name:
            case "translate":
                step: Matrix = (1, 0, 0, 1, values[0], values[1] if len(values) > 1 else 0.0)
            case "scale":
                step = (values[0], 0, 0, values[-1], 0, 0)
            case "rotate":
                turn = math.radians(values[0])
                cos, sin = math.cos(turn), math.sin(turn)
                step = (cos, sin, -sin, cos, 0, 0)
                if len(values) == 3:
                    to, back = (1, 0, 0, 1, *values[1:]), (1, 0, 0, 1, -values[1], -values[2])
                    step = times(times(to, step), back)  # type: ignore[arg-type]
            case _:
                a, b, c, d, e, f = values
                step = (a, b, c, d, e, f)
        out = times(out, step)
    return out


def times(one: Matrix, other: Matrix) -> Matrix:
    """Return the matrix that does the other one first, then the first one."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (
        a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e,
        b * k + d * m + f,
    )  # fmt: skip


def point(by: Matrix, x: float, y: float) -> tuple[float, float]:
    """Return where a matrix takes a point."""
    a, b, c, d, e, f = by
    return a * x + c * y + e, b * x + d * y + f
