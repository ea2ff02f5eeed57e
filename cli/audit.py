"""`makegood audit`: prove that history was not altered, look at it, hand it out."""

import sys
from dataclasses import asdict
from typing import Annotated, Literal, cast

from cli import completion
from cli.app import Noun
from cli.case_show import print_history
from cli.options import Definition, Limit, Out, arg, moment_if, opt
from cli.progress import progress, so_far
from cli.run import Desk
from cli.show import as_json, clean
from engine.ground.errors import Invalid, Tampered, Unavailable
from engine.ground.language import say
from engine.ground.wall import wall, wall_done

AUDIT = Noun("audit", say("Audit: verify, anchor, show and export history."))
_Number = Annotated[str | None, arg("NUMBER", say("Only this case."), completion.numbers)]
_Kinds = Annotated[
    list[str] | None, opt("--kind", "KIND", say("Only events of this kind: breach, escalated, reminded, …; again for further kinds."))
]
_Case = Annotated[str | None, opt("--case", "NUMBER", say("Only this case."), completion.numbers)]


@AUDIT.verb("verify", say("Check all history against itself, the cases, and the anchors outside the database."))
def verify(desk: Desk, case: _Case = None) -> int | None:
    """Name the first broken row of each stream. Exit code 12 when there is one."""
    from engine.usecases.auditing import verify as check

    with progress(say("Verifying")) as moved:
        found = check(desk.house, number=case, progress=so_far(moved))
    if desk.as_json:
        as_json(
            {
                "streams": found.streams,
                "events": found.events,
                "anchored": found.anchored,
                "erased": found.erased,
                "sound": not found.problems,
                "problems": found.problems,
            }
        )
    else:
        for one in found.problems:
            print(say("{stream}, row {seq}: {what}", stream=one.stream, seq=one.seq, what=clean(one.what)))
        print(
            say(
                "{streams:stream|streams}, {events:event|events}, {anchored:anchored row|anchored rows}: {count:problem|problems}",
                streams=found.streams,
                events=found.events,
                anchored=found.anchored,
                count=len(found.problems),
            )
        )
        if not found.problems:
            print(say("intact, {count:party|parties} erased", count=found.erased) if found.erased else say("intact"))
    return Tampered.exit_code if found.problems else None


@AUDIT.verb("anchor", say("Write the heads of all histories into a file outside the database."), open_to_all=True)
def anchor(desk: Desk) -> None:
    """A new anchor file."""
    from engine.usecases.auditing import anchor as write

    path = write(desk.house)
    if desk.as_json:
        as_json({"file": str(path)})
        return
    print(say("Anchored in {file}. Keep a copy where nobody who runs the database can change it.", file=str(path)))


@AUDIT.verb("show", say("Show the history of a case, or what happened lately in all of them, in words."))
def show(desk: Desk, number: _Number = None, kind: _Kinds = None, definition: Definition = None, limit: Limit = 20) -> None:
    """The same history that staff see; without a number the latest events, of some kinds or some bundle if asked."""
    if number is not None:
        from engine.usecases.reading import history

        print_history(desk, *history(desk.house, number, desk.actor()))
        return
    from engine.usecases.lately import lately

    happened = lately(desk.house, kind or (), limit, definition=definition, actor=desk.actor())
    if desk.as_json:
        as_json({"events": [{"number": one.number, **asdict(one.line)} for one in happened]})
        return
    for one in happened:
        details = "; ".join(detail for detail in one.line.details if not detail.startswith(" "))
        aside = f"  ({clean(details)})" if details else ""
        at = wall_done(one.line.occurred_at, one.line.actor, one.timezone)
        print(f"{at}  {one.number}  {clean(one.line.who)}: {clean(one.line.what)}{aside}")
    if not happened:
        print(say("Nothing of that kind happened."))


@AUDIT.verb("access", say("Show who tried what: refusals, logins, looks at personal data; the latest first."))
def access(
    desk: Desk,
    kind: _Kinds = None,
    person: Annotated[str | None, opt("--person", "PERSON", say("Only what this person did or tried."), completion.people)] = None,
    from_: Annotated[str | None, opt("--from", "TIME", say("Only from then on, for example 2026-11-23."))] = None,
    until: Annotated[str | None, opt("--until", "TIME", say("Only what came before then."))] = None,
    limit: Limit = 50,
) -> None:
    """The stream of accesses, in words."""
    from engine.usecases.accesses import access_words, accesses

    start = moment_if(from_, desk.zone, "from")
    end = moment_if(until, desk.zone, "until")
    found = accesses(desk.house, kinds=kind or (), person=person, since=start, until=end, limit=limit, actor=desk.actor())
    if desk.as_json:
        as_json({"events": found})
        return
    for event in found:
        what, facts = access_words(event)
        print(f"{event.seq:>4}  {wall(event.occurred_at, desk.zone)}  {clean(event.actor)}: {clean(what)}  ({clean(facts)})")
    if not found:
        print(say("Nothing of that kind happened."))


@AUDIT.verb(
    "grants", say("Print the SQL that keeps PostgreSQL roles from changing history; for the owner of the tables."), open_to_all=True
)
def grants(
    desk: Desk,
    application: Annotated[
        str | None, opt("--application", "ROLE", say("The role that runs makegood; otherwise makegood_application."))
    ] = None,
    auditor: Annotated[str | None, opt("--auditor", "ROLE", say("The role that only reads history; otherwise makegood_auditor."))] = None,
    keys: Annotated[bool, opt("--keys", None, say("For the database of the keys instead."))] = False,
) -> None:
    """Rights of roles, as SQL."""
    from engine.records.grants import APPLICATION, AUDITOR, grants_on_keys
    from engine.records.grants import grants as rights

    runs = application or APPLICATION
    statements = grants_on_keys(runs) if keys else rights(runs, auditor or AUDITOR)
    if desk.as_json:
        as_json({"statements": statements})
        return
    for statement in statements:
        print(f"{statement};")


@AUDIT.verb("export", say("Hand out history as CSV or JSON lines; personal values are not in it, only commitments to them."))
def export(
    desk: Desk,
    form: Annotated[str, opt("--form", "csv|jsonl", say("csv or jsonl."))] = "jsonl",
    case: _Case = None,
    since: Annotated[
        str | None, opt("--since", "TIME", say("Only what was recorded since then, for example 2026-11-23 or 2026-11-23T09:00+08:00."))
    ] = None,
    until: Annotated[str | None, opt("--until", "TIME", say("Only what was recorded before then."))] = None,
    out: Out = None,
) -> None:
    """Stream history to a file or to the output."""
    from engine.usecases.auditing import export as hand_out

    if form not in ("csv", "jsonl"):
        raise Invalid(
            say("'{form}' is not a form of export", form=form),
            hint=say("Use csv or jsonl."),
            field="form",
            value=form,
            expected=["csv", "jsonl"],
        )
    kind = cast(Literal["csv", "jsonl"], form)
    start = moment_if(since, desk.zone, "since")
    end = moment_if(until, desk.zone, "until")
    if out is None:
        hand_out(desk.house, sys.stdout, kind, number=case, since=start, until=end, actor=desk.actor())
        return
    try:
        with open(out, "w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="" if form == "csv" else "\n") as file:
            count = hand_out(desk.house, file, kind, number=case, since=start, until=end, actor=desk.actor())
    except OSError as error:
        raise Unavailable(
            say("{file} cannot be written: {reason}", file=out, reason=error.strerror or str(error)),
            hint=say("Choose a place where you may write."),
            path=out,
        ) from error
    if desk.as_json:
        as_json({"file": out, "events": count})
        return
    print(say("{count:event|events} in {file}", count=count, file=out))
