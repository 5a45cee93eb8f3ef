"""Commands of listings: `entrepot listings …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from core.errors import InputError
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.paging import read_cursor
from core.publishing.drafts import publish_drafts
from core.publishing.drafts import read_drafts
from core.publishing.mapping import list_listings
from core.publishing.mapping import listings_named
from core.publishing.mapping import map_file
from core.publishing.mapping import map_listings
from core.publishing.mapping import suggest
from core.publishing.offers import list_offers
from core.publishing.offers import pull_offers


def register(group: click.Group) -> None:
    """Add the commands."""
    listings = subgroup(group, "listings", "Which SKU each item of a platform stands for.")
    for command in (list_them, suggest_for, map_them, publish_them, offers_of):
        listings.add_command(command)


@click.command("list")
@click.option("--show", type=click.Choice(["all", "unmapped", "mapped"]), default="all")
@click.option("--text", default="", help="Only codes that begin with this.")
@click.option("--page", help="The cursor that the last page gave.")
@company_option
@json_option
@pass_kernel
def list_them(
    kernel: Kernel,
    show: str,
    text: str,
    page: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """List listings by their code, a page at a time."""
    cursor = read_cursor(page, str, int)
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = list_listings(session, company_id, show, text, cursor)
    rows = [dict(row._mapping) for row in found.rows]
    if as_json:
        print_json({"rows": rows, "next": found.next})
    else:
        print_rows(rows, as_json=False)
        if found.next:
            click.echo(f"More: --page {found.next}")


@click.command("suggest")
@click.option("--text", default="", help="Only codes that begin with this.")
@company_option
@json_option
@pass_kernel
def suggest_for(kernel: Kernel, text: str, company_code: str | None, as_json: bool) -> None:
    """Suggest SKUs for the first listings that are not mapped."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = list_listings(session, company_id, "unmapped", text, None).rows
        likely = suggest(session, company_id, found)
    rows: list[dict[str, object]] = [
        {"listing": row.external_ref, "account": row.account, **asdict(each)}
        for row in found
        for each in likely[row.id]
    ]
    print_rows(rows, as_json)


@click.command("map")
@click.argument("pairs", nargs=-1, metavar="[CODE=SKU...]")
@click.option("--account", help="The account whose codes they are, where several use them.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns platform, account, code and sku.",
)
@company_option
@json_option
@pass_kernel
def map_them(
    kernel: Kernel,
    pairs: Sequence[str],
    account: str | None,
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say which SKU codes stand for; orders that waited for it go on."""
    if bool(pairs) == (path is not None):
        raise InputError("give CODE=SKU, or a file.", where="listings map")
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        if path is not None:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                done = map_file(session, company_id, stream, path.name, acting_user())
        else:
            choices = listings_named(session, company_id, _pairs_of(pairs), account)
            done = map_listings(session, company_id, choices, acting_user(), "command")
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(
            f"{done.mapped} mapped, {done.unchanged} were so already, {done.orders} orders go on."
        )


@click.command("publish")
@click.argument("label")
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--try", "only_try", is_flag=True, help="Only ask what the platform says of them.")
@company_option
@json_option
@pass_kernel
def publish_them(
    kernel: Kernel,
    label: str,
    path: Path,
    only_try: bool,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Offer the drafts of a JSON FILE through the connection LABEL; each is tried first."""
    drafts = read_drafts(path)
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        connection = get_connection(session, label, company_id=company_id)
    verdicts = publish_drafts(kernel, connection, drafts, only_try=only_try)
    good = "would be taken" if only_try else "published"
    rows: list[dict[str, object]] = [
        {
            "listing": each.external_ref,
            "outcome": good if each.taken else "refused",
            "issues": "; ".join(each.issues),
        }
        for each in verdicts
    ]
    print_rows(rows, as_json)


def _pairs_of(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in texts]
    if wrong := [text for text, (code, _, sku) in zip(texts, pairs, strict=True) if not code]:
        raise InputError("must be CODE=SKU.", where=wrong[0])
    return {code: sku for code, _, sku in pairs}


@click.command("offers")
@click.argument("listing", default="")
@click.option("--ask", metavar="LABEL", help="Ask this connection's platform first.")
@company_option
@json_option
@pass_kernel
def offers_of(
    kernel: Kernel, listing: str, ask: str | None, company_code: str | None, as_json: bool
) -> None:
    """Show what others want for what is listed: now, or of one LISTING since it was first seen."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        connection = get_connection(session, ask, company_id=company_id) if ask else None
    if connection is not None:
        pull_offers(kernel, connection, age=timedelta(0))
    with kernel.db.read() as session:
        found = list_offers(session, company_id, listing)
    print_rows([asdict(each) for each in found], as_json)
