"""Which dictionary holds for a company: the packs of enabled addons and its own words."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.fees.dictionary import Category
from core.fees.dictionary import Dictionary
from core.fees.dictionary import FeeCode
from core.fees.dictionary import FeePack
from core.fees.dictionary import FeeRule
from core.fees.models import Meaning
from core.kernel import hooks


def dictionary_of(session: Session, company_id: int, platform: str) -> Dictionary:
    """Return the rules for a platform's codes as they stand now."""
    packs: list[tuple[str, FeePack]] = [
        (addon, pack)
        for addon, pack in hooks.collect(session, "fee_packs")
        if pack.platform == platform
    ]
    own = own_rules(session, company_id, platform)
    names = [f"{addon} {pack.version}" for addon, pack in packs]
    version = " + ".join([*names, f"own {len(own)}"] if own else names)
    rules = [rule for _, pack in packs for rule in pack.rules]
    return Dictionary(version, [*rules, *own])


def own_rules(session: Session, company_id: int, platform: str) -> list[FeeRule]:
    """Return what the company itself says that codes mean, in the order in which it said so."""
    query = (
        sa.select(Meaning)
        .where(Meaning.company_id == company_id, Meaning.platform == platform)
        .order_by(Meaning.version)
    )
    return [
        FeeRule(
            FeeCode(said.kind, said.code_group, said.name),
            Category(said.category),
            said.account,
            said.level,
            since=said.since,
            own=True,
        )
        for said in session.scalars(query)
    ]
