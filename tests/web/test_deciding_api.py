"""Rules, listings, publishing and registrations by the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import clock
from core.catalog.models import Listing
from core.ids import next_id
from tests.rules.ruling import condition
from tests.rules.ruling import rule
from tests.web.programs import Api
from tests.web.programs import program_in
from tests.world import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with program_in(world) as made:
        yield made


def test_a_rule_is_written_goes_live_and_is_put_away(api: Api) -> None:
    told = rule("first", condition("country", "is_one_of", "US"), does="hold parked")
    made = api.post("/rules", **told)
    assert made.status_code == 200, made.text
    first = made.json
    second = api.post("/rules", **told | {"name": "second"}).json
    here = f"/rules/{first['id']}"

    assert (first["live_version"], first["version"]) == (None, 1)
    assert api.post(f"{here}/live").json["live_version"] == 1
    changed = api.post(f"{here}/versions", **told | {"name": "other"}).json
    assert (changed["name"], changed["version"], changed["live_version"]) == ("other", 2, 1)
    late = api.post(f"{here}/versions", **told, row_version=1)
    assert late.status_code == 409
    assert api.post(f"{here}/switch", on=False).json["enabled"] is False
    turned = api.post("/rules/order", rules=[second["id"], first["id"]]).json["items"]
    assert [each["id"] for each in turned] == [second["id"], first["id"]]
    left = api.post(f"{here}/away").json["items"]
    assert [each["id"] for each in left] == [second["id"]]
    assert api.post("/rules", name="", actions=[]).status_code == 400


def test_listings_are_mapped_and_published_by_terms(api: Api) -> None:
    world = api.life.world
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    with world.kernel.db.write() as session:
        row = Listing(
            company_id=world.company.id, id=next_id(session), platform="bazaar", account="me",
            external_ref="MUG-1", title="Mug", created_at=clock.now(),
        )  # fmt: skip
        session.add(row)
    (waiting,) = api.get("/publishing/listings").json["items"]

    done = api.post("/publishing/listings", listings=[{"id": waiting["id"], "sku": "MUG"}]).json
    wrong = api.post("/publishing/listings", listings=[{"id": waiting["id"], "sku": "CUP"}])
    broken = api.post("/publishing/listings", listings=[{"id": "1", "sku": "MUG"}])
    kept = api.post("/publishing/rules", sku="MUG", buffer=2, note="thin").json["items"]

    assert (waiting["sku"], done["mapped"]) == (None, 1)
    assert (wrong.status_code, broken.status_code) == (404, 400)
    assert api.get("/publishing/listings", show="mapped").json["items"][0]["sku"] == "MUG"
    assert [(each["sku"], each["buffer"]) for each in kept if each["sku"]] == [("MUG", 2)]
    assert api.get("/publishing/rules").json["items"] == kept
    tried = api.post("/publishing/preview", sku="MUG", platform="bazaar", account="me").json
    assert tried["quantity"] == 7


def test_a_registration_is_changed_and_ends(api: Api) -> None:
    since = {"since": "2020-01-01", "country": "NZ", "scheme": "all_goods"}
    made = api.post("/tax/registrations", **since).json
    here = f"/tax/registrations/{made['id']}"

    changed = api.post(here, number="123-456-789", months=2).json
    ended = api.post(here, until="2021-12-31").json

    assert (changed["number"], changed["months"]) == ("123-456-789", 2)
    assert ended["until"] == "2021-12-31"
    assert api.post("/tax/thresholds").status_code == 200
    assert api.post("/tax/platforms").json == {"items": []}
