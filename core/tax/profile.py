"""All that the facts of a company's sales have in common, asked for together."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.prepared import Prepared
from core.prepared import among
from core.prepared import ask_together
from core.tax.channels import KNOWN
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.models import SellerRegistration
from core.tax.models import SellingChannel
from core.tax.models import TaxedGoods

STANDARD = "standard"

_REGISTERED = Prepared(
    sa.select(
        SellerRegistration.country,
        SellerRegistration.scheme,
        SellerRegistration.region,
        SellerRegistration.number,
        SellerRegistration.since,
        SellerRegistration.until,
    )
    .where(SellerRegistration.company_id == sa.bindparam("company"))
    .order_by(
        SellerRegistration.country,
        SellerRegistration.region,
        SellerRegistration.scheme,
        SellerRegistration.since,
    )
)

_CHANNELS = Prepared(
    sa.select(SellingChannel.platform, SellingChannel.channel).where(
        SellingChannel.company_id == sa.bindparam("company")
    )
)

_GOODS = Prepared(
    sa.select(TaxedGoods.sku_id, TaxedGoods.hs_code, TaxedGoods.tax_class).where(
        TaxedGoods.company_id == sa.bindparam("company"), among(TaxedGoods.sku_id, "skus")
    )
)


class GoodsFacts(NamedTuple):
    """What tax law wants to know of a SKU."""

    hs6: str = ""
    tax_class: str = STANDARD


UNKNOWN_GOODS = GoodsFacts()


@dataclass(frozen=True, slots=True)
class TaxProfile:
    """A company as its regimes see it: the seller, what its platforms are, and its goods."""

    country: str
    seller: Seller
    channels: Mapping[str, str] = field(default_factory=dict)
    goods: Mapping[int, GoodsFacts] = field(default_factory=dict)

    def channel(self, platform: str) -> str:
        """Return what a platform is, empty if nobody said."""
        return self.channels.get(platform, "")

    def of(self, sku_id: int | None) -> GoodsFacts:
        """Return what is known of a SKU."""
        return self.goods.get(sku_id or 0, UNKNOWN_GOODS)


def load_profile(
    session: Session,
    company_id: int,
    country: str,
    stock_in: Iterable[str],
    sku_ids: Collection[int] = (),
) -> TaxProfile:
    """Return the profile of a company, with the goods that a batch sells."""
    company = {"company": company_id}
    noted, said, known = ask_together(
        session,
        [
            (_REGISTERED, company),
            (_CHANNELS, company),
            (_GOODS, {**company, "skus": sorted(sku_ids)}),
        ],
    )
    seller = Seller(
        tuple(
            Registration(row[0], row[1], row[2], row[3], _day(row[4]), _day(row[5], date.max))
            for row in noted
        ),
        tuple(sorted(set(stock_in))),
    )
    goods = {row[0]: GoodsFacts(row[1][:6], row[2]) for row in known}
    return TaxProfile(country, seller, KNOWN | {row[0]: row[1] for row in said}, goods)


def _day(value: date | str | None, empty: date = date.min) -> date:
    if value is None:
        return empty
    return date.fromisoformat(value) if isinstance(value, str) else value
