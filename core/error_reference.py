"""The reference of errors, written from the tree of errors: `python -m core.error_reference`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core import errors
from core.config import ROOT
from core.http.exchange import TooLarge
from core.kernel.schema import SettingsRefused
from core.stock.reserving import TakenMeanwhile
from core.web.confirming import PasswordNeeded
from core.web.errors import status_of
from core.web.preconditions import PreconditionFailed
from core.web.preconditions import PreconditionRequired

FILE = ROOT / "docs" / "reference" / "errors.md"

INTRODUCTION = """# Errors

This page is written from the tree of errors by `python -m core.error_reference`.

Every error has a code, which stays when its sentence is worded anew. The command line prints the
sentence, what to do next, and the place on this page, and ends with 2; a page in the browser shows
the same place; the API answers with a problem document (RFC 9457) whose
`code` is the heading here. After an error nothing was changed, unless its section says otherwise.
"""


class Advice(NamedTuple):
    """Who can end an error, whether the same again may work, and what to do."""

    who: str
    again: bool
    todo: str


ADVICE: dict[type[errors.EntrepotError], Advice] = {
    errors.InputError: Advice("who entered it", False, "Correct what the message names."),
    SettingsRefused: Advice("who entered it", False, "Correct the fields that are named."),
    errors.NotFound: Advice("who asked", False, "Look for the right name in the list it hints at."),
    errors.Conflict: Advice(
        "who asked", False, "Load the thing anew, see what changed, and decide again."
    ),
    PreconditionFailed: Advice(
        "who asked", False, "Read the thing again, and send the change with its new ETag."
    ),
    PreconditionRequired: Advice(
        "who asked", False, "Read the thing first, and send its ETag as If-Match."
    ),
    PasswordNeeded: Advice(
        "who asked", False, "Do it on the page, which asks for the password, or on the machine."
    ),
    errors.LeaseLost: Advice(
        "nobody", True, "Another process has taken the work over; it goes on there."
    ),
    TakenMeanwhile: Advice("nobody", True, "It is done once more at once, with the goods locked."),
    errors.Veto: Advice("who asked", False, "Do what the rule or the addon in the message asks."),
    errors.Unresolved: Advice(
        "integrator", True, "Enable the addon that answers, such as a tax regime; the work waits."
    ),
    errors.AmbiguousHook: Advice(
        "integrator", False, "Disable one of the addons that the message names."
    ),
    errors.InvariantBroken: Advice(
        "integrator",
        False,
        "Stop working on the data, run `entrepot verify`, and restore the last good backup.",
    ),
    errors.ConnectorError: Advice(
        "integrator", False, "Read what the platform said, then `entrepot connections test LABEL`."
    ),
    errors.AuthFailed: Advice(
        "seller", False, "Authorise the connection again, or enter its credentials."
    ),
    errors.RateLimited: Advice("nobody", True, "Wait; the work goes on by itself."),
    errors.Unavailable: Advice("platform", True, "Wait; the work goes on by itself."),
    errors.OutcomeUnknown: Advice(
        "seller", False, "It may have been done: look at the platform before it is sent again."
    ),
    errors.RequestRefused: Advice(
        "addon author", False, "The platform took no such request; report it with its number."
    ),
    errors.HostRefused: Advice(
        "integrator", False, "Open the host under `[http] allow` only if you trust it."
    ),
    TooLarge: Advice("addon author", False, "Ask the platform for less at once."),
    errors.MappingError: Advice(
        "addon author",
        False,
        "The platform says something new. What it said is kept; the addon must learn it.",
    ),
    errors.KernelError: Advice("integrator", False, "Do what the message says, then try again."),
    errors.ManifestError: Advice("addon author", False, "Correct the manifest.toml it names."),
    errors.GraphError: Advice("integrator", False, "Install what is missing, or remove one."),
    errors.IncompatibleAddon: Advice(
        "integrator", False, "Install the version of the addon or package that fits."
    ),
    errors.MigrationFailed: Advice(
        "addon author", False, "The database is as before; correct the migration, install again."
    ),
    errors.AddonFailed: Advice(
        "addon author", True, "`entrepot addons info NAME` shows the fault with its place."
    ),
}


def kinds(base: type[errors.EntrepotError] = errors.EntrepotError) -> Iterator[type]:
    """Yield the kinds of errors of the core, each before its own kinds."""
    for kind in base.__subclasses__():
        if kind.__module__.startswith("core.") and not kind.__name__.startswith("_"):
            yield kind
            yield from kinds(kind)


def write_reference() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(line for kind in kinds() for line in _section(kind))])


def _section(kind: type[errors.EntrepotError]) -> Iterator[str]:
    advice = ADVICE[kind]
    yield f"## `{kind.code}`"
    yield ""
    yield " ".join((kind.__doc__ or "").split())
    yield ""
    yield f"- In Python: `{kind.__name__}`, a kind of `{kind.__mro__[1].__name__}`"
    yield f"- Status over HTTP: {_status(kind)}"
    yield f"- Trying the same again: {'may help' if advice.again else 'does not help'}"
    yield f"- Who can end it: {advice.who}"
    yield f"- What to do: {advice.todo}"
    yield ""


def _status(kind: type[errors.EntrepotError]) -> int:
    # Made without its own arguments: only its place in the tree counts.
    return status_of(kind.__new__(kind))


if __name__ == "__main__":
    FILE.write_text(write_reference(), encoding="utf-8")
