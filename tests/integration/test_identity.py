"""Who somebody is: passwords, invitations, sessions and tokens, in a house where people log in."""

import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli import session
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import Conflict, Denied, Invalid, NotFound
from engine.records.store import Store
from engine.usecases import auditing, identity, publishing, tokens
from engine.usecases.accesses import accesses
from engine.usecases.house import House, Settings, read_settings
from tests import databases
from tests.small import ORGANISATION, START, dump, organised

PASSWORD, OTHER = "correct horse battery", "quite another sentence"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """People log in here; dora may apply the organisation, bob may not."""
    place = databases.place(tmp_path, organised)
    return House(place.store(), VirtualClock(START), Settings(tmp_path, *place, identity="login"))


def with_password(house: House, person: str = "ann") -> identity.Session:
    code, _ = identity.invite(house, person, Actor("dora", identified="password"))
    return identity.accept(house, person, code, PASSWORD)


def by(house: House, secret: str | None, claimed: str | None = None, *, token: bool = False) -> Actor:
    kind = "token" if token else "session"
    return identity.identify(house, "root", claimed, **{kind: lambda: secret})


def later(house: House, **by: int) -> None:
    assert isinstance(house.clock, VirtualClock)
    house.clock.move_to(house.clock.now() + timedelta(**by))


def noted(house: House) -> list[tuple[str, str]]:
    return [(event.actor, event.kind) for event in reversed(accesses(house, actor=THE_SYSTEM))]


def why(found: pytest.ExceptionInfo[Denied]) -> str:
    return str(found.value.facts["why"])


# --- from the invitation to the session --------------------------------------------------------------------------------------


def test_an_invitation_sets_a_password_which_opens_sessions(house: House) -> None:
    first = with_password(house)
    again = identity.login(house, "ann", PASSWORD)
    assert first.secret != again.secret and again.expires_at == START + timedelta(hours=8)
    assert by(house, first.secret) == by(house, again.secret, "ann") == Actor("ann", None, "password")
    assert noted(house) == [("dora", "invited"), ("ann", "password_set"), ("ann", "login"), ("ann", "login")]
    assert auditing.verify(house).problems == []


def test_an_invitation_counts_once_for_that_person_and_for_three_days(house: House) -> None:
    code, until = identity.invite(house, "ann", Actor("dora"))
    assert until == START + timedelta(days=3)
    with pytest.raises(Denied):
        identity.accept(house, "bob", code, PASSWORD)
    identity.accept(house, "ann", code, PASSWORD)
    with pytest.raises(Denied):
        identity.accept(house, "ann", code, OTHER)
    code, _ = identity.invite(house, "bob", Actor("dora"))
    later(house, days=3)
    with pytest.raises(Denied):
        identity.accept(house, "bob", code, PASSWORD)
    assert identity.login(house, "ann", PASSWORD).person == "ann"


def test_a_new_invitation_replaces_the_one_before(house: House) -> None:
    before, _ = identity.invite(house, "ann", Actor("dora"))
    identity.invite(house, "ann", Actor("dora"))
    with pytest.raises(Denied):
        identity.accept(house, "ann", before, PASSWORD)


def test_only_who_may_apply_the_organisation_invites_and_the_first_is_invited_by_whoever_founds_the_house(house: House) -> None:
    founder = Actor("root", identified="local")
    assert identity.unfounded(house)
    with pytest.raises(Denied):                                    # bob could not invite anybody in turn
        identity.invite(house, "bob", founder)
    code, _ = identity.invite(house, "dora", founder)
    identity.accept(house, "dora", code, PASSWORD)
    assert not identity.unfounded(house)
    for actor in (founder, Actor("bob", identified="password")):
        with pytest.raises(Denied):
            identity.invite(house, "dora", actor)
    with pytest.raises(NotFound):
        identity.invite(house, "nobody", Actor("dora"))


@pytest.mark.parametrize("password", ["short", "x" * 501, "aaaaaaaaaaaaaaaaaaaa"])
def test_poor_passwords_are_refused_without_being_repeated(house: House, password: str) -> None:
    code, _ = identity.invite(house, "ann", Actor("dora"))
    with pytest.raises(Invalid) as refused:
        identity.accept(house, "ann", code, password)
    assert password not in str(refused.value.facts) + refused.value.message
    identity.accept(house, "ann", code, PASSWORD)                  # the invitation still counts


def test_a_password_is_the_same_however_its_characters_are_composed(house: House) -> None:
    code, _ = identity.invite(house, "ann", Actor("dora"))
    identity.accept(house, "ann", code, "Ａné café au lait")
    identity.login(house, "ann", "Ane\N{COMBINING ACUTE ACCENT} cafe\N{COMBINING ACUTE ACCENT} au lait")


# --- what ends a session -----------------------------------------------------------------------------------------------------


def ended_by_time(house: House) -> None:
    later(house, hours=8)


def ended_by_logout(house: House) -> None:
    with house.store.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM credential WHERE kind = 'session'").scalar_one() == 1
    identity.logout(house, SECRETS[-1])


def ended_by_password(house: House) -> None:
    identity.change_password(house, Actor("ann"), PASSWORD, OTHER)


def ended_by_invitation(house: House) -> None:
    code, _ = identity.invite(house, "ann", Actor("dora"))
    identity.accept(house, "ann", code, OTHER)


def ended_by_leaving(house: House) -> None:
    left_and_came_back(house, back=False)


def left_and_came_back(house: House, back: bool = True) -> None:
    file = house.settings.folder / "organisation.yaml"
    file.write_text("\n".join(line for line in ORGANISATION.replace(", ann", "").splitlines() if "ann:" not in line), encoding="utf-8")
    publishing.apply_organisation(house, file, THE_SYSTEM)
    if back:
        file.write_text(ORGANISATION, encoding="utf-8")
        publishing.apply_organisation(house, file, THE_SYSTEM)


SECRETS: list[str] = []


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (ended_by_time, "session expired"), (ended_by_logout, "session ended"), (ended_by_password, "session ended"),
        (ended_by_invitation, "session ended"), (ended_by_leaving, "session ended"), (left_and_came_back, "session ended"),
    ],
)
def test_a_session_that_ended_proves_nothing(house: House, end: Callable[[House], None], reason: str) -> None:
    SECRETS.append(with_password(house).secret)
    assert by(house, SECRETS[-1]).id == "ann"
    end(house)
    with pytest.raises(Denied) as refused:
        by(house, SECRETS[-1])
    assert why(refused) == reason
    last = accesses(house, actor=THE_SYSTEM)[0]
    assert (last.kind, last.data) == ("refused", {"what": "identify", "why": [reason]})


def test_the_database_holds_no_secret(house: House) -> None:
    made = with_password(house)
    token, _ = tokens.create(house, Actor("ann", identified="password"), "nightly", "1 day")
    content = str(dump(house))
    assert [secret for secret in (made.secret, token, PASSWORD) if secret in content] == []
    assert "$argon2id$" in content


@pytest.mark.parametrize("change", [
    "UPDATE credential SET hash = '$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA' WHERE kind = 'password'",
    "UPDATE credential SET holder = 'dora' WHERE kind = 'session'", "UPDATE credential SET kind = 'token' WHERE kind = 'session'",
    "UPDATE credential SET expires_at = '2099-01-01 00:00:00.000000' WHERE kind = 'session'",
    "INSERT INTO credential (kind, holder, hash, created_at, created_by) VALUES ('password', 'dora', 'x', '2026-03-02 09:00:00', 'dora')",
])
def test_a_credential_changed_in_the_database_does_not_verify(house: House, change: str) -> None:
    with_password(house)
    assert auditing.verify(house).problems == []
    with house.store.writing() as conn:
        conn.exec_driver_sql(change)
    (problem,) = auditing.verify(house).problems
    assert problem.stream.startswith("credential/") and problem.what.endswith("was made or changed without a record")


# --- guessing ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ann", "nobody", "'; DROP TABLE credential; --"])
def test_guessing_is_answered_alike_for_everybody_and_soon_not_at_all(house: House, person: str) -> None:
    with_password(house)
    answers = []
    for _ in range(7):
        with pytest.raises(Denied) as refused:
            identity.login(house, person, "guess guess guess")
        answers.append((why(refused), refused.value.message))
    assert [reason for reason, _ in answers] == ["password"] * 5 + ["blocked"] * 2
    assert {message for reason, message in answers if reason == "password"} == {"The person, or the password or code, is wrong"}
    assert answers[-1][1] == "Too many attempts failed; the next one is heard in 31 seconds"
    assert noted(house)[-7:] == [("ann" if person == "ann" else "unknown", "login_failed")] * 7


def test_even_the_right_password_is_not_heard_meanwhile_and_each_failure_doubles_the_wait(house: House) -> None:
    with_password(house)

    def fails(password: str = "guess guess guess") -> str:
        with pytest.raises(Denied) as refused:
            identity.login(house, "ann", password)
        return why(refused)

    assert [fails() for _ in range(5)] == ["password"] * 5
    assert fails(PASSWORD) == "blocked"
    for seconds in (30, 60, 120):
        later(house, seconds=seconds - 1)
        assert fails(PASSWORD) == "blocked"
        later(house, seconds=1)
        assert fails() == "password"
    later(house, hours=1)
    assert identity.login(house, "ann", PASSWORD)
    assert [fails() for _ in range(5)] == ["password"] * 5         # counted afresh


def test_a_session_goes_on_while_somebody_guesses(house: House) -> None:
    made = with_password(house)
    for _ in range(6):
        with pytest.raises(Denied):
            identity.login(house, "ann", "guess guess guess")
    assert by(house, made.secret).id == "ann"


def _guess(settings: Settings, go: object, told: object) -> None:
    house = House(Store(settings.database, settings.keys), VirtualClock(START), settings)
    go.wait()       # type: ignore[attr-defined]
    try:
        identity.login(house, "ann", "guess guess guess")
    except Denied as error:
        told.put(error.facts["why"])        # type: ignore[attr-defined]


def test_many_at_once_are_heard_no_more_often_than_one_after_another(house: House) -> None:
    with_password(house)
    context = multiprocessing.get_context("spawn")
    go, told = context.Barrier(8), context.Queue()
    several = [context.Process(target=_guess, args=(house.settings, go, told)) for _ in range(8)]
    for one in several:
        one.start()
    answers = sorted(told.get(timeout=60) for _ in several)
    for one in several:
        one.join()
    assert answers == ["blocked"] * 3 + ["password"] * 5


# --- tokens ------------------------------------------------------------------------------------------------------------------


def test_a_token_acts_as_its_person_until_its_time_is_over(house: House) -> None:
    actor = Actor("ann", identified="password")
    words, until = tokens.create(house, actor, "nightly", "2 days")
    assert until == START + timedelta(days=2) and by(house, words, token=True) == Actor("ann", None, "token")
    (line,) = tokens.tokens(house, actor)
    assert (line.person, line.name, line.used_at, line.expired) == ("ann", "nightly", START, False)
    later(house, days=2)
    with pytest.raises(Denied) as refused:
        by(house, words, token=True)
    assert why(refused) == "token expired" and tokens.tokens(house, actor)[0].expired


def test_a_revoked_token_proves_nothing_and_others_revoke_only_with_the_right(house: House) -> None:
    ann = Actor("ann", identified="password")
    words, _ = tokens.create(house, ann, "nightly", "2 days")
    bob = Actor("bob")
    for refused in (lambda: tokens.revoke(house, bob, "nightly", "ann"), lambda: tokens.tokens(house, bob, everybody=True)):
        with pytest.raises(Denied):
            refused()
    with pytest.raises(NotFound):
        tokens.revoke(house, Actor("bob"), "nightly")
    assert [line.person for line in tokens.tokens(house, Actor("dora"), everybody=True)] == ["ann"]
    tokens.revoke(house, Actor("dora"), "nightly", "ann")
    with pytest.raises(Denied) as error:
        by(house, words, token=True)
    assert why(error) == "token ended" and tokens.tokens(house, ann) == []


def test_a_token_makes_no_tokens_and_is_no_session(house: House) -> None:
    words, _ = tokens.create(house, Actor("ann", identified="password"), "nightly", "2 days")
    with pytest.raises(Denied):
        tokens.create(house, by(house, words, token=True), "further", "2 days")
    with pytest.raises(Denied):
        by(house, words)
    with pytest.raises(Denied):
        by(house, with_password(house).secret, token=True)


@pytest.mark.parametrize(
    ("name", "expires", "error"),
    [
        ("", "1 day", Invalid), ("x" * 61, "1 day", Invalid), ("two\nlines", "1 day", Invalid), ("\x1b[31mred", "1 day", Invalid),
        ("left\u202eright", "1 day", Invalid), ("long", "367 days", Invalid), ("month", "1 month", Invalid), ("none", "0 days", Invalid),
        ("known", "1 day", Conflict),
    ],
)
def test_wrong_tokens_are_not_made(house: House, name: str, expires: str, error: type[Exception]) -> None:
    actor = Actor("ann", identified="password")
    tokens.create(house, actor, "known", "1 day")
    with pytest.raises(error):
        tokens.create(house, actor, name, expires)
    assert len(tokens.tokens(house, actor)) == 1


# --- who acts ----------------------------------------------------------------------------------------------------------------


def test_nobody_acts_as_somebody_else_where_people_log_in(house: House) -> None:
    made = with_password(house)
    with pytest.raises(Denied):
        by(house, made.secret, "dora")
    with pytest.raises(Denied) as refused:
        by(house, None)
    assert why(refused) == "not logged in"
    assert [(event.actor, event.data["why"]) for event in accesses(house, kinds=["refused"], actor=THE_SYSTEM)] == [
        ("unknown", ["not logged in"]), ("ann", ["another person"]),
    ]


def test_without_logins_the_account_or_what_somebody_says_is_believed_and_history_says_so(house: House) -> None:
    local = replace(house, settings=replace(house.settings, identity="local"))
    assert identity.identify(local, "ann") == identity.identify(local, "root", "ann") == Actor("ann", None, "local")
    with pytest.raises(Denied):
        identity.identify(local, "root")
    words, _ = tokens.create(local, Actor("bob", identified="local"), "nightly", "1 day")
    assert identity.identify(local, "ann", token=lambda: words) == Actor("bob", None, "token")


def test_local_is_for_one_machine(tmp_path: Path) -> None:
    def settings(text: str) -> Settings:
        (tmp_path / "makegood.toml").write_text(text, encoding="utf-8")
        return read_settings(tmp_path)

    assert not settings("").logins and settings('identity = "login"').logins
    assert settings('database = "postgresql://u@h/n"').logins
    assert settings('session = "30 minutes"').session == timedelta(minutes=30)
    for wrong in ('identity = "none"', 'database = "postgresql://u@h/n"\nidentity = "local"', 'session = "1 year"', 'session = "8 days"'):
        with pytest.raises(Invalid):
            settings(wrong)


# --- the file ----------------------------------------------------------------------------------------------------------------


def test_the_session_file_is_its_owners_alone_and_holds_one_secret(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(house.settings.folder / "state"))
    monkeypatch.delenv("MAKEGOOD_SESSION", raising=False)
    path = session.keep(house.settings, "0" * 40)
    assert session.secret_in(path) == "0" * 40 and path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    path = session.keep(house.settings, "1" * 40)
    assert session.secret_in(path) == "1" * 40 and len(list(path.parent.iterdir())) == 1
    session.forget(house.settings)
    assert session.secret_in(path) is None


@pytest.mark.parametrize("spoil", ["mode", "words", "longer", "link", "folder", "owner"])
def test_a_session_file_that_is_not_as_it_was_written_proves_nothing(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "session"
    path.write_text("0" * 40 + "\n", encoding="utf-8")
    path.chmod(0o600)
    assert session.secret_in(path) == "0" * 40
    if spoil == "mode":
        path.chmod(0o640)
    elif spoil in ("words", "longer"):
        path.write_text(json.dumps({"person": "dora"}) if spoil == "words" else "0" * 41, encoding="utf-8")
    elif spoil == "owner":
        if os.geteuid() != 0:
            return          # only root can give a file away
        os.chown(path, 12345, 12345)
    else:
        path.rename(tmp_path / "real")
        path.symlink_to("real") if spoil == "link" else path.mkdir()
    with pytest.raises(Denied) as refused:
        session.secret_in(path)
    assert why(refused) == "file"
