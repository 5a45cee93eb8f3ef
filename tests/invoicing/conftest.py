"""A British company that may write invoices."""

from __future__ import annotations

from datetime import date

import pytest

from core.invoicing.issuing import set_issuer
from core.tax.sellers import add_registration
from tests.world import World


@pytest.fixture
def seller(world: World) -> World:
    """Give a British company that may write invoices."""
    world.stock("MUG 1000 @ 2.00 on 2010-11-30")
    with world.kernel.db.write() as session:
        set_issuer(session, world.company.id, "Shop Ltd", "1 High Street\nLondon")
        add_registration(
            session, world.company.id, "GB", "local", since=date(2010, 1, 1), number="980780684"
        )
    return world
