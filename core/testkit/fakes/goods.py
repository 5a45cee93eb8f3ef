"""What a simulated seller offers, and who buys it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from dataclasses import replace

_NAMES = ("Ann Archer", "Bob Baker", "Cem Carter", "Dora Dyer", "Eve Eastman", "Finn Fuller")
_STREETS = ("Mill Lane", "Station Road", "Church Street", "Kings Way", "The Crescent")
_PLACES = (
    ("London", "SW1A 1AA"),
    ("Leeds", "LS1 4AP"),
    ("Bristol", "BS1 5TR"),
    ("York", "YO1 7HH"),
)
_ELSEWHERE = {"US": (("Austin", "78701", "TX"), ("Portland", "97201", "OR"))}


@dataclass
class Product:
    """One offer; `shown` is how many the marketplace lets buyers buy, `stored` its own stock."""

    sku: str
    title: str
    platform_id: str
    price: int
    shown: int
    stored: int = 0


@dataclass(frozen=True, slots=True)
class Buyer:
    """A person who does not exist; one with a `tax_number` buys for a business, `company`."""

    ref: str
    name: str
    email: str
    street: str
    city: str
    postcode: str
    country: str
    region: str = ""
    company: str = ""
    tax_number: str = ""


_BUSINESSES = 10
"""Every so manieth buyer is a business."""

_OFFERS = (
    ("MUG-BLUE", "Mug, blue", 1000),
    ("MUG-RED", "Mug, red", 1050),
    ("LAMP-S", "Lamp, small", 2495),
    ("LAMP-L", "Lamp, large", 4995),
    ("RUG-120", "Rug 120 cm", 7999),
    ("TOWEL", "Towel", 699),
    ("PAN-24", "Pan 24 cm", 3450),
    ("CLOCK", "Clock", 1899),
)


def offers(dice: random.Random, shown: int) -> dict[str, Product]:
    """Return the offers of a seller."""
    return {
        sku: Product(sku, title, f"B0{dice.randrange(36**5):08d}", price, shown, shown)
        for sku, title, price in _OFFERS
    }


def buyer(dice: random.Random, number: int, country: str) -> Buyer:
    """Return somebody who buys."""
    name = dice.choice(_NAMES)
    city, postcode = dice.choice(_PLACES)
    street = f"{dice.randrange(1, 200)} {dice.choice(_STREETS)}"
    email = f"{name.split()[0].lower()}.{number}@buyer.example"
    region = ""
    if country in _ELSEWHERE:
        city, postcode, region = dice.choice(_ELSEWHERE[country])
    found = Buyer(f"B-{number}", name, email, street, city, postcode, country, region)
    if number % _BUSINESSES or country != "GB":
        return found
    return replace(found, company=f"{name.split()[1]} & Co", tax_number=_tax_number(number))


def _tax_number(number: int) -> str:
    """Return a British VAT number whose check digits hold."""
    digits = f"{1_000_000 + number % 8_000_000:07d}"
    weights = range(8, 1, -1)
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return f"GB{digits}{97 - weighted % 97:02d}"
