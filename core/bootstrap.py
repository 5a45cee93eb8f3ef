"""Making an installation: database, first company, administrator and the shipped addons."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from babel.numbers import get_territory_currencies
from sqlalchemy.orm import Session

from core import clock
from core.config import ROOT
from core.config import Config
from core.db import Database
from core.errors import Conflict
from core.errors import EntrepotError
from core.errors import InputError
from core.identity import first_run
from core.kernel import keys
from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel import states
from core.kernel.backup import Backup
from core.kernel.backup import back_up
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.companies import list_companies
from core.kernel.kernel import Kernel
from core.setup import prepare_company


@dataclass(frozen=True)
class CompanyWish:
    """What the command line says of the company; None leaves it to us."""

    name: str | None = None
    country: str | None = None
    currency: str | None = None
    timezone: str | None = None

    @property
    def given(self) -> bool:
        """Say whether anything was said at all."""
        return any((self.name, self.country, self.currency, self.timezone))


@dataclass(frozen=True)
class Initialised:
    """What there is after an initialisation."""

    database: str
    company: CompanyInfo
    enabled: tuple[str, ...]
    broken: dict[str, str]
    backup: Backup | None = None

    def as_document(self) -> dict[str, object]:
        """Return it as a JSON document."""
        company = self.company
        return {
            "database": self.database,
            "company": {
                "code": company.code,
                "name": company.name,
                "country": company.country,
                "currency": company.currency,
                "timezone": company.timezone,
            },
            "addons": list(self.enabled),
            "broken": self.broken,
            "backup": str(self.backup.file) if self.backup and self.backup.file else None,
        }


FIRST = CompanyWish("My company", "GB")


def initialise(
    config: Config, wish: CompanyWish, *, first: CompanyWish = FIRST, copy: bool = True
) -> Initialised:
    """Bring an installation to the newest schema with a company and the shipped addons.

    `first` is the company that is made where there is none and none is wished for. With `copy` a
    database whose schema changes is copied before.

    Raises: InputError or Conflict about the company, KernelError when a copy cannot be written,
    MigrationFailed.
    """
    keys.ensure_keys(config)
    database = Database(config.database_url)
    try:
        saved = _back_up_older(config, database) if copy else None
        migrations.upgrade_core(database)
    finally:
        database.dispose()
    kernel = Kernel.boot(config)
    try:
        _add_shipped(kernel)
        with kernel.db.write() as session:
            company = _company(session, wish, first)
            _ensure_admin(session, config)
        return _outcome(kernel, company, saved)
    finally:
        kernel.db.dispose()


def _back_up_older(config: Config, database: Database) -> Backup | None:
    """Copy a database whose core tables are of an older version; a new one has nothing to lose."""
    lineage = migrations.core_lineage()
    with database.read() as session:
        present = migrations.present_revision(session.connection(), lineage)
    if present in (None, migrations.newest_revision(lineage)):
        return None
    return back_up(config, database, f"before-{present}")


def _outcome(kernel: Kernel, company: CompanyInfo, saved: Backup | None) -> Initialised:
    broken = {info.name: info.reason for info in kernel.overview() if info.state == "broken"}
    shown = kernel.db.url.render_as_string(hide_password=True)
    return Initialised(shown, company, tuple(sorted(kernel.enabled)), broken, saved)


def first_token(config: Config) -> str | None:
    """Return the administrator's token while nobody has used it."""
    return first_run.shown_token(config.instance)


def web_command(config: Config) -> list[str]:
    """Return the command that serves the web application."""
    address = f"{config.host}:{config.port}"
    settings = str(ROOT / "config" / "gunicorn.conf.py")
    return [sys.executable, "-m", "gunicorn", "-c", settings, "-b", address, "wsgi:app"]


def _add_shipped(kernel: Kernel) -> None:
    """Install and enable the shipped addons; one that the seller disabled stays disabled.

    Optional ones are not installed: only some sellers want them, and they say so.
    """
    for name in kernel.graph.order:
        if kernel.found[name].folder.parent != kernel.config.shipped_addons:
            continue
        known = kernel.rows.get(name)
        if known is None and kernel.manifest(name).optional:
            continue
        if known is not None and (
            known.state == states.UNINSTALLED or known.version == kernel.manifest(name).version
        ):
            continue
        try:
            lifecycle.install(kernel, name, by="init")
            if known is None:
                lifecycle.enable(kernel, name, by="init")
        except EntrepotError as error:
            # The others are worth having without it; the overview shows it as broken.
            kernel.graph.broken[name] = str(error)


def _company(session: Session, wish: CompanyWish, first: CompanyWish) -> CompanyInfo:
    companies = list_companies(session)
    if not wish.given:
        return companies[0] if companies else _new_company(session, first)
    for company in companies:
        if wish.name is None or company.name == wish.name.strip():
            _require_same(company, wish)
            return company
    return _new_company(session, wish)


def _new_company(session: Session, wish: CompanyWish) -> CompanyInfo:
    country = (wish.country or FIRST.country or "").upper()
    company = create_company(
        session,
        wish.name or FIRST.name or "",
        country=country,
        currency=wish.currency or _currency_of(country),
        timezone=wish.timezone or _timezone_of(country),
    )
    prepare_company(session, company)
    return company


def _require_same(company: CompanyInfo, wish: CompanyWish) -> None:
    """Refuse other values for a company that exists: its books are kept in that currency."""
    for field in ("country", "currency", "timezone"):
        wished, has = getattr(wish, field), getattr(company, field)
        if wished is not None and wished.upper() != has.upper():
            raise Conflict(
                f"{company.name} exists with {field} {has}, not {wished}.",
                hint="Give another --company, or leave that option out.",
            )


def _currency_of(country: str) -> str:
    today = clock.now().date()
    currencies = get_territory_currencies(country, start_date=today, end_date=today)
    if not currencies:
        raise InputError(f"no currency is known for {country!r}.", where="country")
    return str(currencies[0])


def _timezone_of(country: str) -> str:
    """Return a country's most populous time zone, which tzdata lists first."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        cells = line.split("\t")
        if cells[0] == country:
            return cells[2]
    raise InputError(f"no time zone is known for {country!r}.", where="country")


def _ensure_admin(session: Session, config: Config) -> None:
    first_run.ensure_admin(session, config.instance)


def initialise_demo(config: Config, say: Callable[[str], None]) -> None:
    """Make an installation, with the demo company where there is no other."""
    from core.demo import loading

    result = initialise(config, CompanyWish(), first=CompanyWish(loading.NAME, loading.COUNTRY))
    if result.backup is not None:
        say(result.backup.said)
    kernel = Kernel.boot(config)
    try:
        until = loading.first_day(kernel, result.company)
        loading.load_demo(kernel, result.company, say, until=until)
    finally:
        kernel.db.dispose()
