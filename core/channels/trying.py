"""Trying settings before they are stored: a connector asks its platform by them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.channels.capabilities import ChecksAccount
from core.channels.capabilities import ClientOptions
from core.http.calls import Outgoing
from core.http.calls import Signer
from core.http.client import HttpClient
from core.http.oauth import OAuth2
from core.http.oauth import Tokens
from core.http.oauth import exchange_grant
from core.http.oauth import oauth_of
from core.http.tokens import entered_tokens
from core.kernel.kernel import Kernel
from core.kernel.secrets import SecretText


def asker(kernel: Kernel, addon: str, connector: Any) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tries settings; it says False where somebody must authorise first."""
    checks: ChecksAccount = connector

    def ask(settings: Mapping[str, Any]) -> bool:
        options: ClientOptions = connector.client_options(settings)
        declared = oauth_of(kernel, addon)
        signer = options.signer
        if signer is None and declared is not None:
            tokens = entered_tokens(declared, settings)
            if tokens is None:
                return False
            signer = _Once(kernel, addon, declared, settings, tokens)
        with _client(kernel, addon, options, signer) as http:
            checks.check_account(settings, http)
        return True

    return ask


def _client(
    kernel: Kernel, addon: str, options: ClientOptions, signer: Signer | None
) -> HttpClient:
    client = HttpClient(
        kernel, addon, None, base_url=options.base_url, signer=signer, limits=options.limits
    )
    client.heed(options.judge, None, options.stamp)
    return client


class _Once:
    """Signs with an access token that is asked for once, and stored nowhere."""

    def __init__(
        self,
        kernel: Kernel,
        addon: str,
        declared: OAuth2,
        settings: Mapping[str, Any],
        tokens: Tokens,
    ) -> None:
        self._kernel, self._addon, self._declared = kernel, addon, declared
        self._settings, self._tokens = settings, tokens

    def sign(self, request: Outgoing) -> Outgoing:
        """Return the request with the token."""
        if not self._tokens.access_token:
            grant = {
                "grant_type": "refresh_token",
                "refresh_token": self._tokens.refresh_token,
            }
            with HttpClient(self._kernel, self._addon, None) as client:
                self._tokens = exchange_grant(client, self._declared, self._settings, grant)
        told = self._declared.token_prefix + self._tokens.access_token
        return replace(request, headers={**request.headers, self._declared.token_header: told})

    @property
    def given(self) -> Mapping[str, SecretText]:
        """Return what the platform gave along with the token."""
        return self._tokens.secrets()

    def renew(self) -> bool:
        """Say that a token that was just given and is refused stays refused."""
        return False
