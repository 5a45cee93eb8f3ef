"""What a user may do in which company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.identity.actor import HOUSE
from core.identity.models import Grant
from core.identity.models import Membership
from core.identity.permissions import granted
from core.kernel.models import Company

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel


@dataclass(frozen=True, slots=True)
class Rights:
    """The roles of a user by company, and the companies that he may look at."""

    roles: Mapping[int, frozenset[str]]
    companies: Sequence[Company]
    extra: Mapping[str, frozenset[str]]

    def company(self, wished: int | None) -> Company | None:
        """Return the company he asks for if it is his, else the first of his."""
        chosen = [each for each in self.companies if each.id == wished]
        return next(iter([*chosen, *self.companies]), None)

    def permissions(self, company_id: int, declared: Collection[str] = ()) -> frozenset[str]:
        """Return what he may do in a company."""
        here = self.roles.get(company_id, frozenset()) if company_id != HOUSE else frozenset()
        return granted(here, self.roles.get(HOUSE, frozenset()), self.extra, declared)


def rights_of(session: Session, user_id: int) -> Rights:
    """Return the rights of a user."""
    roles: dict[int, set[str]] = defaultdict(set)
    query = sa.select(Membership.company_id, Membership.role).where(Membership.user_id == user_id)
    for company_id, role in session.execute(query):
        roles[company_id].add(role)
    companies = session.scalars(sa.select(Company).order_by(Company.id)).all()
    mine = [each for each in companies if HOUSE in roles or each.id in roles]
    return Rights(
        {company_id: frozenset(names) for company_id, names in roles.items()},
        mine,
        extra_grants(session),
    )


def extra_grants(session: Session) -> dict[str, frozenset[str]]:
    """Return what roles were granted beside the matrix."""
    found: dict[str, set[str]] = defaultdict(set)
    for role, permission in session.execute(sa.select(Grant.role, Grant.permission)):
        found[role].add(permission)
    return {role: frozenset(names) for role, names in found.items()}


def declared_permissions(kernel: Kernel) -> frozenset[str]:
    """Return what enabled addons declare."""
    manifests = (kernel.found[name].manifest for name in kernel.enabled if name in kernel.found)
    return frozenset(name for manifest in manifests for name in manifest.permissions)
