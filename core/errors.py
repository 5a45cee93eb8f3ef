"""The one tree of errors: each message says what, which, and what to do next."""

from __future__ import annotations

import re
from typing import ClassVar


class EntrepotError(Exception):
    """An error whose message is meant for a person.

    `code` is its name for programs, and the heading under which docs/reference/errors.md tells
    what to do; it stays when messages are worded anew.
    """

    code: ClassVar[str] = "error"

    def __init_subclass__(cls, **options: object) -> None:
        """Give every kind of error its code."""
        super().__init_subclass__(**options)
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__.lstrip("_")).lower()

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def page(self) -> str:
        """Return where the documentation tells what to do.

        A kind of an addon's own is told under that of the core which it is a kind of.
        """
        code = next(
            kind.code
            for kind in type(self).__mro__
            if issubclass(kind, EntrepotError)
            and kind.__module__.startswith("core.")
            and not kind.__name__.startswith("_")
        )
        return "docs/reference/errors.md" + (f"#{code}" if code != "error" else "")

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(EntrepotError):
    """What came in cannot be read; `where` names the file, line or field."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.where = where


class NotFound(EntrepotError):
    """The thing that was named does not exist."""


class Conflict(EntrepotError):
    """The thing has changed meanwhile, or exists already with other values."""


class LeaseLost(Conflict):
    """A right that was taken for some time has run out, and somebody else has it now."""


class Veto(EntrepotError):
    """An addon or a rule refuses the act; `field` names the input to change, if one."""

    def __init__(self, message: str, *, field: str | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class Unresolved(EntrepotError):
    """A question that needs exactly one answer got none."""


class AmbiguousHook(EntrepotError):
    """A question that needs exactly one answer got several; the message names the addons."""


class InvariantBroken(EntrepotError):
    """A sentence that must hold at every commit does not hold."""


class ConnectorError(EntrepotError):
    """A platform or provider could not be used as wished."""


class AuthFailed(ConnectorError):
    """The platform refuses the credentials; the connection must be authorised again.

    With `stale` it refuses a token alone, as one that ran out: a new one is asked for first.
    """

    stale = False


class RateLimited(ConnectorError):
    """The platform asks to wait `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Unavailable(ConnectorError):
    """The platform does not answer; trying again later may help."""


class OutcomeUnknown(Unavailable):
    """The request was sent and no answer came: it may have been done, or not."""


class RequestRefused(ConnectorError):
    """The platform refuses this one request; `status` is its answer's, `detail` what it said.

    `detail` may hold personal data: it is for the connector, and no part of the message.
    """

    def __init__(self, message: str, *, status: int, detail: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.detail = detail


class HostRefused(ConnectorError):
    """An addon wanted to reach what it may not: another host, a private address, no TLS."""


class MappingError(ConnectorError):
    """A value from outside has no meaning here; `path` and `value` say which."""

    def __init__(self, path: str, value: object, *, hint: str = "") -> None:
        super().__init__(f"{path}: no meaning is known for {value!r}.", hint=hint)
        self.path = path
        self.value = value


class KernelError(EntrepotError):
    """The addon framework cannot do what was asked."""


class ManifestError(KernelError):
    """A manifest.toml cannot be read or does not follow its schema."""


class GraphError(KernelError):
    """Addon dependencies are missing, circular or in conflict."""


class IncompatibleAddon(KernelError):
    """An addon asks for another core version or a Python package that is not installed."""


class MigrationFailed(KernelError):
    """A migration stopped; the database is as it was before."""


class AddonFailed(KernelError):
    """An addon raised where its answer is needed; the act it was asked about did not happen."""
