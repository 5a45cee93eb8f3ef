"""The reports that are asked for: Amazon's names, how far back each looks, what its rows are about.

Columns are found by their names without regard to case, spaces and hyphens, never by position:
Amazon's documents differ among marketplaces and over time.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from addons.amazon.months import first_of_month
from addons.amazon.months import month_before

Since = Callable[[datetime], datetime]


def days(count: int) -> Since:
    """Look so many days back."""
    return lambda until: until - timedelta(days=count)


def last_month(until: datetime) -> datetime:
    """Look at the month before and at this one, each of which is whole."""
    return first_of_month(month_before(until))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of report; `about` are the columns that say what a row is about.

    `hidden` begin the names of columns that tell of persons, and are not kept.
    """

    name: str
    report: str
    since: Since
    about: Sequence[str]
    options: Mapping[str, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    only: Sequence[str] = ()
    """The regions that have it; empty: all."""


# Amazon changes the ledger for five days, and looks for lost goods for longer than a month.
KINDS = {
    each.name: each
    for each in (
        Kind(
            "fba_returns",
            "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
            days(30),
            ("orderid",),
            hidden=("customercomments",),
        ),
        Kind(
            "fba_ledger",
            "GET_LEDGER_SUMMARY_VIEW_DATA",
            days(7),
            ("date", "msku"),
            options={"aggregateByLocation": "COUNTRY", "aggregatedByTimePeriod": "DAILY"},
        ),
        Kind("fba_reimbursements", "GET_FBA_REIMBURSEMENTS_DATA", days(60), ("reimbursementid",)),
        Kind(
            "fba_storage_fees",
            "GET_FBA_STORAGE_FEE_CHARGES_DATA",
            last_month,
            ("monthofcharge", "fnsku"),
        ),
        Kind(
            "vat_transactions",
            "GET_VAT_TRANSACTION_DATA",
            last_month,
            ("transactioneventid",),
            hidden=("buyer", "arrivaladdress", "arrivalpostcode", "arrivalcity"),
            only=("eu",),
        ),
    )
}
STORAGE = "fba_storage_fees"
ADS = "ads"
FEES = "fee_estimates"
