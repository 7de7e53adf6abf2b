"""Text from data, made inert for people's eyes.

A cell of a table may hold anything: a NUL byte, a right-to-left override that turns the rest of a
line around, a zero-width space that makes two names look alike, half of a surrogate pair that no
file can store. `visible` shows such characters instead of letting them act. It does not escape
HTML: that is the template's part (jinja2 autoescape, markupsafe), done after this.

What counts as a control or format character is Unicode's general category (UAX #44); the bidi
controls are those of the Unicode bidirectional algorithm (UAX #9).
"""

from __future__ import annotations

import unicodedata

NEWLINE_SIGN = "⏎"
MOST_MARKS = 8

_DELETE = 0x7F
_JOINERS = "\u200c\u200d"  # needed inside Persian and Indic words and inside emoji
_FIRST_JOINED = 0x0600  # Arabic; no script below it uses joiners
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")  # Hangul fillers: letters without ink
_NUMBER_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def visible(text: str, limit: int | None = None, *, lines: bool = False) -> str:
    r"""Replace characters that act unseen by signs that can be read.

    Control characters become their pictures (NUL: ``␀``), bidi controls, zero-width characters,
    lone surrogates and noncharacters become ``⟨U+202E⟩``. Joiners stay where a script or an emoji
    needs them; more than 8 combining marks on one letter are counted instead of stacked.

    Parameters
    ----------
    text
        Anything that a cell of a table, a file or a model may hold.
    limit
        Most characters of `text` to show; what is left out is counted at the end.
    lines
        Keep line breaks instead of showing them as ``⏎``.

    Returns
    -------
    str
        Text that XML, HTML and UTF-8 can hold and that reads in the order in which it stands. It
        still needs HTML escaping.

    Examples
    --------
    >>> visible("a\x00b")
    'a␀b'
    >>> visible("abcdef", 3)
    'abc… (3 more characters)'
    """
    left_out = 0
    if limit is not None and len(text) > limit:
        left_out = len(text) - limit
        text = text[:limit]
    if not (text.isascii() and text.isprintable()):
        text = _shown(text.replace("\r\n", "\n"), "\n" if lines else NEWLINE_SIGN)
    if left_out:
        noun = "character" if left_out == 1 else "characters"
        text = f"{text.rstrip()}… ({left_out:,} more {noun})"
    return text


def _shown(text: str, newline: str) -> str:
    out: list[str] = []
    marks = 0
    for at, char in enumerate(text):
        if char == "\n":
            char = newline  # noqa: PLW2901 - what stands for it
        elif unicodedata.category(char) in {"Mn", "Me"}:
            marks += 1
            if marks > MOST_MARKS:
                continue
        else:
            if marks > MOST_MARKS:
                out.append(_marks_left_out(marks))
            marks = 0
            if _acts_unseen(text, at):
                char = _sign(char)  # noqa: PLW2901 - what stands for it
        out.append(char)
    if marks > MOST_MARKS:
        out.append(_marks_left_out(marks))
    return "".join(out)


def _acts_unseen(text: str, at: int) -> bool:
    char = text[at]
    if char in _NUMBER_SIGNS:
        return False
    if char in _JOINERS:
        around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
        return len(around) < 2 or any(not _joins(near) for near in around)
    return (
        char in _BLANK_LETTERS
        or unicodedata.category(char) in _UNSEEN
        or 0xFDD0 <= ord(char) <= 0xFDEF
        or ord(char) & 0xFFFE == 0xFFFE
    )


def _joins(char: str) -> bool:
    return ord(char) >= _FIRST_JOINED and unicodedata.category(char) not in _UNSEEN


def _sign(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == _DELETE:
        return "\u2421"
    return f"⟨U+{code:04X}⟩"


def _marks_left_out(marks: int) -> str:
    return f"⟨+{marks - MOST_MARKS} marks⟩"
