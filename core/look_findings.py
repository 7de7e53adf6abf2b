"""What was seen of a table, and what is worth knowing before training on it, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .look import Balance, Column, Duplicates, Finding, Lengths, Look

IMBALANCE = 10
"""From this ratio of the most to the least frequent label on, it is told."""
CUT_OFTEN = 0.05
MANY_CLASSES = 50
"""More classes than this are believed only where each has two rows on average."""
NAMED, LISTED = 5, 10
OWN_COLUMNS = ("extractive_qa", "chat", "preference")
"""Tasks that find their columns by themselves, and of which some may be empty."""
WINDOWED = ("extractive_qa", "token_classification", "masked_lm", "causal_lm")
"""Tasks that read what is long in several parts, so that nothing is cut off."""


def findings(
    columns: Sequence[Column],
    rows: int,
    balance: Balance | None,
    duplicates: Duplicates | None,
    lengths: Lengths | None,
    task: str = "classification",
) -> tuple[Finding, ...]:
    """Say what was found, what stops a training first.

    Parameters
    ----------
    columns, rows
        The table's columns, and how many rows it has.
    balance, duplicates, lengths
        As in a `Look`; None where they were not measured.
    task
        What can be learnt, as `multimodal.spec.Task` names it.
    """
    label = next((one for one in columns if one.role == "label"), None)
    found = []
    if label is not None and balance is not None and task == "classification":
        found += list(_label(label, rows, balance))
    if task not in OWN_COLUMNS:
        found += list(_missing(columns))
    if duplicates is not None:
        found += list(_duplicates(duplicates))
    often = lengths is not None and lengths.cut > CUT_OFTEN * lengths.measured_rows
    if lengths is not None and often and task not in WINDOWED:
        found.append(
            _warn(
                f"{lengths.cut / lengths.measured_rows:.0%} of the "
                f"{_rows(lengths.measured_rows)} that were measured are longer than "
                f"{lengths.limit:,} tokens; what stands behind is not read. A larger "
                "model.max_length helps as far as the model reads so much."
            )
        )
    return tuple(found)


def cells(look: Look) -> list[tuple[str, str, str, str, str]]:
    """Return what a list of the columns shows: name, role, missing, distinct, and why."""
    return [
        (
            one.name,
            one.role,
            f"{one.missing:,}",
            "–" if one.distinct is None else f"{one.distinct:,}",
            one.reason,
        )
        for one in look.columns
    ]


def lines(look: Look) -> list[str]:
    """Return what was seen beside the columns, in a few lines for a terminal."""
    out = []
    if look.balance is not None:
        shown = list(look.balance.rows.items())[:LISTED]
        more = len(look.balance.rows) - len(shown) + look.balance.others
        listed = ", ".join(f"{name} {rows:,}" for name, rows in shown)
        out.append(f"Rows by label: {listed}" + (f" and {more:,} more labels" if more else ""))
    if look.lengths is not None:
        seen = look.lengths
        out.append(
            f"Tokens of {seen.model} in {_rows(seen.measured_rows)}: median {seen.median:,}, "
            f"99 % up to {seen.p99:,}, longest {seen.longest:,}; "
            f"{seen.cut:,} longer than {seen.limit:,}"
        )
    else:
        out.append(f"Lengths in tokens were not measured: {look.lengths_reason}")
    out += [f"{one.tone.capitalize()}: {one.text}" for one in look.findings]
    return out if look.problem is None else [*out, f"Warning: {look.problem}"]


def _label(label: Column, rows: int, balance: Balance) -> Iterator[Finding]:
    classes = list(balance.rows)
    here = f"The label “{label.name}”"
    if len(classes) < 2:
        held = f"one class only, “{classes[0]}”" if classes else "no value"
        yield _warn(f"{here} holds {held}; training needs at least two classes.")
        return
    if len(classes) + balance.others > max(MANY_CLASSES, (rows - label.missing) // 2):
        yield _warn(
            f"{here} has {len(classes) + balance.others:,} different values in {_rows(rows)}, so "
            "it looks like free text or a measure. Name a column whose answers repeat."
        )
        return
    single = [name for name, number in balance.rows.items() if number == 1]
    if single:
        what = "class" if len(single) == 1 else "classes"
        yield _warn(
            f"{len(single)} {what} of the label “{label.name}” "
            f"{'has' if len(single) == 1 else 'have'} one row only: {_named(single)}. Training "
            "needs two at least: bring more, merge the class into another, or remove the row."
        )
    train = balance.splits.get("train")
    untrained = [name for name in classes if train is not None and not train.get(name)]
    if untrained:
        yield _warn(f"No training row has the label {_named(untrained)}; it can't be learnt.")
    most, least = classes[0], classes[-1]
    if balance.rows[most] > IMBALANCE * balance.rows[least]:
        yield Finding(
            f"The label “{most}” has {_rows(balance.rows[most])}, “{least}” has "
            f"{balance.rows[least]:,}. Read the figures of each class: accuracy says little about "
            "the rare one.",
            "note",
        )


def _missing(columns: Sequence[Column]) -> Iterator[Finding]:
    for one in columns:
        if one.role in ("label", "input") and one.missing:
            yield _warn(
                f"The {one.role} “{one.name}” is empty in {_rows(one.missing)}. Training stops at "
                "such rows; `drop_missing` in data.clean drops them."
            )


def _duplicates(found: Duplicates) -> Iterator[Finding]:
    if found.near:
        differ = found.near - found.exact
        yield Finding(
            f"{_rows(found.near)} repeat the inputs of an earlier row: {found.exact:,} exactly, "
            f"{differ:,} but for case, punctuation and spaces. `drop_duplicates: {{near: true}}` "
            "in data.clean drops them.",
            "note",
        )
    if found.across_splits:
        yield _warn(
            f"{found.across_splits:,} validation or test rows also stand among the training rows, "
            "which makes the measured figures look better than they are."
        )


def _warn(text: str) -> Finding:
    return Finding(text, "warning")


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:NAMED])
    return shown + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
