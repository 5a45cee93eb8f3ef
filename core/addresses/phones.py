"""Telephone numbers, written with their country code."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers


# Checking, sealing and finding ask for the same number one after the other; no more is kept.
@lru_cache(maxsize=8)
def normal_phone(text: str, country: str) -> str | None:
    """Return a number in the form +442079460958, None if there can be no such number."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    extension = f";ext={number.extension}" if number.extension else ""
    return f"{written}{extension}"
