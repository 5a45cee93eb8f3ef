"""Trying an account before it is stored: whose it is, and what the seller has allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.ebay.errors import reasons
from addons.ebay.errors import wants_signature
from addons.ebay.login import MESSAGES
from addons.ebay.login import SCOPES
from addons.ebay.operations import GET_ITEMS
from addons.ebay.operations import GET_ORDERS
from addons.ebay.operations import GET_TALKS
from addons.ebay.operations import get_payouts
from addons.ebay.operations import get_user
from addons.ebay.orders import rates_of
from core.api import AuthFailed
from core.api import Http
from core.api import InputError
from core.api import Operation
from core.api import RequestRefused
from core.api import read_vat

MORE = {GET_TALKS.name: {"conversation_type": "FROM_MEMBERS"}}


def check(settings: Mapping[str, Any], http: Http) -> None:
    """Ask whose account it is, and each API for one row.

    Raises: InputError naming what does not fit, AuthFailed, or another ConnectorError.
    """
    read_vat(rates_of(settings))
    told = http.call(get_user(settings)).json()
    found = told.get("username") or told.get("userId")
    if str(found).casefold() != str(settings["seller"]).casefold():
        raise InputError(f"The credentials belong to {found}.", where="seller")
    missing = [
        scope
        for scope, operation in (
            (SCOPES[0], GET_ORDERS),
            (SCOPES[1], GET_ITEMS),
            (SCOPES[2], get_payouts(settings)),
            *([(MESSAGES[0], GET_TALKS)] if settings.get("messages") else []),
        )
        if not _may(http, operation, settings)
    ]
    if missing:
        raise InputError(
            f"eBay does not allow {', '.join(missing)}.",
            where="refresh_token",
            hint="Authorise the account on eBay's page: it asks for all that is needed.",
        )


def _may(http: Http, operation: Operation, settings: Mapping[str, Any]) -> bool:
    try:
        http.call(operation, query={"limit": 1, **MORE.get(operation.name, {})})
    except AuthFailed:
        return False
    except RequestRefused as error:
        if not wants_signature(error):
            raise
        # Without a key there is nothing to sign with yet: one is made with the first tokens.
        if settings.get("signing_key"):
            raise InputError(
                f"eBay does not take the digital signature: {reasons(error)}",
                where="signing_key",
                hint="Private key and JWE must be of one pair, and the clock must be right.",
            ) from None
    return True
