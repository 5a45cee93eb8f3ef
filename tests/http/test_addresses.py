"""Private, local and special addresses are not reached, however they are written."""

from __future__ import annotations

import httpx2
import pytest

from core.errors import HostRefused
from core.errors import InputError
from core.http.addresses import may_reach
from core.http.addresses import reachable
from core.http.hosts import HostRules
from core.http.hosts import opened_hosts

PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.7
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::127.0.0.1
::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 64:ff9b:1::1 5f00::1 nonsense
"""
PUBLIC = "8.8.8.8 1.1.1.1 52.94.236.248 2606:4700:4700::1111 2a00:1450:4009::1 ::ffff:8.8.8.8"
NEVER = "169.254.169.254 ::ffff:169.254.169.254 fe80::1 0.0.0.0 :: 224.0.0.1 168.63.129.16"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not may_reach(address, opened=False)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_what_is_public_is_reached(address: str) -> None:
    assert may_reach(address, opened=False)


def test_an_opened_host_may_be_local_but_no_metadata_service() -> None:
    assert all(may_reach(each, opened=True) for each in ("127.0.0.1", "::1", "192.168.1.5"))
    assert not any(may_reach(each, opened=True) for each in NEVER.split())


def test_one_bad_address_among_good_ones_refuses_the_host() -> None:
    with pytest.raises(HostRefused, match=r"leads to 10\.0\.0\.1"):
        reachable("a.test", 443, opened=False, resolver=lambda *_: ["8.8.8.8", "10.0.0.1"])


RULES = HostRules(
    "vendor",
    ("api.vendor.test", "*.shops.vendor.test"),
    opened_hosts(["127.0.0.1:4010", "erp.lan", "[::1]:99"]),
)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vendor.test/x",
        "https://API.Vendor.Test:443/x",
        "https://a.shops.vendor.test/",
        "https://a.b.shops.vendor.test/",
        "http://127.0.0.1:4010/",
        "http://erp.lan:8080/",
        "http://[::1]:99/",
    ],
)
def test_allowed(url: str) -> None:
    RULES.check(httpx2.URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.vendor.test/",
        "https://api.vendor.test:8443/",
        "https://api.vendor.test.evil.test/",
        "https://evil.test/api.vendor.test",
        "https://evil.test#api.vendor.test",
        "https://api.vendor.test@evil.test/",
        "https://user:secret@api.vendor.test/",
        "https://api.vendor.test./",
        "https://shops.vendor.test/",
        "https://evilshops.vendor.test/",
        "https://.shops.vendor.test/",
        "https://169.254.169.254/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "http://127.0.0.1:4011/",
        "file:///etc/passwd",
        "gopher://api.vendor.test/",
        "ftp://api.vendor.test/",
        "//api.vendor.test/",
        "https://api.vendor.test\uff0eevil.test/",
    ],
)
def test_refused(url: str) -> None:
    with pytest.raises((HostRefused, httpx2.InvalidURL)):
        RULES.check(httpx2.URL(url))


@pytest.mark.parametrize("entry", ["http://x", "x/y", "*.lan", "a@b", "x:port", ":80", "x:99999"])
def test_what_the_operator_opens_must_be_readable(entry: str) -> None:
    with pytest.raises(InputError, match="ENTREPOT_HTTP_ALLOW"):
        opened_hosts([entry])
