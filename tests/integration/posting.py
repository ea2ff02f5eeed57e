"""What the tests of delivery and flows share: a house with a small procedure, its people, and a customer who complains."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from engine.deciding.rights import Actor
from engine.defining.bundle import read_bundle
from engine.defining.organisation_file import read_organisation
from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical
from engine.ground.clock import VirtualClock
from engine.records import library, outbox, parties, sealing
from engine.records.outbox import Message
from engine.usecases.house import House, open_house
from engine.usecases.opening import open_case
from tests import databases
from tests.always import ALWAYS

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LI_NA = Actor("li.na")
ORGANISATION = """
organisation: acme
people:
  li.na: {name: 李娜, roles: [intake], superior: wang.fang, email: li.na@acme.example}
  wang.fang: {name: 王芳, roles: [manager], email: wang.fang@acme.example, chat: "json://127.0.0.1:9/wang"}
rights: {apply: manager}
"""
PROCEDURE = """
procedure: letterbox
title: Complaints by letter
number: "L-{year}-{serial:04}"
calendar: always
languages: [en]
fields:
  customer: {type: party, required: true}
  wish: {type: text}
roles:
  intake: {title: Intake}
  manager: {title: Manager}
opening: {by: [intake, customer], notice: receipt}
states:
  registered:
    title: Registered
    actions:
      answer: {by: intake, to: closed, notice: answer}
      give_up: {by: intake, to: closed}
  closed: {title: Closed, final: true}
clocks:
  first_word:
    title: First word
    within: 2 hours
    from: opened
    until: notice receipt sent
  reply:
    title: Reply
    within: 24 hours
    from: opened
    until: closed
    ladder:
      - {at: due, remind: owner}
notices:
  receipt: {to: customer, via: [email, letter], mandatory: true}
  answer: {to: customer, via: [email, sms]}
"""
TEXTS = {
    "receipt.en.j2": "Subject: We have your complaint {{ number }}\n\nDear {{ customer.name }},\n\nwe have it.\n",
    "answer.en.j2": "Subject: Our answer to {{ number }}\n\nDear {{ customer.name }},\n\nwe are sorry.\n",
}


def new_house(folder: Path, channels: str = "", now: datetime = NOW) -> House:
    """A house in a folder with its settings file, the procedure published, and a clock that only tests move."""
    folder.mkdir(exist_ok=True)
    place = databases.place(folder)
    (folder / "makegood.toml").write_text(place.settings() + (channels or '[channels.email]\nkind = "file"\n'), encoding="utf-8")
    (folder / "organisation.yaml").write_text(ORGANISATION, encoding="utf-8")
    _, problems, people = read_organisation(folder / "organisation.yaml")
    assert not problems
    house = open_house(folder, VirtualClock(now))
    with house.store.writing() as conn:
        library.publish_calendar(conn, "always", canonical(calendar_json(ALWAYS)), Actor("owner"), now)
        library.apply_organisation(conn, canonical(people), Actor("owner"), now)
    publish(house, "letterbox", PROCEDURE, TEXTS)
    return house


def publish(house: House, name: str, procedure: str, texts: Mapping[str, str]) -> None:
    """Publish a bundle as it is, without checks and scenarios."""
    bundle = house.settings.folder / name
    (bundle / "notices").mkdir(parents=True)
    (bundle / "procedure.yaml").write_text(procedure, encoding="utf-8")
    for file, text in texts.items():
        (bundle / "notices" / file).write_text(text, encoding="utf-8")
    read, problems = read_bundle(bundle)
    assert read is not None, problems
    with house.store.writing() as conn:
        library.publish_definition(conn, read.name, read.text, canonical(dict(read.source)), read.hash, Actor("owner"), house.clock.now())


def later(house: House, **by: float) -> None:
    """Let virtual time pass in a house."""
    assert isinstance(house.clock, VirtualClock)
    house.clock.move_to(house.clock.now() + timedelta(**by))


def complain(house: House, **customer: str) -> str:
    """Somebody complains, and a receipt is put into the outbox; the number of the case."""
    return open_case(house, "letterbox", LI_NA, {"customer": {"name": "Wang", **customer}}).number


def put(house: House, count: int = 1, *, via: tuple[str, ...] = ("email",), email: str = "wang@example.com", **message: Any) -> list[int]:
    """Notices of no case, to a customer with that mail address; their ids."""
    with house.store.writing() as conn:
        party = parties.add_party(conn, {"name": "Wang", "email": email, "phone": "+86 139 0000 0000"}, house.clock.now())
        key = conn.execute(select(parties.PARTY.c.key).where(parties.PARTY.c.id == party)).scalar_one()
        one = Message(case_id=None, name="hello", party_id=party, via=via, language="en", subject="Hello", text="Hello\n")
        outbox.put(conn, [replace(one, **message)] * count, key, house.clock.now())
        found = conn.execute(select(outbox.NOTICE.c.id).order_by(outbox.NOTICE.c.id.desc()).limit(count)).scalars().all()
    return sorted(found)


def set_party(house: House, **values: Any) -> None:
    """Change every customer's details."""
    with house.store.writing() as conn:
        for row in conn.execute(select(parties.PARTY)).all():
            (had,) = sealing.open_json(conn, [row.details])
            box = sealing.seal_json(conn, row.key, {**had, **values})
            conn.execute(update(parties.PARTY).where(parties.PARTY.c.id == row.id).values(details=box))


def with_channels(house: House, **channels: Mapping[str, Any]) -> House:
    """The same house with other channels."""
    return House(house.store, house.clock, replace(house.settings, channels=channels))
