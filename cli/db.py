"""`makegood db`: the databases as a whole, for those who run them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli.app import Noun
from cli.options import arg, opt
from cli.progress import progress, so_far
from cli.run import Desk
from cli.show import as_json, clean, facts
from engine.ground.errors import Invalid, Tampered
from engine.ground.language import say

if TYPE_CHECKING:
    from engine.usecases.auditing import Verified

DB = Noun("db", say("The databases: bring up to date, look at, copy, back up, restore."))


@DB.verb("status", say("Show the state of the tables, how much is in them, and the ends of the histories."), open_to_all=True)
def status(desk: Desk) -> None:
    """Also where the tables are those of another makegood."""
    from engine.usecases.safekeeping import status as found

    said = found(desk.house)
    if desk.as_json:
        as_json({**asdict(said), "heads": [head._asdict() for head in said.heads]})
        return
    if said.found == said.wanted:
        tables = say("revision {found}, as needed", found=said.found)
    elif said.found:
        tables = say("revision {found}; needed is {wanted}", found=said.found, wanted=said.wanted)
    else:
        tables = say("none; needed is revision {wanted}", wanted=said.wanted)
    if said.live is None:
        keys = say("cannot be used")
    else:
        keys = say("{live:key|keys}, {destroyed} destroyed", live=said.live, destroyed=said.destroyed)
    facts(
        [
            (say("Database"), said.database, ""),
            (say("Tables"), tables, ""),
            (say("Size"), say("{size:byte|bytes}", size=said.size) if said.size is not None else "", ""),
            (say("Keys"), f"{said.keys}  {keys}".strip(), ""),
            (say("Rows"), ", ".join(f"{name} {count}" for name, count in said.rows.items() if count), ""),
            (say("Histories"), say("{cases:case|cases}", cases=said.cases), ""),
            *((head.stream, f"{head.seq}  {head.hash}", "") for head in said.heads),
        ]
    )


@DB.verb("upgrade", say("Bring the tables up to date and keep what is in them; make a backup first."), open_to_all=True)
def upgrade(desk: Desk) -> None:
    """All or nothing: what breaks off leaves the tables as they were."""
    from engine.usecases.safekeeping import upgrade as brought

    with progress(say("Bringing up to date")) as moved:
        before, now = brought(desk.house, so_far(moved))
    if desk.as_json:
        as_json({"before": before, "now": now})
        return
    if before == now:
        print(say("The tables are up to date: revision {now}", now=now))
    else:
        print(say("The tables are at revision {now} now; before: {before}", now=now, before=before or "-"))


@DB.verb("copy", say("Copy everything into another, empty database, from SQLite to PostgreSQL or back."), open_to_all=True)
def copy(
    desk: Desk,
    to: Annotated[str, opt("--to", "URL", say("The database to copy to, for example postgresql://user@host/name."))],
    keys: Annotated[
        str | None, opt("--keys", "URL", say("The database for the keys; without it, beside a database that is a file."))
    ] = None,
) -> int | None:
    """Exit code 12 when what arrived does not verify. What breaks off is simply repeated."""
    from engine.usecases.safekeeping import copy as copied

    with progress(say("Copying")) as moved:
        rows, verified = copied(desk.house, to, keys or "", so_far(moved))
    if desk.as_json:
        as_json({"rows": rows, **_checked(verified)})
    else:
        print(say("{count:row|rows} copied, each as it was", count=sum(rows.values())))
        _tell(verified)
        if not verified.problems:
            print(say("To work with the copy, name it in makegood.toml: `database` and `keys`."))
    return Tampered.exit_code if verified.problems else None


@DB.verb("backup", say("Copy the files of the database, and of its keys, while others go on writing."), open_to_all=True)
def backup(
    desk: Desk,
    file: Annotated[str | None, arg("FILE", say("Where to put the copy of the data."))] = None,
    keys: Annotated[str | None, opt("--keys", "FILE", say("Where to put a copy of the keys: apart from that of the data."))] = None,
) -> None:
    """The data, the keys, or both, the keys last. For SQLite; a server has programs of its own."""
    from engine.usecases.safekeeping import backup as back_up

    if file is None and keys is None:
        raise Invalid(say("Say where to put the copy"), hint=say("Name a FILE for the data, or --keys FILE."), field="FILE")
    data, apart = (None if name is None else Path(name).absolute() for name in (file, keys))
    with progress(say("Copying")) as moved:
        back_up(desk.house, data, apart, so_far(moved))
    made = [str(place) for place in (data, apart) if place is not None]
    if desk.as_json:
        as_json({"files": made})
        return
    for name in made:
        print(say("  made  {name}", name=clean(name)))


@DB.verb("restore", say("Put a backup into a house without records, and check all history before it counts."), open_to_all=True)
def restore(
    desk: Desk,
    file: Annotated[str, arg("FILE", say("The backup of the data."))],
    keys: Annotated[str | None, opt("--keys", "FILE", say("A backup of the keys; without it those in place count."))] = None,
) -> int | None:
    """Exit code 12 when it does not verify."""
    from engine.usecases.safekeeping import restore as put_back

    with progress(say("Restoring")) as moved:
        done = put_back(desk.house, Path(file), None if keys is None else Path(keys), so_far(moved))
    if desk.as_json:
        erased = [one.party for one in done.erased]
        as_json({"revision": done.revision, "erased_again": erased, **_checked(done.verified)})
    else:
        print(say("Restored from {file}", file=clean(file)))
        if done.erased:
            print(say("  erasures carried out again: {count}", count=len(done.erased)))
        _tell(done.verified)
    return Tampered.exit_code if done.verified.problems else None


def _checked(verified: "Verified") -> dict[str, object]:
    return {"streams": verified.streams, "events": verified.events, "sound": not verified.problems, "problems": verified.problems}


def _tell(verified: "Verified") -> None:
    for one in verified.problems:
        print(say("{stream}, row {seq}: {what}", stream=one.stream, seq=one.seq, what=clean(one.what)))
    print(say("{events:event|events} in {streams:stream|streams}: ", events=verified.events, streams=verified.streams), end="")
    print(say("intact") if not verified.problems else say("{count:problem|problems}", count=len(verified.problems)))
