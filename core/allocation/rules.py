"""Rules of allocation: versioned data, shipped ones and a company's own, which hold over them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.allocation.models import RuleVersion
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.ledger.models import Account

BEGINNING = date(1970, 1, 1)
SCOPES = ("account", "settlement", "company")
"""Whose orders bear a cost: those of its shop or account, of its settlement, or all."""

WHERE = ("platform", "country", "shop")
ORDER_DRIVERS = ("units", "net_revenue", "weight", "transactions")
SKU_DRIVERS = ("volume_days", "unit_days", "aged_units", "received_units")
REPORT = "report"
KINDS_OF_PLACES = ("own", "3pl", "platform")


@dataclass(frozen=True, slots=True)
class Rule:
    """How the costs of some accounts are shared; `where` narrows it to a platform, country or shop.

    A rule without accounts holds for nothing: so one is switched off.
    """

    code: str
    version: int
    title: str
    accounts: tuple[str, ...]
    to_sku: tuple[str, ...] = ()
    to_order: tuple[str, ...] = ()
    scope: str = "account"
    where: Mapping[str, str] = field(default_factory=dict)
    lag_months: int = 0
    since: date = BEGINNING

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it is kept and shown."""
        return asdict(self) | {"since": self.since.isoformat()}

    def holds_for(self, account: str, facts: Mapping[str, str | None]) -> bool:
        """Say whether a cost on an account, with these facts of where, falls under the rule."""
        if account not in self.accounts:
            return False
        return all(facts.get(name) == value for name, value in self.where.items())


def rule_from(raw: Mapping[str, Any]) -> Rule:
    """Return a rule from its data.

    Raises: InputError for a key or a value that no rule has.
    """
    names = set(Rule.__dataclass_fields__)
    if unknown := sorted(set(raw) - names):
        raise InputError(f"{unknown[0]!r} is no part of a rule.", where="rule")
    given = dict(raw)
    for name in ("accounts", "to_sku", "to_order"):
        given[name] = tuple(str(each) for each in given.get(name, ()))
    since = given.get("since", BEGINNING)
    try:
        given["since"] = date.fromisoformat(since) if isinstance(since, str) else since
        rule = Rule(**given)
    except (TypeError, ValueError) as error:
        raise InputError(f"the rule cannot be read: {error}.", where="rule") from None
    _check(rule)
    return rule


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules that hold until a company says its own."""
    text = files("core.allocation").joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(rule_from(raw) for raw in tomllib.loads(text)["rule"])


def rules_on(session: Session, company_id: int, day: date) -> list[Rule]:
    """Return the rules that hold on a day, each in its newest version by then.

    Those that are narrowed come first, so that the first one that holds for a cost is its rule.
    """
    found = {rule.code: rule for rule in shipped_rules()}
    for rule in own_versions(session, company_id):
        if rule.since <= day:
            found[rule.code] = rule
    return sorted(found.values(), key=lambda rule: (-len(rule.where), rule.code))


def own_versions(session: Session, company_id: int) -> list[Rule]:
    """Return every version of the company's own rules, the oldest first."""
    query = (
        sa.select(RuleVersion)
        .where(RuleVersion.company_id == company_id)
        .order_by(RuleVersion.code, RuleVersion.version)
    )
    return [rule_from(row.terms) for row in session.scalars(query)]


def save_rule(session: Session, company_id: int, raw: Mapping[str, Any], *, by: str) -> Rule:
    """Keep a new version of a rule; runs that were made stay as they are.

    Raises: InputError for what cannot be a rule, NotFound for an account that is not there.
    """
    given = rule_from({"version": 0, "title": "", "accounts": ()} | dict(raw))
    versions = [
        rule.version
        for rule in (*shipped_rules(), *own_versions(session, company_id))
        if rule.code == given.code
    ]
    rule = rule_from(given.as_json() | {"version": max(versions, default=0) + 1})
    _require_costs(session, company_id, rule.accounts)
    _require_alone(rule, rules_on(session, company_id, max(rule.since, clock.now().date())))
    session.add(
        RuleVersion(
            company_id=company_id,
            id=next_id(session),
            code=rule.code,
            version=rule.version,
            since=rule.since,
            terms=rule.as_json(),
            made_at=clock.now(),
            made_by=by,
        )
    )
    session.flush()
    say(session, company_id, "allocation.rule_saved", f"rule:{rule.code}", after=rule.as_json())
    return rule


def _require_costs(session: Session, company_id: int, accounts: Sequence[str]) -> None:
    query = sa.select(Account.code, Account.profit_line).where(
        Account.company_id == company_id, Account.code.in_(accounts)
    )
    lines = dict(session.execute(query).all())
    if missing := sorted(set(accounts) - lines.keys()):
        raise NotFound(f"The chart of accounts has no account {missing[0]}.")
    if balance := sorted(code for code, line in lines.items() if line is None):
        raise InputError(
            f"{balance[0]} stands in the balance sheet.",
            where="accounts",
            hint="Reserves, loans and transfers are neither income nor expense: never share them.",
        )


def _require_alone(rule: Rule, others: Iterable[Rule]) -> None:
    for other in others:
        if other.code == rule.code or dict(other.where) != dict(rule.where):
            continue
        if shared := sorted(set(other.accounts) & set(rule.accounts)):
            raise InputError(
                f"account {shared[0]} falls under the rule {other.code} already.",
                where="accounts",
                hint="Take it out there first, or narrow one of them with `where`.",
            )


def _check(rule: Rule) -> None:
    if not rule.code.replace("_", "").isalnum():
        raise InputError("a rule's code is letters, digits and _.", where="code")
    if rule.scope not in SCOPES:
        raise InputError(
            f"{rule.scope!r} is no scope.", where="scope", hint=f"Known: {', '.join(SCOPES)}."
        )
    if unknown := sorted(set(rule.where) - set(WHERE)):
        raise InputError(f"{unknown[0]!r} narrows nothing.", where="where")
    if type(rule.lag_months) is not int or not 0 <= rule.lag_months <= 12:
        raise InputError("a lag is 0 to 12 months.", where="lag_months")
    if rule.accounts and not (rule.to_sku or rule.to_order):
        raise InputError("say by what the cost is shared.", where="to_sku")
    for driver in rule.to_sku:
        _check_driver(driver, "to_sku", (*ORDER_DRIVERS, *SKU_DRIVERS))
    for driver in rule.to_order:
        _check_driver(driver, "to_order", ORDER_DRIVERS)


def _check_driver(driver: str, where: str, known: Sequence[str]) -> None:
    name, _, argument = driver.partition(":")
    hint = f"Known: report:KIND, {', '.join(known)}."
    if name == REPORT:
        if not argument:
            raise InputError("name the report's kind, as in report:ads.", where=where)
    elif name not in known:
        raise InputError(f"{driver!r} is no driver.", where=where, hint=hint)
    elif name in SKU_DRIVERS and argument not in ("", *KINDS_OF_PLACES):
        raise InputError(
            f"{argument!r} is no kind of warehouse.",
            where=where,
            hint=f"Known: {', '.join(KINDS_OF_PLACES)}.",
        )
    elif name in ORDER_DRIVERS and name != "transactions" and argument:
        raise InputError(f"{name} takes nothing after a colon.", where=where)
