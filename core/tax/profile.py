"""All that the facts of a company's sales have in common, asked for together."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.prepared import Prepared
from core.prepared import Question
from core.prepared import among
from core.remembered import Remembered
from core.tax.channels import KNOWN
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.models import SellerRegistration
from core.tax.models import SellingChannel
from core.tax.models import TaxedGoods

STANDARD = "standard"

_REGISTERED = Remembered(
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
    ),
    ["tax_registration"],
    lambda rows: tuple(
        Registration(row[0], row[1], row[2], row[3], _day(row[4]), _day(row[5], date.max))
        for row in rows
    ),
)

_CHANNELS = Remembered(
    sa.select(SellingChannel.platform, SellingChannel.channel).where(
        SellingChannel.company_id == sa.bindparam("company")
    ),
    ["tax_channel"],
    lambda rows: KNOWN | {row[0]: row[1] for row in rows},
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


def asked_goods(company_id: int, sku_ids: Collection[int]) -> Question:
    """Return the question what tax law wants to know of some SKUs, to be asked with others."""
    return _GOODS, {"company": company_id, "skus": sorted(sku_ids)}


def load_profile(
    session: Session,
    company_id: int,
    country: str,
    stock_in: Iterable[str],
    sku_ids: Collection[int] = (),
    goods: Iterable[Any] | None = None,
) -> TaxProfile:
    """Return the profile of a company, with the goods that a batch sells.

    `goods` is what was answered to `asked_goods`, where somebody has asked.
    """
    query, values = asked_goods(company_id, sku_ids)
    known = query.rows(session, **values) if goods is None else goods
    return TaxProfile(
        country,
        Seller(_REGISTERED.of(session, company=company_id), tuple(sorted(set(stock_in)))),
        _CHANNELS.of(session, company=company_id),
        {row[0]: GoodsFacts(row[1][:6], row[2]) for row in known},
    )


def _day(value: date | str | None, empty: date = date.min) -> date:
    if value is None:
        return empty
    return date.fromisoformat(value) if isinstance(value, str) else value
