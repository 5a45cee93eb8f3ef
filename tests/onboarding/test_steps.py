"""The steps of the set-up: what the books show to be done, and what somebody said."""

from __future__ import annotations

import pytest

from core import clock
from core.catalog.models import Listing
from core.catalog.services import skus_by_code
from core.errors import Conflict
from core.errors import InputError
from core.ids import next_id
from core.kernel.companies import company_of
from core.onboarding.company import change_company
from core.onboarding.looking import trial_of
from core.onboarding.looking import would_publish
from core.onboarding.steps import DONE
from core.onboarding.steps import LATER
from core.onboarding.steps import OPEN
from core.onboarding.steps import STEPS
from core.onboarding.steps import Progress
from core.onboarding.steps import mark
from core.onboarding.steps import progress_of
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import set_rule
from tests.orders.life import Life
from tests.world import World


def progress(world: World) -> Progress:
    with world.kernel.db.read() as session:
        return progress_of(session, world.company.id)


def done(world: World) -> set[str]:
    return {step.code for step in progress(world).steps if step.state == DONE}


def say(world: World, step: str, state: str) -> None:
    with world.kernel.db.write() as session:
        mark(session, world.company.id, step, state, by="ann")


def test_steps_are_done_as_the_books_fill(world: World) -> None:
    before = done(world)
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    stocked = done(world)
    Life(world).orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")

    assert {"stock", "skus", "trial"} & before == set()
    assert {"stock", "skus"} <= stocked
    assert "trial" not in stocked
    assert {"trial", "shops", "source"} <= done(world)
    assert [step.code for step in progress(world).steps] == list(STEPS)


def test_step_is_put_off_and_found_again(world: World) -> None:
    say(world, "company", DONE)
    say(world, "fees", LATER)
    found = progress(world)
    states = {step.code: step.state for step in found.steps}

    assert (states["company"], states["fees"], states["live"]) == (DONE, LATER, OPEN)
    for code in STEPS:
        if states[code] == OPEN:
            say(world, code, DONE)
    assert progress(world).next == "fees"
    say(world, "fees", DONE)
    assert progress(world).next == ""
    say(world, "fees", OPEN)
    assert progress(world).next == "fees"


def test_what_is_no_step_and_no_state_is_refused(world: World) -> None:
    with pytest.raises(InputError, match="no step"):
        say(world, "dance", DONE)
    with pytest.raises(InputError, match="no state"):
        say(world, "fees", "perhaps")


def test_company_is_changed_until_something_is_booked(world: World) -> None:
    def change(**more: str) -> None:
        given = {"name": "Harbour", "country": "CN", "currency": "CNY", "timezone": "Asia/Shanghai"}
        with world.kernel.db.write() as session:
            change_company(session, world.company.id, **{**given, **more})

    change()
    with world.kernel.db.read() as session:
        found = company_of(session, world.company.id)
    assert (found.name, found.currency, found.timezone) == ("Harbour", "CNY", "Asia/Shanghai")
    with pytest.raises(InputError, match="time zone"):
        change(timezone="Moon/Crater")
    change(currency="GBP")
    world.stock("MUG 9 @ 2.00 on 2010-11-30")

    change(name="Harbour Ltd", currency="GBP")
    with pytest.raises(Conflict, match="booked"):
        change(currency="USD")
    assert len(world.rows("SELECT id FROM identity_audit WHERE action = 'company.changed'")) == 3


def test_dry_run_and_preview_show_what_would_be(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    Life(world).orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US", "1002 CUP 1 @ 5.00 on 2011-02-01")
    with world.kernel.db.write() as session:
        sku_id = skus_by_code(session, world.company.id, ["MUG"])["MUG"]
        session.add(
            Listing(
                company_id=world.company.id, id=next_id(session), platform="amazon", account="A1",
                external_ref="B0MUG", title="Mug", sku_id=sku_id, created_at=clock.now(),
            )
        )  # fmt: skip
        set_rule(session, world.company.id, Scope("amazon"), Terms(buffer=3))

    with world.kernel.db.read() as session:
        trial = trial_of(session, world.company.id)
        published = would_publish(session, world.company.id)

    assert trial.settlement is None
    assert {kind for kind, number in trial.queues.items() if number} == {"short"}
    told = [(each.platform, each.sku, each.reckoning.quantity) for each in published]
    assert sorted(told) == [("amazon", "MUG", 5), (told[0][0], "CUP", 0), (told[0][0], "MUG", 8)]
    assert done(world) >= {"publish"}
