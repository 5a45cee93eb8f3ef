"""The pages of disputes: what waits, what would be sent, and sending it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from core import clock
from core.channels.disputes import DisputeKind
from core.channels.disputes import DisputeState
from core.channels.disputes import DisputeStep
from core.channels.disputes import DisputeVerdict
from core.channels.disputes import ExternalDispute
from core.disputes import views
from core.disputes.answering import Proposal
from core.disputes.reading import dispute_by_name
from core.disputes.storing import keep_disputes
from core.orders.lookups import Account
from tests.web.conftest import Site
from tests.web.conftest import form_token


def test_what_would_be_sent_is_shown_before_it_is(
    site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ExternalDispute(
        "PAGE-DISPUTE", DisputeKind.PAYMENT, "1", DisputeState.OPEN, "Fraud", "open", clock.now(),
        1200, "EUR", clock.now(), (DisputeStep.ACCEPT, DisputeStep.CONTEST), ("PHOTO",),
    )  # fmt: skip
    with site.kernel.db.write() as session:
        keep_disputes(session, Account(site.company.id, "file", "PAGE"), [told])
        number = dispute_by_name(session, site.company.id, "PAGE-DISPUTE")
    asked: list[tuple[Proposal, bool]] = []

    def answer(
        _kernel: Any, _company: int, _id: int, proposal: Proposal, _by: str, **how: Any
    ) -> Any:
        asked.append((proposal, how["preview"]))
        return DisputeVerdict(True, sends=("contest: PAGE-DISPUTE", proposal.note))

    monkeypatch.setattr(views, "answer_dispute", answer)
    assert "PAGE-DISPUTE" in client.get("/disputes").text
    token = form_token(client, f"/disputes/{number}")
    given = {"csrf_token": token, "step": "contest", "note": "It arrived."}

    looked = client.post(f"/disputes/{number}/preview", data=given)
    assert looked.status_code == 200
    assert "This would be sent" in looked.text
    assert f"/disputes/{number}/answer" in looked.text
    assert client.post(f"/disputes/{number}/answer", data=given).status_code == 303
    assert [preview for _, preview in asked] == [True, False]
    assert asked[0][0] == Proposal(DisputeStep.CONTEST, "It arrived.")
