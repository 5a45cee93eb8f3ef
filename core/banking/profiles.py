"""Bank accounts and wallets with the layout of their files, saved once."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.banking.models import BankProfile
from core.banking.reading import check_layout
from core.errors import InputError
from core.errors import NotFound
from core.identity.audit import audit
from core.ids import next_id
from core.ledger.chart import require_accounts
from core.money import minor_digits

ACCOUNTS = ("1000", "1010", "1050")
"""Where money may stand that has arrived."""


def save_profile(
    session: Session,
    company_id: int,
    name: str,
    *,
    account: str,
    currency: str,
    layout: Mapping[str, str],
) -> BankProfile:
    """Keep how a bank's files are read; said again, the last word holds.

    Raises: InputError for an account that holds no money, a currency or a layout that cannot be.
    """
    if account not in ACCOUNTS:
        raise InputError(
            f"Account {account} is neither a bank nor a wallet.",
            where="account",
            hint=f"Choose of {', '.join(ACCOUNTS)}.",
        )
    require_accounts(session, company_id, [account])
    minor_digits(currency)
    checked = check_layout(layout)
    found = _find(session, company_id, name)
    if found is None:
        found = BankProfile(
            company_id=company_id,
            id=next_id(session),
            name=name,
            account=account,
            currency=currency,
            layout=checked,
            created_at=clock.now(),
            row_version=1,
        )
        session.add(found)
    else:
        found.account, found.currency, found.layout = account, currency, checked
        found.row_version += 1
    session.flush()
    after = {"account": account, "currency": currency, **checked}
    audit(session, "bank.saved", f"bank:{name}", after=after, company_id=company_id)
    return found


def get_profile(session: Session, company_id: int, name: str) -> BankProfile:
    """Return a bank account or wallet.

    Raises: NotFound.
    """
    found = _find(session, company_id, name)
    if found is None:
        raise NotFound(
            f"There is no bank {name!r}.", hint="Say how its files are read: entrepot bank save."
        )
    return found


def list_profiles(session: Session, company_id: int) -> Sequence[BankProfile]:
    """Return the bank accounts and wallets by name."""
    query = sa.select(BankProfile).where(BankProfile.company_id == company_id)
    return session.scalars(query.order_by(BankProfile.name)).all()


def _find(session: Session, company_id: int, name: str) -> BankProfile | None:
    return session.scalar(
        sa.select(BankProfile).where(BankProfile.company_id == company_id, BankProfile.name == name)
    )
