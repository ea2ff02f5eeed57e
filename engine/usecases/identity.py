"""Who somebody is. In a house where people log in: by a session, which a password opens, or by a token. Else the account says so.

What proves something is a row of `credential`; of secrets the database holds hashes only. Whatever is proved, or fails to be, is recorded
in the stream of accesses. Nothing here can keep out who holds the credentials of the database: see docs/security.md.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from engine.deciding.rights import Actor, has_right
from engine.defining.organisation import Organisation
from engine.ground.errors import Denied, NotFound, Unavailable
from engine.ground.language import say
from engine.records import credentials, library
from engine.records.credentials import Kind, Patience
from engine.usecases.access import NOBODY, note, note_access, refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House
from engine.usecases.passwords import fit, kept, matches

INVITED = timedelta(days=3)
"""How long an invitation waits to be taken up."""

LOCAL, BY_PASSWORD, BY_TOKEN = "local", "password", "token"
_PATIENCE = Patience(5, timedelta(seconds=30), timedelta(hours=1))       # of failed logins in one name
_NOTED = timedelta(minutes=1)          # uses of a session within that are not noted one by one


class Session(NamedTuple):
    """A login: the secret is told here and nowhere else."""

    person: str
    secret: str
    expires_at: datetime


# --- identifying -------------------------------------------------------------------------------------------------------------


def identify(
    house: House, account: str, claimed: str | None = None, *, token: Callable[[], str | None] = lambda: None,
    session: Callable[[], str | None] = lambda: None,
) -> Actor:
    """Who acts. `account` is that of the operating system, `claimed` whom they say to be; `token` and `session` fetch secrets.

    A token counts everywhere. Without one, where people log in, the session; else whom they say to be, or whose login the account is.
    Before any organisation was applied the account itself: somebody has to apply the first.
    Raises Denied for what proves nothing or somebody else, NotFound for somebody claimed whom nobody knows.
    """
    with house.store.reading() as conn:
        people = library.organisation(house.store, conn)
    if not people.people:
        return Actor(claimed or account, identified=LOCAL)
    with refusals_noted(house, Actor(NOBODY), "identify"):
        words = token()
        if words is not None:
            found = Actor(_holder(house, people, Kind.TOKEN, words), identified=BY_TOKEN)
        elif house.settings.logins:
            found = Actor(_holder(house, people, Kind.SESSION, session()), identified=BY_PASSWORD)
        else:
            return Actor(_local(people, account, claimed), identified=LOCAL)
    with refusals_noted(house, found, "identify"):
        if claimed not in (None, found.id):
            raise Denied(
                say("You are {who} here, and cannot act as somebody else", who=found.id),
                hint=say("Leave out --as and MAKEGOOD_AS, or log in as the other person."), who=found.id, why="another person",
            )
    return found


def _local(people: Organisation, account: str, claimed: str | None) -> str:
    if claimed:
        if claimed not in people.people:
            near = get_close_matches(claimed, list(people.people), n=1)
            raise NotFound(
                say("The organisation has nobody called '{person}'", person=claimed),
                hint=say("Did you mean '{word}'?", word=near[0]) if near else say("See who works here: makegood org show"),
                kind="person", name=claimed,
            )
        return claimed
    found = people.person_of_login(account)
    if found is None:
        raise Denied(
            say("Nobody in the organisation has the login '{login}'", login=account),
            hint=say("Say who you are with --as PERSON or MAKEGOOD_AS, or add the login to the organisation file."),
            who=account, why="login",
        )
    return found.id


def _holder(house: House, people: Organisation, kind: Kind, words: str | None) -> str:
    """Whose session or token that is; raises Denied when it proves nothing now."""
    now = house.clock.now()
    row = None
    if words is not None:
        with house.store.reading() as conn:
            row = credentials.of_secret(conn, kind, words)
    why = _wrong(row, people, now) if words is not None else ("not logged in", say("You are not logged in"))
    if why is not None or row is None:
        reason, message = why or ("", "")
        raise Denied(
            message, hint=say("Log in with `makegood login PERSON`.") if kind is Kind.SESSION else say("Use another token, or log in."),
            why=f"{kind.value} {reason}" if words is not None else reason,
        )
    if row.used_at is None or now - row.used_at >= _NOTED:
        with suppress(Unavailable), house.store.writing() as conn:      # worth less than what is done by it
            credentials.used(conn, row, now)
    holder: str = row.holder
    return holder


def _wrong(row: Row[Any] | None, people: Organisation, now: datetime) -> tuple[str, str] | None:
    if row is None:
        return "unknown", say("This session or token is not known here: it was changed, or belongs to another house")
    if row.ended_at is not None:
        return "ended", say("This session or token was ended: by logging out, a new password, or because it was revoked")
    if not credentials.live(row, now):
        return "expired", say("This session or token is no longer valid: its time is over")
    if row.holder not in people.people:
        return "left", say("This session or token belongs to somebody who has left the organisation")
    return None


# --- logging in and out ------------------------------------------------------------------------------------------------------


def login(house: House, person: str, password: str) -> Session:
    """Open a session; raises Denied, in the same words and after the same time whatever was wrong, and for a while without trying."""
    now = _heard(house, person)
    with house.store.reading() as conn:
        known = library.organisation(house.store, conn).people
        kept_of = _password_of(conn, person) if person in known else None
    if matches(kept_of, password):
        with house.store.writing() as conn:
            if _password_of(conn, person) == kept_of:       # nobody changed it meanwhile, which would have ended this session
                credentials.forgive(conn, _subject(person))
                return _session(house, conn, person, now)
    note_access(house, "login_failed", Actor(person if person in known else NOBODY), {"why": ["password"]})
    raise _not_you()


def _password_of(conn: Connection, person: str) -> str | None:
    """What is kept of a person's password, if they have one."""
    rows = credentials.listed(conn, [Kind.PASSWORD], holder=person)
    return rows[0].hash if rows else None


def _heard(house: House, person: str) -> datetime:
    """The present moment, if an attempt in that name is heard now, which counts as failed until it succeeds; raises Denied."""
    now = house.clock.now()
    with house.store.writing() as conn:
        until = credentials.attempt(conn, _subject(person), now, _PATIENCE)
        known = library.organisation(house.store, conn).people
    if until is None:
        return now
    note_access(house, "login_failed", Actor(person if person in known else NOBODY), {"why": ["blocked"]})
    raise Denied(
        say("Too many attempts failed; the next one is heard in {seconds:second|seconds}", seconds=int((until - now).total_seconds()) + 1),
        hint=say("Wait, then try again. Whoever forgot the password asks for a new invitation."), why="blocked",
    )


def _subject(person: str) -> str:
    return f"login/{person}"


def _not_you() -> Denied:
    return Denied(
        say("The person, or the password or code, is wrong"),
        hint=say("Whoever has no password yet, or forgot it, asks somebody who may apply the organisation: makegood org invite PERSON."),
        why="password",
    )


def _session(house: House, conn: Connection, person: str, now: datetime) -> Session:
    made = Session(person, credentials.secret(), now + house.settings.session)
    mark = credentials.add(conn, Kind.SESSION, person, credentials.hashed(made.secret), now, person, expires_at=made.expires_at)
    note(conn, now, "login", Actor(person, identified=BY_PASSWORD), {"until": made.expires_at.isoformat(), "credential": mark})
    return made


def logout(house: House, words: str) -> None:
    """End a session; one that is not known, or ended already, needs no ending."""
    now = house.clock.now()
    with house.store.writing() as conn:
        row = credentials.of_secret(conn, Kind.SESSION, words)
        if row is not None and credentials.live(row, now):
            credentials.end(conn, [row], now)
            note(conn, now, "logout", Actor(row.holder, identified=BY_PASSWORD), {})


# --- passwords and invitations -----------------------------------------------------------------------------------------------


def invite(house: House, person: str, actor: Actor) -> tuple[str, datetime]:
    """A code with which a person sets their password, once, and until when. Raises NotFound, and Denied for who may not `apply`.

    As long as nobody who may apply has a password, whoever comes may invite one of them: somebody has to be the first.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, "invite"), house.store.writing() as conn:
        people = library.organisation(house.store, conn)
        if person not in people.people:
            raise NotFound(
                say("The organisation has nobody called '{person}'", person=person), hint=say("See who works here: makegood org show"),
                kind="person", name=person,
            )
        if not (has_right(people, Actor(person), "apply") and _unfounded(house, conn)):
            allowed(people, actor, "apply")
        credentials.end(conn, credentials.listed(conn, [Kind.INVITATION], holder=person), now)
        code, until = credentials.secret(), now + INVITED
        mark = credentials.add(conn, Kind.INVITATION, person, credentials.hashed(code), now, actor.id, expires_at=until)
        note(conn, now, "invited", actor, {"person": person, "until": until.isoformat(), "credential": mark})
    return code, until


def unfounded(house: House) -> bool:
    """Whether people log in here, and nobody who may invite others has a password yet."""
    with house.store.reading() as conn:
        return _unfounded(house, conn)


def _unfounded(house: House, conn: Connection) -> bool:
    people = library.organisation(house.store, conn)
    holders = {row.holder for row in credentials.listed(conn, [Kind.PASSWORD])}
    return house.settings.logins and not any(has_right(people, Actor(one), "apply") for one in holders & people.people.keys())


def accept(house: House, person: str, code: str, password: str) -> Session:
    """Set a password by an invitation, and log in; raises Invalid for a password that does not fit, Denied as `login` does."""
    fit(password)
    now, hash_ = _heard(house, person), kept(password)
    with house.store.writing() as conn:
        row = credentials.of_secret(conn, Kind.INVITATION, code)
        known = library.organisation(house.store, conn).people
        taken = row is not None and row.holder == person and person in known and credentials.claim(conn, row, now)
        if taken:
            return _set(house, conn, person, hash_, now, "invitation")
    note_access(house, "login_failed", Actor(person if person in known else NOBODY), {"why": ["invitation"]})
    raise _not_you()


def change_password(house: House, actor: Actor, old: str, new: str) -> Session:
    """Another password; every session ends, and a new one begins. Tokens stay. Raises Invalid, Denied as `login` does."""
    fit(new)
    now = _heard(house, actor.id)
    with house.store.reading() as conn:
        kept_of = _password_of(conn, actor.id)
    if matches(kept_of, old):
        hash_ = kept(new)
        with house.store.writing() as conn:
            if _password_of(conn, actor.id) == kept_of:
                return _set(house, conn, actor.id, hash_, now, BY_PASSWORD)
    note_access(house, "login_failed", actor, {"why": ["password"]})
    raise _not_you()


def _set(house: House, conn: Connection, person: str, hash_: str, now: datetime, how: str) -> Session:
    credentials.forgive(conn, _subject(person))
    credentials.end(conn, credentials.listed(conn, [Kind.PASSWORD, Kind.SESSION], holder=person), now)
    mark = credentials.add(conn, Kind.PASSWORD, person, hash_, now, person)
    note(conn, now, "password_set", Actor(person, identified=BY_PASSWORD), {"by": how, "credential": mark})
    return _session(house, conn, person, now)
