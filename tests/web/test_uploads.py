"""A file is sent on the page of imports: it is kept for a job, or refused with what is missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.channels.models import RawRow
from core.identity.fields import MASK
from core.identity.models import AuditEntry
from core.kernel.connections import list_connections
from core.kernel.job_models import Job
from core.stock.previewing import StockFilePreview
from core.uploads import keeping
from core.uploads.jobs import LOOK
from core.uploads.jobs import TAKE
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def send(browser: FlaskClient, kind: str, **form: Any) -> Any:
    token = form_token(browser, "/imports")
    return browser.post("/imports", data={"kind": kind, **form, "csrf_token": token})


def a_file(text: str = "x", name: str = "orders.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def kept(site: Site) -> list[str]:
    folder = site.config.instance / keeping.FOLDER
    return [each.name for each in folder.iterdir()] if folder.is_dir() else []


@pytest.fixture(autouse=True)
def _away(site: Site) -> Iterator[None]:
    """Begin and end without files and their jobs: the site is shared with other tests."""
    forget_files(site)
    yield
    forget_files(site)


def forget_files(site: Site) -> None:
    with site.kernel.db.write() as session:
        session.execute(sa.delete(Job).where(Job.task.in_((LOOK, TAKE))))
    for key in kept(site):
        keeping.drop(site.config.instance, key)


def test_a_file_waits_for_its_job(site: Site, client: FlaskClient) -> None:
    answer = send(client, "stock", file=a_file("sku\n", "opening.csv"))

    with site.kernel.db.read() as session:
        job = session.scalars(sa.select(Job).where(Job.task == TAKE)).one()
        assert (
            session.scalar(sa.select(AuditEntry.id).where(AuditEntry.action == "file.sent"))
            is not None
        )
    assert (answer.status_code, answer.location) == (303, f"/jobs/{job.id}")
    assert job.args == {
        "kind": "stock", "company_id": site.company.id, "file": "opening.csv",
        "upload": kept(site)[0],
    }  # fmt: skip
    assert keeping.find(site.config.instance, job.args["upload"]).read_text() == "sku\n"
    assert "opening.csv" in client.get(answer.location).text


def test_a_large_file_is_taken_from_who_may_come_in(site: Site, client: FlaskClient) -> None:
    large = "sku\n" + "x" * 1_100_000

    stranger = site.visitor().post("/imports", data={"file": a_file(large)})
    assert (stranger.status_code, kept(site)) == (302, [])
    known = send(client, "stock", file=a_file(large, "opening.csv"))
    assert known.status_code == 303
    for each in (stranger, known):  # the client put it into a file, and forgets that
        each.request.environ["wsgi.input"].close()
    assert len(kept(site)) == 1


def test_orders_come_with_their_connection_and_mapping(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.read() as session:
        chosen = list_connections(session, company_id=site.company.id)[0].id

    send(client, "orders", file=a_file(), mapping=a_file("", "m.toml"), connection=str(chosen))

    with site.kernel.db.read() as session:
        args = session.scalars(sa.select(Job.args).where(Job.task == TAKE)).one()
    assert args["connection_id"] == chosen
    assert sorted(kept(site)) == sorted([args["upload"], args["mapping"]])


def test_what_is_missing_is_asked_for(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.read() as session:
        foreign = list_connections(session, company_id=site.other.id)[0].id

    def said(kind: str, status: int = 400, **form: Any) -> str:
        answer = send(client, kind, **form)
        assert answer.status_code == status
        return answer.text

    assert "choose a file" in said("stock")
    assert "choose the connection" in said("orders", file=a_file())
    unknown = said("orders", 404, file=a_file(), connection=str(foreign))
    assert "There is no such connection" in unknown
    assert send(client, "passwords", file=a_file()).status_code == 400
    assert kept(site) == []


def test_a_file_is_previewed_then_imported(site: Site, client: FlaskClient) -> None:
    shown = send(client, "stock", act="look", file=a_file("sku\n", "opening.csv")).location
    waiting = client.get(shown)
    with site.kernel.db.write() as session:
        looking = session.scalars(sa.select(Job).where(Job.task == LOOK)).one()
        assert 'http-equiv="refresh"' in waiting.text
        looking.state = "done"
        looking.result = asdict(StockFilePreview("GBP", 3, 1, 1, "7.50", {"MAIN": 3}, [(3, "<b>")]))

    seen = client.get(shown).text
    form = {"csrf_token": form_token(client, shown)}
    answer = client.post(shown, data=form)

    assert "7.50 GBP" in seen
    assert "&lt;b&gt;" in seen
    with site.kernel.db.read() as session:
        job = session.scalars(sa.select(Job).where(Job.task == TAKE)).one()
    assert answer.location == f"/jobs/{job.id}"
    assert job.args == looking.args
    keeping.drop(site.config.instance, job.args["upload"])
    assert f'action="{shown}"' not in client.get(shown).text


def test_rows_that_were_set_aside_are_downloaded(site: Site, client: FlaskClient) -> None:
    query = sa.select(RawRow.import_id, RawRow.line_number, RawRow.reason).where(
        RawRow.company_id == site.company.id, RawRow.reason.is_not(None), RawRow.kind != "stock"
    )
    (wanted, *more) = site.rows(query)

    answer = client.get(f"/imports/{wanted.import_id}/rows.csv")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))

    assert head[:2] == ["Line", "Reason"]
    assert len(rows) == 1 + sum(each.import_id == wanted.import_id for each in more)
    assert [str(wanted.line_number), wanted.reason] in [row[:2] for row in rows]
    assert all(len(row) == len(head) for row in rows)
    assert client.get("/imports/1/rows.csv").status_code == 404


def test_who_may_not_see_buyers_downloads_no_cells(site: Site) -> None:
    make_user(site, "bookkeeper", "finance", site.company.id)
    query = sa.select(RawRow.import_id, RawRow.line_number, RawRow.reason).where(
        RawRow.company_id == site.company.id, RawRow.reason.is_not(None), RawRow.kind != "stock"
    )
    row = site.rows(query)[0]

    said = browser_of(site, "bookkeeper").get(f"/imports/{row.import_id}/rows.csv").text

    _head, *rows = csv.reader(io.StringIO(said))
    assert {cell for each in rows for cell in each[2:]} == {MASK}


def test_who_may_not_import_sends_nothing(site: Site) -> None:
    make_user(site, "onlooker", "auditor", site.company.id)
    browser = browser_of(site, "onlooker")

    assert 'id="send"' not in browser.get("/imports").text
    token = form_token(browser, "/")
    form = {"kind": "stock", "file": a_file(), "csrf_token": token}
    assert browser.post("/imports", data=form).status_code == 403
    assert kept(site) == []
