"""Copies of a value with some of its fields changed, where `dataclasses.replace` would cost more than all that is done with the copy."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Value = TypeVar("Value")


def replace(value: Value, **changes: Any) -> Value:
    """The same as `dataclasses.replace`, for dataclasses whose initialiser takes all of their fields by place."""
    cls: Any = type(value)
    copy: Value = cls(*_fields(cls)(value))
    for name, one in changes.items():
        object.__setattr__(copy, name, one)
    return copy


@cache
def _fields(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = [one.name for one in fields(cls)]
    assert list(cls.__match_args__) == names, f"{cls.__qualname__} wants fields by name"
    return attrgetter(*names)
