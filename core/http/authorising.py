"""Authorising a connection: a person goes to the platform's page and comes back with a code.

The way back is bound to the session and the company that began it, holds ten minutes, and serves
once. The verifier of PKCE is derived from the state and our key: there is nothing to keep.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import sqlalchemy as sa
from itsdangerous import BadSignature
from itsdangerous import URLSafeTimedSerializer

from core import clock
from core.errors import AuthFailed
from core.errors import InputError
from core.http.client import HttpClient
from core.http.hosts import rules_for
from core.http.models import Authorisation
from core.http.oauth import authorize_address
from core.http.oauth import exchange_grant
from core.http.tokens import asking_for
from core.http.tokens import entered_tokens
from core.http.tokens import insist
from core.http.tokens import store_tokens
from core.kernel import connection_states
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Way:
    """Who authorises: his session, his company, the address he comes back to, our signing key."""

    session_hash: str
    company_id: int
    back: str
    key: str


def begin(kernel: Kernel, connection: ConnectionInfo, way: Way) -> str:
    """Return the address of the platform's page.

    Raises: AuthFailed, InputError for a missing setting, HostRefused for a foreign page.
    """
    asking = asking_for(kernel, connection)
    nonce = secrets.token_urlsafe(32)
    address = authorize_address(
        asking.declared,
        asking.settings,
        state=_signer(way).dumps(nonce),
        verifier=_verifier(way, nonce),
        back=asking.declared.back(asking.settings, way.back),
    )
    rules_for(kernel.config, kernel.manifest(connection.addon), connection).check(
        httpx2.URL(address)
    )
    with kernel.db.write() as session:
        session.add(
            Authorisation(
                nonce_hash=_hash(nonce),
                company_id=connection.company_id,
                connection_id=connection.id,
                session_hash=way.session_hash,
                expires_at=clock.now() + LIFE,
            )
        )
    return address


def finish(kernel: Kernel, way: Way, given: Mapping[str, str]) -> ConnectionInfo:
    """Take the code that somebody came back with; afterwards the connection works.

    Raises: InputError for a way back that nobody began here, or that was used; AuthFailed when the
    platform or the person refused.
    """
    nonce, connection = _close(kernel, way, given.get("state", ""))
    asking = asking_for(kernel, connection)
    code = given.get(asking.declared.code_parameter, "")
    if not code:
        said = "".join(sign for sign in given.get("error", "no code") if sign.isprintable())
        raise AuthFailed(
            f"{connection.label} was not authorised: {said[:100]}.", hint="Begin once more."
        )
    if asking.declared.check_back is not None:
        asking.declared.check_back(asking.settings, given)
    back = asking.declared.back(asking.settings, way.back)
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    if asking.declared.pkce:
        grant["code_verifier"] = _verifier(way, nonce)
    with HttpClient(kernel, connection.addon, connection) as client:
        tokens = exchange_grant(client, asking.declared, asking.settings, grant)
    tokens = replace(tokens, given={**asking.given, **tokens.given})
    # What he just allowed counts, though an older token may stand in the settings.
    if (entered := entered_tokens(asking.declared, asking.settings)) is not None:
        tokens = replace(tokens, entered=entered.entered)

    def store() -> None:
        with kernel.db.write() as session:
            store_tokens(session, connection, tokens)
            connection_states.note_success(session, connection)

    insist(store)
    with kernel.db.read() as session:
        return connection_by_id(session, connection.id, company_id=connection.company_id)


def _close(kernel: Kernel, way: Way, state: str) -> tuple[str, ConnectionInfo]:
    """Use up a way back and return its nonce and connection."""
    try:
        nonce = str(_signer(way).loads(state, max_age=int(LIFE.total_seconds())))
    except BadSignature:
        raise _closed() from None
    with kernel.db.write() as session:
        connection_id = session.scalar(
            sa.delete(Authorisation)
            .where(
                Authorisation.nonce_hash == _hash(nonce),
                Authorisation.session_hash == way.session_hash,
                Authorisation.company_id == way.company_id,
                Authorisation.expires_at > clock.now(),
            )
            .returning(Authorisation.connection_id)
        )
        if connection_id is None:
            raise _closed()
        return nonce, connection_by_id(session, connection_id, company_id=way.company_id)


def _closed() -> InputError:
    return InputError(
        "was begun elsewhere, was used before, or is too old.",
        where="This authorisation",
        hint="Open the connection and authorise it once more.",
    )


def _signer(way: Way) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(way.key, salt="entrepot-oauth-state")


def _verifier(way: Way, nonce: str) -> str:
    digest = hmac.new(way.key.encode(), b"pkce:" + nonce.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _hash(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
