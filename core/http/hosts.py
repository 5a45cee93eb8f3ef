"""Which hosts an addon may reach: those of its manifest, and those that the operator opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from marshmallow import ValidationError

from core.config import Config
from core.errors import HostRefused
from core.errors import InputError
from core.kernel.connections import ConnectionInfo
from core.kernel.manifest import Manifest
from core.kernel.manifest import host_pattern

DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class HostRules:
    """The hosts of one client; `opened` are the operator's, as (host, port or 0 for any)."""

    addon: str
    allowed: tuple[str, ...]
    opened: frozenset[tuple[str, int]]

    def check(self, url: httpx2.URL) -> None:
        """Stop unless a request may go to an address.

        Raises: HostRefused saying why, and what would open it.
        """
        host, port = url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS.get(url.scheme, 0)
        if url.userinfo:
            raise HostRefused("An address may not hold a user name or password.")
        if url.scheme not in DEFAULT_PORTS:
            raise HostRefused(f"{url.scheme or 'no scheme'}: only https is spoken here.")
        if self.is_opened(host, port):
            return
        if not any(_matches(host, pattern) for pattern in self.allowed):
            raise HostRefused(
                f"{self.addon} may not reach {host}:{port}.",
                hint="Its manifest names the hosts that it may reach.",
            )
        if url.scheme != "https" or port != DEFAULT_PORTS["https"]:
            raise HostRefused(f"{host} may be reached by https on port 443 only, not {port}.")

    def is_opened(self, host: str, port: int) -> bool:
        """Say whether the operator opened a host, also for private addresses and without TLS."""
        return (host, port) in self.opened or (host, 0) in self.opened


def rules_for(
    config: Config, manifest: Manifest, connection: ConnectionInfo | None = None
) -> HostRules:
    """Return the rules of an addon, or of a connection that names a host of its own.

    Raises: InputError for an entry of `[http] allow` or a host that cannot be read.
    """
    own = connection.settings.get(manifest.user_host) if connection is not None else None
    return HostRules(
        manifest.name,
        (*manifest.hosts, *(_user_host(str(own)) if own else ())),
        opened_hosts(config.http_allow),
    )


def opened_hosts(entries: Collection[str]) -> frozenset[tuple[str, int]]:
    """Return the hosts and ports that the operator opened.

    Raises: InputError naming the entry that cannot be read.
    """
    opened = set()
    for entry in entries:
        try:
            parts = urlsplit(f"//{entry}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.path or parts.query or "*" in host or "@" in entry:
            raise InputError(
                f"{entry!r} is not a host or host:port.", where="[http] allow, ENTREPOT_HTTP_ALLOW"
            )
        opened.add((host, port or 0))
    return frozenset(opened)


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _user_host(text: str) -> tuple[str, ...]:
    """Return the host in a setting, which may be written as an address."""
    host = (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()
    try:
        host_pattern(host)
    except ValidationError:
        # An IP address or a short name: only the operator can open it.
        return ()
    return () if host.startswith("*") else (host,)
