"""The order of addons: dependencies first, ties by name, so every machine agrees."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError
from graphlib import TopologicalSorter

from core.kernel.manifest import Manifest


@dataclass(frozen=True)
class Graph:
    """Usable addons in order, and for every other addon the reason why it cannot be used."""

    order: tuple[str, ...]
    broken: dict[str, str]


def order_addons(manifests: Mapping[str, Manifest], broken: Mapping[str, str]) -> Graph:
    """Sort addons topologically; what needs a missing, broken or circular addon is broken too.

    `after` is a wish: it is dropped where it would close a circle or names an absent addon.
    """
    reasons = dict(broken)
    wishes = {name: set(m.after) for name, m in manifests.items()}
    while True:
        _spread(manifests, reasons)
        # Sorted all through: which circle is found first must not hang on the order of a set.
        usable = {name: m for name, m in sorted(manifests.items()) if name not in reasons}
        edges = {
            name: sorted(each for each in {*m.depends, *wishes[name]} if each in usable)
            for name, m in usable.items()
        }
        try:
            return Graph(tuple(_layers(edges)), dict(sorted(reasons.items())))
        except CycleError as error:
            _open_circle(error.args[1], manifests, wishes, reasons)


def dependents(manifests: Mapping[str, Manifest], name: str, among: Collection[str]) -> list[str]:
    """Return which of the addons need `name`, directly or through others."""
    needing: set[str] = set()
    grown = True
    while grown:
        more = {
            other
            for other in among
            if other in manifests and {name, *needing} & set(manifests[other].depends)
        }
        grown = not more <= needing
        needing |= more
    return sorted(needing - {name})


def _spread(manifests: Mapping[str, Manifest], reasons: dict[str, str]) -> None:
    """Mark every addon broken that needs a missing or broken one, until nothing changes."""
    grown = True
    while grown:
        grown = False
        for name in sorted(manifests.keys() - reasons.keys()):
            reason = _lacks(manifests[name], manifests, reasons)
            if reason:
                reasons[name] = reason
                grown = True


def _lacks(
    manifest: Manifest, manifests: Mapping[str, Manifest], reasons: Mapping[str, str]
) -> str | None:
    for needed in manifest.depends:
        if needed in reasons:
            return f"Needs {needed}, which is broken: {reasons[needed]}"
        if needed not in manifests:
            return f"Needs {needed}, which is not there; add it to the addon path."
    return None


def _open_circle(
    circle: list[str],
    manifests: Mapping[str, Manifest],
    wishes: dict[str, set[str]],
    reasons: dict[str, str],
) -> None:
    """Drop the wishes along a circle, or mark its addons broken where only needs are left."""
    # graphlib lists a circle so that each node is needed by the next.
    pairs = list(zip(circle[1:], circle[:-1], strict=True))
    soft = [(name, before) for name, before in pairs if before not in manifests[name].depends]
    for name, before in soft:
        wishes[name].discard(before)
    if not soft:
        shown = " → ".join(reversed(circle))
        reasons.update(dict.fromkeys(circle, f"Needs itself in a circle: {shown}."))


def _layers(edges: Mapping[str, Iterable[str]]) -> Iterable[str]:
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
