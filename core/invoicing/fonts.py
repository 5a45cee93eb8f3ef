"""Fonts that are embedded: Latin, Greek and Cyrillic letters, and Chinese where a text has any.

The library that draws reads TrueType outlines only, and the Chinese font has others: just the
characters that a document shows are taken out of it and converted.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from core.errors import KernelError

LATIN, CHINESE = "entrepot-latin", "entrepot-chinese"
UNITS = 1.0


def register_latin() -> Any:
    """Register the font of Latin, Greek and Cyrillic letters and return it.

    Raises: KernelError where the libraries that draw are not installed.
    """
    try:
        return _latin()
    except ImportError as error:
        raise KernelError(
            f"Invoices cannot be drawn: {error}.",
            hint="Install the extra: pip install 'entrepot[invoices]'.",
        ) from error


@cache
def _latin() -> Any:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    path = files("fontpkg_noto_sans").joinpath("files", "NotoSans[wdth,wght].ttf")
    font = TTFont(LATIN, io.BytesIO(path.read_bytes()))
    pdfmetrics.registerFont(font)
    return font


def chinese_for(texts: Iterable[str]) -> Any | None:
    """Return a font of the characters that the Latin one lacks, None where it lacks none."""
    known = register_latin().face.charToGlyph
    missing = sorted({sign for text in texts for sign in text if ord(sign) not in known})
    wanted = "".join(sign for sign in missing if sign.isprintable())
    return _chinese(wanted) if wanted else None


@cache
def _chinese(signs: str) -> Any:
    from reportlab.pdfbase.ttfonts import TTFont

    return TTFont(CHINESE, io.BytesIO(_subset(signs)))


def _subset(signs: str) -> bytes:
    """Return the glyphs of some characters as a TrueType font."""
    from fontTools.subset import Options
    from fontTools.subset import Subsetter
    from fontTools.ttLib import TTFont

    path = files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf")
    font = TTFont(io.BytesIO(path.read_bytes()))
    options = Options(layout_features=[], notdef_outline=True, hinting=False, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(text=signs + " ")
    subsetter.subset(font)
    _to_quadratic(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _to_quadratic(font: Any) -> None:
    """Convert the outlines of a font from cubic to quadratic curves."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    glyph_set, order = font.getGlyphSet(), font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(glyph_set)
        glyph_set[name].draw(Cu2QuPen(pen, UNITS, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    for tag in ("CFF ", "VORG"):
        if tag in font:
            del font[tag]
    font["glyf"].compile(font)
    highest = font["maxp"]
    highest.tableVersion = 0x00010000
    for field in _LIMITS:
        setattr(highest, field, 0)
    highest.maxZones = 1
    font.sfntVersion = "\x00\x01\x00\x00"


_LIMITS = (
    "maxZones maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs maxStackElements"
    " maxSizeOfInstructions maxComponentElements maxPoints maxContours maxCompositePoints"
    " maxCompositeContours maxComponentDepth"
).split()
