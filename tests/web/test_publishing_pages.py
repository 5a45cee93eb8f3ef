"""Pages of mapping and publishing: what is typed is done, and a preview says why."""

from __future__ import annotations

import io

import sqlalchemy as sa
from flask.testing import FlaskClient

from core.catalog.models import Listing
from core.publishing.models import Rule
from tests.web.conftest import FIELD
from tests.web.conftest import Site


def token(browser: FlaskClient, address: str) -> str:
    found = FIELD.search(browser.get(address).text)
    assert found is not None
    return found[1]


def unmap_one(site: Site) -> tuple[int, str, str, str]:
    """Let one item of the platform be unknown again; return it with its platform and account."""
    with site.kernel.db.write() as session:
        listing = session.scalars(
            sa.select(Listing).where(Listing.company_id == site.company.id).limit(1)
        ).one()
        listing.sku_id = None
        return listing.id, listing.external_ref, listing.platform, listing.account


def sku_of(site: Site, listing_id: int) -> int | None:
    found: int | None = site.rows(sa.select(Listing.sku_id).where(Listing.id == listing_id))[0][0]
    return found


def test_ticked_listing_is_mapped_as_suggested(site: Site, client: FlaskClient) -> None:
    listing_id, code, _platform, _account = unmap_one(site)
    page = client.get("/products/mapping").text
    assert f'name="listing" value="{listing_id}"' in page
    assert code in page
    data = {"csrf_token": token(client, "/products/mapping"), "listing": str(listing_id)}

    nothing = client.post("/products/mapping", data={**data, f"sku-{listing_id}": ""})
    unknown = client.post("/products/mapping", data={**data, f"sku-{listing_id}": "NOPE"})
    done = client.post("/products/mapping", data={**data, f"sku-{listing_id}": code})

    assert (nothing.status_code, unknown.status_code, done.status_code) == (400, 404, 303)
    assert sku_of(site, listing_id) is not None
    assert code in client.get("/products/mapping").text.partition("Last mapped")[2]


def test_file_maps_or_says_the_line(site: Site, client: FlaskClient) -> None:
    listing_id, code, platform, account = unmap_one(site)
    head = "platform,account,code,sku\n"
    for sku, status in (("NOPE", 400), (code, 303)):
        text = f"{head}{platform},{account},{code},{sku}\n"
        data = {
            "csrf_token": token(client, "/products/mapping?show=all"),
            "file": (io.BytesIO(text.encode()), "map.csv"),
        }
        answer = client.post("/products/mapping", data=data)
        assert answer.status_code == status
    assert sku_of(site, listing_id) is not None


def test_preview_explains_and_a_rule_is_kept_in_versions(site: Site, client: FlaskClient) -> None:
    data = {"csrf_token": token(client, "/products/publishing"), "sku": "MUG-BLU", "cap": "1"}

    said = client.post("/products/publishing", data={**data, "preview": "1"}).text
    assert "Publishes 1 because" in said
    assert "Cap 1" in said
    assert not site.rows(sa.select(Rule.id).where(Rule.cap == 1))
    wrong = client.post("/products/publishing", data={**data, "cap": "many"})
    assert wrong.status_code == 400
    for _ in range(2):
        data["csrf_token"] = token(client, "/products/publishing")
        assert client.post("/products/publishing", data=data).status_code == 303
    query = sa.select(Rule.version, Rule.replaced_at).where(Rule.cap == 1).order_by(Rule.version)
    (first, ended), (second, still) = site.rows(query)[-2:]
    assert second == first + 1
    assert ended is not None
    assert still is None
