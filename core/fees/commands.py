"""Commands of fees: how they are estimated, and how far estimates are off."""

from __future__ import annotations

import csv
from datetime import date
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from core.errors import InputError
from core.fees import plans
from core.fees.backfilling import estimate_missing
from core.fees.drift import DriftRow
from core.fees.drift import drift_report
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import MICRO
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the commands."""
    fees = subgroup(group, "fees", "How fees are estimated, and how far estimates are off.")
    for command in (plan, plans_, category, rate, schedules, estimate, drift):
        fees.add_command(command)


@click.command()
@click.argument("shop")
@click.argument("platform")
@click.argument("market")
@click.option("--category", default="", help="Category of goods of which nothing else is said.")
@click.option(
    "--fulfilment", type=click.Choice(plans.FULFILMENTS), default="seller", show_default=True,
    help="Who sends the goods.",
)  # fmt: skip
@click.option(
    "--prefer", multiple=True, metavar="ACCOUNT=WAY,...",
    help="Best ways of estimating a fee, of own, addon, table, recent; * for every account.",
)  # fmt: skip
@company_option
@pass_kernel
def plan(
    kernel: Kernel,
    shop: str,
    platform: str,
    market: str,
    category: str,
    fulfilment: str,
    prefer: tuple[str, ...],
    company_code: str | None,
) -> None:
    """Say by which platform's tables and market the fees of a shop are estimated from now on."""
    preferences = {}
    for said in prefer:
        account, mark, ways = said.partition("=")
        if not mark:
            raise InputError(f"{said!r} names no way.", where="prefer", hint="6000=recent,table")
        preferences[account] = [way.strip() for way in ways.split(",")]
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = plans.find_shop(session, company.id, shop)
        offered = plans.schedules_offered(session)
        plans.use_plan(
            session, company.id, found.id, platform, market,
            category=category, fulfilment=fulfilment, preferences=preferences,
        )  # fmt: skip
    tables = [each.name for each in offered if (each.platform, each.market) == (platform, market)]
    click.echo(f"Fees of {found.name} are estimated by {', '.join(tables) or 'no table'}.")


@click.command("plans")
@company_option
@json_option
@pass_kernel
def plans_(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List how the fees of shops are estimated, with what the company says itself."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = plans.list_plans(session, company.id)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Shop", "Platform", "Market", "Category", "Fulfilment", "Preferences", "Own rates"),
        [
            (r["shop"], r["platform"], r["market"], r["category"], r["fulfilment"])
            + ("; ".join(f"{k}={','.join(v)}" for k, v in r["preferences"].items()),)
            + ("; ".join(f"{o['account']} {o['amount']} {o['basis']}" for o in r["rates"]),)
            for r in rows
        ],
    )


@click.command()
@click.argument("platform")
@click.argument("pairs", nargs=-1, metavar="SKU=CATEGORY...")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="CSV with columns sku and category."
)
@company_option
@pass_kernel
def category(
    kernel: Kernel,
    platform: str,
    pairs: tuple[str, ...],
    path: Path | None,
    company_code: str | None,
) -> None:
    """Say in which category of a platform SKUs are sold."""
    said = _read_categories(path) if path is not None else {}
    for pair in pairs:
        sku, mark, name = pair.partition("=")
        if not (sku and mark and name):
            raise InputError(f"{pair!r} is not SKU=CATEGORY.", where="SKU=CATEGORY")
        said[sku] = name
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        changed = plans.set_categories(session, company.id, platform, said)
    click.echo(f"{changed} of {len(said)} SKUs changed their category.")


def _read_categories(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if not {"sku", "category"} <= set(reader.fieldnames or ()):
            raise InputError(
                "The first line must name the columns sku and category.", where=path.name
            )
        return {row["sku"]: row["category"] for row in reader if row["sku"]}


@click.command()
@click.argument("shop")
@click.argument("account")
@click.argument("amount")
@click.option(
    "--per", "basis", type=click.Choice(plans.BASES), default="order", show_default=True,
    help="For each order or unit in the shop's currency, or in percent of the price.",
)  # fmt: skip
@click.option("--since", type=DAY, help="First day; default: every day.")
@company_option
@pass_kernel
def rate(
    kernel: Kernel,
    shop: str,
    account: str,
    amount: str,
    basis: str,
    since: datetime | None,
    company_code: str | None,
) -> None:
    """Say what something costs a shop itself, such as `entrepot fees rate Shop 6130 3.20`.

    The last word for an account and basis holds; what was estimated stays.
    """
    value = parse_decimal(amount, where="amount")
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = plans.find_shop(session, company.id, shop)
        exact = _share(value) if basis == "price" else to_minor(value, found.currency)
        day = since.date() if since else date.min
        version = plans.say_rate(session, company.id, found.id, account, basis, exact, day)
    click.echo(f"Own rates of {found.name} are at version {version}.")


def _share(percent: Decimal) -> int:
    share = percent * MICRO / 100
    if share != int(share) or not 0 <= share <= MICRO:
        raise InputError(f"{percent} is no percentage.", where="amount")
    return int(share)


@click.command()
@json_option
@pass_kernel
def schedules(kernel: Kernel, as_json: bool) -> None:
    """List the fee tables that enabled addons bring, with their source."""
    with kernel.db.read() as session:
        rows = [
            {
                "platform": each.platform,
                "market": each.market,
                "currency": each.currency,
                "version": each.version,
                "since": each.since.isoformat(),
                "until": each.until.isoformat() if each.until != date.max else None,
                "accounts": sorted({fee.account for fee in each.fees}),
                "source": each.source,
            }
            for each in plans.schedules_offered(session)
        ]
    if as_json:
        print_json(rows)
        return
    columns = ("platform", "market", "currency", "version", "since", "source")
    print_table(
        tuple(map(str.title, columns)), [tuple(str(r[name]) for name in columns) for r in rows]
    )


@click.command()
@company_option
@json_option
@pass_kernel
def estimate(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Estimate fees of orders that left before their shop had a plan and are not settled."""
    looked_at = booked = last_id = 0
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    while True:
        with kernel.db.write() as session:
            found = estimate_missing(session, company.id, after=last_id)
        if not found.looked_at:
            break
        looked_at, booked = looked_at + found.looked_at, booked + found.booked
        last_id = found.last_id
    if as_json:
        print_json({"orders": looked_at, "estimates": booked})
    else:
        click.echo(f"{booked} estimates were booked for {looked_at} orders.")


@click.command()
@click.option("--from", "start", type=DAY, help="First month, by a day of it.")
@click.option("--to", "end", type=DAY, help="Last month, by a day of it.")
@company_option
@json_option
@pass_kernel
def drift(
    kernel: Kernel,
    start: datetime | None,
    end: datetime | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Show how far estimates are off, by fee and estimator; what is beyond 2 % is marked."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = drift_report(
            session, company.id,
            start=start.date() if start else None, end=end.date() if end else None,
        )  # fmt: skip
    documents = [drift_document(row) for row in rows]
    if as_json:
        print_json(documents)
        return
    columns = (
        *("shop", "account", "estimator", "lines", "estimated", "actual", "difference"),
        "percent",
    )
    print_table(
        (*map(str.title, columns), ""),
        [(*(str(d[name]) for name in columns), "look" if d["alarming"] else "") for d in documents],
    )


def drift_document(row: DriftRow) -> dict[str, Any]:
    """Return a figure of drift as JSON shows it; amounts are in the shop's currency."""
    return {
        "shop": row.shop,
        "account": row.account,
        "title": row.title,
        "estimator": row.estimator or "none",
        "currency": row.currency,
        "lines": row.lines,
        "estimated": to_text(row.estimated, row.currency),
        "actual": to_text(row.actual, row.currency),
        "difference": to_text(row.difference, row.currency),
        "percent": f"{row.permyriad / 100:.2f}",
        "alarming": row.alarming,
    }
