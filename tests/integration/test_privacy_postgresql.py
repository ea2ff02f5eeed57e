"""Privacy on a real PostgreSQL: what is plain is sealed by the update, keys lie in a database of their own, erasing holds."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Invalid
from engine.records import files, outbox, parties, personal, schema
from engine.records.store import Store
from engine.usecases import amending, auditing, erasing, finding, opening, publishing, reading
from engine.usecases.house import House, Settings
from engine.usecases.revealing import Reveal
from tests.houses import DEFINITIONS, GIVEN, MONDAY, as_
from tests.postgres import MISSING, binaries, server

pytestmark = pytest.mark.skipif(binaries() is None, reason=MISSING)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with two databases for data and keys, still empty."""
    with server() as url:
        place = url.format(role="owner", name="postgres").replace("postgresql:", "postgresql+psycopg:")
        owner = create_engine(place, isolation_level="AUTOCOMMIT")
        with owner.connect() as conn:
            for name in ("house", "keys", "older"):
                conn.execute(text(f"CREATE DATABASE {name}"))
        owner.dispose()
        yield url


def store_of(address: str, name: str) -> Store:
    return Store(address.format(role="owner", name=name), address.format(role="owner", name="keys"))


def test_a_database_on_a_server_needs_a_place_for_its_keys(address: str) -> None:
    with pytest.raises(Invalid, match="keys"):
        Store(address.format(role="owner", name="house")).create()


def test_what_is_plain_is_sealed_by_the_update(address: str) -> None:
    store = store_of(address, "older")
    value = personal.seal(1, "findings", "the screen flickers")
    with store._connected(create=True).execution_options(writes=True).begin() as conn:
        command.upgrade(schema.alembic_config(conn), "0002")
        for statement in (
            "INSERT INTO definition_version VALUES (1, 'plain', 1, '', '{}', '{}', '2026-01-01', 'x')",
            "INSERT INTO party VALUES (1, '王小明', 'wang@x.example', '13800138000', NULL, NULL, 'zh', '2026-01-01')",
            """INSERT INTO "case" VALUES (1, 'A-1', 'plain', 1, 's', NULL, 1, NULL, '2026-01-01', NULL, NULL, 0, 1, '', '')""",
            f"INSERT INTO personal VALUES (1, 1, 'findings', '{value.value}', '{value.salt}')",
            "INSERT INTO file VALUES (1, 'abc', 'scan.png', 'image/png', 8, 'the scan', '2026-01-01')",
            "INSERT INTO notice VALUES (1, 1, 'n', 1, NULL, 'email', 'en', 'Dear Wang', 'we are sorry', NULL, false, 'dead', 'm',"
            " '2026-01-01', NULL, 1, 1, NULL, NULL, 'not here')",
            "INSERT INTO attempt VALUES (1, 1, 'email', '2026-01-01', NULL, 'failed', 'not here')",
        ):
            conn.exec_driver_sql(statement)
    store.create()
    with store.writing() as conn:
        command.check(schema.alembic_config(conn))
        assert [one.name for one in parties.find_parties(conn, "8000")] == ["王小明"]
        assert personal.said(conn, 1) == {(1, "findings"): "the screen flickers"}
        assert files.content(conn, 1, "abc") == b"the scan"
        rows = outbox.listing(conn)
        assert outbox.words(conn, rows) == [outbox.Words("Dear Wang", "we are sorry", None, None)]
        assert outbox.troubles(conn, rows) == ["not here"]
    store.close()


def test_erasing_and_looking_work_as_on_a_file(address: str) -> None:
    store = store_of(address, "house")
    store.create()
    house = House(store, VirtualClock(MONDAY), Settings(folder=DEFINITIONS))
    publishing.apply_organisation(house, DEFINITIONS / "organisation.yaml", THE_SYSTEM)
    publishing.publish(house, DEFINITIONS / "product-complaint", THE_SYSTEM)
    number = opening.open_case(house, "product-complaint", as_("li.na"), GIVEN).number
    again = opening.open_case(house, "product-complaint", as_("li.na"), GIVEN).number
    amending.attach(house, number, as_("li.na"), "scan.txt", b"the scan")
    assert {line.number for line in finding.find(house, "王小明", actor=THE_SYSTEM).lines} == {number, again}
    assert reading.show(house, number, Reveal(as_("li.na"))).files[0].name == "scan.txt"
    done = erasing.erase(house, 1, as_("helen.price"), "asked", even_open=True)
    assert (done.cases, done.failures) == ([number, again], [])
    assert reading.show(house, number, Reveal(as_("li.na"))).customer is None
    verified = auditing.verify(house)
    assert (verified.problems, verified.erased, erasing.reapply(house)) == ([], 1, [])
    amending.note(house, number, as_("li.na"), "said later")
    assert auditing.verify(house).problems == []
    store.close()
