"""What an addon declares so that webhooks of its platform are taken in."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

from core.http.client import HttpClient
from core.webhooks.signatures import Verifier
from core.webhooks.signatures import WebhookMessage

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

MAX_BYTES = 1_000_000
LARGEST_BYTES = 5_000_000
Read = Callable[[WebhookMessage], str]
AskKey = Callable[[HttpClient, Mapping[str, Any], str], str]


def _nothing(_message: WebhookMessage) -> str:
    return ""


@dataclass(frozen=True)
class Webhooks:
    """How webhooks are verified, and which task fetches what they tell of.

    verifier       checks the signature on the raw bytes
    secrets        the settings (of the connection, else of the addon) that hold the secret; several
                   while one is replaced by another
    tasks          the task to enqueue for each topic, "" for all others
    topic, about   read from a verified message what kind it is, and the id of what it tells of;
                   neither may be personal data
    event_id       reads the platform's own number from the signed part of a message; without it two
                   messages with the same body are the same
    keep_headers   headers to store beside the body
    signed_before  the setting of the connection whose value is signed before the body
    key_id, keys   where a platform signs with keys of its own: the name of the key that a message
                   gives before it is trusted, and what asks the platform for it; the verifier then
                   gets that key instead of a secret
    challenge      what a platform wants to hear when it tries the address: from what it sends as
                   `challenge_code`, a secret and the address
    """

    verifier: Verifier
    secrets: tuple[str, ...]
    tasks: Mapping[str, str] = field(default_factory=dict)
    topic: Read = _nothing
    about: Read = _nothing
    event_id: Read = _nothing
    keep_headers: tuple[str, ...] = ()
    key_id: Read = _nothing
    keys: AskKey | None = None
    challenge: Callable[[str, str, str], str] | None = None
    signed_before: str = ""
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        if not self.secrets or not 0 < self.max_bytes <= LARGEST_BYTES:
            raise ValueError(f"webhooks need a secret, and take at most {LARGEST_BYTES} bytes")

    def task_of(self, topic: str) -> str:
        """Return the task for a topic, or nothing."""
        return self.tasks.get(topic, self.tasks.get("", ""))


def webhooks_of(kernel: Kernel, addon: str) -> Webhooks | None:
    """Return what an addon declares; None when it takes no webhooks."""
    declared = getattr(kernel.registry.addons.get(addon), "webhooks", None)
    return declared if isinstance(declared, Webhooks) else None
