"""Writing names and streets in Latin letters without accents, as many carriers' labels want them.

Letters that stand for words (Chinese, Japanese) are left as they are: guessing their sound would
send parcels astray.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files


@cache
def _table() -> dict[int, str]:
    text = files("core.addresses").joinpath("latin.toml").read_text(encoding="utf-8")
    found: dict[int, str] = {}
    for letters in tomllib.loads(text).values():
        for letter, latin in letters.items():
            found[ord(letter)] = latin
            if letter.upper() != letter and len(letter.upper()) == 1:
                found[ord(letter.upper())] = latin[:1].upper() + latin[1:]
    return found


def to_latin(text: str) -> str:
    """Return a text with every letter replaced that has a Latin equivalent."""
    if text.isascii():
        return text
    replaced = unicodedata.normalize("NFKC", text).translate(_table())
    parts = unicodedata.normalize("NFKD", replaced)
    plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
    # What stays is composed again: decomposed Hangul is no text that anyone would print.
    return unicodedata.normalize("NFC", plain)


def is_latin(text: str) -> bool:
    """Say whether a text can be printed by a machine that knows ASCII only."""
    return text.isascii()
