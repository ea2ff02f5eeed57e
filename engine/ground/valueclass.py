"""Frozen values whose classes are quick to build, and quick to make.

`dataclass` writes and compiles six functions for each class; for the many small classes of the language that takes longer than anything
else a cold command does. `valueclass` has it write the initialiser alone and takes the rest from here. That nobody changes a value is
held by the type checker, to whom these are frozen dataclasses, and not once more at run time.
"""

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["valueclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass as valueclass
else:

    def valueclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Any:
        """A decorator: a dataclass with slots, compared, hashed and shown by its fields. Both words must stand there for the type
        checker."""
        assert frozen and slots

        def made(cls: type) -> type:
            cls = dataclasses.dataclass(cls, slots=True, kw_only=kw_only, eq=False, repr=False)
            names = tuple(cls.__dataclass_fields__)
            one = attrgetter(*names)

            def __eq__(self: Any, other: object) -> bool:
                return one(self) == one(other) if other.__class__ is self.__class__ else NotImplemented

            def __hash__(self: Any) -> int:
                return hash((cls, one(self)))

            def __repr__(self: Any) -> str:
                return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

            for function in (__eq__, __hash__, __repr__):
                if function.__name__ not in vars(cls):
                    setattr(cls, function.__name__, function)
            return cls

        return made
