"""Whether a platform is a marketplace in the sense of tax law, or the seller's own site."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.ids import next_id
from core.tax.models import SellingChannel

OWN = "own"
MARKETPLACE = "marketplace"

KNOWN = {
    **dict.fromkeys(
        "allegro amazon bol cdiscount ebay etsy fnac kaufland lazada mercadolibre otto rakuten"
        " shein shopee temu tiktok tiktok_shop walmart zalando".split(),
        MARKETPLACE,
    ),
    **dict.fromkeys("magento prestashop shopify shopware woocommerce".split(), OWN),
}
"""What platforms are as a rule; a company may say otherwise."""


def channels_of(session: Session, company_id: int) -> dict[str, str]:
    """Return what each known platform is for a company; any other is unknown."""
    query = sa.select(SellingChannel.platform, SellingChannel.channel).where(
        SellingChannel.company_id == company_id
    )
    said = {row.platform: row.channel for row in session.execute(query)}
    return KNOWN | said


def set_channel(session: Session, company_id: int, platform: str, channel: str) -> None:
    """Say what a platform is; sales from now on are decided by it.

    Raises: InputError for anything but `own` and `marketplace`.
    """
    if channel not in (OWN, MARKETPLACE):
        raise InputError(f"{channel!r} is no channel.", hint=f"Say {OWN} or {MARKETPLACE}.")
    if not platform.strip():
        raise InputError("A platform needs a name.", where="platform")
    row = session.scalars(
        sa.select(SellingChannel).where(
            SellingChannel.company_id == company_id, SellingChannel.platform == platform
        )
    ).one_or_none()
    if row is None:
        row = SellingChannel(company_id=company_id, id=next_id(session), platform=platform)
        session.add(row)
    row.channel = channel
    session.flush()
