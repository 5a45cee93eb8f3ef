"""Tokens of connections: kept as one secret, refreshed once for all processes.

The refresh runs under a lease. Many platforms take a refresh token once only: so what they gave in
exchange is stored before it is used, and a mark says that a refresh was begun. A process that dies
between the platform's answer and the storing has lost the new token; the next one tries the old
token, which platforms with a period of grace still take, and asks for a new authorisation if not.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

import httpx2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.errors import AuthFailed
from core.http.calls import Outgoing
from core.http.client import HttpClient
from core.http.oauth import OAuth2
from core.http.oauth import Tokens
from core.http.oauth import exchange_grant
from core.http.oauth import marked
from core.http.oauth import oauth_of
from core.kernel import connection_states
from core.kernel import secrets
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import full_settings
from core.kernel.connections import scope_of
from core.kernel.leases import held
from core.kernel.secrets import SecretText
from core.kernel.settings import addon_settings

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

FIELD = "oauth_tokens"
MARGIN_SECONDS = 120.0
LEASE_SECONDS = 120.0
WAIT_SECONDS = 90.0
STORE_ATTEMPTS = 6


class TokenSigner:
    """Gives requests the connection's access token, and a new one when it is refused or old."""

    def __init__(
        self,
        kernel: Kernel,
        connection: ConnectionInfo,
        *,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        renew_on: Collection[int] = (401,),
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._kernel = kernel
        self._connection = connection
        self._header = header
        self._prefix = prefix
        self._transport = transport
        self._used = ""
        self.given: Mapping[str, SecretText] = {}
        self.renew_on = renew_on

    def sign(self, request: Outgoing) -> Outgoing:
        """Return the request with the token."""
        found = current_tokens(self._kernel, self._connection, transport=self._transport)
        self._used, self.given = found.access_token, found.secrets()
        headers = {**request.headers, self._header: self._prefix + self._used}
        return replace(request, headers=headers)

    def renew(self) -> bool:
        """Get another token than the one that was refused."""
        access_token(self._kernel, self._connection, refused=self._used, transport=self._transport)
        return True


def token_signer(
    kernel: Kernel, connection: ConnectionInfo, transport: httpx2.BaseTransport | None = None
) -> TokenSigner | None:
    """Return what signs a connection's requests with its token; None without OAuth."""
    declared = oauth_of(kernel, connection.addon)
    if declared is None:
        return None
    return TokenSigner(
        kernel,
        connection,
        header=declared.token_header,
        prefix=declared.token_prefix,
        renew_on=declared.renew_on,
        transport=transport,
    )


def access_token(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    refused: str = "",
    transport: httpx2.BaseTransport | None = None,
) -> str:
    """Return an access token that holds, and is not the one that the platform just refused.

    Raises: AuthFailed when the connection must be authorised again; its state says so too.
    """
    return current_tokens(kernel, connection, refused=refused, transport=transport).access_token


def current_tokens(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    refused: str = "",
    transport: httpx2.BaseTransport | None = None,
) -> Tokens:
    """Return tokens whose access token holds, with what the platform gave along with them.

    Raises: AuthFailed when the connection must be authorised again; its state says so too.
    """
    tokens = _load(kernel, connection)
    if _holds(tokens, refused):
        return tokens
    # The others wait here, and then find what the first one brought.
    name = f"oauth:{connection.id}"
    with held(kernel.db, name, LEASE_SECONDS, wait=WAIT_SECONDS):
        tokens = _load(kernel, connection)
        if _holds(tokens, refused):
            return tokens
        try:
            return _refresh(kernel, connection, tokens, transport)
        except AuthFailed as error:
            with kernel.db.write() as session:
                connection_states.note_failure(session, connection, error)
            raise


def stored_tokens(session: Session, connection: ConnectionInfo) -> Tokens | None:
    """Return the tokens of a connection; None when there are none.

    Raises: AuthFailed when they cannot be read.
    """
    kernel: Kernel = session.info["kernel"]
    read, lost = secrets.read_secrets(session, kernel.config, scope_of(connection))
    for each in lost:
        if each.field == FIELD:
            raise AuthFailed(
                f"The tokens of {connection.label} cannot be read: {each.reason}",
                hint="Authorise the connection again.",
            )
    return Tokens(**json.loads(read[FIELD].reveal())) if FIELD in read else None


def authorised_until(session: Session, connection: ConnectionInfo) -> datetime | None:
    """Return until when a connection is authorised, None where its platform does not tell."""
    try:
        tokens = stored_tokens(session, connection)
    except AuthFailed:
        # Its state says so.
        return None
    if tokens is None or tokens.ends_at is None:
        return None
    return datetime.fromtimestamp(int(tokens.ends_at), UTC)


def store_tokens(session: Session, connection: ConnectionInfo, tokens: Tokens) -> None:
    """Store tokens, all of them or none."""
    kernel: Kernel = session.info["kernel"]
    text = json.dumps(asdict(tokens))
    secrets.store_secrets(session, kernel.config, scope_of(connection), {FIELD: text})


@dataclass(frozen=True)
class Asking:
    """What an exchange of grants needs."""

    declared: OAuth2
    settings: dict[str, Any]
    given: Mapping[str, str]
    """What the platform gave before; it stands in the settings too."""


def asking_for(kernel: Kernel, connection: ConnectionInfo) -> Asking:
    """Return how a connection asks for tokens; its own settings before those of the addon.

    Raises: AuthFailed when its addon does not authorise by OAuth, or a secret cannot be read.
    """
    declared = oauth_of(kernel, connection.addon)
    if declared is None:
        raise AuthFailed(f"{connection.addon} does not authorise by OAuth.")
    with kernel.db.read() as session:
        house = _house(session, connection.addon)
        own = full_settings(session, connection)
        try:
            before = stored_tokens(session, connection)
        except AuthFailed:
            # Tokens that cannot be read must not keep anybody from authorising anew.
            before = None
    mine = {name: value for name, value in own.items() if value not in (None, "")}
    known = before if before is not None else Tokens("")
    return Asking(declared, {**house, **known.secrets(), **mine}, known.given)


def _house(session: Session, addon: str) -> dict[str, Any]:
    kernel: Kernel = session.info["kernel"]
    if getattr(kernel.registry.addons.get(addon), "settings_schema", None) is None:
        return {}
    return dict(addon_settings(session, addon))


def _load(kernel: Kernel, connection: ConnectionInfo) -> Tokens:
    with kernel.db.read() as session:
        tokens = stored_tokens(session, connection)
        entered = _entered(session, connection)
    if entered is not None and (tokens is None or tokens.entered != entered.entered):
        return replace(entered, given=tokens.given if tokens is not None else {})
    if tokens is None:
        raise AuthFailed(
            f"{connection.label} is not authorised yet.", hint="Authorise it on its page."
        )
    return tokens


def _entered(session: Session, connection: ConnectionInfo) -> Tokens | None:
    """Return what a refresh token begins with that somebody has entered, if there is one."""
    kernel: Kernel = session.info["kernel"]
    declared = oauth_of(kernel, connection.addon)
    if declared is None or not declared.refresh_setting:
        return None
    return entered_tokens(declared, full_settings(session, connection))


def entered_tokens(declared: OAuth2, settings: Mapping[str, Any]) -> Tokens | None:
    """Return tokens of which only the refresh token is known yet; None when none was entered."""
    value = settings.get(declared.refresh_setting)
    text = value.reveal() if isinstance(value, SecretText) else str(value or "")
    if not text:
        return None
    mark = hashlib.sha256(b"entered:" + text.encode()).hexdigest()[:16]
    return Tokens("", text, expires_at=0.0, entered=mark)


def _holds(tokens: Tokens, refused: str) -> bool:
    return tokens.is_fresh(MARGIN_SECONDS) and tokens.access_token != refused


def _refresh(
    kernel: Kernel,
    connection: ConnectionInfo,
    tokens: Tokens,
    transport: httpx2.BaseTransport | None,
) -> Tokens:
    if not tokens.refresh_token:
        raise AuthFailed(
            f"The authorisation of {connection.label} has run out.", hint="Authorise it again."
        )
    asking = asking_for(kernel, connection)
    cut_off = tokens.refreshing_since is not None
    with kernel.db.write() as session:
        store_tokens(session, connection, marked(tokens))
    grant = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    with HttpClient(kernel, connection.addon, connection, transport=transport) as client:
        try:
            fresh = exchange_grant(client, asking.declared, asking.settings, grant)
            ends_at = fresh.ends_at
            if ends_at is None and fresh.refresh_token == tokens.refresh_token:
                ends_at = tokens.ends_at
            given = {**tokens.given, **fresh.given}
            fresh = replace(fresh, entered=tokens.entered, given=given, ends_at=ends_at)
        except AuthFailed as error:
            if cut_off:
                error.message += " An earlier refresh was cut off after it had begun."
            raise
        # Before it is used, and before the log: nothing may come between.
        _keep(kernel, connection, tokens, fresh)
    return fresh


def _keep(kernel: Kernel, connection: ConnectionInfo, before: Tokens, fresh: Tokens) -> None:
    """Store new tokens, unless somebody has authorised anew meanwhile; there is no other copy."""

    def store() -> None:
        with kernel.db.write() as session:
            now = stored_tokens(session, connection)
            if now is None or now.refresh_token == before.refresh_token:
                store_tokens(session, connection, fresh)

    insist(store)


def insist(act: Callable[[], None], *, pause: float = 0.5) -> None:
    """Do something in the database, again if it does not answer."""
    for attempt in range(STORE_ATTEMPTS):
        try:
            act()
        except DBAPIError:
            if attempt == STORE_ATTEMPTS - 1:
                raise
            time.sleep(pause * 2**attempt)
        else:
            return
