"""Keys of platforms that sign with their own: asked for by the name that a message gives, and kept.

A message is not trusted yet when it names its key. So a name is short and plain, one that nobody
knows is asked for again only later, and strangers cannot let us ask without end.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

from core.http.calls import Limits
from core.http.client import HttpClient
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.connections import full_settings
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.webhooks.declaring import Webhooks
from core.webhooks.signatures import WebhookMessage

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600.0
REST_SECONDS = 5.0
"""So long nothing is asked for a connection after a key was: platforms deliver again."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
LIMITS = Limits(connect_seconds=3, read_seconds=5, total_seconds=8, wait_seconds=1, attempts=1)


class KeyRing:
    """The keys of one process, by connection and name."""

    def __init__(self) -> None:
        self._keys: dict[tuple[int, str], tuple[float, str]] = {}
        self._asked: dict[int, float] = {}

    def find(
        self,
        kernel: Kernel,
        declared: Webhooks,
        whose: tuple[int, int],
        message: WebhookMessage,
    ) -> str:
        """Return the key that a message of a connection names; nothing where there is none."""
        company_id, connection_id = whose
        now = time.monotonic()
        with kernel.db.read() as session:
            connection = connection_by_id(session, connection_id, company_id=company_id)
        name = _name(declared, connection.addon, message)
        until, key = self._keys.get((connection_id, name), (0.0, ""))
        if key and until > now:
            return key
        if not name or now - self._asked.get(connection_id, -REST_SECONDS) < REST_SECONDS:
            return ""
        self._asked[connection_id] = now
        key = _asked(kernel, declared, connection, name)
        if key:
            self._keys[connection_id, name] = (now + KEPT_SECONDS, key)
            self._asked.pop(connection_id, None)
        return key

    def forget(self) -> None:
        """Forget all keys."""
        self._keys.clear()
        self._asked.clear()


key_ring = KeyRing()


def _name(declared: Webhooks, addon: str, message: WebhookMessage) -> str:
    try:
        with running_addon(addon):
            name = declared.key_id(message)
    except BOUNDARY:
        return ""
    return name if NAME.fullmatch(name) else ""


def _asked(kernel: Kernel, declared: Webhooks, connection: ConnectionInfo, name: str) -> str:
    ask = declared.keys
    with kernel.db.read() as session:
        settings = full_settings(session, connection)
    try:
        with (
            running_addon(connection.addon),
            HttpClient(kernel, connection.addon, connection, limits=LIMITS) as client,
        ):
            return ask(client, settings, name) if ask is not None else ""
    except BOUNDARY as error:
        log.warning("%s has no key for a webhook: %s", connection.addon, type(error).__name__)
        return ""
