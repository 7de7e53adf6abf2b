"""The report as one HTML page: no network, no script, nothing of the data run.

The page carries a content security policy that allows one thing, its own stylesheet, by the hash
of that stylesheet's text. Everything a template prints goes through `visible` and is then escaped.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from ..._version import __version__
from ...multimodal.escape import visible
from ...multimodal.overlay import WASH
from ...multimodal.palette import DARK, LEVELS, LIGHT
from ..files import write_text
from .contents import views
from .templates import environment, inert
from .tree import Report

_NEVER_IN_FIGURES = ("finding", "note", "background", "warning-soft")


def render(report: Report) -> str:
    """Render a report as one HTML page.

    Parameters
    ----------
    report
        The whole tree.

    Returns
    -------
    str
        A page in UTF-8 that refers to nothing outside itself.
    """
    templates = environment(
        autoescape=True, finalize=inert, filters={"cut": visible, "heading": _heading}
    )
    roles = [name for name in LIGHT.variables() if not name.startswith(_NEVER_IN_FIGURES)]
    style = templates.get_template("report.css.jinja").render(
        light=LIGHT.variables(), dark=DARK.variables(), figure_roles=roles, levels=LEVELS, wash=WASH
    )
    return templates.get_template("report.html.jinja").render(
        report=report,
        sections=views(report.sections),
        style=Markup(style),  # made of the palette alone
        policy=_policy(style),
        icon=_icon(),
        version=__version__,
    )


def write(report: Report, path: Path) -> None:
    """Render a report and write it, whole or not at all.

    Parameters
    ----------
    report
        The whole tree.
    path
        The file to write.
    """
    write_text(path, render(report))


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; media-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _icon() -> str:
    """Return the brand mark as a data URL for the browser's tab."""
    mark = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
        f'<circle cx="9" cy="12" r="7.5" fill="{LIGHT.accent}"/>'
        f'<circle cx="15" cy="12" r="7.5" fill="{DARK.accent}" fill-opacity=".75"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(mark.encode()).decode("ascii")


def _heading(level: int) -> Markup:
    return Markup("h{}").format(min(max(int(level), 1), 6))
