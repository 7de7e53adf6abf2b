"""Letters on paper: which font has a character, how wide it is, and in which order it stands.

Inter, which comes with Pellucid, holds Latin, Greek and Cyrillic. What it lacks is taken from
DejaVu Sans, which comes with matplotlib, and from JetBrains Mono. What none of them has is shown as
a box and counted, so that the document can say so.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fpdf import FPDF
from fpdf.bidi import BidiParagraph

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT

if TYPE_CHECKING:
    from fpdf.fonts import TTFFont

MAIN, EVEN, WIDE, CODE = "inter", "even", "dejavu", "mono"
BOX = "□"
_UNSEEN = frozenset("\u200c\u200d\ufe0e\ufe0f")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


@dataclass
class Letters:
    """The fonts of one document; `missing` holds the characters that none of them has."""

    pdf: FPDF
    missing: set[str] = field(default_factory=set)
    _found: dict[tuple[str, bool, bool], tuple[str, float]] = field(default_factory=dict)

    def width(self, text: str, size: float, *, bold: bool = False, even: bool = False) -> float:
        """Return how wide a line is, in points."""
        return sum(self._letter(char, bold, even)[1] for char in arranged(text)) * size / 1000

    def draw(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        even: bool = False,
        colour: str = LIGHT.text,
    ) -> None:
        """Write one line; `x` is its left end, and `even` gives all digits one width."""
        self.pdf.set_text_color(colour)
        run = [(char, *self._letter(char, bold, even)) for char in arranged(text)]
        for font, letters in groupby(run, key=lambda one: one[1]):
            kept = list(letters)
            shown = "".join(self._shown(char) for char, _, _ in kept)
            style = "B" if bold and font != CODE else ""
            self.pdf.set_font(font, style, size)
            if shown.strip():
                self.pdf.text(x, baseline, shown)
            x += sum(width for _, _, width in kept) * size / 1000

    def fitted(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """Return a line, with its end left out where it is wider than `room` points."""
        text = visible(text, 2000)
        if self.width(text, size, bold=bold) <= room:
            return text
        left = room - self.width("…", size, bold=bold)
        for at, char in enumerate(text):
            left -= self._letter(char, bold, False)[1] * size / 1000
            if left < 0:
                return text[:at].rstrip() + "…"
        return text

    def _shown(self, char: str) -> str:
        if char in _UNSEEN:
            return ""
        return BOX if char in self.missing else char

    def _letter(self, char: str, bold: bool, even: bool) -> tuple[str, float]:
        """Return the font that has a character, and its width in thousandths of the size."""
        known = self._found.get((char, bold, even))
        if known is None:
            known = self._found[char, bold, even] = self._look_up(char, bold, even)
        return known

    def _look_up(self, char: str, bold: bool, even: bool) -> tuple[str, float]:
        if char in _UNSEEN:
            return MAIN, 0.0
        code = ord(char)
        for font in (EVEN if even else MAIN, WIDE, CODE):
            found = self._font(font, bold)
            if code in found.cmap:
                return font, 0.0 if unicodedata.combining(char) else float(found.cw[code])
        self.missing.add(char)
        return WIDE, float(self._font(WIDE, bold).cw[ord(BOX)])

    def _font(self, font: str, bold: bool) -> TTFFont:
        style = "B" if bold and font != CODE else ""
        if font + style not in self.pdf.fonts:
            self.pdf.add_font(font, style, _file(font, bold))
            if font == EVEN:
                _even_digits(cast("TTFFont", self.pdf.fonts[font + style]))
        return cast("TTFFont", self.pdf.fonts[font + style])


def _file(font: str, bold: bool) -> str:
    if font == WIDE:
        import matplotlib

        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        return str(Path(matplotlib.get_data_path(), "fonts", "ttf", name))
    main = "Inter-SemiBold.otf" if bold else "Inter-Regular.otf"
    folder = files(f"{__package__.rsplit('.', 3)[0]}.assets").joinpath("fonts")
    return str(folder.joinpath("JetBrainsMono-Regular.ttf" if font == CODE else main))


def _even_digits(font: TTFFont) -> None:
    """Give digits one width, as columns of numbers need, by the font's own feature ``tnum``."""
    table = font.ttfont["GSUB"].table
    even: dict[str, str] = {}
    for one in table.FeatureList.FeatureRecord:
        if one.FeatureTag == "tnum":
            for at in one.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[at].SubTable:
                    even |= getattr(part, "ExtSubTable", part).mapping
            break
    for code in range(ord("0"), ord("9") + 1):
        glyph = even.get(font.cmap[code], font.cmap[code])
        font.glyph_ids[code] = font.ttfont.getGlyphID(glyph)
        font.cw[code] = round(font.scale * font.ttfont["hmtx"].metrics[glyph][0])


@lru_cache(maxsize=8192)
def arranged(text: str) -> str:
    """Return a line in the order in which it is seen, from left to right.

    Right-to-left runs are turned around by the bidirectional algorithm (UAX #9), and Arabic letters
    take the forms in which they join.
    """
    if text.isascii() or not any(map(_turns, text)):
        return text
    return str(BidiParagraph(_joined(text)).get_reordered_string())


def rightwards(text: str) -> bool:
    """Whether a text's first letter with a direction is written from right to left."""
    if text.isascii():
        return False
    ways = (unicodedata.bidirectional(char) for char in text)
    return next((way for way in ways if way in {"L", "R", "AL"}), "L") != "L"


def _turns(char: str) -> bool:
    return unicodedata.bidirectional(char) in _RIGHT_TO_LEFT


def _joined(text: str) -> str:
    """Replace Arabic letters by their presentation forms, which fonts have as single glyphs."""
    forms = _forms()
    out: list[str] = []
    seen = [at for at, char in enumerate(text) if not unicodedata.combining(char)]
    place = {at: number for number, at in enumerate(seen)}
    skip = False
    for at, char in enumerate(text):
        if skip:
            skip = False
            continue
        if at not in place or char not in forms:
            out.append(char)
            continue
        number = place[at]
        before = text[seen[number - 1]] if number else ""
        behind = text[seen[number + 1]] if number + 1 < len(seen) else ""
        tied = "initial" in forms.get(before, {})
        pair = forms.get(char + behind, {})
        if pair and behind and seen[number + 1] == at + 1:
            out.append(pair.get("final" if tied else "isolated", char))
            skip = True
            continue
        leads = "initial" in forms[char] and bool(forms.get(behind))
        kind = ("medial" if leads else "final") if tied else ("initial" if leads else "isolated")
        out.append(forms[char].get(kind, char))
    return "".join(out)


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """Return the presentation forms of Arabic letters and of lam with alef, from Unicode."""
    out: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFE80, 0xFEFD)):
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        if kind[:1] == "<" and letters:
            letter = "".join(chr(int(one, 16)) for one in letters)
            out.setdefault(letter, {})[kind.strip("<>")] = chr(code)
    return out
