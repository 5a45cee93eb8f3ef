"""What is to be noticed in an address: boxes, remote areas, military post; all of it is data."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from functools import lru_cache
from importlib.resources import files
from typing import Any

from core.addresses.address import Address

PO_BOX = "po_box"
MILITARY = "military"
REMOTE = "remote"
NOT_LATIN = "not_latin"
NO_PHONE = "no_phone"
BAD_PHONE = "bad_phone"

FLAGS = (PO_BOX, MILITARY, REMOTE, NOT_LATIN, NO_PHONE, BAD_PHONE)


@cache
def _data() -> dict[str, Any]:
    text = files("core.addresses").joinpath("marks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    parts = "|".join(f"(?:{part})" for part in _data()[name])
    return re.compile(rf"(?<!\w)(?:{parts})(?!\w)", re.IGNORECASE | re.MULTILINE)


def marks_of(address: Address) -> tuple[str, ...]:
    """Return what is to be noticed in the lines and the postcode of an address."""
    lines = f"{address.street}\n{address.district}\n{address.city}"
    found = []
    if _pattern(PO_BOX).search(lines) or _pattern(PO_BOX).search(address.company):
        found.append(PO_BOX)
    if _pattern(MILITARY).search(f"{lines} {address.region}"):
        found.append(MILITARY)
    if _is_remote(address.country, address.postcode):
        found.append(REMOTE)
    return tuple(found)


def write_postcode(country: str, postcode: str) -> str:
    """Return a postcode as its country writes it."""
    compact = _compact(postcode)
    layout = _data()["postcode"].get(country)
    if layout is None:
        return postcode.strip().upper()
    if len(compact) not in layout["length"]:
        return postcode.strip().upper()
    return f"{compact[: layout['at']]}{layout['sign']}{compact[layout['at'] :]}"


@lru_cache(maxsize=8192)
def _is_remote(country: str, postcode: str) -> bool:
    compact = _compact(postcode)
    areas = _data()["remote"].get(country)
    if not areas or not compact:
        return False
    if country == "GB":
        outward = compact[:-3]
        letters = re.match("[A-Z]*", outward)
        return outward in areas or (letters is not None and letters[0] in areas)
    return compact.startswith(tuple(areas))


def _compact(postcode: str) -> str:
    return re.sub(r"[\s-]", "", postcode).upper()
