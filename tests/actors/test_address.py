"""Addresses are values that print and parse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import Address, HolonError, InvalidAddress
from holon_actors.actors.address import check_name

NAMES = st.text("abcXYZ019_.$@+:=-", min_size=1, max_size=20)
MADE_NAMES = NAMES | st.builds("{}~{}".format, NAMES, st.integers(1, 99))
SYSTEMS = st.text("abcXYZ019_.-", min_size=1, max_size=20)
ENDPOINTS = st.none() | st.sampled_from(["10.0.0.5:7400", "[::1]:80", "host.example:1"])
ADDRESSES = st.builds(
    Address,
    system=SYSTEMS,
    path=st.lists(MADE_NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names)),
    uid=st.none() | st.integers(0, 2**64),
    endpoint=ENDPOINTS,
)


@given(ADDRESSES)
def test_what_is_printed_parses_to_the_same_address(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(ADDRESSES, ADDRESSES)
def test_addresses_are_equal_exactly_when_they_print_the_same(a: Address, b: Address) -> None:
    assert (a == b) == (str(a) == str(b))
    assert hash(a) == hash(Address.parse(str(a)))


def test_the_documented_form_has_all_its_parts() -> None:
    address = Address.parse("holon://bank@10.0.0.5:7400/user/ada#17")
    assert address == Address("bank", "/user/ada", 17, "10.0.0.5:7400")
    assert address.name == "ada"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bank/user/ada",
        "http://bank/user/ada",
        "holon://bank",
        "holon://bank/",
        "holon:///user",
        "holon://bank/user//ada",
        "holon://bank/user/a b",
        "holon://bank/user/ada#",
        "holon://bank/user/ada#x",
        "holon://bank/user/ada\n",
        "holon://bank@/user/ada",
        " holon://bank/user/ada",
        "holon://bank/user/ädä",
    ],
)
def test_text_that_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        Address.parse(text)
    assert caught.value.text in text
    assert isinstance(caught.value, HolonError)
    assert isinstance(caught.value, ValueError)


@given(NAMES)
def test_names_of_the_allowed_characters_pass(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a#1", "a~1", "é", "x" * 256, "a\n", "\u0661"])
def test_names_that_would_break_a_path_are_refused(name: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        check_name(name)
    assert caught.value.text == name
