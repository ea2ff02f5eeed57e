"""On a real PostgreSQL: the whole of makegood as a role that can append history but not change it; an auditor who only reads it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotAllowed, Unavailable
from engine.records.grants import APPLICATION, AUDITOR, grants, grants_on_keys
from engine.records.store import Store
from engine.usecases import acting, auditing, identity, links, opening, publishing, sweeping
from engine.usecases.accesses import accesses
from engine.usecases.house import House, Settings
from tests.houses import DEFINITIONS, GIVEN, MONDAY, as_
from tests.postgres import MISSING, binaries, server

pytestmark = pytest.mark.skipif(binaries() is None, reason=MISSING)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A database that the owner has made, and the roles; logins `clerk` (application) and `auditor`, and `staff` with nothing."""
    with server() as url:
        place = url.format(role="owner", name="postgres").replace("postgresql:", "postgresql+psycopg:")
        owner = create_engine(place, isolation_level="AUTOCOMMIT")
        with owner.connect() as conn:
            conn.execute(text("CREATE DATABASE house"))
            conn.execute(text("CREATE DATABASE keys"))
        owner.dispose()
        Store(url.format(role="owner", name="house"), url.format(role="owner", name="keys")).create()
        for _ in range(2):              # again does no harm
            for name, statements in (("house", grants()), ("keys", grants_on_keys())):
                with connected(url, "owner", name) as conn:
                    for statement in statements:
                        conn.exec_driver_sql(statement)
        with connected(url, "owner") as conn:
            for role, of in (("clerk", APPLICATION), ("auditor", AUDITOR)):
                conn.exec_driver_sql(f"CREATE ROLE {role} LOGIN IN ROLE {of}")
            conn.exec_driver_sql("CREATE ROLE staff LOGIN")
        yield url


def connected(url: str, role: str, name: str = "house"):  # type: ignore[no-untyped-def]
    return create_engine(url.format(role=role, name=name).replace("postgresql:", "postgresql+psycopg:")).begin()


def store_of(address: str, role: str) -> Store:
    return Store(address.format(role=role, name="house"), address.format(role=role, name="keys"))


@pytest.fixture(scope="module")
def house(address: str) -> House:
    """A house with a complaint, made by the application role alone."""
    database = address.format(role="clerk", name="house")
    made = House(store_of(address, "clerk"), VirtualClock(MONDAY), Settings(folder=DEFINITIONS, database=database))
    publishing.apply_organisation(made, DEFINITIONS / "organisation.yaml", THE_SYSTEM)
    publishing.publish(made, DEFINITIONS / "product-complaint", THE_SYSTEM)
    return made


def test_everything_works_as_the_application_role(house: House) -> None:
    number = opening.open_case(house, "product-complaint", as_("li.na"), GIVEN).number
    with pytest.raises(Denied):
        acting.act(house, number, "acknowledge", as_("sun.hao"))
    acting.act(house, number, "acknowledge", as_("li.na"), {"nature": "quality", "order_no": "AB123456"})
    assert isinstance(house.clock, VirtualClock)
    house.clock.move_to(MONDAY + timedelta(days=3))
    sweeping.sweep(house)
    code, _ = identity.invite(house, "wu.ting", Actor("root", identified="local"))
    made = identity.accept(house, "wu.ting", code, "four words that do")
    assert identity.identify(house, "root", session=lambda: made.secret) == Actor("wu.ting", None, "password")
    with pytest.raises(Denied):
        links.look(house, "0" * 40)
    assert [event.kind for event in accesses(house, actor=THE_SYSTEM)] == ["link_failed", "login", "password_set", "invited", "refused"]
    assert auditing.verify(house).problems == []


CHANGES = [
    "UPDATE event SET body = '{}'", "DELETE FROM event", "TRUNCATE event", "ALTER TABLE event DISABLE TRIGGER ALL", "DROP TABLE event",
    "DROP TRIGGER event_append_only ON event", "UPDATE definition_version SET document = ''", "DELETE FROM organisation_version",
    "SET session_replication_role = replica", "CREATE TABLE mine (id int)", "CREATE OR REPLACE FUNCTION makegood_append_only() RETURNS "
    "trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$", "SET ROLE owner", "SELECT * FROM event FOR UPDATE",
]


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("role", ["clerk", "auditor", "staff"])
def test_nobody_but_the_owner_changes_history_or_what_guards_it(house: House, address: str, role: str, statement: str) -> None:
    refused_to(address, role, statement)


@pytest.mark.parametrize("table", ["party", "personal", '"case"', "credential", "notice", "file"])
@pytest.mark.parametrize("role", ["auditor", "staff"])
def test_auditors_and_staff_read_no_personal_data(house: House, address: str, role: str, table: str) -> None:
    refused_to(address, role, f"SELECT * FROM {table}")


def test_an_auditor_reads_history_and_appends_none(house: House, address: str) -> None:
    with connected(address, "auditor") as conn:
        assert conn.execute(text("SELECT count(*) FROM event WHERE stream = 'access'")).scalar_one() >= 1
    refused_to(address, "auditor", "INSERT INTO event VALUES ('access', 99, 'x', now(), now(), '{}', '')")
    refused_to(address, "staff", "SELECT * FROM event")


@pytest.mark.parametrize(("role", "statement"), [
    ("auditor", "SELECT * FROM key"), ("staff", "SELECT * FROM key"), ("clerk", "DELETE FROM key"), ("clerk", "TRUNCATE key"),
])
def test_keys_are_only_for_the_application_and_no_row_of_theirs_goes(house: House, address: str, role: str, statement: str) -> None:
    refused_to(address, role, statement, "keys")


def refused_to(address: str, role: str, statement: str, name: str = "house") -> None:
    with pytest.raises(DBAPIError) as refused, connected(address, role, name) as conn:
        conn.exec_driver_sql(statement)
    # Insufficient privilege; without any in the schema nothing in it is even seen.
    assert getattr(refused.value.orig, "sqlstate", "") in {"42501", *(("42P01", "3F000") if role != "clerk" else ())}, refused.value


def test_names_of_roles_are_not_taken_for_more() -> None:
    for name in ("public", "a; DROP TABLE event", "Ä", ""):
        with pytest.raises(Invalid):
            grants(name)


def test_what_a_role_may_not_is_said_in_plain_words(house: House, address: str) -> None:
    with pytest.raises(Unavailable, match="has not the right"), store_of(address, "auditor").reading() as conn:
        conn.exec_driver_sql("SELECT * FROM party")


def test_of_several_customers_at_once_one_uses_the_link(house: House, address: str) -> None:
    number = opening.open_case(house, "product-complaint", as_("li.na"), GIVEN).number
    acting.act(house, number, "acknowledge", as_("li.na"), {"nature": "quality", "order_no": "AB123456"})
    code = links.give_out(house, number, "withdraw", as_("li.na")).code
    go, told = Barrier(4), []

    def use() -> None:
        store = store_of(address, "clerk")
        go.wait()
        try:
            told.append(links.use(replace(house, store=store), code, {"comment": "never mind"}).number)
        except (Denied, NotAllowed) as error:
            told.append(error.kind)
        finally:
            store.close()

    several = [Thread(target=use) for _ in range(4)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert sorted(told) == ["Denied"] * 3 + [number]


def test_connections_that_the_server_ended_while_nobody_used_them_are_replaced_without_a_word(address: str) -> None:
    store = store_of(address, "clerk")
    for _ in range(2):
        with store.reading() as conn, store.writing() as other:
            assert conn.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1")) == 1
            store.keys.read((bytes(16),))
        with connected(address, "owner") as conn:
            ended = conn.scalar(text("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = 'clerk'"))
            assert ended >= 3      # readers, writers and keys
    store.close()
