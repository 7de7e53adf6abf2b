"""The checks of privacy of a run, one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.events import Emit, Warning, silent
from ...core.runs import Run
from ...core.spec import DataSpec
from ...errors import DataError, nearest, paragraph
from . import exposure as exposures
from . import overlap as overlaps
from . import told
from .canaries import read_canaries
from .exposure import exposure
from .membership import membership
from .overlap import overlap
from .personal import Personal, find_personal
from .record import Privacy
from .spec import CHECKS, PrivacySpec
from .trained import Trained


def privacy(
    run: Run | str | Path,
    *,
    checks: Sequence[str] | None = None,
    rows: int | None = None,
    canaries: str | Path | None = None,
    spec: PrivacySpec | None = None,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Privacy:
    """Try to get at a run's training rows, and look for personal data in its table.

    Parameters
    ----------
    run
        A run, or its folder.
    checks
        ``membership``, ``canaries``, ``overlap``, ``personal``; those of `spec` that the run's task
        allows if left out.
    rows
        Training rows, and as many test rows, that membership is tried on.
    canaries
        The file that `pellucid canaries plant` wrote beside the table.
    spec
        Everything else; the recipe's ``audit.privacy``, then the defaults, if left out.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    Privacy
        What was found, and why a check was left out.

    Raises
    ------
    DataError
        If there is no such check, or one that is named can't be carried out on this run.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    spec = _spec(run, spec, rows, canaries)
    named = checks is not None
    chosen = _known(checks) if checks is not None else list(spec.checks)
    planted = None if spec.canaries is None else read_canaries(Path(spec.canaries))
    trained = Trained(run, spec.new_tokens, planted)
    found = Privacy(confidence=spec.confidence)
    left: dict[str, str] = {}
    for one in CHECKS:
        if one not in chosen:
            continue
        reason = None if named else _impossible(one, trained)
        if reason is not None:
            left[one] = reason
            continue
        try:
            found = _done(one, found, trained, spec, emit, check)
        except DataError as error:
            if named:
                raise
            left[one] = str(error)
            emit(Warning(text=f"Left out: “{one}”. {error}"))
    return replace(found, left_out=left)


NOT_PLANTED = "no canaries are known to have been planted"


def _impossible(one: str, trained: Trained) -> str | None:
    """Say why a check can't be carried out on a run; None where it can."""
    allowed = ALLOWED[one]
    if allowed is not None and trained.run.task not in allowed:
        return f"a run of {trained.run.task} doesn’t allow it"
    return NOT_PLANTED if one == "canaries" and trained.canaries is None else None


def _done(
    one: str,
    found: Privacy,
    trained: Trained,
    spec: PrivacySpec,
    emit: Emit,
    check: Callable[[], None],
) -> Privacy:
    heard: dict[str, Any] = {"emit": emit, "check": check}
    if one == "membership":
        return replace(found, membership=membership(trained, spec, **heard))
    if one == "overlap":
        return replace(found, overlap=overlap(trained, spec, **heard))
    if one == "personal":
        return replace(found, personal=personal(trained.run, spec, check=check))
    if trained.canaries is None:
        raise DataError(
            paragraph(
                "canaries",
                NOT_PLANTED,
                "Name the file that `pellucid canaries plant` wrote: --canaries",
            )
        )
    return replace(found, canaries=exposure(trained, trained.canaries, spec, **heard))


ALLOWED: Mapping[str, tuple[str, ...] | None] = {
    "membership": told.TASKS,
    "canaries": exposures.TASKS,
    "overlap": overlaps.TASKS,
    "personal": None,
}
"""Tasks that each check can be carried out on; None: all of them."""


def _spec(
    run: Run, spec: PrivacySpec | None, rows: int | None, canaries: str | Path | None
) -> PrivacySpec:
    """Return what is asked for: by a spec or the recipe, with what is named beside it."""
    own = spec or PrivacySpec.model_validate((run.recipe.get("audit") or {}).get("privacy") or {})
    named = {"rows": rows, "canaries": None if canaries is None else str(canaries)}
    given = {name: value for name, value in named.items() if value is not None}
    return PrivacySpec.model_validate({**own.model_dump(), **given})


def _known(checks: Sequence[str]) -> list[str]:
    for one in checks:
        if one not in CHECKS:
            raise DataError(
                paragraph(
                    f"check “{one}”",
                    f"there is no such check ({nearest(one, CHECKS)})",
                    f"Name some of {', '.join(CHECKS)}",
                )
            )
    return list(checks)


def personal(
    run: Run, spec: PrivacySpec, *, check: Callable[[], None] = lambda: None
) -> dict[str, Personal]:
    """Look for personal data in every column of a run's tables, also in those without a role.

    Parameters
    ----------
    run
        The run.
    spec
        Names to look for.
    check
        Raises where the job was cancelled.

    Returns
    -------
    dict
        What was found by the table's file name.
    """
    from ...core.tables import read_table

    out: dict[str, Personal] = {}
    for source in run.section("data", DataSpec).source:
        table = read_table(source)
        name = Path(source.path).name
        while name in out:
            name = f"{name}, again"
        out[name] = find_personal(table, names=spec.names, check=check)
    return out
