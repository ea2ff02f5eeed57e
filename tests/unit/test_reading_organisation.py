"""The organisation file: read strictly, stored, and checked for circles, strangers and shared accounts."""

import json
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from reading_samples import changed, place, write

from engine.defining.definition import Text
from engine.defining.organisation import Group, Person
from engine.defining.organisation_file import organisation_of, read_organisation
from engine.ground.canonical import canonical
from engine.ground.errors import DefinitionError
from engine.ground.money import Money

ACME = dedent("""\
    organisation: acme
    title: {zh: 顶点公司, en: Acme}
    people:
      zhao.lei: {name: 赵磊, roles: director}
      wang.fang: {name: 王芳, roles: [manager, intake], superior: zhao.lei, department: sales, login: wangf}
      li.na: {name: 李娜, roles: [intake], superior: wang.fang, login: lina, email: li.na@acme.example, phone: 13900000000,
              chat: "json://x", language: zh}
    groups:
      committee: {title: 委员会, members: [zhao.lei, wang.fang]}
      board: {members: zhao.lei}
    authority: {director: unlimited, manager: [5000 CNY, 600 EUR], committee: 50000 CNY}
    rights: {apply: director}
    """)


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    folder = write(tmp_path, {"organisation.yaml": text})
    organisation, found, document = read_organisation(folder / "organisation.yaml")
    assert (organisation is None) == bool(found) == (not document)
    return [str(problem).replace(f"{folder}/", "") for problem in found]


def test_an_organisation_is_read_whole_and_says_the_same_when_stored(tmp_path: Path) -> None:
    path = write(tmp_path, {"o.yaml": ACME}) / "o.yaml"
    organisation, found, document = read_organisation(path)
    assert found == [] and organisation is not None
    assert organisation.name == "acme" and organisation.title.in_("en") == "Acme"
    assert organisation.people["li.na"] == Person(
        id="li.na",
        name="李娜",
        roles=("intake",),
        superior="wang.fang",
        login="lina",
        email="li.na@acme.example",
        phone="13900000000",
        chat="json://x",
        language="zh",
    )
    assert organisation.people["zhao.lei"].roles == ("director",)
    assert organisation.people["wang.fang"].department == "sales"
    assert organisation.groups["committee"] == Group(id="committee", title=Text({"": "委员会"}), members=("zhao.lei", "wang.fang"))
    assert organisation.groups["board"].members == ("zhao.lei",)
    assert organisation.authority == {
        "director": None, "manager": (Money(Decimal(5000), "CNY"), Money(Decimal(600), "EUR")),
        "committee": (Money(Decimal(50000), "CNY"),),
    }
    again = organisation_of(json.loads(canonical(document)))
    assert again == organisation
    assert again.holders("intake") == organisation.holders("intake") == ("wang.fang", "li.na")


@pytest.mark.parametrize(
    ("old", "new", "passage", "expected"),
    [
        ("superior: zhao.lei", "superior: zhao.li", "zhao.li,", "There is no person 'zhao.li' (did you mean 'zhao.lei'?)"),
        (
            "members: [zhao.lei, wang.fang]",
            "members: [zhao.lei, wang.fan]",
            "wang.fan]",
            "There is no person 'wang.fan' (did you mean 'wang.fang'?)",
        ),
        ("roles: director", "superior: li.na", "li.na}", "Superiors go round in a circle: zhao.lei → li.na → wang.fang → zhao.lei"),
        ("roles: director", "superior: zhao.lei", "zhao.lei}", "Superiors go round in a circle: zhao.lei → zhao.lei"),
        ("login: lina", "login: wangf", "wangf, email", "wang.fang and li.na have the same login 'wangf'"),
        ("members: zhao.lei}", "members: []}", "board:", "Group 'board' has no members"),
        ("  board:", "  li.na:", "li.na: {members", "'li.na' is a person and a group"),
        ("name: 李娜, ", "", "li.na:", "'name' is missing"),
        ("login: lina", "logn: lina", "logn", "'logn' is not known here"),
        ("  li.na:", "  owner:", "owner:", "'owner' has a meaning of its own"),
        ("apply: director", "apply: directr", "directr", "'directr' is no person, group or post that anybody holds"),
        ("apply: director", "publish: director", "rights:", "Nobody may apply an organisation"),
        ("roles: director", "roles: director, deny: [apply]", "rights:", "Nobody may apply an organisation"),
        ("roles: director",
         "roles: director, away: [{from: 2026-12-05, until: 2026-12-04}]", "2026-12-04",
         "The absence ends before it begins"),
        ("roles: director",
         "roles: director, away: [{from: 2026-12-5, until: 2026-12-07}]", "2026-12-5", "'2026-12-5' does not say a date"),
        ("roles: director",
         "roles: director, away: [{from: 2026-02-29, until: 2026-12-07}]", "2026-02-29", "'2026-02-29' does not say"),
        ("roles: director",
         "roles: director, away: [{from: 2026-12-05, until: 2026-12-07, deputy: zhao.lei}]", "zhao.lei}]",
         "Nobody stands in for themselves"),
        ("roles: director",
         "roles: director, away: [{from: 2026-12-05, until: 2026-12-07, deputy: li.nan}]", "li.nan}",
         "There is no person 'li.nan' (did you mean 'li.na'?)"),
        ("roles: director",
         "roles: director, away: [{from: 2026-12-05, until: 2026-12-07, deputy: li.na, for: directer}]", "directer",
         "zhao.lei does not hold 'directer' (did you mean 'director'?)"),
        ("rights:", "timezone: Asia/Shanghi\nrights:", "Asia/Shanghi", "'Asia/Shanghi' is not a time zone"),
        ("  li.na:", "  li na:", "li na:", "'li na' cannot be a name"),
        ("language: zh", "language: Chinese", "Chinese", "'language' cannot be 'Chinese'"),
        ("organisation: acme\n", "", "title", "'organisation' is missing"),
    ],
)
def test_what_is_wrong_is_reported_where_it_stands(tmp_path: Path, old: str, new: str, passage: str, expected: str) -> None:
    text = changed(ACME, (old, new))
    found = problems(tmp_path, text)
    assert any(problem.startswith(f"organisation.yaml:{place(text, passage)}: {expected}") for problem in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "The file cannot be nothing"),
        ("organisation: x\n", "Nobody works here"),
        ("[]", "The file cannot be a list"),
        (b"\xff", "not UTF-8"),
        ("a: [", "not valid YAML"),
    ],
)
def test_an_empty_or_unreadable_file_is_refused(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in problems(tmp_path, text)[0]


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    assert "The file does not exist" in str(read_organisation(tmp_path / "o.yaml")[1][0])
    assert "This is not a regular file" in str(read_organisation(tmp_path)[1][0])


def test_deputies_who_go_round_in_a_circle_on_some_day_are_refused(tmp_path: Path) -> None:
    def away(first: str, second: str) -> str:
        return dedent(f"""\
            organisation: x
            rights: {{apply: a}}
            people:
              a: {{name: A, roles: [r, s], away: {{from: 2026-12-01, until: 2026-12-05, deputy: b}}}}
              b: {{name: B, away: [{{from: 2026-12-09, until: 2026-12-10, deputy: a}}, {{from: {first}, until: 2026-12-09, deputy: c}}]}}
              c: {{name: C, away: {{from: {second}, until: 2026-12-07, deputy: a, for: []}}}}
            """)

    assert problems(tmp_path, away("2026-12-05", "2026-12-06")) == []
    (circle,) = problems(tmp_path, away("2026-12-05", "2026-12-05"))
    assert "Deputies go round in a circle: " in circle and circle.count("→") == 3
    posts = away("2026-12-05", "2026-12-05").replace("for: []", "for: []").replace("deputy: b}", "deputy: b, for: [r]}").replace(
        "name: C", "name: C, roles: s").replace("for: []", "for: s")
    assert "circle" in problems(tmp_path, posts)[0], "what is theirs by name goes round"


def test_a_denial_of_what_nobody_has_is_only_warned_of(tmp_path: Path) -> None:
    text = changed(ACME, ("roles: director", "roles: director, deny: [intak, small/close, publish]"))
    organisation, found, _ = read_organisation(write(tmp_path, {"o.yaml": text}) / "o.yaml")
    assert organisation is not None and [(one.severity, one.nearest) for one in found] == [("warning", "intake")]


def test_two_circles_are_two_problems_and_long_chains_are_none(tmp_path: Path) -> None:
    head = "organisation: x\nrights: {apply: p0}\npeople:\n"
    circles = head.replace("p0", "a") + "".join(f"  {a}: {{name: {a}, superior: {b}}}\n" for a, b in ("ab", "ba", "cd", "dc", "ea"))
    assert len(problems(tmp_path, circles)) == 2
    chain = (
        head + "".join(f"  p{i}: {{name: x, superior: p{i + 1}}}\n" for i in range(3000)) + "  p3000: {name: x}\n"
    )
    assert problems(tmp_path, chain) == []


def test_a_stored_organisation_that_cannot_be_read_says_so() -> None:
    with pytest.raises(DefinitionError):
        organisation_of({"organisation": {"people": 5}})
