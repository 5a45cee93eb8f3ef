"""What every addon must hold to, whatever it does; needs the fixture `database_url`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from core.kernel import lifecycle
from core.kernel import migrations
from core.kernel.autogenerate import differences
from core.kernel.blueprint import PREFIXES
from core.kernel.checking import IMPORT_SECONDS
from core.kernel.checking import catalogue_errors
from core.kernel.checking import foreign_imports
from core.kernel.checking import stray_templates
from core.kernel.gate import guard
from core.kernel.kernel import Kernel
from core.kernel.migrations import Lineage
from core.kernel.probe import probe
from core.kernel.registry import hook_names
from core.testkit.installed import InstalledAddon

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class AddonContract(InstalledAddon):
    """Tests that need nothing but the addon's name."""

    @pytest.fixture
    def folder(self) -> Path:
        """Return the addon's folder."""
        return self.addon_folder()

    @pytest.fixture
    def lineage(self, folder: Path) -> Lineage:
        """Return the addon's migrations."""
        return Lineage(self.addon, folder / "migrations")

    @pytest.fixture
    def app(self, kernel: Kernel) -> Flask:
        """Return an application with the addon's blueprints behind the gate."""
        app = Flask(__name__)
        app.config.update(API_TITLE="Contract", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
        guard(app, kernel)
        return app

    def test_it_runs(self, kernel: Kernel) -> None:
        """It is found, loaded, installed and enabled."""
        assert self.addon in kernel.enabled
        assert kernel.registry.broken == {}

    def test_importing_it_is_quick_and_without_effects(self, folder: Path) -> None:
        """Importing opens no connection, changes nothing of the core and takes little time."""
        seen = probe(self.addon, tuple(dict.fromkeys((folder.parent, *self.addon_paths()))))
        assert seen.changed == ()
        assert seen.seconds < IMPORT_SECONDS

    def test_it_imports_core_api_only(self, folder: Path) -> None:
        """Everything else of the core may change without notice."""
        assert foreign_imports(folder) == []

    def test_its_hooks_are_declared(self, kernel: Kernel) -> None:
        """It implements hooks that exist: an addon that implements none does nothing."""
        assert hook_names() & {*dir(kernel.addon(self.addon))}

    def test_its_tables_are_those_of_its_models(self, kernel: Kernel, lineage: Lineage) -> None:
        """Its migrations make what its models say, under names of its own."""
        with kernel.db.read() as session:
            assert differences(session.connection(), lineage) == []
            present = migrations.tables(session.connection())
        owned = {table for table in present if lineage.owns(table)}
        assert set(kernel.rows[self.addon].tables) == owned

    def test_its_migrations_go_down_and_up_again(self, kernel: Kernel, lineage: Lineage) -> None:
        """There is one head; down to nothing leaves nothing; up again gives the same tables."""
        script = lineage.script()
        if script is None:
            pytest.skip(f"{self.addon} has no tables")
        assert len(script.get_heads()) == 1
        with kernel.db.read() as session:
            before = migrations.tables(session.connection())
        with migrations.schema_session(kernel.db) as session:
            migrations.downgrade_addon(session.connection(), self.addon, lineage.folder)
            gone = before - migrations.tables(session.connection())
        with migrations.schema_session(kernel.db) as session:
            migrations.upgrade(session.connection(), lineage)
            after = migrations.tables(session.connection())
        assert gone == {*kernel.rows[self.addon].tables, lineage.version_table}
        assert after == before

    def test_disabling_keeps_its_tables(self, kernel: Kernel) -> None:
        """Disabled and enabled again it is as before."""
        with kernel.db.read() as session:
            before = migrations.tables(session.connection())
        lifecycle.disable(kernel, self.addon)
        with kernel.db.read() as session:
            assert migrations.tables(session.connection()) == before
        lifecycle.enable(kernel, self.addon)
        assert self.addon in kernel.enabled

    def test_its_addresses_lie_under_its_own_prefixes(self, app: Flask) -> None:
        """No page, API or webhook of it lies elsewhere."""
        prefixes = tuple(prefix.format(addon=self.addon) for prefix in PREFIXES.values())
        assert [rule for rule in self._rules(app) if not rule.startswith(prefixes)] == []

    def test_its_addresses_are_404_while_it_is_disabled(self, app: Flask, kernel: Kernel) -> None:
        """Disabled it is not there, for any method."""
        addresses = list(self._addresses(app))
        lifecycle.disable(kernel, self.addon)
        client = app.test_client()
        assert [
            (method, address)
            for method in METHODS
            for address in addresses
            if client.open(address, method=method).status_code != 404
        ] == []

    def test_its_templates_lie_in_a_folder_of_its_name(self, folder: Path) -> None:
        """Templates of all addons share one name space."""
        assert stray_templates(folder, self.addon) == []

    def test_its_translations_can_be_read(self, folder: Path) -> None:
        """Every catalogue is well formed, with the placeholders of the original."""
        assert catalogue_errors(folder) == []

    def _rules(self, app: Flask) -> Iterator[str]:
        for rule in app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in (
                self.addon,
                f"{self.addon}_api",
                f"{self.addon}_hooks",
            ):
                yield rule.rule

    def _addresses(self, app: Flask) -> Iterator[str]:
        for prefix in PREFIXES.values():
            yield prefix.format(addon=self.addon)
        for rule in self._rules(app):
            # A wrong value for a variable part is as good: the gate stands before the routes.
            yield rule.replace("<", "").replace(">", "").replace(":", "-")
