"""Where the time went."""

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.cli.timing import node_times, timing_data, timing_table
from holon_actors.runtime import Span


def span(number, parent, path, start, duration, status="succeeded"):
    name = path.rpartition("/")[2]
    return Span(
        id=number,
        parent=parent,
        path=path,
        name=name,
        start=start,
        duration=duration,
        status=status,
    )


# As a trace has them: in the order in which they ended.
SPANS = [
    span(1, 0, "pipe[0]/read", 0.0, 0.2, "failed"),
    span(2, 0, "pipe[0]/read", 0.2, 0.3),
    span(4, 3, "pipe[1]/both.a/f", 0.5, 0.4),
    span(5, 3, "pipe[1]/both.b/g", 0.6, 0.4),
    span(3, 0, "pipe[1]/both", 0.5, 0.6),
    span(0, None, "pipe", 0.0, 1.2),
]


def test_every_node_comes_before_its_parts_with_its_runs_summed():
    rows = [(n.depth, n.label, n.calls, n.failed, round(n.total_s, 6)) for n in node_times(SPANS)]
    assert rows == [
        (0, "pipe", 1, 0, 1.2),
        (1, "[0] read", 2, 1, 0.5),
        (1, "[1] both", 1, 0, 0.6),
        (2, ".a f", 1, 0, 0.4),
        (2, ".b g", 1, 0, 0.4),
    ]


def test_a_nodes_own_time_leaves_out_its_parts_and_counts_overlaps_once():
    own = {node.path: round(node.own_s, 6) for node in node_times(SPANS)}
    assert own["pipe"] == 0.1  # 1.2 less 0.5 of reading and 0.6 of both
    assert own["pipe[1]/both"] == 0.1  # f and g cover 0.5 to 1.0
    assert own["pipe[0]/read"] == 0.5


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=8))
def test_own_time_is_never_negative_nor_more_than_the_whole(parts):
    root = span(0, None, "all", 0.0, 10.0)
    children = [span(n + 1, 0, f"all[{n}]/x", start, d) for n, (start, d) in enumerate(parts)]
    (first, *_rest) = node_times([*children, root])
    assert 0 <= first.own_s <= 10.0


def test_the_table_is_a_tree_in_milliseconds():
    lines = timing_table(SPANS).splitlines()
    assert lines[0] == "where the time went"
    assert lines[1].split() == ["node", "calls", "failed", "total", "ms", "own", "ms"]
    assert lines[3].split() == ["pipe", "1", "1200.0", "100.0"]
    assert lines[4].split() == ["[0]", "read", "2", "1", "500.0", "500.0"]
    assert lines[6].startswith("     .a f")


def test_the_data_holds_whole_paths():
    assert [row["path"] for row in timing_data(SPANS)][-1] == "pipe[1]/both.b/g"


def test_a_span_whose_parent_is_unknown_stands_at_the_top():
    assert [n.depth for n in node_times([span(7, 3, "lost", 0.0, 1.0)])] == [0]
