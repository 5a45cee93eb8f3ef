"""Uninstalling and purging."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import text

from core import clock
from core.app import create_app
from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.errors import Conflict
from core.errors import GraphError
from core.errors import InputError
from core.errors import MigrationFailed
from core.errors import NotFound
from core.errors import Veto
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel import removal
from core.kernel.addon_export import export_addon
from core.kernel.companies import create_company
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.kernel.models import Addon
from core.kernel.models import Setting
from tests.kernel.conftest import ADDONS
from tests.pages import core_pages
from tests.pages import signed_in
from tests.world import World

Boot = Callable[[], Kernel]
Run = Callable[..., Kernel]


def tables(kernel: Kernel, name: str) -> set[str]:
    with kernel.db.read() as session:
        return {each for each in migrations.tables(session.connection()) if name in each}


def shown(kernel: Kernel, name: str) -> str | None:
    return next((info.state for info in kernel.overview() if info.name == name), None)


def mentions(kernel: Kernel, name: str) -> list[str]:
    """Return the tables of the kernel that still name an addon."""
    columns = {"kernel_addon": "name"} | dict.fromkeys(
        ("kernel_fault", "kernel_setting", "kernel_connection"), "addon"
    )
    with kernel.db.read() as session:
        return [
            table
            for table, column in columns.items()
            if session.execute(
                text(f"SELECT 1 FROM {table} WHERE {column} = :name"), {"name": name}
            ).first()
        ]


def fill(kernel: Kernel, name: str) -> None:
    """Give an addon rows, a connection with settings, settings of its own and a fault."""
    with kernel.db.write() as session:
        session.execute(text(f"INSERT INTO {name}__note VALUES ('one'), ('two')"))
        company = create_company(
            session, "Shop", country="GB", currency="GBP", timezone="Europe/London"
        )
        made = create_connection(session, name, "Till", {}, company_id=company.id)
        for scope in (0, made.id):
            session.add(Setting(addon=name, connection_id=scope, version=1, data={}))
    faults.record(kernel, name, "hook:reports", ValueError("once"))


def uninstalled(kernel: Kernel, name: str) -> Kernel:
    lifecycle.disable(kernel, name)
    removal.uninstall(kernel, name)
    return kernel


def test_what_an_addon_stored_is_written_before_it_goes(running: Run, tmp_path: Path) -> None:
    kernel = running("alpha")
    fill(kernel, "alpha")
    uninstalled(kernel, "alpha")
    file = tmp_path / "kept.zip"

    rows = export_addon(kernel, "alpha", file)

    assert rows == dict(removal.preview(kernel, "alpha").tables)
    with zipfile.ZipFile(file) as archive:
        assert {each.removesuffix(".csv") for each in archive.namelist()} == tables(kernel, "alpha")
        assert archive.read("alpha__note.csv").decode().splitlines()[1:] == ["one", "two"]
    with pytest.raises(InputError, match="File exists"):
        export_addon(kernel, "alpha", file)
    with pytest.raises(NotFound):
        export_addon(kernel, "nobody", tmp_path / "none.zip")


def test_an_enabled_addon_is_not_uninstalled(running: Run) -> None:
    kernel = running("alpha")

    with pytest.raises(Conflict, match=r"alpha is enabled.*addons disable alpha"):
        removal.uninstall(kernel, "alpha")

    assert kernel.enabled == {"alpha"}


def test_uninstalling_keeps_tables_and_rows_and_forgets_the_code(running: Run, boot: Boot) -> None:
    kernel = running("alpha")
    fill(kernel, "alpha")
    other = boot()

    uninstalled(kernel, "alpha")

    assert tables(kernel, "alpha") == {"alpha__note", "alpha__tag", "alembic_version_alpha"}
    assert shown(kernel, "alpha") == "uninstalled"
    assert kernel.registry.addons == {}
    assert boot().registry.addons == {}
    other.refresh()
    assert other.code_is_old
    for verb in (lifecycle.enable, lifecycle.disable, removal.uninstall):
        with pytest.raises(NotFound, match="alpha is not installed"):
            verb(kernel, "alpha")


def test_an_uninstalled_addon_is_installed_again_with_its_rows(running: Run) -> None:
    kernel = running("alpha")
    fill(kernel, "alpha")
    uninstalled(kernel, "alpha")

    lifecycle.install(kernel, "alpha")

    assert shown(kernel, "alpha") == "disabled"
    lifecycle.enable(kernel, "alpha")
    with kernel.db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM alpha__note")) == 2


def test_a_disabled_addon_may_refuse_to_be_uninstalled(running: Run) -> None:
    kernel = running("alpha")
    lifecycle.disable(kernel, "alpha")

    def object_to(_session: object) -> None:
        raise Veto("17 statements are not posted")

    kernel.addon("alpha").act = object_to

    with pytest.raises(Veto, match="alpha: 17 statements"):
        removal.uninstall(kernel, "alpha")
    assert shown(kernel, "alpha") == "disabled"

    removal.uninstall(kernel, "alpha", force=True)
    assert shown(kernel, "alpha") == "uninstalled"


def test_what_others_need_is_not_uninstalled(running: Run) -> None:
    kernel = running("alpha", "beta")
    lifecycle.disable(kernel, "alpha", dependents_too=True)

    with pytest.raises(GraphError, match="alpha is needed by beta"):
        removal.uninstall(kernel, "alpha")

    removal.uninstall(kernel, "beta")
    removal.uninstall(kernel, "alpha")
    assert kernel.registry.addons == {}


def test_only_what_is_uninstalled_is_purged(running: Run) -> None:
    kernel = running("alpha")

    for act in (removal.preview, removal.purge):
        with pytest.raises(Conflict, match="alpha is enabled"):
            act(kernel, "alpha")
        with pytest.raises(NotFound, match="nothing"):
            act(kernel, "nothing")

    assert "alpha__note" in tables(kernel, "alpha")


def test_the_preview_says_what_would_go_and_changes_nothing(running: Run) -> None:
    kernel = running("alpha")
    fill(kernel, "alpha")
    uninstalled(kernel, "alpha")

    seen = [removal.preview(kernel, "alpha") for _ in range(2)]

    assert seen[0] == seen[1]
    assert dict(seen[0].tables) == {"alembic_version_alpha": 1, "alpha__note": 2, "alpha__tag": 0}
    assert (seen[0].connections, seen[0].settings, seen[0].faults) == (("Till",), 2, 1)
    assert seen[0].by_migrations


@pytest.mark.parametrize("drop", [False, True], ids=["by migrations", "dropped"])
def test_a_purge_leaves_no_table_and_no_row(running: Run, boot: Boot, drop: bool) -> None:
    kernel = running("alpha", "gamma")
    fill(kernel, "alpha")
    uninstalled(kernel, "alpha")
    assert mentions(kernel, "alpha") != []

    gone = removal.purge(kernel, "alpha", drop=drop)

    assert gone.by_migrations is not drop
    assert tables(kernel, "alpha") == set()
    assert mentions(kernel, "alpha") == []
    assert shown(kernel, "alpha") == "discovered"
    assert kernel.enabled == boot().enabled == {"gamma"}
    lifecycle.install(kernel, "alpha")
    assert tables(kernel, "alpha") == {"alpha__note", "alpha__tag", "alembic_version_alpha"}


def test_a_purge_needs_no_files(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "addons"
    shutil.copytree(ADDONS / "alpha", folder / "alpha")
    kernel = Kernel.boot(replace(config, addon_paths=(folder,)))
    with migrations.schema_session(kernel.db) as session:
        migrations.upgrade_addon(session.connection(), "alpha", folder / "alpha" / "migrations")
        session.add(
            Addon(name="alpha", state="disabled", version="1.0", tables=[], changed_at=clock.now())
        )
    kernel.db.dispose()
    shutil.rmtree(folder / "alpha")
    without = Kernel.boot(replace(config, addon_paths=(folder,)))

    removal.uninstall(without, "alpha")
    gone = removal.purge(without, "alpha")

    assert not gone.by_migrations
    assert tables(without, "alpha") == set()
    assert shown(without, "alpha") is None
    without.db.dispose()


def test_a_purge_whose_migrations_fail_changes_nothing(
    running: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = uninstalled(running("alpha"), "alpha")
    before = tables(kernel, "alpha")

    def fail(*_: object) -> None:
        raise MigrationFailed("cannot go down")

    monkeypatch.setattr(migrations, "downgrade_addon", fail)
    with pytest.raises(MigrationFailed):
        removal.purge(kernel, "alpha")

    assert tables(kernel, "alpha") == before
    assert shown(kernel, "alpha") == "uninstalled"
    removal.purge(kernel, "alpha", drop=True)
    assert tables(kernel, "alpha") == set()


def test_tables_to_which_others_refer_are_not_purged(running: Run) -> None:
    kernel = uninstalled(running("alpha"), "alpha")
    with migrations.schema_session(kernel.db) as session:
        session.execute(text("CREATE TABLE other__thing (note TEXT REFERENCES alpha__note (text))"))

    with pytest.raises(Conflict, match="other__thing refers to alpha__note of alpha"):
        removal.purge(kernel, "alpha")

    assert "alpha__note" in tables(kernel, "alpha")


@dataclass(frozen=True)
class Visit:
    """What a visit of all pages of the core found: status and figures of each, by address."""

    codes: dict[str, int]
    facts: dict[str, set[str]]


# Pages of single records; what they showed must not depend on the addon that brought it.
DETAILS = {
    "orders.show",
    "orders.line",
    "stock.show",
    "ledger.entry",
    "imports.show",
    "imports.raw",
}
# Pages about addons themselves, what their platforms ask, and whether a worker runs.
ELSEWHERE = (
    *("addons.", "addons_api.", "columns.", "connections.", "connections_api.", "health.healthy"),
    *("safe_mode.", "webhooks."),
)


def visit(config: Config) -> Visit:
    """Open every page of the core, those of single records and the profit's drill-downs too."""
    app = create_app(config)
    client = signed_in(app)
    pages = [each for each in core_pages(app) if not each[0].startswith(ELSEWHERE)]
    for by in ("order", "shop", "sku", "country", "month"):
        found = re.findall(r'href="(/profit/lines[^"]+)"', client.get(f"/profit?by={by}").text)
        pages += [("profit.lines", unescape(address)) for address in found]
    codes, facts = {}, {}
    for endpoint, address in pages:
        answer = client.get(address, follow_redirects=endpoint == "orders.line")
        codes[address] = answer.status_code
        if endpoint in DETAILS or address.startswith("/profit/lines?"):
            facts[address] = figures(answer.text)
    app.extensions["entrepot"].db.dispose()
    return Visit(codes, facts)


def figures(page: str) -> set[str]:
    """Return the numbers and the codes that a page shows."""
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    assert main is not None
    text = unescape(re.sub(r"<[^>]+>", " ", main[0]))
    return set(re.findall(r"\d[\d.,:-]*|\b[A-Z]{2,}\b", text))


def test_old_records_are_shown_with_their_facts_after_every_addon_is_purged(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB",
        "1002 MUG 1 @ 5.00 on 2011-02-02 from ben to GB",
        "C1003 MUG -1 @ 5.00 on 2011-02-03 from ann to GB",
    )
    before = visit(world.kernel.config)
    for name in sorted(world.kernel.rows, reverse=True):
        uninstalled(world.kernel, name)
        removal.purge(world.kernel, name)

    after = visit(world.kernel.config)

    assert after.codes == before.codes
    assert max(after.codes.values()) < 500
    assert after.codes["/orders"] == after.codes["/profit"] == 200
    assert after.facts == before.facts
    assert {after.codes[address] for address in after.facts} == {200}
    for start, fact in (
        ("/orders/", "1001"),
        ("/stock/", "MUG"),
        ("/ledger/entries/", "10.00"),
        ("/profit/lines?", "10.00"),
        ("/imports/", "3"),
        ("/raw/", "MUG"),
    ):
        shown = [facts for address, facts in after.facts.items() if address.startswith(start)]
        assert any(fact in facts for facts in shown), start
    assert world.kernel.rows == {}
    assert world.broken() == []


def test_init_does_not_bring_back_what_was_uninstalled(
    empty_database_url: str, tmp_path: Path
) -> None:
    config = Config(tmp_path, empty_database_url, (ROOT / "addons",))
    initialise(config, CompanyWish())
    kernel = Kernel.boot(config)
    uninstalled(kernel, "profit_report")
    with kernel.db.write() as session:
        session.execute(text("UPDATE kernel_addon SET version = '0' WHERE name = 'profit_report'"))

    initialise(config, CompanyWish())

    kernel.refresh()
    assert shown(kernel, "profit_report") == "uninstalled"
    kernel.db.dispose()
