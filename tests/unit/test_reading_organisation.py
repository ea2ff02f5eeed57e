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


def test_two_circles_are_two_problems_and_long_chains_are_none(tmp_path: Path) -> None:
    circles = "organisation: x\npeople:\n" + "".join(f"  {a}: {{name: {a}, superior: {b}}}\n" for a, b in ("ab", "ba", "cd", "dc", "ea"))
    assert len(problems(tmp_path, circles)) == 2
    chain = (
        "organisation: x\npeople:\n" + "".join(f"  p{i}: {{name: x, superior: p{i + 1}}}\n" for i in range(3000)) + "  p3000: {name: x}\n"
    )
    assert problems(tmp_path, chain) == []


def test_a_stored_organisation_that_cannot_be_read_says_so() -> None:
    with pytest.raises(DefinitionError):
        organisation_of({"organisation": {"people": 5}})
