"""What is on the picture of a flow."""

import pytest

from holon_actors import flows
from holon_actors.flows import flow
from holon_actors.viz.drawing import Arrow, Box, Cluster, Drawing, draw


@flow
def one(x: int) -> int:
    raise AssertionError("a picture runs nothing")


@flow
async def two(x: int) -> int:
    raise AssertionError("a picture runs nothing")


def test_a_single_flow_is_one_box():
    assert draw(one.graph()) == Drawing("one", Box("n0", ("one", "(x: int) -> int")), ())


def test_an_async_flow_says_so():
    assert draw(two.graph()).item == Box("n0", ("two", "async (x: int) -> int"))


def test_a_pipe_is_a_chain_within_a_frame():
    drawing = draw((one | one | two).graph())
    assert isinstance(drawing.item, Cluster)
    assert [item.id for item in drawing.item.items] == ["n1", "n2", "n3"]
    assert drawing.arrows == (Arrow("n1", "n2"), Arrow("n2", "n3"))


def test_branches_start_at_a_fork_and_end_at_a_join():
    drawing = draw(flows.parallel(a=one, b=two).graph())
    assert [item.id for item in drawing.item.items] == ["n0in", "n1", "n2", "n0out"]
    assert drawing.arrows == (
        Arrow("n0in", "n1", "a"),
        Arrow("n1", "n0out"),
        Arrow("n0in", "n2", "b"),
        Arrow("n2", "n0out"),
    )


def test_arrows_lead_into_and_out_of_nested_frames():
    drawing = draw((one | flows.parallel([one | one, two]) | one.retry(3)).graph())
    reached = {arrow.target for arrow in drawing.arrows} | {
        arrow.source for arrow in drawing.arrows
    }
    assert reached == set(_boxes(drawing.item))


def test_arrows_grow_with_the_parts_not_with_their_product():
    wide = flows.parallel([one] * 20)
    assert len(draw((wide | wide | wide).graph()).arrows) == 3 * 40 + 2


def test_a_title_shows_the_settings_of_a_combinator():
    assert draw(one.retry(5).graph()).item.title.startswith("retry max_retries=5")
    named = flow(one.retry(5), name="stubborn")
    assert draw(named.graph()).item.title.startswith("stubborn: retry max_retries=5")


@pytest.mark.parametrize("text", ["x" * 500, "a\nb\x1b[31m\x00c"])
def test_a_name_is_one_short_printable_line(text):
    (name, _signature) = draw(flow(one, name=text).graph()).item.lines
    assert name.isprintable()
    assert len(name) <= 60


def _boxes(item):
    if isinstance(item, Box):
        yield item.id
    else:
        for inner in item.items:
            yield from _boxes(inner)
