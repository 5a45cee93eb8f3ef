"""The pytest plugin of the test-kit: what the contracts need outside Entrepot's own repository.

pytest loads it wherever Entrepot is installed, for tests of other things too; so it imports
nothing of the core before a test asks for a database.
"""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Offer databases, unless another plugin does: of two, pytest would take ours."""
    plugins = config.pluginmanager
    plugins.import_plugin("core.testkit.fixtures")
    if not any(hasattr(plugin, "database_url") for plugin in plugins.get_plugins()):
        plugins.import_plugin("core.testkit.sqlite")
