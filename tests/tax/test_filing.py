"""Returns are prepared and filed; what was filed stays, and what comes later corrects it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError

from core.errors import Conflict
from core.errors import InputError
from core.ids import next_id
from core.kernel import lifecycle
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.tax.channels import set_channel
from core.tax.due import late_returns
from core.tax.due import returns_due
from core.tax.filing import changed_since
from core.tax.filing import file_return
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import period_of
from core.tax.return_steps import Step
from core.tax.return_steps import steps_of
from core.tax.sellers import add_registration
from core.tax.sellers import change_registration
from tests.world import World

Q1 = period_of("2011-Q1")


def prepare(world: World, code: str, period: str, **manual: int) -> Step:
    with world.kernel.db.write() as session:
        return prepare_return(
            session, world.company.id, code, period_of(period), by="ann", manual=manual
        )


def file(world: World, code: str, period: str, day: date, reference: str = "") -> Step:
    with world.kernel.db.write() as session:
        return file_return(
            session,
            world.company.id,
            code,
            period_of(period),
            by="ann",
            filed_on=day,
            reference=reference,
        )


def amounts(step: Step) -> dict[tuple[str, ...], int | None]:
    return {
        (each.box.code, *each.box.key, each.box.corrects): each.box.amount for each in step.boxes
    }


def test_a_return_is_prepared_looked_over_and_filed(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    world.orders("1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")

    with pytest.raises(Conflict, match="not prepared"):
        file(world, "uk_vat100", "2011-Q1", date(2011, 5, 1))
    prepared = prepare(world, "uk_vat100", "2011-Q1", **{"7": 12345})
    found = amounts(prepared)
    assert (found["1", ""], found["6", ""], found["7", ""], found["9", ""]) == (
        200,
        1000,
        12345,
        None,
    )
    assert (prepared.ledger_amount, prepared.boxed_amount) == (200, 200)
    with pytest.raises(InputError, match="from the books"):
        prepare(world, "uk_vat100", "2011-Q1", **{"6": 1})
    with pytest.raises(InputError, match="ends on 2011-04-01"):
        file(world, "uk_vat100", "2011-Q1", date(2011, 3, 31))

    filed = file(world, "uk_vat100", "2011-Q1", date(2011, 5, 1), "HMRC 77")

    assert amounts(filed) == found
    assert (filed.filed_on, filed.reference, filed.made_by) == (date(2011, 5, 1), "HMRC 77", "ann")


def test_what_was_filed_stays_and_a_late_entry_makes_an_amended_return(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    world.orders("1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    prepare(world, "uk_vat100", "2011-Q1")
    world.orders("2 MUG 1 @ 5.00 on 2011-02-02 from bob to GB")
    with pytest.raises(Conflict, match="prepared before the last entries"):
        file(world, "uk_vat100", "2011-Q1", date(2011, 5, 1))
    prepare(world, "uk_vat100", "2011-Q1")
    first = file(world, "uk_vat100", "2011-Q1", date(2011, 5, 1))
    with pytest.raises(Conflict, match="nothing was booked since"):
        prepare(world, "uk_vat100", "2011-Q1")

    world.orders("3 MUG 4 @ 5.00 on 2011-03-02 from cat to GB")

    with world.kernel.db.read() as session:
        now = fill_return(
            session, world.company.id, form_for(session, world.company.id, "uk_vat100"), Q1
        )
        since = changed_since(first, now)
    assert (since["1", (), ""], since["6", (), ""]) == (400, 2000)
    prepare(world, "uk_vat100", "2011-Q1")
    amended = file(world, "uk_vat100", "2011-Q1", date(2011, 6, 1))
    with world.kernel.db.read() as session:
        steps = steps_of(session, world.company.id, "uk_vat100", only="filed")
    assert [amounts(each)["1", ""] for each in steps] == [300, 700]
    assert amounts(amended)["6", ""] == 3500
    for change in ("UPDATE tax_return SET reference = 'x'", "DELETE FROM tax_return"):
        with pytest.raises(DBAPIError, match="append-only"):
            world.change(change)


def test_a_one_stop_shop_carries_late_facts_into_its_next_return_once(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    world.rates(
        "GBP/EUR 1.2 on 2026-08-01", "GBP/EUR 1.3 on 2026-09-30", "GBP/EUR 1.4 on 2026-10-31"
    )
    with world.kernel.db.write() as session:
        add_registration(session, world.company.id, "EU", "ioss", since=date(2021, 7, 1))
        set_channel(session, world.company.id, "file", "own")
    world.orders("1 MUG 1 @ 10.00 on 2026-08-03 from ann to DE")
    prepare(world, "eu_ioss", "2026-08")
    assert (
        amounts(file(world, "eu_ioss", "2026-08", date(2026, 9, 20)))["tax", "DE", "19 %", ""]
        == 228
    )
    with pytest.raises(Conflict, match="corrected by the return of a later period"):
        prepare(world, "eu_ioss", "2026-08")

    world.orders(
        "2 MUG 2 @ 10.00 on 2026-08-04 from bob to DE",
        "3 MUG 1 @ 10.00 on 2026-09-04 from cat to FR",
    )
    september = prepare(world, "eu_ioss", "2026-09")
    file(world, "eu_ioss", "2026-09", date(2026, 10, 20))
    october = prepare(world, "eu_ioss", "2026-10")

    found = amounts(september)
    # August's own rate: 2 x 10.00 at 1.2; September's sale at 1.3.
    assert found["base", "DE", "19 %", "2026-08"] == 2400
    assert found["tax", "DE", "19 %", "2026-08"] == 456
    assert found["tax", "FR", "20 %", ""] == 260
    assert found["total", ""] == 716
    assert (september.ledger_amount, september.boxed_amount) == (260, 260)
    assert amounts(october) == {("total", ""): 0}


def test_what_is_due_follows_from_the_registrations(world: World) -> None:
    company = world.company.id
    with world.kernel.db.write() as session:
        row = add_registration(session, company, "GB", "local", since=date(2011, 2, 1), months=1)
        with pytest.raises(InputError, match="every 5 months"):
            change_registration(session, company, row.id, months=5)
        due = returns_due(session, company, date(2011, 4, 8))
        assert [(each.period, each.due_on, each.state, each.is_late) for each in due] == [
            ("2011-04", date(2011, 6, 7), "running", False),
            ("2011-03", date(2011, 5, 7), "open", False),
            ("2011-02", date(2011, 4, 7), "open", True),
        ]
        change_registration(session, company, row.id, months=0)
        assert [each.period for each in returns_due(session, company, date(2011, 4, 8))] == [
            "2011-Q2",
            "2011-Q1",
        ]
        assert not late_returns(session, company, date(2011, 4, 8))
    prepare(world, "uk_vat100", "2011-Q1")
    file(world, "uk_vat100", "2011-Q1", date(2011, 5, 1))
    with world.kernel.db.read() as session:
        due = returns_due(session, company, date(2011, 6, 1))
    assert [(each.period, each.state) for each in due] == [
        ("2011-Q2", "running"),
        ("2011-Q1", "filed"),
    ]


def test_the_control_account_shows_what_no_box_counts(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    world.orders("1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), "by hand", "manual", date(2011, 2, 3))
        entry.add("2300", -77, Dimensions())
        entry.add("1000", 77, Dimensions())
        journal.post()

    with world.kernel.db.read() as session:
        form = form_for(session, world.company.id, "uk_vat100")
        control = fill_return(session, world.company.id, form, Q1).control

    assert (control.ledger, control.boxed, control.difference) == (277, 200, 77)
