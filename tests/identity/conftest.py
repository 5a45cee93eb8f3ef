"""An installation with a first owner, on each engine in turn."""

from __future__ import annotations

import pytest

from core.identity import first_run
from core.identity.sealing import seal
from core.kernel.kernel import Kernel
from tests.world import World


@pytest.fixture
def kernel(world: World) -> Kernel:
    """Give the kernel of a world whose first owner exists, what was done so far sealed."""
    with world.kernel.db.write() as session:
        first_run.ensure_admin(session, world.kernel.config.instance)
    seal(world.kernel.db)
    return world.kernel
