"""Which network addresses may be reached: public ones, unless the operator opened the host.

A name is resolved once, every address of the answer is judged, and the connection goes to one of
these addresses: a second look-up could give another answer.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from collections.abc import Sequence

from core.errors import HostRefused
from core.errors import Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

# Everything else in IPv6 is local, reserved, or a way of writing IPv4.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
# Public by number, yet answered by the machine's own cloud or router.
_SPECIAL = ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")
SPECIAL = tuple(ipaddress.ip_network(text) for text in _SPECIAL)


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name.

    Raises: Unavailable when the name is not known, or nobody answers.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The name {host} cannot be resolved: {error}.") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def reachable(host: str, port: int, *, opened: bool, resolver: Resolver = resolve) -> Sequence[str]:
    """Return the addresses of a host if all of them may be reached.

    Raises: HostRefused naming the address, Unavailable.
    """
    addresses = resolver(host, port)
    if not addresses:
        raise Unavailable(f"The name {host} has no address.")
    for text in addresses:
        if not may_reach(text, opened=opened):
            raise HostRefused(
                f"{host} leads to {text}, which is not a public address.",
                hint="If that is meant, the operator opens it: [http] allow in"
                " instance/config.toml, or ENTREPOT_HTTP_ALLOW.",
            )
    return addresses


def may_reach(text: str, *, opened: bool) -> bool:
    """Say whether an address may be reached; also an opened host leads to no link-local one."""
    try:
        address = plain(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if any(address in network for network in SPECIAL):
        return False
    if opened:
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_reserved


def plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    # ::1 and :: are IPv6's own.
    if address in NAT64 or (address in IPV4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
