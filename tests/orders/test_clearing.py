"""The job books what waited once nothing is missing any more, and leaves the rest waiting."""

from __future__ import annotations

from core.kernel.jobs import JobContext
from core.orders.jobs import post
from tests.world import World


def test_the_job_books_what_has_its_rate_now(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    world.orders(
        "1001 MUG 2 @ 5.00 EUR on 2011-02-01 from ann to GB",
        "1002 MUG 1 @ 5.00 USD on 2011-02-01 from bob to GB",
    )
    context = JobContext(world.kernel, 1, "orders.post", {})
    assert post(context) == {"posted": 0, "waiting": 2}
    world.rates("EUR/GBP 0.857 on 2011-02-01")
    assert post(context) == {"posted": 1, "waiting": 1}
    assert world.booked("1001")["1210"] == 1028
    assert world.booked("1002") == {}
    assert post(context) == {"posted": 0, "waiting": 1}
    told = world.rows("SELECT action FROM identity_audit WHERE action = 'orders.posted'")
    assert len(told) == 1
    assert world.broken() == []
