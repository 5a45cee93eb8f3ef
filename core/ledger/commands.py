"""Commands that read the books: reports, exports and checks."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from pathlib import Path

import click

from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.ledger.export import export_beancount
from core.ledger.export import export_ledger
from core.ledger.export_tables import export_general_csv
from core.ledger.export_tables import export_general_xlsx
from core.ledger.export_tables import export_vouchers
from core.ledger.export_tables import read_account_map
from core.ledger.reversing import reverse_entry

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the commands."""
    subgroup(group, "export", "Take the books elsewhere.").add_command(journal)
    subgroup(group, "ledger", "Work on the books themselves.").add_command(reverse)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


TEXTS = {"beancount": export_beancount, "ledger": export_ledger}
TABLES = {"csv": export_general_csv, "xlsx": export_general_xlsx}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice([*TEXTS, "voucher", *TABLES]),
    default="beancount",
    show_default=True,
    help="ledger is read by ledger-cli and hledger; voucher is CSV (凭证) for Chinese programs.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "start", type=DAY, help="First booking day.")
@click.option("--to", "end", type=DAY, help="Last booking day.")
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="For vouchers: CSV of code, their_code, their_title.",
)
@click.option("--encoding", default="utf-8-sig", show_default=True, help="For vouchers: gb18030.")
@company_option
@pass_kernel
def journal(
    kernel: Kernel,
    form: str,
    file: Path,
    start: datetime | None,
    end: datetime | None,
    accounts: Path | None,
    encoding: str,
    company_code: str | None,
) -> None:
    """Write the journal to FILE in the format of another bookkeeping program."""
    theirs = read_account_map(accounts) if accounts is not None else None
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        span = (session, company.id), (_day(start), _day(end))
        if form in TEXTS:
            with file.open("w", encoding="utf-8") as text:
                entries = TEXTS[form](*span[0], text, *span[1])
        else:
            with file.open("wb") as stream:
                if form == "voucher":
                    entries = export_vouchers(
                        *span[0], stream, *span[1], accounts=theirs, encoding=encoding
                    )
                else:
                    entries = TABLES[form](*span[0], stream, *span[1])
    click.echo(f"Wrote {entries} entries to {file} as {form}.")


@click.command()
@click.argument("entry", metavar="KEY")
@click.option("--reason", required=True, help="Why; it stands in the new entry.")
@click.option("--on", type=DAY, help="Day of the reversal; default: the entry's own.")
@company_option
@json_option
@pass_kernel
def reverse(
    kernel: Kernel,
    entry: str,
    reason: str,
    on: datetime | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Book the opposite of the entry KEY, linked to it; nothing booked is ever changed."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        made = reverse_entry(session, company.id, entry, reason=reason, on=_day(on))
    said = f"{made.natural_key} is booked on {made.booked_on}."
    say({"entry": made.natural_key, "booked_on": made.booked_on}, said, as_json)
