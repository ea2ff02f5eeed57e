"""What expressions and texts work with: live values that know how they are shown.

Each compares and computes like the plain value it is (a choice like its text, an amount like its number) and carries
what printing needs: the titles of an option, the currency of an amount, the day that ends at midnight.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from engine.ground.valueclass import valueclass


class Titled(str):
    """A text that is compared as it is and shown by its title: an option, a state, a person's id."""

    __slots__ = ("titles",)
    titles: Mapping[str, str]

    def __new__(cls, value: str, titles: Mapping[str, str]) -> Self:
        """The value with its titles per language ("" serves every language)."""
        made = super().__new__(cls, value)
        made.titles = titles
        return made

    def title_in(self, language: str = "") -> str:
        """The title in that language, else the one for every language, else any, else the value itself."""
        titles = self.titles
        return titles.get(language) or titles.get("") or next(iter(titles.values()), "") or str(self)


class Amount(Decimal):
    """An amount of money as a number that remembers its currency."""

    __slots__ = ("currency",)
    currency: str

    def __new__(cls, amount: Decimal | str, currency: str) -> Self:
        """The amount in that currency (ISO 4217)."""
        made = super().__new__(cls, amount)
        made.currency = currency
        return made


class DayEnd(datetime):
    """A local midnight that ends a day: shown as 24:00 of the day before."""


class PartyNumber(int):
    """The number of a party in the personal store, where the party itself is out of reach."""


@valueclass(frozen=True, slots=True)
class Customer:
    """A party as expressions and texts see it; what is not known is None."""

    name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    chat: str | None = None
    language: str | None = None
    may_be_asked: bool = True            # no questions, and no visits that ask for it, once they have said so
    class_: str | None = None            # the class of customers that counts in the case

    def __str__(self) -> str:
        return self.name


@valueclass(frozen=True, slots=True)
class Attached:
    """A file as expressions and texts see it."""

    name: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return self.name


@valueclass(frozen=True, slots=True)
class Reached:
    """A rung that was reached, as the texts of reminders see it."""

    clock_title: str
    due_at: datetime | None
    overdue: timedelta | None
    rung: str


ATTRIBUTES: Mapping[type[Any], frozenset[str]] = {
    Customer: frozenset({"name", "email", "phone", "address", "language", "may_be_asked", "class"}),
    Attached: frozenset({"name", "size"}),
    Reached: frozenset({"clock_title", "due_at", "overdue", "rung"}),
}
"""The only attributes that an expression or text may ask for, by kind of value."""


def local(instant: datetime, timezone: str) -> datetime:
    """The instant on the wall clock of a time zone; aware in, aware out."""
    return instant.astimezone(ZoneInfo(timezone))


def due_moment(instant: datetime, timezone: str, *, by_days: bool) -> datetime:
    """A due time on the wall clock; the midnight that ends a day clock becomes a `DayEnd`."""
    there = local(instant, timezone)
    if by_days and (there.hour, there.minute, there.second, there.microsecond) == (0, 0, 0, 0):
        return DayEnd(there.year, there.month, there.day, tzinfo=there.tzinfo, fold=there.fold)
    return there


def day_of(instant: datetime) -> date:
    """The local day of an instant; of a midnight that ends a day, that day."""
    return instant.date() - timedelta(days=1) if isinstance(instant, DayEnd) else instant.date()
