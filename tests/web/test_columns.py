"""The columns of a file that was sent are chosen, and what it would do by them is looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.errors import EntrepotError
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.job_models import Job
from core.kernel.jobs import JobContext
from core.uploads.jobs import LOOK
from core.uploads.jobs import look
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.test_uploads import forget_files

FILE = "Order,Ordered at,SKU,Qty,Price,Country\nC1,03/04/2026,COLMUG,2,5.00,GB\n"


@pytest.fixture(autouse=True)
def _away(site: Site) -> Iterator[None]:
    """Begin and end without files and their jobs: the site is shared with other tests."""
    forget_files(site)
    yield
    forget_files(site)


@pytest.fixture
def till(site: Site) -> ConnectionInfo:
    with site.kernel.db.read() as session:
        found = list_connections(session, company_id=site.company.id)
    return next(each for each in found if each.addon == "file_channel")


def sent(client: FlaskClient, till: ConnectionInfo, text: str = FILE) -> str:
    form = {
        "kind": "orders", "act": "columns", "connection": str(till.id),
        "file": (io.BytesIO(text.encode()), "sales.csv"),
        "csrf_token": form_token(client, "/imports"),
    }  # fmt: skip
    answer = client.post("/imports", data=form)
    assert answer.status_code == 303
    return str(answer.location)


def chosen(client: FlaskClient, page: str, **changed: str) -> Any:
    form = {
        "role.document": "Order", "role.date": "Ordered at", "role.code": "SKU",
        "role.quantity": "Qty", "role.price": "Price", "role.country": "Country",
        "date_format": "%d/%m/%Y", "decimal": ".", "basis": "unit", "currency": "GBP",
        "timezone": "Europe/London", "marketplace": "till", "create_skus": "1", "remember": "1",
        "csrf_token": form_token(client, page),
    }  # fmt: skip
    return client.post(page, data={**form, **changed})


def job_of(site: Site, task: str) -> Job:
    with site.kernel.db.read() as session:
        return session.scalars(sa.select(Job).where(Job.task == task)).one()


def test_columns_are_chosen_and_looked_at(
    site: Site, client: FlaskClient, till: ConnectionInfo
) -> None:
    page = sent(client, till)
    shown = client.get(page).text
    assert '<option value="Ordered at" selected>Ordered at (03/04/2026)' in shown
    # Third of April or fourth of March: nobody but the seller knows.
    assert '<option value="" selected>' not in shown.partition('id="date_format"')[2][:80]
    assert shown.count(" ✓</option>") == 2

    answer = chosen(client, page)
    job = job_of(site, LOOK)
    found = look(JobContext(site.kernel, job.id, LOOK, job.args))
    assert answer.location == f"/imports/preview/{job.id}"
    assert (found["rows"], found["refused"], found["first_day"]) == (1, 0, "2026-04-03")

    back = f"{page}?from={job.id}"
    assert '<option value="%d/%m/%Y" selected>' in client.get(back).text

    assert job.args["remember"] is True
    assert "<textarea" in client.get(f"/connections/{till.id}").text


def test_what_reads_nothing_is_said_and_the_choice_stays(
    site: Site, client: FlaskClient, till: ConnectionInfo
) -> None:
    page = sent(client, till)

    answer = chosen(client, page, timezone="Atlantis", marketplace="mymarket")

    assert answer.status_code == 400
    assert "Atlantis" in answer.text
    assert 'value="mymarket"' in answer.text
    assert not site.rows(sa.select(Job.id).where(Job.task == LOOK))


def test_a_file_that_is_none_is_said_at_once(client: FlaskClient, till: ConnectionInfo) -> None:
    page = sent(client, till, "%PDF-1.7")

    answer = client.get(page)

    assert answer.status_code == 400
    assert "a PDF" in answer.text


def test_a_file_read_wrongly_is_kept_for_a_better_choice(
    site: Site, client: FlaskClient, till: ConnectionInfo
) -> None:
    page = sent(client, till)
    chosen(client, page, **{"role.currency": "Country"})
    job = job_of(site, LOOK)

    with pytest.raises(EntrepotError, match="GB"):
        look(JobContext(site.kernel, job.id, LOOK, job.args))

    assert client.get(page).status_code == 200
