"""The words of invoices in the languages of buyers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "zh")

SPOKEN = {
    **dict.fromkeys("AT CH DE LI LU".split(), "de"),
    **dict.fromkeys("ES MX".split(), "es"),
    **dict.fromkeys("FR MC BE".split(), "fr"),
    "IT": "it",
    "NL": "nl",
    "PL": "pl",
    **dict.fromkeys("CN HK MO TW".split(), "zh"),
}
"""The language of an invoice to a country; English to any other."""


def language_of(country: str) -> str:
    """Return the language in which a buyer from a country gets his invoice."""
    return SPOKEN.get(country, "en")


@cache
def words(language: str) -> Mapping[str, str]:
    """Return the words of invoices in a language."""
    text = files("core.invoicing").joinpath("words.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text)
    return {name: texts[language] for name, texts in said.items()}
