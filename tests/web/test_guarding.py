"""Every view says who may reach it; one that does not say it is closed."""

from __future__ import annotations

from core.identity.access import is_declared
from core.identity.access import needs_of
from core.identity.permissions import is_known
from core.identity.rights import declared_permissions
from tests.web.conftest import Site


def test_every_view_declares_who_may_reach_it(site: Site) -> None:
    silent = [
        endpoint
        for endpoint, view in site.app.view_functions.items()
        if not endpoint.endswith("static") and not is_declared(view)
    ]

    assert silent == []


def test_every_permission_that_a_view_asks_for_exists(site: Site) -> None:
    declared = declared_permissions(site.kernel)
    unknown = {
        endpoint: needs_of(view)
        for endpoint, view in site.app.view_functions.items()
        if not endpoint.endswith("static")
        and not all(is_known(name, declared) for name in needs_of(view))
    }

    assert unknown == {}
