"""Personal data is kept apart from the first moment: sealed, bound to its order, found blindly."""

from __future__ import annotations

import csv
import json

import pytest
import sqlalchemy as sa

from core.addresses.address import Address
from core.errors import KernelError
from core.kernel import keys
from core.kernel.secret_commands import rotate_keys
from core.kernel.secrets import used_keys
from core.privacy.finding import find_person
from core.privacy.records import read_people
from core.privacy.records import store_edited
from tests.privacy.buyers import CANARIES
from tests.privacy.buyers import SECRET_TEXTS
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import import_buyers
from tests.privacy.buyers import order_id
from tests.privacy.buyers import write_buyers
from tests.world import MAPPING
from tests.world import World

LINE = "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB"
SECOND = "1002 MUG 1 @ 5.00 on 2011-02-02 from bob to GB"
OTHER = {**CANARIES, "name": "Somebody Else", "email": "else@example.org", "street": "1 High St"}


def person_of(world: World, ref: str):
    with world.kernel.db.read() as session:
        return read_people(session, world.company.id, [order_id(world, ref)])[order_id(world, ref)]


def found(world: World, text: str) -> list[str]:
    with world.kernel.db.read() as session:
        return [each.external_ref for each in find_person(session, world.company.id, text)]


def every_text(world: World) -> str:
    """Return every cell of every table as text."""
    with world.kernel.db.read() as session:
        connection = session.connection()
        tables = sa.inspect(connection).get_table_names()
        return "\n".join(
            repr(tuple(row))
            for name in tables
            for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))
        )


def test_no_table_holds_what_tells_of_a_buyer(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))

    text = every_text(world)

    assert [word for word in SECRET_TEXTS if word.casefold() in text.casefold()] == []
    assert "1001" in text


def test_a_rejected_line_holds_none_either(world: World) -> None:
    bad = write_buyers(world.folder, (LINE, CANARIES), (SECOND, CANARIES))
    with bad.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[2][3] = "many"
    with bad.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)

    result = world.order_file(bad, WAITING)

    assert result.quarantined == 1
    text = every_text(world)
    assert [word for word in SECRET_TEXTS if word.casefold() in text.casefold()] == []


def test_a_column_that_nobody_named_is_masked_by_its_header(world: World) -> None:
    buyer = write_buyers(world.folder, (LINE, CANARIES))

    # The mapping knows of no address: e-mail, telephone, street and name are noticed all the same.
    world.order_file(buyer, MAPPING.replace("[dates]", '[personal]\ncolumns = ["city"]\n[dates]'))

    person = person_of(world, "1001")
    assert person.others["column:email"] == CANARIES["email"]
    assert person.others["column:city"] == "Vexmouth"
    payload = world.rows("SELECT payload FROM channels_raw_row")[0][0]
    assert "canary.example" not in payload
    assert "Flibbertigibbet" not in payload
    assert "Vexmouth" not in payload
    assert "***" in payload


def test_what_came_in_comes_back_whole(world: World) -> None:
    import_buyers(world, (LINE, {**CANARIES, "street 2": "Floor 3"}))

    person = person_of(world, "1001")

    assert person.address.name == "Zebulon Quagmire"
    assert person.address.street == "77 Flibbertigibbet Row\nFloor 3"
    assert person.address.country == "GB"
    assert person.note == CANARIES["note"]


def test_figures_do_not_depend_on_the_buyer(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))
    derived = world.digest().derived

    world.order_file(write_buyers(world.folder, (LINE, {}), (SECOND, {})), MAPPING + "")

    assert world.digest().derived == derived
    assert world.broken() == []


def test_importing_again_changes_nothing(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))
    before, rows = world.digest(), world.rows("SELECT * FROM privacy_record ORDER BY id")

    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))

    assert world.digest() == before
    assert world.rows("SELECT * FROM privacy_record ORDER BY id") == rows


def test_a_further_line_adds_what_is_new(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    import_buyers(world, (LINE.replace("MUG", "JUG"), {**CANARIES, "note": "and quickly"}))

    person = person_of(world, "1001")

    assert len(person.received) == 2
    assert person.note == f"{CANARIES['note']}\nand quickly"


def test_orders_are_found_without_being_read(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))

    assert found(world, " zeb.QUAGMIRE@canary.example") == ["1001"]
    assert found(world, "+44 20 7946 0958") == ["1001", "1002"]
    assert found(world, "02079460958") == ["1001", "1002"]
    assert found(world, "1002") == ["1002"]
    assert found(world, "nobody@example.org") == []


def test_a_record_of_another_order_cannot_be_opened(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))
    first, second = order_id(world, "1001"), order_id(world, "1002")
    world.change(
        "UPDATE privacy_record SET received = (SELECT received FROM privacy_record r"
        " WHERE r.id = :first) WHERE id = :second",
        first=first,
        second=second,
    )

    with world.kernel.db.read() as session, pytest.raises(KernelError, match="moved here"):
        read_people(session, world.company.id, [second])


def test_the_key_can_be_changed_and_the_old_one_forgotten(world: World) -> None:
    import_buyers(world, (LINE, CANARIES), (SECOND, OTHER))
    old = keys.load_keys(world.kernel.config).newest

    done = rotate_keys(world.kernel, forget=True)

    assert done.sealed == 2
    assert done.forgotten == [old]
    assert {row[0] for row in world.rows("SELECT key_id FROM privacy_record")} == {done.key}
    assert person_of(world, "1001").address.name == "Zebulon Quagmire"
    assert found(world, "else@example.org") == ["1002"]


def test_a_key_that_personal_data_needs_is_not_forgotten(world: World) -> None:
    import_buyers(world, (LINE, CANARIES))
    needed = keys.load_keys(world.kernel.config).newest
    held = keys.load_keys(world.kernel.config).keys
    keyring = keys.replace_keys(world.kernel.config, [keys.new_key(), *held])

    with world.kernel.db.read() as session:
        assert used_keys(session) == {needed}
    assert person_of(world, "1001").address.name == "Zebulon Quagmire"
    assert keyring.newest != needed


def test_a_corrected_address_stands_beside_the_original(world: World) -> None:
    wrong = {**CANARIES, "postcode": "99999"}
    import_buyers(world, (LINE, wrong), mapping=WAITING)
    assert world.order("1001").exception == "address"
    key = order_id(world, "1001")
    version = world.rows("SELECT row_version FROM privacy_record")[0][0]
    mended = Address(
        name="Zebulon Quagmire",
        street="1 High St",
        city="London",
        postcode="sw1a 2aa",
        country="GB",
    )

    with world.kernel.db.write() as session:
        checked = store_edited(session, world.company.id, key, mended, version)

    assert checked is not None
    assert checked.problems == ()
    person = person_of(world, "1001")
    assert person.address.postcode == "SW1A 2AA"
    assert person.received[0]["postcode"] == "99999"
    with world.kernel.db.write() as session:
        assert store_edited(session, world.company.id, key, mended, version) is None


def test_an_address_that_no_carrier_takes_is_an_exception(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    import_buyers(
        world, (LINE, {**CANARIES, "postcode": "99999"}), (SECOND, CANARIES), mapping=WAITING
    )

    assert world.order("1001").exception == "address"
    assert world.order("1002").exception is None
    assert world.rows("SELECT problems FROM privacy_record ORDER BY id")[0][0] == (
        '[["postcode", "invalid"]]'
    )
    (raised,) = world.rows("SELECT detail FROM orders_exception")
    assert json.loads(raised[0]) == {"country": "GB", "fields": ["postcode invalid"]}


def test_goods_that_left_need_no_address(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    import_buyers(world, (LINE, {**CANARIES, "postcode": "99999"}))

    assert world.order("1001").exception is None
