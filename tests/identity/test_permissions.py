"""What roles grant, and what a view may ask for."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.identity.access import UNDECLARED
from core.identity.access import is_declared
from core.identity.access import is_public
from core.identity.access import needs_of
from core.identity.access import public
from core.identity.access import require
from core.identity.actor import OPERATOR
from core.identity.actor import acting
from core.identity.actor import current_actor
from core.identity.actor import may
from core.identity.actor import with_permissions
from core.identity.permissions import granted
from core.identity.permissions import matrix
from core.identity.permissions import require_role

ROLES = ("owner", "operations", "warehouse", "finance", "support", "integrator", "auditor")
NOTHING: dict[str, frozenset[str]] = {}


def test_there_are_the_seven_roles_and_each_grants_something() -> None:
    assert tuple(matrix().roles) == ROLES
    assert all(role.grants for role in matrix().roles.values())


def test_only_the_owner_gives_roles() -> None:
    granted_to_others = {
        name for role in matrix().roles.values() if role.name != "owner" for name in role.grants
    }

    assert set(matrix().permissions) - granted_to_others == {"users.manage", "ledger.reopen"}


def test_owner_of_every_company_may_do_everything_and_what_addons_ask() -> None:
    may_do = granted((), ["owner"], NOTHING, {"amazon.manage"})

    assert may_do == {*matrix().permissions, "amazon.manage"}


def test_owner_of_one_company_may_not_touch_what_concerns_all() -> None:
    may_do = granted(["owner"], (), NOTHING)

    house = {name for name, each in matrix().permissions.items() if each.house}
    assert house == {"addons.manage"}
    assert may_do == set(matrix().permissions) - house


def test_roles_add_up() -> None:
    both = granted(["warehouse", "finance"], (), NOTHING)

    assert both == require_role("warehouse").grants | require_role("finance").grants


def test_extra_grant_counts_only_while_it_means_something() -> None:
    extra = {"operations": frozenset({"costs.view", "amazon.manage", "kernel.all"})}

    assert "costs.view" in granted(["operations"], (), extra)
    assert "amazon.manage" not in granted(["operations"], (), extra)
    assert "amazon.manage" in granted(["operations"], (), extra, {"amazon.manage"})
    assert "kernel.all" not in granted(["operations"], (), extra)


def test_unknown_role_grants_nothing_and_is_refused_by_name() -> None:
    assert granted(["boss"], ["boss"], NOTHING) == frozenset()
    with pytest.raises(InputError, match="'boss' is not a role"):
        require_role("boss")


def test_money_and_buyers_stay_unseen_by_who_does_not_need_them() -> None:
    seeing = {
        permission: {name for name in ROLES if permission in granted([name], (), NOTHING)}
        for permission in ("money.view", "costs.view", "profit.view", "personal.view")
    }

    assert seeing["costs.view"] == seeing["profit.view"] == {"owner", "finance", "auditor"}
    assert seeing["personal.view"] == {"owner", "operations"}
    assert seeing["money.view"] == set(ROLES) - {"warehouse", "integrator"}


def test_view_says_what_it_needs() -> None:
    @require("orders.view", "money.view")
    def closed() -> None: ...

    @public
    def opened() -> None: ...

    def silent() -> None: ...

    assert needs_of(closed) == ("orders.view", "money.view")
    assert (is_public(opened), needs_of(opened)) == (True, ())
    assert (is_declared(silent), needs_of(silent)) == (False, UNDECLARED)


def test_operator_acts_outside_a_request_and_again_after_somebody_else() -> None:
    assert current_actor() is OPERATOR
    assert may("anything")
    with acting(with_permissions({"orders.view"})):
        assert may("orders.view")
        assert not may("orders.view", "costs.view")
    assert current_actor() is OPERATOR
