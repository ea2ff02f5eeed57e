"""Items of lists with a condition, and values by cases: the case as it is at that moment says which of them count."""

import pytest

from engine.deciding.checking import check_definition
from engine.defining.diff import diff
from engine.ground.errors import Invalid
from engine.usecases import acting, opening, postponing
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, bundle_of, do, kinds, messages, opened, refused, sent, small_house

BASE = (
    HEAD
    + ROLES
    + """
opening: {by: [desk, customer], require: [{when: amount > 100, is: note}]}
fields:
  customer: {type: party}
  amount: {type: money, currency: EUR, default: 0}
  kind: {type: choice, options: [person, business]}
  note: {type: text, personal: false}
  ok: {type: yes_no}
states:
  first:
    actions:
      go: {by: desk, DOING}
      end: {by: desk, to: done, when: ok}
"""
    + DONE
    + """
clocks:
  total:
    within: 5 days
    from: opened
    until: closed
    extend:
      by: desk
      up_to: 2 days
      at_most: 5
      require: [{when: amount > 100, is: comment}]
      notice: [told, {when: amount > 100, is: warned}]
notices:
  told: {to: [owner, {when: amount > 500, is: director}], via: [email]}
  warned: {to: manager, via: [email]}
  thanks: {to: actor, via: [email]}
"""
)
TEXTS = ("told", "warned", "thanks")


def case_with(doing: str, **given: str) -> tuple[House, str]:
    house, _ = small_house(BASE.replace("DOING", doing), TEXTS)
    return house, opened(house, **given)


def test_a_notice_is_sent_only_while_its_condition_holds() -> None:
    house, number = case_with("notice: [told, {when: amount > 100, is: warned}]")
    do(house, number, "go")
    assert sent(house, number) == [("told", "ann")]
    do(house, number, "go", amount="101")
    assert sent(house, number)[1:] == [("told", "ann"), ("warned", "carl")], "what is given with the action counts first"


def test_a_notice_that_nobody_wants_is_not_sent_at_all() -> None:
    house, number = case_with("notice: [{when: not ok, is: told}]")
    do(house, number, "go", ok="yes")
    assert sent(house, number) == [] and "notices" not in events_of(house, number)[-1].data


def test_a_recipient_is_written_to_only_while_the_condition_holds() -> None:
    house, number = case_with("notice: told", amount="500", note="n")
    do(house, number, "go")
    assert sent(house, number) == [("told", "ann")]
    do(house, number, "go", amount="501")
    assert sent(house, number)[1:] == [("told", "ann"), ("told", "dora")]


def test_reminders_and_escalations_follow_their_conditions() -> None:
    house, number = case_with("remind: [owner, {when: ok, is: manager}], escalate: {when: ok, is: director}")
    do(house, number, "go")
    assert sent(house, number) == [("reminder", "ann")] and state_of(house, number).added == []
    do(house, number, "go", ok="yes")
    assert state_of(house, number).added == ["dora"]
    assert sorted(sent(house, number)[1:]) == [("escalated", "ann"), ("escalated", "dora"), ("reminder", "ann"), ("reminder", "carl")]


@pytest.mark.parametrize("doing", ["assign", "reassign"])
def test_the_owner_is_the_first_case_that_matches(doing: str) -> None:
    house, number = case_with(f"{doing}: [{{when: amount > 500, is: director}}, {{when: amount > 100, is: manager}}]")
    assert do(house, number, "go").owner == "ann"
    assert do(house, number, "go", amount="600").owner == "dora"
    assert do(house, number, "go", amount="200").owner == "carl"


def test_a_field_gets_the_first_value_whose_condition_holds_and_later_doings_see_it() -> None:
    amount = "[{when: kind == 'business', is: 600}, {when: ok, is: amount + 1}, {is: 50}]"
    house, number = case_with(f"set: {{amount: {amount}}}, notice: {{when: amount > 100, is: warned}}")
    assert do(house, number, "go").fields["amount"] == "50.00" and sent(house, number) == []
    assert do(house, number, "go", ok="yes").fields["amount"] == "51.00"
    assert do(house, number, "go", kind="business").fields["amount"] == "600.00" and sent(house, number) == [("warned", "carl")]


def test_an_act_is_taken_only_while_its_condition_holds() -> None:
    acting_task = BASE.replace("go: {by: desk, DOING}", "go: {by: desk}").replace(
        "    actions:\n", "    tasks:\n      look: {by: desk, act: [{when: amount > 100, is: end}]}\n    actions:\n", 1
    )
    house, _ = small_house(acting_task.replace("end: {by: desk, to: done, when: ok}", "end: {by: system, to: done}"), TEXTS)
    small, large = opened(house), opened(house, amount="200", note="n")
    assert do(house, small, "look").state == "first" and kinds(house, small) == ["opened", "task look"]
    assert do(house, large, "look").state == "done"


def test_a_field_is_required_only_while_its_condition_holds() -> None:
    house, number = case_with("require: [kind, {when: kind == 'business', is: note}, {when: amount > 100, is: comment}]")
    do(house, number, "go", kind="person")
    refused(house, Invalid, 3, lambda: do(house, number, "go", kind="business"))
    do(house, number, "go", kind="business", note="tax number 7")
    with pytest.raises(Invalid, match="comment"):
        do(house, number, "go", amount="200")
    do(house, number, "go", amount="200", comment="why")


def test_the_list_of_what_is_needed_says_what_may_come_to_be_needed() -> None:
    house, number = case_with("require: [kind, {when: kind == 'business', is: note}]")
    (go,) = [option for option in acting.possible(house, number, as_("ann")) if option.name == "go"]
    assert go.require == ("kind",) and go.require_if == {"note": "kind == 'business'"}
    do(house, number, "go", kind="business", note="n")
    (go,) = [option for option in acting.possible(house, number, as_("ann")) if option.name == "go"]
    assert go.require == ("kind", "note") and go.require_if == {}


def test_opening_requires_by_what_is_given() -> None:
    house, _ = small_house(BASE.replace("DOING", "notice: told"), TEXTS)
    error = refused(house, Invalid, 3, lambda: opening.open_case(house, "small", as_("ann"), {"amount": "200"}))
    assert error.facts["missing"] == ["note"]
    assert opened(house, amount="200", note="because") and opened(house, amount="100")


def test_an_extension_requires_and_tells_by_conditions() -> None:
    house, number = case_with("notice: told")
    postponing.extend(house, number, as_("ann"), "total", "1 days")
    assert sent(house, number) == [("told", "ann")]
    do(house, number, "go", amount="200")
    with pytest.raises(Invalid, match="comment"):
        postponing.extend(house, number, as_("ann"), "total", "1 days")
    postponing.extend(house, number, as_("ann"), "total", "1 days", {"comment": "rain"})
    assert sent(house, number)[2:] == [("told", "ann"), ("warned", "carl")]
    assert "small" not in messages(house)[-1].subject


def test_whoever_acts_becomes_the_owner_and_can_be_written_to() -> None:
    house, number = case_with("assign: actor, notice: thanks, remind: superior of actor", customer=CUSTOMER)
    assert do(house, number, "go", "bob").owner == "bob"
    assert sent(house, number) == [("thanks", "bob"), ("reminder", "carl")]


def test_where_nobody_acts_the_actor_is_nobody() -> None:
    house, number = case_with("set: {ok: true}")
    house, _ = small_house(
        BASE.replace("go: {by: desk, DOING}", "go: {by: system, when: amount > 5, at_most: 1, assign: actor, notice: thanks}"), TEXTS
    )
    number = opened(house, amount="6")
    assert state_of(house, number).owner == "ann" and sent(house, number) == []


# --- what the checks and the difference say ---------------------------------------------------------------------------


def findings(doing: str) -> list[str]:
    return [str(problem) for problem in check_definition(bundle_of(BASE.replace("DOING", doing), TEXTS).definition)]


@pytest.mark.parametrize(
    ("doing", "finding"),
    [
        ("require: [{when: kind == 'x', is: nte}]", "There is no field 'nte'"),
        ("require: [{when: knd, is: note}]", "There is nothing named 'knd' to read here"),
        ("notice: [{when: ok, is: tld}]", "There is no notice 'tld'"),
        ("remind: [{when: ok, is: managr}]", "'managr' is neither a role"),
        ("set: {amount: [{when: kidn == 'x', is: 1}, 2]}", "There is nothing named 'kidn' to read here"),
        ("set: {amount: [{when: ok, is: amonut}, 2]}", "There is nothing named 'amonut' to read here"),
        ("set: {amount: [{when: ok, is: 1}, {when: ok, is: 2}, 3]}", "This branch is never reached"),
        ("assign: [{when: ok, is: desk}, {when: ok, is: manager}, owner]", "This branch is never reached"),
        ("except: actor", "'actor' is known only where something is done besides"),
    ],
)
def test_a_mistake_in_a_condition_is_found(doing: str, finding: str) -> None:
    assert finding in "\n".join(findings(doing)), findings(doing)


def test_without_mistakes_there_is_nothing_to_find() -> None:
    doing = "to: done, require: [{when: ok, is: note}], notice: [{when: ok, is: told}, warned, thanks], assign: actor"
    assert not [line for line in findings(doing) if "limit" not in line and "'lab'" not in line]


def test_the_actor_in_a_ladder_is_found() -> None:
    definition = bundle_of(BASE.replace("until: closed", "until: closed\n    ladder: {at: due, remind: actor}").replace("DOING", ""), TEXTS)
    assert "In a ladder nobody acts" in "\n".join(map(str, check_definition(definition.definition)))


def test_a_field_required_only_sometimes_does_not_start_a_clock_for_certain() -> None:
    """A clock that starts when a date is filled limits a state only when the date is certain to be filled on the way there."""
    text = BASE.replace("ok: {type: yes_no}", "ok: {type: yes_no}\n  day: {type: date}").replace(
        "go: {by: desk, DOING}", "go: {by: desk, to: second, require: REQUIRE}"
    ).replace("  done: {final", "  second:\n    actions: {finish: {by: desk, to: done}}\n  done: {final") + "\n"
    text = text.replace("from: opened\n    until: closed", "from: day\n    until: closed")

    def waits(require: str) -> bool:
        definition = bundle_of(text.replace("REQUIRE", require), TEXTS).definition
        return any("'second' without any limit" in str(problem) for problem in check_definition(definition))

    assert not waits("[day]") and waits("[{when: ok, is: day}]")


def test_the_difference_names_the_condition() -> None:
    old, new = (
        bundle_of(BASE.replace("DOING", doing), TEXTS).document
        for doing in ("notice: told, set: {amount: 1}", "notice: [{when: ok, is: told}], set: {amount: [{when: ok, is: 2}, 1]}")
    )
    assert [str(change) for change in diff(old, new)] == [
        "notices sent of action go in state first: told → told when ok",
        "set amount of action go in state first: 1 → 2 when ok; 1",
    ]
