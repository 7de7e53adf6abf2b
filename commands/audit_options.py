"""Reading what is said to `audit`: columns with a value each, and errors that name options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import PellucidError, RecipeError, nearest, paragraph

if TYPE_CHECKING:
    from ..fairness.spec import AuditSpec


def by_column(option: str, given: Sequence[str] | None, read: Any) -> dict[str, Any] | None:
    """Read options such as ``age=4``; None where there are none."""
    out = {}
    for one in given or ():
        column, sign, value = one.partition("=")
        column, value = column.strip(), value.strip()
        if not (sign and column and value):
            raise RecipeError(
                paragraph(
                    f"{option} {one}",
                    "expected a column, an equals sign and a value",
                    f"Write {option} {'age=4' if option == '--cut' else 'sex=male'}",
                )
            )
        out[column] = read(f"{option} {one}", value)
    return out or None


def cut_value(option: str, value: str) -> int | list[float]:
    """Read a number of bands, or edges with commas."""
    try:
        if "," not in value:
            return int(value)
        edges = [float(part) for part in value.split(",") if part.strip()]
    except ValueError:
        edges = []
    if not edges or not all(abs(edge) < float("inf") for edge in edges):
        raise RecipeError(
            paragraph(
                option,
                f"expected a number of bands, or edges with commas, and found “{value}”",
                "Write age=4 for four bands of about equal size, or age=18,30,65 for edges",
            )
        )
    return edges


def check_columns(given: Mapping[str, Any], groups: Sequence[str], spec: AuditSpec) -> None:
    """Refuse options for columns that are not compared, which would do nothing."""
    compared = [*groups, *spec.derived]
    if spec.terms or spec.term_file:
        from ..fairness.terms.grouped import MENTIONS
        from ..fairness.terms.lists import term_lists

        lists = term_lists(spec.terms, spec.term_file)
        compared += [f"{MENTIONS}{one.category}" for one in lists]
    for key, known in (("cut", [*compared, *spec.control]), ("reference", compared)):
        for column in given.get(key, ()):
            # With several inputs of a kind, what is derived is called “brightness(photo)”.
            if column not in known and column.partition("(")[0] not in spec.derived:
                raise RecipeError(
                    paragraph(
                        f"--{key}",
                        f"“{column}” is not among the columns that are compared "
                        f"({nearest(column, known)})",
                        "Name it in --groups too, or correct its name",
                    )
                )


@contextmanager
def named_as_options(given: Mapping[str, Any]) -> Iterator[None]:
    """Let messages speak of the options that were given in place of the recipe's keys."""

    def option(found: re.Match[str]) -> str:
        key = found[1]
        return f"--{key.replace('_', '-')}" if key in given else found[0]

    try:
        yield
    except PellucidError as error:
        told = re.sub(r"\baudit\.([a-z_]+)", option, str(error))
        raise type(error)(told) from error.__cause__
