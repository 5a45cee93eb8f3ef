"""Short words for tests of tax regimes: sales, what is decided of them, and their returns."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from core.config import ROOT
from core.config import Config
from core.kernel import lifecycle
from core.kernel.kernel import Kernel
from core.tax.decision import TaxDecision
from core.tax.decision import levies_of
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.regime import TaxRegime
from core.tax.sale import DELIVERY
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from core.testkit.returns import filled

__all__ = ["Book", "Sale", "decisions", "levies", "one", "sale"]


def sale(  # noqa: PLR0913 - what a sale can be told
    when: str,
    route: str,
    *prices: int,
    currency: str,
    delivery: int = 0,
    registered: Sequence[str] = (),
    seller_country: str = "CN",
    channel: str = "own",
    quantity: int = 1,
    tax_class: str = "standard",
    **others: Any,
) -> Sale:
    """Return a sale over a route such as `CN AU` of goods at some prices, in minor units.

    `registered` has schemes such as `AU local` or `CA local QC`.
    """
    origin, destination = route.split()
    lines = [SaleLine(price, quantity, tax_class=tax_class) for price in prices]
    if delivery:
        lines.append(SaleLine(delivery, item=DELIVERY, tax_class=tax_class))
    seller = Seller(tuple(_registration(*each.split()) for each in registered))
    return Sale(
        date.fromisoformat(when), origin, destination, seller_country, "shop", currency, lines,
        channel=channel, seller=seller, **others,
    )  # fmt: skip


def _registration(country: str, scheme: str, region: str = "") -> Registration:
    return Registration(country, scheme, region)


def levies(regime: TaxRegime, sold: Sale) -> list[tuple[str, str, int, int]]:
    """Return what a regime decides of each line: tax, scheme, and its base and amount."""
    found = []
    for line, answer in zip(sold.lines, regime.decide(sold.facts()), strict=True):
        assert answer is not None, "the regime has no say"
        for levy in levies_of(answer, line.net):
            found.append((levy.decision.tax, levy.decision.scheme, *levy.taxed(line.net)))
    return found


def one(regime: TaxRegime, sold: Sale) -> TaxDecision:
    """Return the decision of a sale's first line, which must be the only one."""
    (decision,) = decisions(regime, sold)
    return decision


def decisions(regime: TaxRegime, sold: Sale) -> list[TaxDecision]:
    """Return the decisions of a sale's first line, the one that accounts for it first."""
    answer = regime.decide(sold.facts())[0]
    assert answer is not None, "the regime has no say"
    return [levy.decision for levy in levies_of(answer, sold.lines[0].net)]


@dataclass(frozen=True)
class Book:
    """Books in which a regime's sales are entered, to fill its returns from them."""

    kernel: Kernel

    @classmethod
    @contextmanager
    def open(cls, addon: str, database_url: str, folder: Path) -> Iterator[Book]:
        """Give books with an addon enabled, for the block."""
        kernel = Kernel.boot(Config(folder, database_url, (ROOT / "addons",)))
        lifecycle.install(kernel, addon)
        lifecycle.enable(kernel, addon, needed_too=True)
        try:
            yield cls(kernel)
        finally:
            kernel.db.dispose()

    def boxes(
        self, form: str, period: str, *sales: Sale, input_tax: int = 0
    ) -> dict[str, int | None]:
        """Return the boxes of a return by code, its key after a blank."""
        found = filled(self.kernel, form, period, sales, input_tax)
        return {" ".join(key): amount for key, amount in found.items()}
