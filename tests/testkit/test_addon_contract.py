"""The contract of every addon can fail: each of these is wrong in one way, and is found out."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.wrong import Change
from tests.testkit.wrong import assert_found_out

MIGRATION = '''"""Make a table."""

import sqlalchemy as sa
from alembic import op

revision = "{name}_0001"
down_revision = None


def upgrade() -> None:
    op.create_table("{name}__note", sa.Column("id", sa.BigInteger(), primary_key=True))


def downgrade() -> None:
    {down}
'''
HOOKED = "from core.api import hookimpl"
DAWDLING = """
import time

end = time.process_time() + 1
while time.process_time() < end:
    pass
"""
REPORTS = "    @hookimpl\n    def reports"
CHANGES: dict[str, Change] = {
    "not_found": (
        "manifest.toml",
        'name = "not_found"',
        'name = "somebody_else"',
        "TestAddon::test_it_runs",
    ),
    "older_core": ("manifest.toml", ">=1.0,<2", ">=9", "TestAddon::test_it_runs"),
    "fails": ("addon.py", HOOKED, HOOKED + "\n\nraise RuntimeError", "TestAddon::test_it_runs"),
    "reaches_in": (
        "report.py",
        "from core.api import REVENUE",
        "import core.db  # noqa\nfrom core.api import REVENUE",
        "TestAddon::test_it_imports_core_api_only",
    ),
    "connects": (
        "addon.py",
        HOOKED,
        HOOKED + "\nimport sqlite3\n\nsqlite3.connect(':memory:')",
        "TestAddon::test_importing_it_is_quick_and_without_effects",
    ),
    "dawdles": (
        "addon.py",
        HOOKED,
        HOOKED + DAWDLING,
        "TestAddon::test_importing_it_is_quick_and_without_effects",
    ),
    "does_nothing": (
        "addon.py",
        REPORTS,
        "    def reported",
        "TestAddon::test_its_hooks_are_declared",
    ),
    "unknown_hook": (
        "addon.py",
        REPORTS,
        REPORTS + "_of_another_world",
        "TestAddon::test_it_runs",
    ),
    "table_without_model": (
        "migrations/0001_note.py",
        "",
        MIGRATION.format(
            name="table_without_model", down="op.drop_table('table_without_model__note')"
        ),
        "TestAddon::test_its_tables_are_those_of_its_models",
    ),
    "one_way": (
        "migrations/0001_note.py",
        "",
        MIGRATION.format(name="one_way", down="pass"),
        "TestAddon::test_its_migrations_go_down_and_up_again",
    ),
    "table_of_others": (
        "migrations/0001_note.py",
        "",
        MIGRATION.format(name="somebody", down="op.drop_table('somebody__note')"),
        "TestAddon::test_it_runs",
    ),
    "stray_page": (
        "templates/base.html",
        "",
        "<p>Ours</p>",
        "TestAddon::test_its_templates_lie_in_a_folder_of_its_name",
    ),
    "garbled": (
        "translations/zh_Hans/LC_MESSAGES/messages.po",
        "",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        '#, python-format\nmsgid "%(count)d orders"\nmsgstr "%(number)d"\n',
        "TestAddon::test_its_translations_can_be_read",
    ),
    "open_door": (
        "addon.py",
        REPORTS,
        "    @hookimpl\n    def blueprints(self):\n"
        "        from core.api import AddonBlueprint\n\n"
        "        pages = AddonBlueprint('open_door', __name__)\n"
        "        pages.add_url_rule('/x', view_func=lambda: 'x')\n"
        "        pages.url_prefix = '/elsewhere'\n"
        "        return [pages]\n\n" + REPORTS,
        "TestAddon::test_its_addresses_lie_under_its_own_prefixes",
    ),
}
# These do not get as far as the test: they cannot be installed.
REFUSED = {"not_found", "older_core", "fails", "unknown_hook", "table_of_others"}


def test_every_wrong_addon_is_found_out(tmp_path: Path) -> None:
    assert_found_out(tmp_path, "report", CHANGES, refused=REFUSED)
