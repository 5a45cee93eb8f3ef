"""Commands for personal data: find it, forget it when due or on request, say how long it stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity.deeds import say
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.messages.reading import written_about
from core.privacy import finding
from core.privacy import forgetting
from core.privacy import records
from core.privacy import retention
from core.privacy.finding import FoundOrder
from core.privacy.purging import forget_all_due

KEPT = "kept"
FORGOTTEN = "forgotten"


def register(group: click.Group) -> None:
    """Add the commands."""
    privacy = subgroup(group, "privacy", "Personal data of buyers: find it, forget it.")
    for command in (find, erase, purge, keep):
        privacy.add_command(command)


@click.command()
@click.argument("person")
@click.option("--reveal", is_flag=True, help="Show what is known of the person.")
@company_option
@json_option
@pass_kernel
def find(
    kernel: Kernel, person: str, reveal: bool, company_code: str | None, as_json: bool
) -> None:
    """Find the orders of a person by e-mail address, telephone number or order number."""
    # Who looks at personal data leaves a trace of it.
    opened = kernel.db.write if reveal else kernel.db.read
    with opened() as session:
        company = chosen_company(session, company_code)
        found = finding.find_person(session, company.id, person)
        known = _known(session, company.id, [each.id for each in found]) if reveal else {}
    if as_json:
        print_json([_document(each) | known.get(each.id, {}) for each in found])
        return
    _print(found)
    for each in found:
        told = known.get(each.id, {})
        for part in filter(None, (told.get("received"), *told.get("messages", ()))):
            click.echo(f"{each.external_ref}: {part}")


def _known(session: Session, company_id: int, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what is known of the buyers of some orders, and note that somebody looked."""
    people = records.read_people(session, company_id, ids)
    known: dict[int, dict[str, Any]] = {
        order_id: {
            "address": person.address.given(),
            "received": [dict(part) for part in person.received],
        }
        for order_id, person in people.items()
    }
    for order_id, texts in written_about(session, company_id, ids).items():
        known.setdefault(order_id, {})["messages"] = texts
    if known:
        say(session, company_id, "person.revealed", "orders", after={"orders": sorted(known)})
    return known


@click.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do it; without this it only says what it would do.")
@company_option
@json_option
@pass_kernel
def erase(kernel: Kernel, person: str, yes: bool, company_code: str | None, as_json: bool) -> None:
    """Forget a person at once: all orders of an e-mail address, a number, or one order.

    Orders, stock and books stay. An order that has not left yet cannot be sent any more without
    its address: it is named, so that it can be cancelled.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = finding.find_person(session, company.id, person)
        kept = [each for each in found if each.forgotten_at is None]
        if not found:
            raise NotFound("No order of that person holds personal data.")
        if yes:
            ids = [each.id for each in kept]
            actor = acting_user() or "command line"
            forgetting.forget(session, company.id, ids, forgetting.REQUESTED, actor=actor)
    if yes:
        forgetting.scrub(kernel.db)
    waiting = [each.external_ref for each in kept if each.state not in forgetting.ENDED]
    if as_json:
        names = [each.external_ref for each in kept]
        print_json({"erased" if yes else "would_erase": names, "not_sent_yet": waiting})
        return
    _print(kept)
    click.echo(f"{len(kept)} orders forgotten." if yes else "Nothing done: add --yes to do it.")
    if waiting:
        click.echo(f"Not sent yet: {', '.join(waiting)}.")


@click.command()
@company_option
@json_option
@pass_kernel
def purge(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Forget the personal data whose time is over; a worker does it every night."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
    forgotten, looked_at = forget_all_due(kernel, company.id)
    if as_json:
        print_json({"looked_at": looked_at, "forgotten": forgotten})
    else:
        click.echo(f"{forgotten} of {looked_at} records forgotten.")


@click.command()
@click.argument("platform", required=False)
@click.argument("days", type=int, required=False)
@company_option
@json_option
@pass_kernel
def keep(
    kernel: Kernel,
    platform: str | None,
    days: int | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say for how many days after delivery a platform's personal data is kept, or show it."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        if platform and days is not None:
            retention.set_retention(session, company.id, platform, days)
        known = retention.retention_days(session, company.id)
    if as_json:
        print_json({"default": retention.DEFAULT_DAYS, "platforms": known})
        return
    print_table(
        ("Platform", "Days"), [("all others", retention.DEFAULT_DAYS), *sorted(known.items())]
    )


def _document(each: FoundOrder) -> dict[str, object]:
    facts = asdict(each)
    facts["order"] = facts.pop("external_ref")
    return facts


def _print(found: list[FoundOrder]) -> None:
    print_table(
        ("Order", "State", "Ordered", "Forgotten"),
        [
            (each.external_ref, each.state, each.ordered_at.date(), each.forgotten_at or "no")
            for each in found
        ],
    )
