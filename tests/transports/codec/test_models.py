"""Pydantic models as messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import pytest
from holon_transports.codec import dumps, loads, register_message
from holon_transports.errors import CodecError
from pydantic import AliasPath, BaseModel, ConfigDict, Field, RootModel, field_validator
from pydantic.dataclasses import dataclass

T = TypeVar("T")


class Line(BaseModel):
    item: str
    count: int = Field(1, gt=0)


@register_message
class Order(BaseModel):
    model_config = ConfigDict(frozen=True)
    number: int
    lines: list[Line] = []
    tags: set[str] = set()
    placed: datetime | None = None
    ident: UUID = Field(default_factory=uuid4)
    loose: str = None  # type: ignore[assignment]  # defaults are not validated


@register_message
class Aliased(BaseModel):
    number: int = Field(alias="orderNumber")


@register_message
class Pathed(BaseModel):
    number: int = Field(1, validation_alias=AliasPath("a", "b"))


@register_message
class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    number: int


@register_message
class Numbers(RootModel[list[int]]):
    pass


@register_message
class Picky(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def _even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("odd")
        return number


class Page(BaseModel, Generic[T]):
    items: list[T]


register_message(Page[int])


@register_message
@dataclass
class Validated:
    number: int


@pytest.mark.parametrize(
    "value",
    [
        Order(number=1),
        Order(number=1, lines=[Line(item="x", count=2)], tags={"a"}, placed=datetime(2026, 1, 1)),
        Aliased(orderNumber=5),
        Open(number=1, other=[1, (2,)]),  # type: ignore[call-arg]
        Numbers([1, 2]),
        Page[int](items=[1]),
        Validated(3),
    ],
    ids=repr,
)
def test_a_model_comes_back_as_it_was(value: Any) -> None:
    back = loads(dumps(value))
    assert back == value
    assert type(back) is type(value)
    if isinstance(value, BaseModel):
        assert back.model_fields_set == value.model_fields_set


def test_what_a_model_refuses_is_named() -> None:
    sent = Picky.model_construct(number=3)
    with pytest.raises(CodecError, match="odd") as caught:
        loads(dumps(sent))
    assert (caught.value.message, caught.value.field) == (f"{__name__}.Picky", "number")
    wrong = Aliased.model_construct(number="x")  # type: ignore[arg-type]
    with pytest.raises(CodecError) as caught:
        loads(dumps(wrong))
    assert caught.value.field == "number"


def test_a_model_that_cannot_be_rebuilt_is_not_sent() -> None:
    with pytest.raises(CodecError, match="alias"):
        dumps(Pathed())


def test_a_pydantic_dataclass_refuses_what_it_does_not_validate() -> None:
    data = dumps(Validated(3))
    with pytest.raises(CodecError, match=r"Validated\.number"):
        loads(data[:-1] + b"\xc0")
