"""Tokens: refreshed once for all, stored before they are used, asked for anew when lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from core.channels.calling import calling
from core.channels.capabilities import ClientOptions
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import Unavailable
from core.http import tokens as tokens_module
from core.http.calls import Operation
from core.http.client import http_client
from core.http.oauth import Tokens
from core.http.oauth import tokens_of
from core.http.tokens import TokenSigner
from core.http.tokens import access_token
from core.http.tokens import store_tokens
from core.http.tokens import stored_tokens
from core.kernel import connection_states
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.kernel import Kernel
from core.kernel.models import Secret
from tests.http.conftest import connect_vendor
from tests.http.oauth_server import SECRET
from tests.http.oauth_server import OAuthServer
from tests.http.oauth_server import oauth_server
from tests.kernel.platforms import make_company


@dataclass
class Account:
    """A connection that was authorised, and its platform."""

    kernel: Kernel
    connection: ConnectionInfo
    server: OAuthServer

    def age(self) -> None:
        """Let the access token run out."""
        with self.kernel.db.write() as session:
            held = stored_tokens(session, self.connection)
            assert held is not None
            old = Tokens(held.access_token, held.refresh_token, 1.0, held.refreshing_since)
            store_tokens(session, self.connection, old)

    def state(self) -> str:
        with self.kernel.db.read() as session:
            return connection_by_id(
                session, self.connection.id, company_id=self.connection.company_id
            ).state


@pytest.fixture
def account(vendor: Callable[..., Kernel]) -> Iterator[Account]:
    """Give a connection with fresh tokens."""
    with oauth_server() as server:
        assert server.served is not None
        kernel = vendor(server.served.opened)
        kernel.addon("vendor").oauth = server.declared
        connection = connect_vendor(kernel, make_company(kernel), client_secret=SECRET)
        made = tokens_of(server.new_tokens(), {})
        with kernel.db.write() as session:
            store_tokens(session, connection, made)
            connection_states.note_success(session, connection)
        yield Account(kernel, connection, server)


def test_a_fresh_token_is_used_as_it_is(account: Account) -> None:
    assert access_token(account.kernel, account.connection) == account.server.access_tokens[0]
    assert account.server.refreshes == 0


def test_an_old_token_is_refreshed_and_stored_as_a_secret(account: Account) -> None:
    account.age()

    first = access_token(account.kernel, account.connection)
    second = access_token(account.kernel, account.connection)

    assert first == second == account.server.access_tokens[1]
    assert account.server.refreshes == 1
    with account.kernel.db.read() as session:
        held = session.scalars(sa.select(Secret.token).where(Secret.field == "oauth_tokens")).one()
        kept = stored_tokens(session, account.connection)
    assert first not in held
    assert kept is not None
    assert kept.refreshing_since is None
    assert first not in repr(kept)


def test_a_refused_token_is_renewed_in_the_midst_of_a_call(account: Account) -> None:
    account.server.new_tokens()  # the platform has forgotten the first one
    assert account.server.served is not None
    signer = TokenSigner(account.kernel, account.connection)
    url = account.server.served.url
    with http_client(account.kernel, account.connection, base_url=url, signer=signer) as client:
        answer = client.call(Operation("orders", "GET", "/orders"))

    assert answer.status == 200
    assert account.server.refreshes == 1


class Connector:
    """A connector that leaves the token to the kernel."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def client_options(self, _settings: object) -> ClientOptions:
        return ClientOptions(base_url=self.base_url)


def test_a_connector_s_requests_carry_the_token_by_themselves(account: Account) -> None:
    assert account.server.served is not None
    url = account.server.served.url
    with calling(account.kernel, account.connection, Connector(url)) as call:
        assert call.http.call(Operation("orders", "GET", "/orders")).status == 200
    addon = account.kernel.addon("vendor")
    addon.oauth = replace(addon.oauth, token_header="X-Token", token_prefix="")
    with calling(account.kernel, account.connection, Connector(url)) as call:
        call.http.call(Operation("orders", "GET", "/orders"), expect={401})

    headers = {name.lower(): value for name, value in account.server.served.requests[-1][2].items()}
    assert headers["x-token"] == account.server.access_tokens[-1]
    assert "authorization" not in headers


def test_many_processes_refresh_once(account: Account) -> None:
    account.age()
    account.server.slow = 0.3
    account.kernel.db.dispose()
    reader, writer = os.pipe()
    children = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                account.kernel.db.engine.dispose(close=False)
                token = access_token(account.kernel, account.connection)
                os.write(writer, f"{token}\n".encode())
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        got = stream.read().split()

    assert got == [account.server.access_tokens[1]] * 5
    assert account.server.refreshes == 1


class Died(BaseException):
    """What stands for a kill."""


def die_before_storing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die between the platform's answer and the storing."""

    def die(*_arguments: object) -> None:
        raise Died

    account.age()
    with monkeypatch.context() as patch:
        patch.setattr(tokens_module, "_keep", die)
        with pytest.raises(Died):
            access_token(account.kernel, account.connection)


def test_a_token_lost_on_its_way_is_asked_for_again_within_the_period_of_grace(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_before_storing(account, monkeypatch)
    account.server.grace = True

    assert access_token(account.kernel, account.connection) == account.server.access_tokens[-1]
    assert account.server.refreshes == 2


def test_without_grace_the_connection_says_that_it_must_be_authorised_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_before_storing(account, monkeypatch)

    with pytest.raises(AuthFailed, match="cut off"):
        access_token(account.kernel, account.connection)

    assert account.state() == "needs_credentials"


def test_storing_is_insisted_on(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.age()
    failing = [OperationalError("", {}, Exception("locked")) for _ in range(3)]
    real, fresh = tokens_module.store_tokens, []

    def store(session: object, connection: object, tokens: Tokens) -> None:
        if tokens.refreshing_since is None and failing:
            raise failing.pop()
        fresh.append(tokens)
        real(session, connection, tokens)

    monkeypatch.setattr(tokens_module, "store_tokens", store)
    monkeypatch.setattr(tokens_module.time, "sleep", lambda _seconds: None)

    assert access_token(account.kernel, account.connection) == account.server.access_tokens[1]
    assert (len(fresh), failing, account.server.refreshes) == (2, [], 1)


@pytest.mark.parametrize(
    ("status", "error"), [(503, Unavailable), (429, ConnectorError), (200, ConnectorError)]
)
def test_a_platform_in_trouble_costs_no_authorisation(
    account: Account, status: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module.time, "sleep", lambda _seconds: None)
    account.age()
    account.server.status = status

    with pytest.raises(error):
        access_token(account.kernel, account.connection)
    account.server.status = 0

    assert account.state() == "ok"
    assert access_token(account.kernel, account.connection) == account.server.access_tokens[-1]


def test_the_log_knows_of_the_exchange_and_of_no_token(account: Account) -> None:
    account.age()
    token = access_token(account.kernel, account.connection)

    with account.kernel.db.read() as session:
        rows = session.execute(sa.text("SELECT * FROM http_request")).mappings().all()
    text = json.dumps([{key: str(value) for key, value in row.items()} for row in rows])
    assert [(row["operation"], row["path"].endswith("/token")) for row in rows] == [
        ("oauth.token", True)
    ]
    assert not any(each in text for each in (token, SECRET, "refresh-"))


def test_a_connection_that_was_never_authorised_says_so(account: Account) -> None:
    other = connect_vendor(
        account.kernel, account.connection.company_id, "New", client_secret=SECRET
    )

    with pytest.raises(AuthFailed, match="not authorised yet"):
        access_token(account.kernel, other)


@pytest.mark.parametrize("given", [{}, {"access_token": ""}, {"access_token": 7}])
def test_an_answer_without_a_token_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ConnectorError, match="no access token"):
        tokens_of(given, {})


def test_a_refresh_token_that_is_not_replaced_stays() -> None:
    made = tokens_of({"access_token": "a", "expires_in": "60"}, {"refresh_token": "r"})

    assert made.refresh_token == "r"
    assert made.expires_at is not None
    assert not made.is_fresh(120)
    assert tokens_of({"access_token": "a", "expires_in": "soon"}, {}).is_fresh(120)
