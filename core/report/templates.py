"""The templates in assets/report, and the rule that nothing from data gets through unseen."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ...multimodal.escape import visible


def environment(
    *, autoescape: bool, finalize: Callable[[Any], Any], filters: dict[str, Callable[..., Any]]
) -> Environment:
    """Return a jinja2 environment over the package's report templates.

    Parameters
    ----------
    autoescape
        Whether what a template prints is escaped for HTML.
    finalize
        Called on everything that a template prints, before it is escaped.
    filters
        Further filters of the templates.
    """
    out = Environment(
        loader=FunctionLoader(_source),
        autoescape=autoescape,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    out.filters.update(filters)
    return out


def inert(value: Any) -> Any:
    """Make what a template prints visible; only `Markup`, which escapes by itself, passes."""
    return value if isinstance(value, Markup) else visible(str(value), lines=True)


def _source(name: str) -> str:
    package = f"{__package__.rsplit('.', 2)[0]}.assets"
    text = files(package).joinpath("report", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")
