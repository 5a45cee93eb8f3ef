"""The dispatcher: it calls the enabled addons' hooks and applies the error policy of each kind.

observe    every addon in a savepoint of its own; a failure is recorded, the others go on
check      in the caller's transaction; a failure refuses the act and names the addon
resolve    exactly one answer; none is `Unresolved` or the core's default, two are an error
collect    the items of every addon; a failing addon's items are missing
transform  the value goes through every addon; a failing addon passes it on unchanged

A hook that takes longer than its budget (`slow_hook` of the configuration) is recorded as a fault
and nothing more: it is not stopped, what it answers counts, and it is no step to the quarantine.

An addon may raise `SystemExit` as easily as any exception (a library that calls `sys.exit`), and
in a web worker that would end the worker or even the server: both stop at this boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from pluggy import HookImpl
from sqlalchemy.orm import Session
from sqlalchemy.orm import SessionTransaction

from core.driver import held_by
from core.errors import AddonFailed
from core.errors import AmbiguousHook
from core.errors import EntrepotError
from core.errors import Unresolved
from core.kernel import faults
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.kernel.guarding import guarded_transaction
from core.kernel.hookspecs import Kind

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

_MISSING: Any = object()
_Answer = TypeVar("_Answer")


class SlowHook(Exception):
    """A hook that took longer than its budget; raised nowhere, only recorded."""


def observe(session: Session, name: str, **arguments: object) -> None:
    """Tell every enabled addon that something happened."""
    kernel = _kernel(session)
    for addon, call in _calls(kernel, "observe", name, arguments, session):
        _attempt(kernel, _reach(session, call), addon, name, call)


def check(session: Session, name: str, **arguments: object) -> None:
    """Let every enabled addon refuse what is about to happen.

    Raises: Veto and other `EntrepotError`s as the addon raised them, `AddonFailed` for the rest.
    """
    kernel = _kernel(session)
    for addon, call in _calls(kernel, "check", name, arguments, session):
        _closed(kernel, session, addon, name, call)


def resolve(session: Session, name: str, *, default: Any = _MISSING, **arguments: object) -> Any:
    """Ask for the one answer; `default` is what the core answers when no addon does.

    Raises: Unresolved without any answer, AmbiguousHook with two or more.
    """
    kernel = _kernel(session)
    answers = {
        addon: answer
        for addon, call in _calls(kernel, "resolve", name, arguments, session)
        if (answer := _closed(kernel, session, addon, name, _sound(kernel, name, call))) is not None
    }
    if len(answers) > 1:
        raise AmbiguousHook(
            f"{' and '.join(sorted(answers))} both answer {name}.",
            hint="Disable all but one of them.",
        )
    if answers:
        return next(iter(answers.values()))
    if default is _MISSING:
        raise Unresolved(f"No enabled addon answers {name}.", hint="Enable one that does.")
    return default


def collect(source: Session | Kernel, name: str, **arguments: object) -> list[tuple[str, Any]]:
    """Return what every enabled addon offers, each item with the addon's name."""
    session = source if isinstance(source, Session) else None
    kernel = _kernel(source) if isinstance(source, Session) else source
    items: list[tuple[str, Any]] = []
    needed = kernel.registry.answer_of(name)[1] if kernel is not None else ()
    for addon, call in _calls(kernel, "collect", name, arguments, session):
        reach = _reach(session, call)
        offered = _attempt(kernel, reach, addon, name, partial(_items, name, call, needed))
        items += [(addon, item) for item in offered or ()]
    return items


def collect_strictly(
    session: Session, name: str, capability: str
) -> tuple[list[tuple[str, Any]], dict[str, str]]:
    """Return what every enabled addon offers, and why those did not that should have.

    For what must not go on without a part of the answers: an addon that fails to offer, or that is
    enabled, has the capability and does not run, is named with the reason.
    """
    kernel = _kernel(session)
    items: list[tuple[str, Any]] = []
    if kernel is None:
        return items, {}
    failed = {
        addon: f"{addon} is enabled and does not run: {why}"
        for addon, why in kernel.absent(capability).items()
    }
    needed = kernel.registry.answer_of(name)[1]
    for addon, call in _calls(kernel, "collect", name, {}, session):
        asked = partial(_noted, failed, addon, partial(_items, name, call, needed))
        offered = _attempt(kernel, _reach(session, call), addon, name, asked)
        items += [(addon, item) for item in offered or ()]
    return items, failed


def _noted(failed: dict[str, str], addon: str, call: Callable[[], list[Any]]) -> list[Any]:
    try:
        return call()
    except BOUNDARY as error:
        failed[addon] = f"{addon} failed to offer anything: {type(error).__name__}: {error}."
        raise


def collect_installed(session: Session, name: str) -> list[tuple[str, Any]]:
    """Return what every installed addon offers, disabled ones too, each with the addon's name.

    Only for reading what was decided while an addon was enabled, such as the boxes of a return: a
    disabled addon decides nothing more.
    """
    kernel = _kernel(session)
    items: list[tuple[str, Any]] = []
    if kernel is None:
        return items
    needed = kernel.registry.answer_of(name)[1]
    for implementation in kernel.registry.implementations(name, "collect"):
        call = _Bound(implementation, {"session": session})
        addon = implementation.plugin_name
        offered = _attempt(
            kernel, _reach(session, call), addon, name, partial(_items, name, call, needed)
        )
        items += [(addon, item) for item in offered or ()]
    return items


def ask(session: Session, addon: str, name: str, call: Callable[[], _Answer]) -> _Answer | None:
    """Ask an item that an addon offered through a hook; a failure is recorded, the answer None.

    The call must not hand the session over: nothing that the addon did in it would be undone.
    """
    answer: _Answer | None = _attempt(_kernel(session), None, addon, name, call)
    return answer


def transform(session: Session, name: str, value: Any, **arguments: object) -> Any:
    """Pass a value (the hook's first argument) through every enabled addon."""
    kernel = _kernel(session)
    if kernel is None:
        return value
    first = kernel.registry.first_argument(name)
    for addon, call in _calls(kernel, "transform", name, arguments, session):
        asked = _sound(kernel, name, partial(call, **{first: value}))
        changed = _attempt(kernel, _reach(session, call), addon, name, asked)
        value = value if changed is None else changed
    return value


def wanted(session: Session, kind: Kind, name: str) -> bool:
    """Say whether any enabled addon implements a hook: its arguments may be costly to build."""
    kernel = _kernel(session)
    return kernel is not None and any(
        implementation.plugin_name in kernel.enabled
        for implementation in kernel.registry.implementations(name, kind)
    )


def _sound(kernel: Kernel | None, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call whose answer of a wrong type is an error of the addon that gave it."""
    expected = kernel.registry.answer_of(name)[0] if kernel is not None else object

    def asked() -> Any:
        answer = call()
        if answer is not None and not isinstance(answer, expected):
            raise TypeError(f"{name}() must return {expected.__name__}, not {answer!r:.200}")
        return answer

    return asked


def _items(name: str, call: Callable[..., Any], needed: tuple[str, ...]) -> list[Any]:
    """Return what an addon offers; one item that the core could not read refuses them all."""
    # Within the boundary: an addon may hand over a generator that fails while it is read.
    items = list(call() or ())
    if not needed:
        return items
    for item in items:
        missing = [attribute for attribute in needed if not hasattr(item, attribute)]
        if missing:
            raise TypeError(f"{name}() offers {item!r:.200}, which has no {', '.join(missing)}")
    return items


def _kernel(session: Session) -> Kernel | None:
    return session.info.get("kernel")


def _calls(
    kernel: Kernel | None,
    kind: Kind,
    name: str,
    arguments: dict[str, object],
    session: Session | None,
) -> Iterator[tuple[str, _Bound]]:
    """Yield each enabled addon that implements the hook with its call, dependencies first."""
    if kernel is None:
        return
    enabled = kernel.enabled
    given = arguments if session is None else {"session": session, **arguments}
    implementations = kernel.registry.enabled_implementations(name, kind, enabled)
    kernel.registry.require_arguments(name, given, piped=kind == "transform")
    kernel.tally.called(*[implementation.plugin_name for implementation in implementations])
    for implementation in implementations:
        yield implementation.plugin_name, _Bound(implementation, given)


@dataclass(slots=True)
class _Bound:
    """An addon's implementation of a hook with its arguments; not frozen, to be made quickly."""

    implementation: HookImpl
    given: dict[str, object]

    def __call__(self, **changed: object) -> Any:
        arguments = {**self.given, **changed} if changed else self.given
        names = self.implementation.argnames
        if not names:
            return self.implementation.function()
        return self.implementation.function(*[arguments[key] for key in names])


def _reach(session: Session | None, call: _Bound) -> Session | None:
    """Return the session if the addon is given it: what it cannot reach it cannot break."""
    return session if "session" in call.implementation.argnames else None


def _attempt(
    kernel: Kernel | None,
    session: Session | None,
    addon: str,
    name: str,
    call: Callable[..., Any],
) -> Any:
    """Call within a savepoint; on an error undo it, record the fault and return None."""
    # Begun outside the boundary: it flushes the caller's own rows, and their errors are not the
    # addon's. It is made when the addon first asks the database, and not at all if it never does.
    savepoint = _begin(session) if session is not None else None
    try:
        answer = _call(kernel, session, addon, name, call)
        # Flushes and releases: rows that the addon left pending may still fail here.
        if savepoint is not None:
            savepoint.commit()
    except BaseException as error:
        if savepoint is not None:
            savepoint.rollback()
        if not isinstance(error, BOUNDARY):
            raise
        faults.record(kernel, addon, f"hook:{name}", error)
        return None
    return answer


def _begin(session: Session) -> SessionTransaction:
    # The guard must know the connection without asking for it: that would make the savepoint.
    held_by(session)
    return session.begin_nested()


def _closed(
    kernel: Kernel | None, session: Session, addon: str, name: str, call: Callable[..., Any]
) -> Any:
    """Call in the caller's transaction; any error stops the caller and names the addon."""
    try:
        return _call(kernel, session, addon, name, call)
    except EntrepotError as error:
        error.message = f"{addon}: {error.message}"
        raise
    except BOUNDARY as error:
        faults.record(kernel, addon, f"hook:{name}", error)
        raise AddonFailed(
            f"{addon} failed in {name}: {type(error).__name__}: {error}.",
            hint="Nothing was changed; correct or disable the addon and try again.",
        ) from error


def _call(
    kernel: Kernel | None, session: Session | None, addon: str, name: str, call: Callable[..., Any]
) -> Any:
    began = monotonic()
    try:
        if session is None:
            with running_addon(addon):
                return call()
        with running_addon(addon), guarded_transaction(session):
            return call()
    finally:
        if kernel is not None and 0 < kernel.config.slow_hook < monotonic() - began:
            _note_slow(kernel, addon, name, monotonic() - began)


def _note_slow(kernel: Kernel, addon: str, name: str, seconds: float) -> None:
    budget = kernel.config.slow_hook
    error = SlowHook(f"{name}() took {seconds:.1f} seconds; {budget:g} are its budget.")
    # Not counted: on a machine that is slow itself, every addon would be taken out of service.
    faults.record(kernel, addon, f"hook:{name}", error, counted=False)
