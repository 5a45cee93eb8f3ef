"""Icons, each cut out of Bootstrap's sheet in its wheel, so that pages do not load all of it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup

SHEET = "static/bootstrap5/icons/bootstrap-icons.svg"


@cache
def _sheet() -> str:
    return files("flask_bootstrap").joinpath(SHEET).read_text("utf-8")


@cache
def icon(name: str) -> Markup:
    """Return an icon as inline SVG; it is decoration, the text beside it says what it means."""
    found = re.search(rf'<symbol[^>]*id="{re.escape(name)}">(.*?)</symbol>', _sheet())
    if found is None:
        raise LookupError(f"there is no icon {name}")
    return Markup(  # noqa: S704 - the sheet is part of a pinned package
        '<svg class="icon" width="16" height="16" viewBox="0 0 16 16" fill="currentColor"'
        f' aria-hidden="true" focusable="false">{found[1]}</svg>'
    )
