"""Every key of the language: read in its short and its long form, and refused with its place when it does not fit."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import pytest
from reading_samples import PARCEL, SMALLEST, changed, definition_in, problems_in

from engine.defining import definition as language
from engine.defining.definition import (
    Case,
    Counting,
    Definition,
    Doing,
    DoingKind,
    EventKind,
    FieldType,
    Happening,
    LinkedCase,
    Pause,
    Point,
    PointKind,
    Sight,
    Text,
    Who,
    WhoKind,
)
from engine.ground.duration import Duration, Unit
from engine.ground.money import Money

DESK, OWNER, MANAGER = Who(WhoKind.NAMED, "desk"), Who(WhoKind.OWNER), Who(WhoKind.NAMED, "manager")
LATE = language.Expression("late")
TWO_DAYS = Duration(Decimal(2), Unit.DAYS)


@pytest.fixture(scope="module")
def parcel() -> Definition:
    return definition_in(PARCEL)


def state(name: str, more: str) -> str:
    """The smallest procedure with something more in its first state."""
    return SMALLEST.replace("  received:\n", f"  received:\n    {more}\n")


def action(keys: str) -> language.Action:
    return definition_in(SMALLEST.replace("{by: desk, to: done}", keys)).states["received"].actions["close"]


def task(keys: str) -> language.Task:
    return definition_in(state("received", f"tasks: {{look: {keys}}}")).states["received"].tasks["look"]


def clock(keys: str) -> language.ClockSpec:
    return definition_in(f"{SMALLEST}clocks: {{total: {keys}}}\n").clocks["total"]


def field(keys: str) -> language.Field:
    return definition_in(f"{SMALLEST}fields: {{x: {keys}}}\n").fields["x"]


OTHER = LinkedCase(
    procedure="other", with_={"a": (Case(value="b"),), "c": (Case(value="1", when=LATE), Case(value="2"))}, wait=True
)


def items(*values: object) -> tuple[Case, ...]:
    """A list, or value, without conditions."""
    return tuple(Case(value=value) for value in values)


def notice(keys: str) -> language.Notice:
    return definition_in(f"{SMALLEST}notices: {{x: {keys}}}\n").notices["x"]


# --- each key ----------------------------------------------------------------------------------------------------------


def test_the_top_of_a_procedure(parcel: Definition) -> None:
    assert (parcel.name, parcel.number, parcel.calendar) == ("parcel-complaint", "PC-{year}{month}-{serial:04}", "cn-office")
    assert parcel.title == Text({"zh": "包裹投诉处理", "en": "Parcel complaints"})
    assert parcel.contact.in_("en") == "the hotline"
    assert parcel.languages == ("zh", "en")
    assert definition_in(SMALLEST).languages == ("en",)
    assert list(parcel.states) == ["registered", "investigating", "waiting", "deciding", "closed"]
    assert parcel.first_state.name == "registered"


@pytest.mark.parametrize(("written", "expected"), [
    ("40", Decimal(40)), ("'40'", Decimal(40)), ("0.5", Decimal("0.5")), ("-2", Decimal(-2)), ("40 GBP", Money(Decimal("40.00"), "GBP")),
    ("1250.50 cny", Money(Decimal("1250.50"), "CNY")), ("28 days", Duration(Decimal(28), Unit.DAYS)), ("3 个工作日", Duration(
        Decimal(3), Unit.WORKING_DAYS)), ("the hotline", "the hotline"), ("007", "007"), ("2026-04-01", "2026-04-01"), ("24/7", "24/7"),
])
def test_a_value_with_a_name_is_what_is_written(written: str, expected: object) -> None:
    value = definition_in(f"{SMALLEST}values: {{x: {written}}}\n").values["x"]
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize("written", [
    "{x: true}", "{x: [1]}", "{x: {a: 1}}", "{x: }", "{x: ''}", "{owner: 1}", "{others: 1}", "{a b: 1}", "5",
])
def test_values_that_are_none_and_names_with_a_meaning_of_their_own_are_refused(written: str) -> None:
    assert len(problems_in(f"{SMALLEST}values: {written}\n")) == 1


def test_words_for_every_language_or_by_language() -> None:
    assert action("{by: desk, title: Close}").title == Text({"": "Close"})
    assert action("{by: desk, title: {zh: 关闭, en: Close}}").title.in_("zh") == "关闭"
    assert action("{by: desk, title: 2026}").title == Text({"": "2026"})


def test_words_fall_back_to_the_same_language_whatever_the_order_written() -> None:
    assert action("{by: desk, title: {zh: 关闭, en: Close}}").title.in_("fr") == action(
        "{by: desk, title: {en: Close, zh: 关闭}}"
    ).title.in_("fr")


def test_by_takes_one_or_several() -> None:
    assert action("{by: desk}").by == (DESK,)
    assert action("{by: [desk, owner]}").by == (DESK, OWNER)
    assert task("{by: desk}").by == (DESK,)
    assert task("{by: [desk, owner]}").by == (DESK, OWNER)


def test_keys_of_an_action() -> None:
    assert action("{by: desk, to: done}").to == "done"
    assert action("{by: desk}").to is None
    assert action("{by: desk, when: loss > 5}").when == "loss > 5"
    assert action("{by: desk, when: true}").when == "true"
    assert action("{by: desk, require: comment}").require == items("comment")
    assert action("{by: desk, require: [a, b]}").require == items("a", "b")
    assert action("{by: desk, at_most: 2}").at_most == 2
    assert action("{by: desk, within: 2 days}").within == TWO_DAYS
    assert action("{by: desk, backdate: 2 days}").backdate == TWO_DAYS
    assert action("{by: desk, limit: amount}").limit == "amount"
    assert action("{by: desk, except: owner}").except_ == (OWNER,)
    assert action("{by: desk, except: [owner, desk]}").except_ == (OWNER, DESK)
    assert action("{by: desk, in: received}").in_ == ("received",)
    assert action("{by: desk, in: [received, done]}").in_ == ("received", "done")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("tasks", "tasks"),
        ("any task", "any task"),
        ("2  tasks", "2 tasks"),
        ("1 task", "1 tasks"),
        ("2 days", TWO_DAYS),
    ],
)
def test_after_takes_tasks_or_a_duration(written: str, expected: object) -> None:
    assert action(f"{{by: desk, after: {written}}}").after == expected


def test_keys_of_a_task() -> None:
    assert task("").name == "look"
    assert task("{when: loss > 5}").when == "loss > 5"
    assert task("{require: a}").require == items("a")
    assert task("{require: [a, b]}").require == items("a", "b")
    assert task("{limit: amount}").limit == "amount"
    assert task("{except: owner}").except_ == (OWNER,)
    assert task("{within: 2 days}").within == (Case(value=TWO_DAYS),)
    assert task("{within: [{when: a, is: 2 days}, 2 days]}").within == (
        Case(value=TWO_DAYS, when=language.Expression("a")),
        Case(value=TWO_DAYS),
    )
    assert len(task("{within: 2 days, ladder: {at: due, remind: owner}}").ladder) == 1
    assert len(task("{within: 2 days, ladder: [{at: due, remind: owner}, {at: 50%, remind: owner}]}").ladder) == 2
    assert task("{title: Look}").title.in_("en") == "Look"
    assert task("{from: close}").from_ == (Happening(EventKind.ACTION, "close"),)
    assert task("{from: [opened, state done]}").from_ == (Happening(EventKind.OPENED), Happening(EventKind.STATE, "done"))
    assert task("{every: 2 days}").every == TWO_DAYS
    assert str(task("{every: 'RRULE:FREQ=MONTHLY and freq=weekly'}").every) == "FREQ=MONTHLY and FREQ=WEEKLY"
    assert task("{at_most: 2}").at_most == 2
    assert task("{backdate: 2 days}").backdate == TWO_DAYS
    assert task("{within: 2 days, calendar: other-office}").calendar == "other-office"
    assert task("{within: 2 days, pause: {in: done}}").pause == (Pause(in_=("done",)),)
    assert task("{within: 2 days, extend: {by: desk, up_to: 2 days}}").extend == (language.Extension(by=(DESK,), up_to=TWO_DAYS),)
    assert task("{in: received}").in_ == ("received",)


def test_keys_of_a_state(parcel: Definition) -> None:
    assert parcel.states["registered"].title.in_("zh") == "登记"
    assert parcel.states["closed"].final and not parcel.states["waiting"].final
    assert parcel.states["waiting"].awaits == "customer"
    assert parcel.states["deciding"].within == (Case(value=Duration(Decimal(2), Unit.WORKING_DAYS)),)
    assert len(parcel.states["deciding"].ladder) == 1
    assert [d.kind for d in parcel.states["deciding"].entry] == [DoingKind.NOTICE, DoingKind.ASSIGN]
    assert list(parcel.states["investigating"].tasks) == ["examination", "stock_check", "visit"]
    assert list(parcel.states["deciding"].actions) == ["approve", "return", "ask"]


def test_a_bare_name_is_a_state_task_or_role_with_nothing_special(parcel: Definition) -> None:
    assert parcel.roles["manager"].name == "manager"
    assert parcel.roles["lab"].of == "region" and parcel.roles["lab"].sees == (Sight.CASE, Sight.HISTORY)
    assert parcel.fields["findings"].sees == (Who(WhoKind.NAMED, "lab"), OWNER)
    assert definition_in(state("received", "tasks: {look: }")).states["received"].tasks["look"].by == ()
    assert definition_in(changed(SMALLEST, ("done: {final: true}", "done:"))).states["done"].actions == {}


def test_keys_of_fields(parcel: Definition) -> None:
    f = parcel.fields
    assert f["customer"].type is FieldType.PARTY and f["customer"].required and not f["kind"].required
    assert f["parcel_no"].pattern == "[A-Z]{2}[0-9]{6}" and f["parcel_no"].personal is False
    assert f["loss"].between == (Decimal(0), Decimal("100000.5")) and f["loss"].currency == "CNY"
    assert f["photos"].many and not f["kind"].many
    assert f["amount"].default == 0
    assert field("{type: text, title: X}").title.in_("en") == "X"
    assert [field(f"{{type: {kind}}}").type for kind in FieldType] == list(FieldType)


def test_options_are_a_list_or_a_mapping_and_always_have_a_title(parcel: Definition) -> None:
    assert parcel.fields["kind"].options == {"damaged": Text({"": "damaged"}), "late": Text({"": "late"}), "lost": Text({"": "lost"})}
    assert parcel.fields["region"].options["home"].in_("zh") == "国内"
    assert field("{type: choice, options: {a: , b: Bee}}").options == {"a": Text({"": "a"}), "b": Text({"": "Bee"})}
    assert list(field("{type: choice, options: [3, 1, 2.50]}").options) == ["3", "1", "2.50"]


@pytest.mark.parametrize(
    ("written", "expected"), [("10", "10"), ("1..200", "1..200"), ("5..", "5.."), ("..9", "..9"), ("'1 .. 2'", "1..2")]
)
def test_length_of_text(written: str, expected: str) -> None:
    assert field(f"{{type: text, length: {written}}}").length == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("x", "x"),
        ("5", 5),
        ("1.50", "1.50"),
        ("true", True),
        ("[a, 1.5]", ["a", "1.5"]),
    ],
)
def test_a_default_is_kept_in_canonical_form(written: str, expected: object) -> None:
    assert field(f"{{type: text, default: {written}}}").default == expected


def test_retention(parcel: Definition) -> None:
    assert parcel.privacy.retain == Duration(Decimal(3), Unit.YEARS)
    assert parcel.lesson == ("parcel_no", "kind")
    assert definition_in(f"{SMALLEST}privacy:\n").privacy.retain is None
    assert "'soon' is not a duration" in problems_in(f"{SMALLEST}privacy: {{retain: soon}}\n")[0]


def test_opening(parcel: Definition) -> None:
    assert parcel.opening.by == (DESK, Who(WhoKind.CUSTOMER))
    assert parcel.opening.require == items("findings")
    assert parcel.opening.do == (Doing(DoingKind.NOTICE, items("receipt")), Doing(DoingKind.SET, {"amount": items("1.50")}))
    assert definition_in(f"{SMALLEST}opening: {{by: desk, require: [a, b]}}\n").opening.by == (DESK,)
    assert definition_in(f"{SMALLEST}opening:\n").opening == language.Opening()


def test_anywhere(parcel: Definition) -> None:
    assert list(parcel.anywhere.actions) == ["withdraw", "correct_kind"]
    assert parcel.anywhere.actions["correct_kind"].in_ == ("registered",)
    assert list(parcel.anywhere.tasks) == ["inform"]
    assert definition_in(f"{SMALLEST}anywhere:\n").anywhere == language.Anywhere()


def test_authority_is_an_amount_or_unlimited_short_or_long(parcel: Definition) -> None:
    assert parcel.authority == {"manager": (Money(Decimal(5000), "CNY"), Money(Decimal(600), "EUR")), "director": None}
    short = "manager: {amount: [5000 CNY, 600 EUR]}"
    longer = changed(PARCEL, ("director: unlimited", "director: {amount: unlimited}"), (short, "manager: [5000 CNY, 600 EUR]"))
    assert definition_in(longer).authority == parcel.authority
    assert definition_in(changed(PARCEL, (short, "manager: 5000 CNY"))).authority["manager"] == (Money(Decimal(5000), "CNY"),)
    twice, nothing = changed(PARCEL, ("600 EUR", "600 CNY")), changed(PARCEL, ("[5000 CNY, 600 EUR]", "[]"))
    assert "'CNY' is here twice" in problems_in(twice)[0] and "expected at least one" in problems_in(nothing)[0]


def test_keys_of_clocks(parcel: Definition) -> None:
    total = parcel.clocks["total"]
    assert total.title.in_("en") == "Time to close"
    assert total.within == (
        Case(
            value=Duration(Decimal(13), Unit.DAYS),
            when=language.Expression("region == 'home'"),
            counting=Counting(ends="close_of_business"),
        ),
        Case(value=Duration(Decimal(17), Unit.DAYS)),
    )
    assert total.from_ == (Happening(EventKind.OPENED),) and total.until == (Happening(EventKind.CLOSED),)
    assert total.calendar == "other-office"
    assert total.pause == (Pause(in_=("waiting",), up_to=Duration(Decimal(10), Unit.DAYS)),)
    assert (parcel.counting, total.counting) == (Counting(roll="next"), Counting(first_day="included"))
    assert clock("{within: 2 days, from: opened}").until == ()
    assert clock("{every: 2 days, from: opened}").every == TWO_DAYS
    assert clock("{every: 2 days, at_most: 3, from: opened}").at_most == 3
    assert clock("{within: {is: 2 days}, from: [opened, close]}").from_ == (
        Happening(EventKind.OPENED),
        Happening(EventKind.ACTION, "close"),
    )
    assert len(clock("{within: 2 days, from: opened, pause: [{in: received}, {in: [done]}]}").pause) == 2
    assert clock("{within: 2 days, from: opened, pause: {while: late}}").pause == (Pause(while_=LATE),)
    asked, answered = Happening(EventKind.ACTION, "ask"), Happening(EventKind.STATE, "done")
    keys = "from: ask, until: [ask, state done], up_to: 2 days, then: {notice: a, remind: owner}"
    assert clock(f"{{within: 2 days, from: opened, pause: {{{keys}}}}}").pause == (
        Pause(
            from_=(asked,), until=(asked, answered), up_to=TWO_DAYS,
            then=(Doing(DoingKind.NOTICE, items("a")), Doing(DoingKind.REMIND, items(OWNER))),
        ),
    )


def test_keys_of_the_life_of_a_clock() -> None:
    read = clock("{within: 2 days, from: opened, when: late, restart: continue, recompute: reset}")
    assert (read.when, read.restart, read.recompute) == (LATE, "continue", "reset")
    plain = clock("{within: 2 days, from: opened}")
    assert (plain.when, plain.restart, plain.recompute) == (None, None, "retroactive")


def test_keys_of_an_extension(parcel: Definition) -> None:
    (extend,) = parcel.clocks["total"].extend
    assert (extend.by, extend.up_to, extend.at_most) == ((MANAGER,), Duration(Decimal(5), Unit.WORKING_DAYS), 1)
    assert (extend.require, extend.before, extend.notice) == (items("comment"), "due", items("receipt"))
    assert clock("{within: 2 days, from: opened, extend: {by: [desk], up_to: 2 days}}").extend == (
        language.Extension(by=(DESK,), up_to=TWO_DAYS),
    )
    assert len(clock("{within: 2 days, from: opened, extend: [{by: desk, up_to: 2 days}, {by: lab, up_to: 4 days}]}").extend) == 2


def test_keys_of_rungs(parcel: Definition) -> None:
    first, opens, second, third = parcel.clocks["total"].ladder
    assert first.at == Point(PointKind.BEFORE, duration=Duration(Decimal(2), Unit.WORKING_DAYS))
    assert first.do == (Doing(DoingKind.REMIND, items(OWNER, MANAGER)),)
    about = LinkedCase(procedure="inquiry", with_={"about": items("kind")}, wait=True)
    assert opens.do == (Doing(DoingKind.OPEN, items(about)),)
    assert second.do == (
        Doing(DoingKind.REASSIGN, items(Who(WhoKind.SUPERIOR, of=OWNER))),
        Doing(DoingKind.NOTICE, items("urging")),
    )
    assert third.at == Point(PointKind.EVERY, duration=Duration(Decimal(5), Unit.WORKING_DAYS)) and third.at_most == 6
    assert parcel.clocks["first_reply"].ladder[1].when == "overdue"


def test_keys_of_notices(parcel: Definition) -> None:
    assert parcel.notices["receipt"].to == items(Who(WhoKind.CUSTOMER))
    assert parcel.notices["receipt"].via == ("email", "sms")
    assert parcel.notices["receipt"].mandatory and not parcel.notices["refusal"].mandatory
    assert parcel.notices["receipt"].contains == ("number", "clock total")
    assert notice("{to: owner, via: email, contains: number}") == language.Notice(
        name="x", to=items(OWNER), via=("email",), contains=("number",)
    )
    assert notice("{to: [owner, desk], via: [email]}").to == items(OWNER, DESK)


# --- doings ------------------------------------------------------------------------------------------------------------


def test_doings_keep_the_order_in_which_they_are_written() -> None:
    one = action("{remind: owner, by: desk, set: {a: 1}, notice: x}").do
    other = action("{notice: x, set: {a: 1}, by: desk, remind: owner}").do
    assert [d.kind.value for d in one] == ["remind", "set", "notice"]
    assert one == tuple(reversed(other))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("notice: x", items("x")),
        ("notice: [x, y]", items("x", "y")),
        ("notice: [x, {when: a > 1, is: y}]", (*items("x"), Case(value="y", when=language.Expression("a > 1")))),
        ("assign: owner", items(OWNER)),
        ("assign: actor", items(Who(WhoKind.ACTOR))),
        ("assign: [{when: vip, is: desk}, {is: owner}]", (Case(value=DESK, when=language.Expression("vip")), *items(OWNER))),
        ("reassign: superior of owner", items(Who(WhoKind.SUPERIOR, of=OWNER))),
        ("remind: owner", items(OWNER)),
        ("remind: [owner, desk]", items(OWNER, DESK)),
        ("remind: {when: late, is: superior of actor}", (Case(value=Who(WhoKind.SUPERIOR, of=Who(WhoKind.ACTOR)), when=LATE),)),
        ("escalate: desk", items(DESK)),
        ("escalate: [desk, owner]", items(DESK, OWNER)),
        ("act: close", items("close")),
        ("act: [close, {when: late, is: stop}]", (*items("close"), Case(value="stop", when=LATE))),
        ("open: other-bundle", items(LinkedCase(procedure="other-bundle"))),
        ("open: {procedure: other, with: {a: b, c: [{when: late, is: 1}, 2]}, wait: true}", items(OTHER)),
        ("open: [other, {when: late, is: {procedure: x}}]", (
            *items(LinkedCase(procedure="other")), Case(value=LinkedCase(procedure="x"), when=LATE))),
        ("set: {a: b + 1}", {"a": items("b + 1")}),
        ("set: {a: [{when: late, is: 100}, 50]}", {"a": (Case(value="100", when=LATE), *items("50"))}),
    ],
)
def test_each_doing_in_short_and_long_form(written: str, expected: object) -> None:
    kind = DoingKind(written.split(":")[0])
    assert definition_in(state("received", f"entry: {{{written}}}")).states["received"].entry == (Doing(kind, expected),)
    assert task(f"{{{written}}}").do == (Doing(kind, expected),)
    assert clock(f"{{within: 2 days, from: opened, ladder: {{at: due, {written}}}}}").ladder[0].do == (Doing(kind, expected),)


def test_what_is_set_is_an_expression_and_plain_values_become_one() -> None:
    (doing,) = action("{by: desk, set: {a: 5, b: 1.50, c: true, d: null, e: \"'text'\", f: loss * 2, g: -0.0000001}}").do
    expected = {"a": "5", "b": "1.50", "c": "true", "d": "none", "e": "'text'", "f": "loss * 2", "g": "-0.0000001"}
    assert doing.value == {name: items(text) for name, text in expected.items()}


def test_a_list_item_may_have_a_condition() -> None:
    conditional = (*items("a"), Case(value="b", when=LATE))
    assert action("{by: desk, require: [a, {when: late, is: b}]}").require == conditional
    assert task("{require: [a, {when: late, is: b}]}").require == conditional
    assert definition_in(f"{SMALLEST}opening: {{require: [a, {{when: late, is: b}}]}}\n").opening.require == conditional
    keys = "by: desk, up_to: 1 day, require: [a, {when: late, is: b}], notice: [a, {is: b}]"
    (extend,) = clock(f"{{within: 2 days, from: opened, extend: {{{keys}}}}}").extend
    assert extend.require == conditional and extend.notice == items("a", "b")
    assert notice("{to: [owner, {when: late, is: desk}], via: email}").to == (*items(OWNER), Case(value=DESK, when=LATE))


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("notice: [{when: late}]", "'is' is missing"),
        ("open: {with: {a: b}}", "'procedure' is missing"),
        ("open: {procedure: other, wiht: {a: b}}", "'wiht' is not known here"),
        ("open: {procedure: other, with: {}}", "a mapping field → expression"),
        ("open: two words", "a name of letters"),
        ("notice: [{is: x, wen: late}]", "'wen' is not known here"),
        ("notice: [{when: , is: x}]", "'when' cannot be nothing"),
        ("set: {a: [1, 2]}", "The cases after this one are never reached"),
        ("set: {a: [{when: late, is: 2}]}", "The last case must hold whatever the others say"),
        ("set: {a: []}", "expected at least one"),
        ("remind: {who: x}", "cannot be a mapping"),
    ],
)
def test_a_condition_that_is_written_wrongly_is_told(keys: str, problem: str) -> None:
    assert problem in " ".join(problems_in(SMALLEST.replace("{by: desk, to: done}", f"{{by: desk, to: done, {keys}}}")))


def test_an_action_does_not_take_another_and_an_opening_does_not_escalate() -> None:
    assert "'act' is not known here" in problems_in(SMALLEST.replace("to: done}", "to: done, act: close}"))[0]
    assert "'escalate' is not known here" in problems_in(f"{SMALLEST}opening: {{escalate: owner}}\n")[0]


# --- what does not fit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed(SMALLEST, ("to: done}", "too: done}")), "p.yaml:8:25: 'too' is not known here"),
        (changed(SMALLEST, ("calendar: office\n", "")), "p.yaml:1:1: 'calendar' is missing (expected the calendar its days"),
        (changed(SMALLEST, ("calendar: office", "calendar:")), "p.yaml:3:10: 'calendar' cannot be nothing (expected a value)"),
        (changed(SMALLEST, ("calendar: office", "calendar: [office]")), "p.yaml:3:1: 'calendar' cannot be a list"),
        (changed(SMALLEST, ("lost-parcel", "'lost parcel'")), "p.yaml:1:12: 'procedure' cannot be 'lost parcel' (expected a name of"),
        (changed(SMALLEST, ("languages: en", "languages: []")), "p.yaml:4:1: 'languages' cannot be a list (expected at least one)"),
        (
            changed(SMALLEST, ("languages: en", "languages: [EN]")),
            "p.yaml:4:13: 'languages' cannot be 'EN' (expected a language code such as zh or en; did you mean 'en'?)",
        ),
        (changed(SMALLEST, ("by: desk", "by: the desk")), "p.yaml:8:19: 'the desk' does not say who"),
        (changed(SMALLEST, ("by: desk", "by: [desk, 'a, b']")), "p.yaml:8:26: 'a, b' does not say who"),
        (changed(SMALLEST, ("by: desk", "by: {role: desk}")), "p.yaml:8:15: 'by' cannot be a mapping (expected who)"),
        (changed(SMALLEST, ("{final: true}", "{final: 1}")), "p.yaml:9:17: 'final' cannot be '1' (expected true or false)"),
        (changed(SMALLEST, ("{final: true}", "{final: 'true'}")), "p.yaml:9:17: 'final' cannot be 'true' (expected true or false)"),
        (changed(SMALLEST, ("{final: true}", "[final]")), "p.yaml:9:3: 'done' cannot be a list (expected a mapping with title"),
        (
            changed(SMALLEST, ("{final: true}", "{awaits: custmer}")),
            "p.yaml:9:18: 'awaits' cannot be 'custmer' (expected one of customer; did you mean 'customer'?)",
        ),
        (changed(SMALLEST, ("to: done", "at_most: 0")), "p.yaml:8:34: 'at_most' cannot be '0' (expected a whole number from 1)"),
        (changed(SMALLEST, ("to: done", "at_most: 1.5")), "p.yaml:8:34: 'at_most' cannot be '1.5'"),
        (changed(SMALLEST, ("to: done", "at_most: true")), "p.yaml:8:34: 'at_most' cannot be true"),
        (changed(SMALLEST, ("to: done", "after: soon")), "p.yaml:8:32: 'soon' does not say after what"),
        (changed(SMALLEST, ("to: done", "within: 3 fortnights")), "p.yaml:8:33: '3 fortnights' is not a duration"),
        (state("received", "tasks: {look: {every: 4 per day}}"), "p.yaml:7:27: '4 per day' is a schedule"),
        (state("received", "tasks: {look: {every: FREQ=HOURLY}}"), "p.yaml:7:27: 'FREQ=HOURLY' speaks of hours"),
        (
            changed(SMALLEST, ("states:", "clocks: {c: {every: FREQ=MONTHLY, from: opened}}\nstates:")),
            "p.yaml:5:21: 'FREQ=MONTHLY' is a schedule",
        ),
        (state("received", "tasks: {look: {every: 0 days}}"), "p.yaml:7:27: '0 days' does not say how often"),
        (changed(SMALLEST, ("to: done", "when: ''")), "p.yaml:8:31: 'when' cannot be ''"),
        (changed(SMALLEST, ("to: done", "set: x")), "p.yaml:8:30: 'set' cannot be 'x' (expected a mapping field → expression)"),
        (changed(SMALLEST, ("to: done", "title: {klingon!: x}")), "p.yaml:8:33: 'klingon!' is not a language"),
        (changed(SMALLEST, ("to: done", "title: {}")), "p.yaml:8:25: 'title' cannot be a mapping"),
        (changed(SMALLEST, ("close:", "close it:")), "p.yaml:8:7: 'close it' cannot be a name"),
        (changed(SMALLEST, ("close:", "1st:")), "p.yaml:8:7: '1st' cannot be a name"),
        (changed(SMALLEST, ("received:", "back:")), "p.yaml:6:3: 'back' has a meaning of its own"),
        (SMALLEST + "fields: {state: {type: text}}\n", "p.yaml:10:10: 'state' has a meaning of its own"),
        (SMALLEST + "roles: {owner: }\n", "p.yaml:10:9: 'owner' has a meaning of its own"),
        (
            SMALLEST + "fields: {x: {type: txt}}\n",
            "p.yaml:10:20: 'type' cannot be 'txt' (expected one of text, choice, yes_no, number, money, date, "
            "moment, duration, party, person, file; did you mean 'text'?)",
        ),
        (SMALLEST + "fields: {x: {title: X}}\n", "p.yaml:10:10: 'type' is missing (expected what it holds)"),
        (SMALLEST + "fields: {x: {type: text, pattern: '['}}\n", "p.yaml:10:35: '[' is not a regular expression"),
        (SMALLEST + "fields: {x: {type: text, length: 9..1}}\n", "p.yaml:10:34: '9..1' does not say how many characters"),
        (SMALLEST + "fields: {x: {type: number, between: 5}}\n", "p.yaml:10:37: 'between' cannot be '5' (expected a list of 2)"),
        (SMALLEST + "fields: {x: {type: number, between: [1, a]}}\n", "p.yaml:10:41: 'between' cannot be 'a' (expected a number)"),
        (
            SMALLEST + "fields: {x: {type: money, currency: cny}}\n",
            "p.yaml:10:37: 'currency' cannot be 'cny' (expected a currency code such as CNY)",
        ),
        (SMALLEST + "fields: {x: {type: choice, options: []}}\n", "p.yaml:10:28: 'options' cannot be a list"),
        (SMALLEST + "fields: {x: {type: choice, options: [a, a]}}\n", "p.yaml:10:41: 'a' is here twice"),
        (SMALLEST + "fields: [x]\n", "p.yaml:10:1: 'fields' cannot be a list (expected a mapping name → what it is)"),
        (SMALLEST + "authority: {desk: 5000}\n", "p.yaml:10:19: 'desk' cannot be '5000' (expected an amount with its currency"),
        (SMALLEST + "authority: {desk: {amount: much}}\n", "p.yaml:10:28: 'much' is not an amount of money"),
        (SMALLEST + "authority: {desk: {sum: 5 CNY}}\n", "p.yaml:10:20: 'sum' is not known here (expected amount)"),
        (SMALLEST + "clocks: {x: {within: [2 days, 3 days], from: opened}}\n", "p.yaml:10:23: The cases after this one are never reached"),
        (SMALLEST + "clocks: {x: {within: [], from: opened}}\n", "p.yaml:10:14: 'within' cannot be a list (expected a duration)"),
        (SMALLEST + "clocks: {x: {within: {when: a}, from: opened}}\n", "p.yaml:10:14: 'is' is missing"),
        (
            SMALLEST + "clocks: {x: {within: 2 days, from: when it rains}}\n",
            "p.yaml:10:36: 'when it rains' does not say what happens to a case",
        ),
        (
            SMALLEST + "clocks: {x: {within: 2 days, from: opened, ladder: {at: later}}}\n",
            "p.yaml:10:57: 'later' does not say where on a clock",
        ),
        (SMALLEST + "notices: {x: {to: owner, via: []}}\n", "p.yaml:10:26: 'via' cannot be a list (expected at least one)"),
        ("states: x\n", "p.yaml:1:9: 'states' cannot be 'x'"),
        ("states: {}\n", "p.yaml:1:1: 'states' cannot be a mapping"),
        ("[]", "p.yaml:1:1: The file cannot be a list"),
    ],
)
def test_what_does_not_fit_is_reported_where_it_stands(text: str, expected: str) -> None:
    found = problems_in(text)
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("title", "titel"),
        ("require", "requires"),
        ("at_most", "atmost"),
        ("except", "exept"),
        ("notice", "notices"),
        ("remind", "reminds"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_one(wrong: str, right: str) -> None:
    (problem,) = problems_in(changed(SMALLEST, ("to: done", f"{right}: x")))
    assert f"did you mean '{wrong}'?" in problem


def test_a_word_that_needs_quotes_is_reported_once_and_not_again_as_a_wrong_value() -> None:
    (problem,) = problems_in(changed(SMALLEST, ("{final: true}", "{final: yes}")))
    assert problem.startswith("p.yaml:9:17: 'yes' without quotes")


def test_all_problems_are_reported_at_once() -> None:
    wrong = changed(
        PARCEL,
        ("type: party", "type: partie"),
        ("at_most: 2,", "at_most: two,"),
        ("to: back", "two: back"),
        ("until: closed", "until:"),
        ("via: email}", "via: email, urgent: true}"),
    )
    found = problems_in(wrong)
    assert len(found) == 5
    for passage, problem in zip(["partie", "two: back", "two,", "until:\n", "urgent"], found, strict=True):
        lines = wrong[: wrong.index(passage)].split("\n")
        after = len("until:") if passage == "until:\n" else 0  # where the missing value should stand
        assert problem.startswith(f"p.yaml:{len(lines)}:{len(lines[-1]) + 1 + after}: "), problem


# --- the model itself ---------------------------------------------------------------------------------------------------


def test_every_key_of_the_language_is_used_by_the_sample_so_that_every_key_is_read() -> None:
    parts = [kind for kind in vars(language).values() if isinstance(kind, type) and is_dataclass(kind)]
    keys = {
        f.metadata["key"] or f.name.removesuffix("_") for kind in parts for f in fields(kind) if f.metadata.get("doc") and f.name != "do"
    }
    written = {word for word in keys if f"{word}:" in PARCEL}
    assert keys - written == set()


def test_every_attribute_changes_what_is_read(parcel: Definition) -> None:
    """No key is read and then forgotten: each attribute differs from its default somewhere in the sample."""
    parts = [
        "Definition",
        "Field",
        "Role",
        "Opening",
        "Anywhere",
        "State",
        "Action",
        "Task",
        "ClockSpec",
        "Case",
        "LinkedCase",
        "Pause",
        "Extension",
        "Rung",
        "Notice",
    ]
    different: dict[str, set[str]] = {}

    def walk(value: Any) -> None:
        if is_dataclass(value) and type(value).__name__ in parts:
            known = different.setdefault(type(value).__name__, set())
            for f in fields(value):
                inner = getattr(value, f.name)
                default = f.default_factory() if callable(f.default_factory) else f.default  # type: ignore[misc]
                if f.metadata.get("doc") and inner != default:
                    known.add(f.name)
                walk(inner)
        elif isinstance(value, Doing):
            walk(value.value)
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, tuple):
            for inner in value:
                walk(inner)

    walk(parcel)
    missing = {
        (name, f.name) for name in parts for f in fields(getattr(language, name)) if f.metadata.get("doc") and f.name not in different[name]
    }
    assert missing <= {
        ("Field", "title"),
        ("Action", "title"),
        ("Task", "title"),
        ("Task", "limit"),
        ("Extension", "at_most"),
    }  # tested above
