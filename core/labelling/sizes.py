"""What people say of a parcel and of its price, read strictly."""

from __future__ import annotations

import re
from decimal import Decimal

from core.channels.labels import LabelOffer
from core.errors import Conflict
from core.errors import InputError
from core.money import to_minor
from core.money import to_text

_SIZE = re.compile(r"(\d{1,7})\s*[x×*]\s*(\d{1,7})\s*[x×*]\s*(\d{1,7})")  # noqa: RUF001


def size_of(grams: int | None, size: str) -> dict[str, int | None]:
    """Return what is said of a parcel: grams, and `300x200x100` in millimetres.

    Raises: InputError for a size that is none.
    """
    found: dict[str, int | None] = {"grams": grams}
    if not size.strip():
        return found
    told = _SIZE.fullmatch(size.strip())
    if told is None:
        raise InputError(
            f"{size!r} is no size.", where="size", hint="Write millimetres: 300x200x100."
        )
    sides = (int(side) for side in told.groups())
    return found | dict(zip(("length_mm", "width_mm", "height_mm"), sides, strict=True))


def require_price(offer: LabelOffer, most: str | None) -> None:
    """Refuse an offer that costs more than somebody wants to pay, or whose price nobody tells.

    Raises: Conflict, InputError.
    """
    if most is None:
        return
    if offer.price is None:
        raise Conflict("The price is told later.", hint="Leave out what it may cost at most.")
    try:
        limit = to_minor(Decimal(most), offer.currency)
    except ArithmeticError as error:
        raise InputError(f"{most!r} is no amount.", where="most") from error
    if offer.price > limit:
        raise Conflict(
            f"It costs {to_text(offer.price, offer.currency)} {offer.currency}.",
            hint="Ask for the offers again: prices change.",
        )
