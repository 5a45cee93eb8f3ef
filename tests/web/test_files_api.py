"""Files by the API: sent as a form, looked at, taken, and the rows that were set aside."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.identity.fields import MASK
from core.kernel.connections import get_connection
from core.kernel.job_models import Job
from core.kernel.jobs import JobContext
from core.uploads import jobs
from core.uploads import keeping
from tests.web.programs import Api
from tests.web.test_api import api as _api
from tests.world import MAPPING

api = _api
GOOD = "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US"


def send(api: Api, token: str = "", key: str = "", **form: Any) -> Any:
    headers = {"Authorization": f"Bearer {token or api.token}"}
    headers |= {"Idempotency-Key": key} if key else {}
    answer = api.client.post("/api/v1/imports", headers=headers, data=form)
    # The client puts what is large into a file, and forgets it.
    answer.request.environ["wsgi.input"].close()
    return answer


def a_file(path: Path) -> tuple[io.BytesIO, str]:
    return io.BytesIO(path.read_bytes()), path.name


def work(api: Api, job_id: int) -> None:
    """Do a job as a worker does it."""
    kernel, company_id = api.life.world.kernel, api.life.world.company.id
    with kernel.db.read() as session:
        job = session.get_one(Job, job_id)
        args, task = job.args, job.task
    act = jobs.look if task == jobs.LOOK else jobs.take
    done = act(JobContext(kernel, job_id, task, args, company_id=company_id))
    with kernel.db.write() as session:
        values = {"state": "done", "result": done}
        session.execute(sa.update(Job).where(Job.id == job_id).values(**values))


def orders_of(api: Api) -> dict[str, Any]:
    """Return the form of a file of orders: one that is right, one of a day that there is not."""
    world = api.life.world
    path = world.write_orders(GOOD, GOOD.replace("1001", "1002"))
    text = path.read_text()
    last = text.rstrip("\n").rpartition("\n")[2]
    path.write_text(text.replace(last, last.replace("2011-02-01", "2011-02-31")))
    with world.kernel.db.read() as session:
        till = get_connection(session, "Till", company_id=world.company.id)
    mapping = io.BytesIO(MAPPING.encode()), "mapping.toml"
    return {"kind": "orders", "connection": till.id, "file": a_file(path), "mapping": mapping}


def test_file_is_looked_at_taken_and_its_failed_rows_read(api: Api) -> None:
    sent = send(api, **orders_of(api), preview="true").json
    here = f"/imports/previews/{sent['job_id']}"
    assert (api.get(here).json["state"], api.get(here).json["may_be_taken"]) == ("waiting", False)
    work(api, sent["job_id"])
    seen = api.get(here).json
    assert (seen["kind"], seen["error"], seen["may_be_taken"]) == ("orders", None, True)
    assert seen["found"]

    taken = api.post(f"{here}/take").json
    assert api.post(f"{here}/take").json["job_id"] in (None, taken["job_id"])
    work(api, taken["job_id"])
    (file,) = api.get("/imports").json["items"]
    assert (file["kind"], file["result"]["quarantined"]) == ("orders", 1)
    assert api.get(f"/imports/{file['id']}").json["header"]
    (row,) = api.get(f"/imports/{file['id']}/rows").json["items"]
    assert row["document_ref"] == "1002"
    assert "2011-02-31 10:00" in row["cells"].values()
    assert "2011-02-31" in api.get(f"/imports/{file['id']}/rows.csv").json["text"]

    blind = api.program("blind", "imports.view")
    (hidden,) = api.get(f"/imports/{file['id']}/rows", blind).json["items"]
    assert set(hidden["cells"].values()) == {MASK}
    assert api.get(here, blind).status_code == 403


def test_what_is_no_file_of_ours_is_refused(api: Api) -> None:
    folder = api.life.world.kernel.config.instance / keeping.FOLDER
    blind = api.program("blind", "imports.view")
    large = b"sku\n" + b"x" * 1_100_000

    assert send(api, blind, **orders_of(api)).status_code == 403
    assert send(api, kind="stock").status_code == 400
    assert send(api, kind="stock", file=(io.BytesIO(b"x"), "s.csv"), more="1").status_code == 400
    assert send(api, kind="orders", file=(io.BytesIO(b"x"), "o.csv")).status_code == 400
    assert api.post("/imports", kind="stock").status_code == 400
    assert not folder.exists()

    first, again = (
        send(api, key="once", kind="stock", file=(io.BytesIO(large), "s.csv")) for _ in range(2)
    )
    assert (first.status_code, again.json) == (200, first.json)
    assert len(list(folder.iterdir())) == 1
    other = send(api, key="once", kind="stock", file=(io.BytesIO(b"sku\n"), "s.csv"))
    assert other.status_code == 409
