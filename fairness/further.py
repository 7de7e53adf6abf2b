"""The tests beyond groups that a recipe may ask for, one after another on a run's folder."""

from __future__ import annotations

from collections.abc import Callable

from ..core.events import Artifact, Emit, silent
from ..core.runs import Run
from .spec import AuditSpec


def further(
    run: Run, spec: AuditSpec, *, emit: Emit = silent, check: Callable[[], None] = lambda: None
) -> None:
    """Make the tests that a recipe asks for; each writes its record into the run's ``audit``.

    Parameters
    ----------
    run
        A run whose model is trained.
    spec
        Which tests.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """
    if spec.swaps is not None:
        from .swapped.record import FILE, write_swaps
        from .swapped.swapped import swap_test

        write_swaps(run.path / FILE, swap_test(run, spec=spec.swaps, emit=emit, check=check))
        emit(Artifact(path=FILE, kind="figures"))
    if spec.stereotypes:
        from .stereotype_tests.record import FILE as STEREOTYPES
        from .stereotype_tests.run import ask

        ask(run, spec.stereotypes, emit=emit, check=check)
        emit(Artifact(path=STEREOTYPES, kind="figures"))
    if spec.perturbed is not None:
        from .perturbed.measure import perturb
        from .perturbed.record import FILE as PERTURBED
        from .perturbed.record import write_perturbed

        write_perturbed(
            run.path / PERTURBED, perturb(run, spec=spec.perturbed, emit=emit, check=check)
        )
        emit(Artifact(path=PERTURBED, kind="figures"))
    if spec.attributed is not None:
        from .attributed.measure import compare_attributions
        from .attributed.record import FILE as ATTRIBUTED
        from .attributed.record import write_attributed

        found = compare_attributions(run, spec=spec.attributed, emit=emit, check=check)
        write_attributed(run.path / ATTRIBUTED, found)
        emit(Artifact(path=ATTRIBUTED, kind="figures"))
    if spec.remedy is not None:
        from .remedies.compare import behind
        from .remedies.record import FILE as REMEDIES
        from .remedies.record import write_remedies

        made = behind(run, spec.remedy, emit=emit, check=check)
        if made is not None:
            write_remedies(run.path, made)
            emit(Artifact(path=REMEDIES, kind="figures"))
    if spec.privacy is not None:
        from .privacy.check import privacy
        from .privacy.record import write_privacy

        path = write_privacy(run.path, privacy(run, spec=spec.privacy, emit=emit, check=check))
        emit(Artifact(path=path.relative_to(run.path).as_posix(), kind="figures"))
