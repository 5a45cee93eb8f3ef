"""How a quantity comes about: worked by hand, and never more than there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.publishing.reckoning import Figures
from core.publishing.reckoning import Terms
from core.publishing.reckoning import kit_figures
from core.publishing.reckoning import merged
from core.publishing.reckoning import reckon

SMALL = st.integers(0, 50)
FIGURES = st.builds(Figures, SMALL, SMALL, SMALL, SMALL)
TERMS = st.builds(
    Terms,
    buffer=st.none() | SMALL,
    share=st.none() | st.integers(0, 100),
    cap=st.none() | SMALL,
    floor=st.none() | SMALL,
    minimum=st.none() | SMALL,
    last_units=st.none() | SMALL,
    priority=st.sampled_from([None, 1]),
    fast_minutes=st.sampled_from([None, 60]),
    paused=st.sampled_from([None, 0, 1]),
)


def test_buffer_cap_share_and_floor_by_hand() -> None:
    goods = Figures(70, 4)
    shops = [Terms(buffer=2), Terms(buffer=5, cap=30), Terms(share=50), Terms(buffer=2, floor=70)]

    assert [reckon(goods, terms).quantity for terms in shops] == [64, 30, 33, 0]


def test_reckoning_says_why() -> None:
    assert reckon(Figures(12, 2), Terms(buffer=3)).text() == (
        "publishes 7: on hand 12, reserved 2, buffer 3"
    )


def test_last_units_are_left_to_the_shop_with_priority() -> None:
    few, many = Figures(3), Figures(9)

    assert reckon(few, Terms(last_units=3)).quantity == 0
    assert reckon(few, Terms(last_units=3, priority=1)).quantity == 3
    assert reckon(many, Terms(last_units=3)).quantity == 9


def test_what_sold_lately_is_held_back_once_more() -> None:
    assert reckon(Figures(20, sold=6), Terms(fast_minutes=60)).quantity == 14
    assert reckon(Figures(20, sold=6), Terms()).quantity == 20


def test_small_numbers_are_not_shown_and_a_pause_shows_nothing() -> None:
    assert reckon(Figures(2), Terms(minimum=3)).quantity == 0
    assert reckon(Figures(3), Terms(minimum=3)).quantity == 3
    assert reckon(Figures(3), Terms(paused=1)).quantity == 0
    assert reckon(Figures(3), merged([Terms(paused=1), Terms(paused=0)])).quantity == 3


def test_narrower_rule_prevails_term_by_term() -> None:
    chain = [Terms(buffer=5, cap=9), Terms(cap=7), Terms(buffer=0)]

    assert merged(chain) == Terms(buffer=0, cap=7)


def test_bundle_has_what_its_scarcest_component_allows() -> None:
    found = kit_figures([(Figures(5, 0), 2), (Figures(9, 8), 1)])

    assert found.available == 1
    assert kit_figures([(Figures(1, 0, 0), 2)]).available == 0


@given(FIGURES, TERMS)
def test_never_less_than_nothing_nor_more_than_there_is(figures: Figures, terms: Terms) -> None:
    found = reckon(figures, terms)

    assert 0 <= found.quantity <= max(figures.available, 0)
    assert max(found.steps[-1].left, 0) == found.quantity
    assert terms.cap is None or found.quantity <= terms.cap


@given(FIGURES, TERMS, st.integers(1, 20))
def test_fewer_goods_never_show_more(figures: Figures, terms: Terms, gone: int) -> None:
    # With priority left out: fewer goods can make a shop the only one that still sells.
    fewer = figures._replace(reserved=figures.reserved + gone)

    assert reckon(fewer, terms).quantity <= reckon(figures, terms).quantity
