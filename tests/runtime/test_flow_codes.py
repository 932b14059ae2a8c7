from __future__ import annotations

import pickle
import threading

import pytest

from holon_actors.flows import flow
from holon_actors.runtime import flow_codes
from holon_actors.runtime.errors import UnpicklableFlow
from holon_actors.runtime.flow_codes import FlowCodes, KnownFlows
from tests.runtime.sample_flows import add


def test_a_flow_is_pickled_once() -> None:
    codes = FlowCodes()
    code = codes.code_of(add)
    assert codes.code_of(add) is code
    assert pickle.loads(code.data) is add


def test_what_a_flow_closes_over_is_named_when_it_cannot_travel() -> None:
    lock = threading.Lock()
    with pytest.raises(UnpicklableFlow, match=r"'guarded'.*lock") as caught:
        FlowCodes().code_of(flow(lambda x: (x, lock), name="guarded"))
    assert caught.value.flow == "guarded"


def test_both_ends_forget_the_flow_that_was_not_used_for_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flow_codes, "_REMEMBERED", 2)
    codes, known = FlowCodes(), KnownFlows()
    flows = [flow(lambda x: x, name=f"f{n}") for n in range(3)]
    keys = [codes.code_of(one).key for one in flows]
    assert [known.note(key) for key in keys] == [(False, None), (False, None), (False, keys[0])]
    assert known.note(keys[2]) == (True, None)
    assert codes.code_of(flows[0]).key not in keys  # forgotten here too: it comes under a new key


def test_a_flow_the_worker_could_not_load_is_sent_again() -> None:
    known = KnownFlows()
    known.note(1)
    known.unknown(1)
    assert known.note(1) == (False, None)
