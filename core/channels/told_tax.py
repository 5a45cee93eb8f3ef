"""What a platform or a file tells of a sale that its tax depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

BUYERS = frozenset({"", "consumer", "business"})
COLLECTORS = frozenset({"", "seller", "marketplace"})


@dataclass(frozen=True, slots=True)
class TaxTold:
    """What is told of the tax of an order; whatever is empty was not told.

    - `buyer`: `business` or `consumer`. `buyer_number`: the VAT or GST number of a business, as
      written; `number_country` issued it, the country of delivery if it is empty.
    - `region`, `postcode`: of the delivery, as written; only what tax depends on is kept of them.
    - `ship_from`, `from_region`: where the goods lie, if the platform knows it better than we do.
    - `paid_on`: the day on which the payment was accepted. `invoiced_on`: the day of the invoice,
      where it was issued before the goods left.
    - `ioss_number`: the number under which the import's tax was declared.
    - `collector`: `marketplace` where the platform pays the tax over, `seller` where we do.
      `scheme`: the platform's own name for why.
    - `consignment_value`: the goods' value of the whole consignment in minor units of the order's
      currency, where it is more than this order.
    """

    buyer: str = ""
    buyer_number: str = ""
    number_country: str = ""
    region: str = ""
    postcode: str = ""
    ship_from: str = ""
    from_region: str = ""
    paid_on: date | None = None
    ioss_number: str = ""
    collector: str = ""
    scheme: str = ""
    consignment_value: int | None = None
    invoiced_on: date | None = None

    def faults(self) -> list[str]:
        """Return what cannot be, for a person."""
        found = []
        if self.buyer not in BUYERS:
            found.append(f"The buyer {self.buyer!r} is neither consumer nor business.")
        if self.collector not in COLLECTORS:
            found.append(f"The tax is collected by {self.collector!r}, not seller or marketplace.")
        for name in ("number_country", "ship_from"):
            code = getattr(self, name)
            if code and not (len(code) == 2 and code.isascii() and code.isupper()):
                found.append(f"{name} {code!r} is not two capital letters.")
        value = self.consignment_value
        if value is not None and (type(value) is not int or value < 0):
            found.append(f"The value of the consignment is {value!r}.")
        return found
