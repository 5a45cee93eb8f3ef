"""OAuth 2.0: what an addon declares, and the exchange of grants for tokens.

The exchange is authlib's; it speaks through the connection's own client, so that hosts, limits and
the log hold for it as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import InputError
from core.errors import Unavailable
from core.http.calls import Operation
from core.http.client import HttpClient
from core.kernel.secrets import SecretText

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

# The platform says by these that another attempt with the same grant is in vain.
HOPELESS = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "access_denied", "invalid_scope"}
)
# A limit of the rate is told as for any other request.
ANY_ANSWER = frozenset(range(200, 600)) - {429}

Grant = Mapping[str, str]
Exchange = Callable[[HttpClient, Mapping[str, Any], Grant], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How the accounts of an addon are authorised.

    `scopes_with` are asked for as well where the setting that names them is switched on.
    Addresses may hold places such as `{shop_host}`, filled from the connection's settings.
    `client_id` and `client_secret` name settings of the connection, or else of the addon.
    `exchange` replaces the standard exchange where a platform has its own: it gets a grant
    (`grant_type` with `code` or `refresh_token`) and returns what the standard would. Requests
    carry the access token in `token_header`, after `token_prefix`; it is renewed after an answer in
    `renew_on`. `refresh_setting` names a setting that may hold a refresh token which the platform
    has shown to the seller: then nobody needs to authorise on its page.
    `token_setting` names one that may hold an access token which never runs out; the connector
    signs with it by itself. `check_back` looks at what the seller comes back with, where a
    platform signs that, and raises AuthFailed if the signature does not hold.
    `back_setting` names a setting that stands for the address one comes back to, where a platform
    knows such addresses by a name. What `exchange` returns as `given` is kept with the tokens, told
    to it again as settings, and to what stamps requests: such as a key that the platform made.
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...] = ()
    scopes_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    client_id: str = "client_id"
    client_secret: str = "client_secret"  # noqa: S105 - the name of a setting
    auth_method: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_post"
    pkce: bool = True
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    code_parameter: str = "code"
    exchange: Exchange | None = None
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    token_prefix: str = "Bearer "  # noqa: S105
    renew_on: tuple[int, ...] = (401,)
    refresh_setting: str = ""
    token_setting: str = ""
    check_back: Callable[[Mapping[str, Any], Mapping[str, str]], None] | None = None
    back_setting: str = ""

    def scopes_for(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what is asked for by the settings of a connection."""
        more = [found for name, found in self.scopes_with.items() if settings.get(name)]
        return (*self.scopes, *(scope for found in more for scope in found))

    def back(self, settings: Mapping[str, Any], address: str) -> str:
        """Return what the platform knows the address by that one comes back to.

        Raises: InputError when its setting is missing.
        """
        return setting_text(settings, self.back_setting) if self.back_setting else address


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a connection; `refreshing_since` marks a refresh that was begun."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float | None = None
    refreshing_since: float | None = None
    entered: str = ""
    """A mark of the refresh token that was entered, if that is where they come from."""
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the platform gave along with them, and does not give again."""
    ends_at: float | None = None
    """Until when new tokens are given, where the platform tells it."""

    def secrets(self) -> dict[str, SecretText]:
        """Return what the platform gave along with them."""
        return {name: SecretText(value) for name, value in self.given.items()}

    def is_fresh(self, margin: float) -> bool:
        """Say whether the access token holds for some time yet; without a date it does."""
        return self.expires_at is None or self.expires_at - margin > time.time()


def oauth_of(kernel: Kernel, addon: str) -> OAuth2 | None:
    """Return how an addon's accounts are authorised; None when they are not by OAuth."""
    declared = getattr(kernel.registry.addons.get(addon), "oauth", None)
    return declared if isinstance(declared, OAuth2) else None


def exchange_grant(
    client: HttpClient, declared: OAuth2, settings: Mapping[str, Any], grant: Grant
) -> Tokens:
    """Exchange a code or a refresh token for tokens.

    Raises: AuthFailed when the platform refuses it for good, Unavailable, ConnectorError.
    """
    try:
        given = (declared.exchange or _standard(declared))(client, settings, grant)
    except OAuthError as error:
        said = f"The platform refuses to authorise: {str(error.error)[:100]}."
        if error.error in HOPELESS:
            raise AuthFailed(said, hint="Authorise the connection again.") from None
        raise ConnectorError(said) from None
    except httpx2.HTTPStatusError as error:
        status = error.response.status_code
        raise Unavailable(f"The platform answered {status} when tokens were asked for.") from None
    except ValueError:
        # Without the cause: it may quote the answer, and that may hold a token.
        raise ConnectorError("The platform's tokens cannot be read.") from None
    return tokens_of(given, grant)


def tokens_of(given: Mapping[str, Any], grant: Grant) -> Tokens:
    """Return the tokens in an answer; a refresh token that is not replaced stays.

    Raises: ConnectorError when there is no access token.
    """
    access = given.get("access_token")
    if not isinstance(access, str) or not access:
        raise ConnectorError("The platform's answer holds no access token.")
    refresh = given.get("refresh_token") or grant.get("refresh_token", "")
    until = _moment(given, "expires_at", "expires_in")
    ends = _moment(given, "refresh_token_expires_at", "refresh_token_expires_in")
    kept = {str(name): str(value) for name, value in (given.get("given") or {}).items()}
    return Tokens(access, str(refresh), until, given=kept, ends_at=ends)


def _moment(given: Mapping[str, Any], moment: str, span: str) -> float | None:
    """Return when something ends, told as a moment or by how long it holds."""
    try:
        if given.get(moment) is not None:
            return float(given[moment])
        return time.time() + float(given[span]) if given.get(span) is not None else None
    except (TypeError, ValueError):
        return None


def authorize_address(
    declared: OAuth2, settings: Mapping[str, Any], *, state: str, verifier: str, back: str
) -> str:
    """Return the platform's page on which a person authorises us.

    Raises: InputError when a setting is missing.
    """
    client = OAuth2Client(
        client_id=setting_text(settings, declared.client_id),
        scope=" ".join(declared.scopes_for(settings)) or None,
        redirect_uri=back,
        code_challenge_method="S256",
        transport=httpx2.MockTransport(lambda _request: httpx2.Response(500)),
    )
    url, _state = client.create_authorization_url(
        filled(declared.authorize_url, settings),
        state=state,
        code_verifier=verifier if declared.pkce else None,
        **declared.authorize_parameters,
    )
    return str(url)


def filled(address: str, settings: Mapping[str, Any]) -> str:
    """Return an address with the values of settings in its places.

    Raises: InputError naming the setting that is missing or no host.
    """
    try:
        return address.format_map({name: _host(value) for name, value in settings.items()})
    except KeyError as error:
        raise InputError("is needed to authorise.", where=str(error.args[0])) from None


def setting_text(settings: Mapping[str, Any], name: str) -> str:
    """Return a setting as text, a secret revealed.

    Raises: InputError when it is missing.
    """
    value = settings.get(name)
    text = value.reveal() if isinstance(value, SecretText) else str(value or "")
    if not text:
        raise InputError("is needed to authorise.", where=name)
    return text


def _host(value: Any) -> str:
    if isinstance(value, SecretText) or value is None:
        return ""
    text = str(value)
    return urlsplit(text).netloc if "//" in text else text


def _standard(declared: OAuth2) -> Exchange:
    def exchange(
        client: HttpClient, settings: Mapping[str, Any], grant: Grant
    ) -> Mapping[str, Any]:
        url = filled(declared.token_url, settings)
        secret = ""
        if declared.auth_method != "none":
            secret = setting_text(settings, declared.client_secret)
        asking = OAuth2Client(
            client_id=setting_text(settings, declared.client_id),
            client_secret=secret or None,
            token_endpoint_auth_method=declared.auth_method,
            transport=_ThroughClient(client),
        )
        if grant["grant_type"] == "refresh_token":
            token = asking.refresh_token(url, refresh_token=grant["refresh_token"])
        else:
            token = asking.fetch_token(url, **grant)
        return dict(token)

    return exchange


class _ThroughClient(httpx2.BaseTransport):
    """Sends authlib's requests by the connection's client."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        path = request.url.path.replace("{", "{{").replace("}", "}}")
        kept = ("authorization", "content-type", "accept")
        answer = self._client.call(
            Operation("oauth.token", request.method, origin + path),
            query=dict(request.url.params),
            content=request.read(),
            headers={name: request.headers[name] for name in kept if name in request.headers},
            expect=ANY_ANSWER,
        )
        if answer.status in {401, 403} and b'"error"' not in answer.content:
            raise AuthFailed(
                f"The platform answered {answer.status} when tokens were asked for.",
                hint="Authorise the connection again, or enter its credentials.",
            )
        kind = answer.headers.get("content-type", "application/json")
        return httpx2.Response(
            answer.status, headers={"content-type": kind}, content=answer.content
        )


def marked(tokens: Tokens) -> Tokens:
    """Return tokens with the mark that a refresh has begun."""
    return replace(tokens, refreshing_since=time.time())
