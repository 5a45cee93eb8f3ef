"""Permissions and the roles that grant them, read from `roles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from core.errors import InputError

FILE = Path(__file__).with_name("roles.toml")
EVERYTHING = "*"
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Permission:
    """A right; `house` says that it concerns the whole installation, not one company."""

    name: str
    title: str
    area: str
    house: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions."""

    name: str
    title: str
    summary: str
    grants: frozenset[str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every permission of the core and what each role grants."""

    permissions: Mapping[str, Permission]
    roles: Mapping[str, Role]


@cache
def matrix() -> Matrix:
    """Return the permissions and roles as they stand in the file."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    permissions = {
        name: Permission(name, facts["title"], facts["area"], facts.get("house", False))
        for name, facts in raw["permissions"].items()
    }
    roles = {
        name: Role(
            name, facts["title"], facts["summary"], _spelt(facts["grants"], permissions, name)
        )
        for name, facts in raw["roles"].items()
    }
    return Matrix(MappingProxyType(permissions), MappingProxyType(roles))


def _spelt(grants: list[str], known: Collection[str], role: str) -> frozenset[str]:
    unknown = sorted(set(grants) - set(known) - {EVERYTHING})
    if unknown:
        raise InputError(f"{unknown[0]!r} is not a permission.", where=f"{FILE.name}, {role}")
    return frozenset(grants)


def require_role(name: str) -> Role:
    """Return a role.

    Raises: InputError when there is none of that name.
    """
    roles = matrix().roles
    if name not in roles:
        raise InputError(
            f"{name!r} is not a role.", where="role", hint=f"Choose of {', '.join(roles)}."
        )
    return roles[name]


def is_known(permission: str, declared: Collection[str] = ()) -> bool:
    """Say whether a permission is the core's or among those that addons declare."""
    return permission in matrix().permissions or permission in declared


def granted(
    company_roles: Iterable[str],
    house_roles: Iterable[str],
    extra: Mapping[str, Collection[str]],
    declared: Collection[str] = (),
) -> frozenset[str]:
    """Return what somebody may do in a company by his roles there and in every company.

    `extra` is what was granted to roles beside the file, `declared` what addons declare: the owner
    has all of it, other roles what they were granted.
    """
    house = _of_roles(house_roles, extra, declared)
    here = _of_roles(company_roles, extra, declared)
    permissions = matrix().permissions
    here -= {name for name, each in permissions.items() if each.house}
    return frozenset(here | house)


def _of_roles(
    roles: Iterable[str], extra: Mapping[str, Collection[str]], declared: Collection[str]
) -> set[str]:
    found: set[str] = set()
    known = {*matrix().permissions, *declared}
    for name in roles:
        role = matrix().roles.get(name)
        if role is None:
            continue
        if EVERYTHING in role.grants:
            return known
        found |= role.grants
        found |= known.intersection(extra.get(name, ()))
    return found
