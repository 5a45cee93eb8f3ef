"""What a new company is given before its first fact comes in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.kernel.companies import CompanyInfo
from core.ledger.chart import prepare_accounts
from core.stock.warehouses import make_warehouse
from core.stock.warehouses import warehouse_by_code

MAIN_WAREHOUSE = "MAIN"


def prepare_company(session: Session, company: CompanyInfo) -> None:
    """Give a company its chart of accounts and its own warehouse; doing it again adds nothing."""
    prepare_accounts(session, company.id)
    if warehouse_by_code(session, company.id, MAIN_WAREHOUSE) is None:
        make_warehouse(
            session,
            company.id,
            MAIN_WAREHOUSE,
            "Main warehouse",
            company.country,
            "own_warehouse",
            "1300",
        )
