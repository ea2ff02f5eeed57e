"""What an owner could get wrong with `grant:` is told, at its place."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.deciding.checking import check_all
from engine.defining.bundle import definition_of, read_bundle
from tests.small import HEAD, written

TEXT = HEAD + """\
roles: {desk: {}, manager: {}}
fields:
  credit: {type: money, currency: GBP, default: 0}
  words:  {type: choice, options: [a, b]}
authority: {system: 20 GBP, manager: unlimited}
opening: {by: desk}
states:
  open:
    actions:
      go: {by: desk, to: done}
  done: {final: true}
clocks:
  promise:
    from: opened
    until: go
    within: 24 hours
    ladder:
      - {at: due, grant: {credit: 10}}
      - {at: every 24 hours after, at_most: 3, grant: {credit: 10}}
"""


def problems(*change: tuple[str, str]) -> list[str]:
    text = TEXT
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    with TemporaryDirectory() as folder:
        bundle, found = read_bundle(written(Path(folder), text))
        if bundle is None:
            return [f"{one.line}: {one.what}" for one in found]
        assert definition_of(bundle.document) == bundle.definition
        return [f"{one.line}: {one.what}" for one in check_all(bundle)]


def test_a_promise_that_is_in_order_is() -> None:
    assert problems() == []
    assert problems((", at_most: 3", ""), ("default: 0}", "default: 0, between: [0, 50]}")) == []


@pytest.mark.parametrize(("change", "what"), [
    ((", at_most: 3", ""), "23: Nothing bounds what is granted in 'credit'"),
    (("at: due, grant: {credit: 10}", "at: due, grant: {words: 10}"), "22: 'words' is not a field of money"),
    (("at: due, grant: {credit: 10}", "at: due, grant: {credits: 10}"), "22: There is no field 'credits'"),
    (("at: due", "at: 50%"), "22: Before it is due nothing is missed"),
    (("default: 0}", "default: 0, personal: true}"),
     "22: What is granted in 'credit' is public: it must be known without opening personal data"),
    (("default: 0}", "default: 5, between: [5, 50]}"), "22: Where it is taken back, 'credit' must be able to hold 0"),
    (("system: 20 GBP", "director: 20 GBP"), "22: Nothing says how much may be granted by itself in GBP"),
    (("system: 20 GBP", "system: 20 CNY"), "22: Nothing says how much may be granted by itself in GBP"),
    ((", manager: unlimited", ""), "23: What is above 20.00 GBP nobody may grant"),
    (("go: {by: desk", "go: {grant: {credit: 1}, by: desk"), "14: 'grant' is not known here"),
])
def test_what_is_wrong_with_a_grant_is_told(change: tuple[str, str], what: str) -> None:
    assert what in problems(change)


def test_authority_of_the_system_that_nothing_needs_is_told() -> None:
    assert any("Nothing is granted: no ladder has `grant`" in one for one in problems(
        ("at: due, grant: {credit: 10}", "at: due, remind: desk"), ("at_most: 3, grant: {credit: 10}", "at_most: 3, remind: desk")))
