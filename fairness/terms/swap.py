"""The same text about another group, in right English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .around import alone, attributive, begins, headline, nominalised, possessive
from .forms import article, cased
from .lists import TermList, Word, builtin
from .matching import Form, Found, Matcher, matcher

_ARTICLE = re.compile(r"(?<![\w'’.])(an?)([\s\"“‘'(*]+)$", re.IGNORECASE)
_UNDOTTED = re.compile(r"\b(?:Mr|Mrs|Ms)\b(?!\.)")
_ABBREVIATED = ("Mr", "Ms")


@dataclass(frozen=True)
class Change:
    """A passage of the original text, from `start` to `end`, and what stands in its place."""

    start: int
    end: int
    old: str
    new: str


@dataclass(frozen=True)
class Swapped:
    """A text about another group.

    Attributes
    ----------
    category
        Of the list.
    source, target
        The group that the text spoke of, and the one that it speaks of now; in the list's order
        where it spoke of both.
    exchanged
        Whether it spoke of both, which were swapped for each other.
    original, text
        The text before and after.
    changes
        What differs, in its order.
    """

    category: str
    source: str
    target: str
    exchanged: bool
    original: str
    text: str
    changes: tuple[Change, ...]

    @property
    def pair(self) -> str:
        """From which group to which, for people."""
        return f"{self.source} {'↔' if self.exchanged else '→'} {self.target}"


def swap(
    text: str, terms: TermList | str, source: str | None = None, target: str | None = None
) -> Swapped | None:
    """Write a text about another group.

    Every term of `source` becomes its counterpart for `target`, and where the text speaks of both
    groups, the other way round, too. Terms of other groups stay.

    Parameters
    ----------
    text
        Any text.
    terms
        A list, or the category of one that comes along.
    source
        The group that it speaks of; the one that is named first if left out.
    target
        Another one; the first that has counterparts for all terms if left out.

    Returns
    -------
    Swapped or None
        None where the text has no term of `source`, where a term has no counterpart for `target`,
        and where it holds words that are true of one group alone (``unless``).
    """
    terms = builtin(terms) if isinstance(terms, str) else terms
    known = matcher(terms)
    found = _found(known, text)
    if not found:
        return None
    source = source or found[0].group
    targets = [one for one in terms.groups if one != source] if target is None else [target]
    for one in targets:
        done = _swapped(known, text, found, source, one)
        if done is not None:
            return done
    return None


def swaps(text: str, terms: TermList | str) -> list[Swapped]:
    """Write a text about each other group that has counterparts for its terms.

    Of a text that speaks of several groups each is swapped in turn; two groups that are swapped for
    each other are so once.
    """
    terms = builtin(terms) if isinstance(terms, str) else terms
    known = matcher(terms)
    return swaps_of(known, text, _found(known, text))


def swaps_of(known: Matcher, text: str, found: Sequence[Found]) -> list[Swapped]:
    """Do the same where the terms were found before (`Matcher.find_all`)."""
    if not found or (known.never is not None and known.never.search(text)):
        return []
    named = list(dict.fromkeys(one.group for one in found))
    out = []
    for number, source in enumerate(named):
        for target in known.terms.groups:
            if target != source and target not in named[:number]:
                done = _swapped(known, text, found, source, target)
                if done is not None:
                    out.append(done)
    return out


def _found(known: Matcher, text: str) -> list[Found]:
    if known.never is not None and known.never.search(text):
        return []
    return known.find(text)


def _swapped(
    known: Matcher, text: str, found: Sequence[Found], source: str, target: str
) -> Swapped | None:
    across = {source: target, target: source}
    if not any(one.group == source for one in found):
        return None
    changes: list[Change] = []
    for one in found:
        if one.group not in across:
            continue
        made = _change(known.terms, text, one, across[one.group])
        if made is None:
            return None
        changes += made
    changes = _once(text, changes)
    parts, at = [], 0
    for change in changes:
        parts += [text[at : change.start], change.new]
        at = change.end
    new = "".join([*parts, text[at:]])
    if new == text:
        return None
    exchanged = any(one.group == target for one in found)
    if exchanged:  # one and the same, whichever of both is named first
        source, target = sorted((source, target), key=known.terms.groups.index)
    kept = tuple(change for change in changes if change.old != change.new)
    return Swapped(known.terms.category, source, target, exchanged, text, new, kept)


def _once(text: str, changes: Sequence[Change]) -> list[Change]:
    """Write a word once that neighbouring terms are swapped for: “Evangelical Christian”."""
    out: list[Change] = []
    for change in changes:
        last = out[-1] if out else None
        if (
            last is not None
            and last.new.lower() == change.new.lower()
            and last.old.lower() != change.old.lower()
            and text[last.end : change.start].isspace()
        ):
            whole = text[last.start : change.end]
            out[-1] = Change(last.start, change.end, whole, last.new)
        else:
            out.append(change)
    return out


def _change(terms: TermList, text: str, one: Found, target: str) -> list[Change] | None:
    """Swap one term, and the article in front of it; None where it has no counterpart."""
    start, end = one.start, one.end
    chosen = _chosen(terms, text, one, target)
    if chosen is None:
        return None
    form, word, several = chosen
    usual = word.plural if several and word.plural else word.text
    described = terms.slots[form.slot].kind == "adjective" or " " in form.text
    new = cased(
        text[start:end],
        form.text,
        usual,
        begins=begins(text, start),
        headline=headline(text, start, end),
        plain=described,
    )
    if form.text in ("Miss", "Mister") and usual in _ABBREVIATED and not _UNDOTTED.search(text):
        new += "."
    out = []
    ahead = _ARTICLE.search(text, max(0, start - 8), start)
    if ahead is not None:
        at, old = ahead.start(1), ahead.group(1)
        out.append(Change(at, at + len(old), old, _article(old, usual, new)))
    end, new = _owned(text, start, end, new, several)
    return [*out, Change(start, end, text[start:end], new)]


def _chosen(terms: TermList, text: str, one: Found, target: str) -> tuple[Form, Word, bool] | None:
    """Choose what a term is a form of here, its counterpart, and whether this is a plural."""
    start, end = one.start, one.end
    forms = sorted(one.forms, key=lambda form: not form.word.exact)
    able = [form for form in forms if target in terms.slots[form.slot].words]
    kinds = {form: terms.slots[form.slot].kind for form in forms}

    def counterpart(form: Form) -> Word:
        return terms.slots[form.slot].words[target][0]

    if not able:
        return None
    nouns = [form for form in able if kinds[form] == "noun"]
    others = [form for form in able if kinds[form] != "noun"]
    chosen, several = able[0], able[0].several
    if kinds[chosen] == "pronoun" and len(able) > 1:
        owned = possessive(text, start, end)
        chosen = next(form for form in able if (counterpart(form).text in ("his", "her")) == owned)
    elif not nouns and kinds[chosen] == "adjective":
        if nominalised(text, start, end):
            return _people(terms, chosen, counterpart(chosen), target, True)
        if alone(text, start, end, between=0):
            return _people(terms, chosen, counterpart(chosen), target, False)
    elif nouns:
        singular = [form for form in nouns if not form.several]
        if singular and (not others or alone(text, start, end)):
            chosen = singular[0]
            # “A teen film” is no “old person film”.
            phrase = " " in counterpart(chosen).text and " " not in chosen.text
            if phrase and attributive(text, end):
                return None
        else:
            chosen = (others or nouns)[0]
        several = chosen.several
    return chosen, counterpart(chosen), several


def _people(
    terms: TermList, form: Form, word: Word, target: str, several: bool
) -> tuple[Form, Word, bool]:
    """Choose what stands for an adjective without a noun: for “the French” the Germans.

    “The blind” and “the deaf” need no other form.
    """
    for slot in terms.slots:
        if slot.kind == "noun" and target in slot.words and form.group in slot.words:
            noun = slot.words[target][0]
            if not several or (form.text[0].isupper() and noun.plural != f"{word.text} people"):
                return form, noun, several
            break
    return form, word, False


def _article(old: str, usual: str, new: str) -> str:
    right = article(usual)
    if old == "AN" or (old == "A" and new.isupper() and len(new) > 1 and not usual.isupper()):
        return right.upper()
    return right.capitalize() if old[0].isupper() else right


def _owned(text: str, start: int, end: int, new: str, several: bool) -> tuple[int, str]:
    """Bring the possessive behind a term in line with it; return where it ends, and the new one."""
    tail = text[end : end + 2]
    if tail in ("'s", "’s") and several and new.lower().endswith("s"):
        return end + 2, new + tail[0]
    bare = tail[:1] in ("'", "’") and re.match(r"\s+\w", text[end + 1 :])
    if bare and text[end - 1].lower() == "s" and not new.lower().endswith("s"):
        quoted = re.search(r"(?<!\w)['‘](?=\w)", text[:start])
        if quoted is None:
            return end + 1, new + tail[0] + ("S" if new.isupper() else "s")
    return end, new
