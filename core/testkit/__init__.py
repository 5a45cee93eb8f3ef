"""Contracts that addons must pass: base classes of tests, for addons in the tree and outside."""

from __future__ import annotations

import pkgutil

import pytest

# A contract that is broken must show the values, in the tests of every addon.
pytest.register_assert_rewrite(
    *(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__))
)
