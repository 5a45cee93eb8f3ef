"""The order of addons."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from core.kernel.graph import Graph
from core.kernel.graph import dependents
from core.kernel.graph import order_addons
from core.kernel.manifest import Manifest


def manifest(name: str, depends: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Manifest:
    return Manifest(name, name, Version("1"), SpecifierSet(">=1"), "app", "", depends, after)


def ordered(*manifests: Manifest, broken: dict[str, str] | None = None) -> Graph:
    return order_addons({each.name: each for each in manifests}, broken or {})


def test_dependencies_come_first_and_ties_go_by_name() -> None:
    graph = ordered(
        manifest("zebra"), manifest("cat", ("zebra",)), manifest("bee"), manifest("ant", ("cat",))
    )

    assert graph.order == ("bee", "zebra", "cat", "ant")
    assert graph.broken == {}


def test_after_orders_but_asks_for_nothing() -> None:
    graph = ordered(manifest("ant", after=("zebra", "absent")), manifest("zebra"))

    assert graph.order == ("zebra", "ant")


def test_what_needs_a_missing_addon_is_broken_and_what_needs_that_too() -> None:
    graph = ordered(manifest("ant", ("absent",)), manifest("bee", ("ant",)), manifest("cat"))

    assert graph.order == ("cat",)
    assert "absent" in graph.broken["ant"]
    assert graph.broken["bee"].startswith("Needs ant, which is broken: Needs absent")


def test_what_needs_a_broken_addon_is_broken() -> None:
    graph = ordered(manifest("bee", ("ant",)), manifest("cat"), broken={"ant": "No manifest."})

    assert graph.order == ("cat",)
    assert graph.broken == {
        "ant": "No manifest.",
        "bee": "Needs ant, which is broken: No manifest.",
    }


def test_a_circle_breaks_its_members_and_what_needs_them_only() -> None:
    graph = ordered(
        manifest("ant", ("bee",)),
        manifest("bee", ("ant",)),
        manifest("cat", ("ant",)),
        manifest("self", ("self",)),
        manifest("zebra"),
    )

    assert graph.order == ("zebra",)
    assert set(graph.broken) == {"ant", "bee", "cat", "self"}
    assert "in a circle" in graph.broken["ant"]


def test_a_circle_through_a_wish_drops_the_wish() -> None:
    graph = ordered(
        manifest("ant", ("bee",)), manifest("bee", after=("ant",)), manifest("cat", after=("cat",))
    )

    assert graph.order == ("bee", "cat", "ant")
    assert graph.broken == {}


def test_dependents_are_found_through_others_and_only_among_the_given() -> None:
    known = {
        each.name: each
        for each in (
            manifest("ant"),
            manifest("bee", ("ant",)),
            manifest("cat", ("bee",)),
            manifest("dog", ("ant",)),
        )
    }

    assert dependents(known, "ant", {"ant", "bee", "cat"}) == ["bee", "cat"]
    assert dependents(known, "cat", set(known)) == []


NAMES = st.sampled_from([f"addon_{letter}" for letter in "abcdefg"])
GRAPHS = st.dictionaries(
    NAMES, st.tuples(st.frozensets(NAMES, max_size=3), st.frozensets(NAMES, max_size=3))
)


@given(GRAPHS)
def test_every_addon_is_either_ordered_after_its_needs_or_broken(
    shape: dict[str, tuple[frozenset[str], frozenset[str]]],
) -> None:
    manifests = {
        name: manifest(name, tuple(needs), tuple(wishes)) for name, (needs, wishes) in shape.items()
    }

    graph = order_addons(manifests, {})
    again = order_addons(dict(reversed(manifests.items())), {})

    assert graph == again
    assert sorted([*graph.order, *graph.broken]) == sorted(manifests)
    place = {name: number for number, name in enumerate(graph.order)}
    for name in graph.order:
        assert all(place[need] < place[name] for need in shape[name][0])
