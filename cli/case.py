"""`makegood case`: open cases, look at them, act on them."""

from typing import Annotated

from cli import completion
from cli.app import Noun
from cli.case_lists import print_options, print_page
from cli.case_show import asked, print_case, print_history, print_outcome
from cli.given import given
from cli.options import (
    Comment,
    Definition,
    DryRun,
    Files,
    For,
    Limit,
    Number,
    PageNumber,
    Reason,
    Repairs,
    Sets,
    States,
    Unmasked,
    WhyLook,
    WhyOrDry,
    arg,
    opt,
)
from cli.run import Desk
from engine.ground.language import say

CASE = Noun("case", say("Cases: open, find, show, act, and everything staff do with them."))


@CASE.verb("open", say("Open a case. Whoever opens it owns it first."))
def open_(
    desk: Desk,
    bundle: Annotated[str, arg("BUNDLE", say("The definition to open it under, by name."), completion.bundles)],
    set_: Sets = None,
    file: Files = None,
    comment: Comment = None,
    for_: For = None,
    at: Annotated[
        str | None, opt("--at", "TIME", say("When it really began, '2026-11-20 16:00', where the definition allows; with a comment why."))
    ] = None,
    in_: Annotated[str | None, opt("--in", "STATE", say("Where it begins, if not in the first state: the touchpoint of a visit."))] = None,
) -> None:
    """Open a case under the latest version of a bundle; lessons of similar cases are offered."""
    from engine.usecases.lessons import offered
    from engine.usecases.opening import open_case

    values, actor = given(set_ or (), file or (), comment), desk.actor(for_)
    done = open_case(desk.house, bundle, actor, values, at=at, state=in_)
    print_outcome(desk, done, say("opened"), similar=offered(desk.house, done.number, actor))


@CASE.verb("similar", say("Show lessons of the case library that have words with a case in common, most alike first."))
def similar(desk: Desk, number: Number, limit: Limit = 3) -> None:
    """Similar cases of the past."""
    from cli.library import print_lessons
    from engine.usecases.lessons import similar as alike

    print_lessons(desk, alike(desk.house, number, desk.actor(), limit), empty=say("The library has nothing similar."))


@CASE.verb("list", say("List open cases, the most urgent first."))
def list_(
    desk: Desk,
    state: Annotated[str | None, opt("--state", "STATE", say("Only cases in this state."))] = None,
    owner: Annotated[str | None, opt("--owner", "PERSON", say("Only cases that this person owns."), completion.people)] = None,
    definition: Definition = None,
    overdue: Annotated[bool, opt("--overdue", None, say("Only cases past a due time."))] = False,
    closed: Annotated[bool, opt("--closed", None, say("Closed cases, latest first, instead of open ones."))] = False,
    limit: Limit = 50,
    page: PageNumber = 1,
) -> None:
    """One page of cases."""
    from engine.usecases.listing import list_cases

    found = list_cases(desk.house, state=state, owner=owner, definition=definition, overdue=overdue, closed=closed, limit=limit, page=page,
                       actor=desk.actor())
    print_page(desk, found, empty=say("No such case."))


@CASE.verb("find", say("Find cases by number, by customer (name, telephone, e-mail), or by a public value."))
def find(desk: Desk, text: Annotated[str, arg("TEXT", say("What to look for."))], limit: Limit = 50) -> None:
    """Cases that contain a text."""
    from engine.usecases.finding import find as find_cases

    found = find_cases(desk.house, text, limit, actor=desk.actor())
    print_page(desk, found, empty=say("Nothing contains '{text}'.", text=text), where=True)


@CASE.verb("show", say("Show a case: its values, tasks, clocks, notices, files and links; personal data masked."))
def show(desk: Desk, number: Number, reveal: Unmasked = False, reason: WhyLook = None) -> None:
    """A case whole."""
    from engine.usecases.reading import show as view

    print_case(desk, view(desk.house, number, desk.looker(reveal, reason)))


@CASE.verb("history", say("Show everything that happened to a case, in words; personal data masked."))
def history(desk: Desk, number: Number, reveal: Unmasked = False, reason: WhyLook = None) -> None:
    """The history of a case."""
    from engine.usecases.reading import history as lines

    print_history(desk, *lines(desk.house, number, desk.looker(reveal, reason)))


@CASE.verb("clocks", say("Show each clock of a case as a bar, with what is used, what is left, and when it is due."))
def clocks(
    desk: Desk,
    number: Number,
    clock: Annotated[str | None, arg("CLOCK", say("Only this clock."))] = None,
    explain: Annotated[bool, opt("--explain", None, say("Tell step by step how each due time came about."))] = False,
) -> None:
    """The clocks of a case."""
    from cli.case_clocks import print_clocks
    from engine.usecases.clock_view import case_clocks

    print_clocks(desk, case_clocks(desk.house, number, clock, explained=explain, actor=desk.actor()))


@CASE.verb("accounts", say("Show where the time of a case went: the customer, pauses, hours nobody works, each role."))
def accounts(desk: Desk, number: Number) -> None:
    """Time accounts of a case."""
    from cli.report import print_case_accounts
    from engine.usecases.accounting import case_accounts

    print_case_accounts(desk, case_accounts(desk.house, number, desk.actor()))


@CASE.verb("act", say("Take an action or finish a task; without ACTION, list what is possible for you and what is not, and why."))
def act(
    desk: Desk,
    number: Number,
    action: Annotated[str | None, arg("ACTION", say("The action or task."), completion.actions)] = None,
    set_: Sets = None,
    file: Files = None,
    comment: Comment = None,
    for_: For = None,
    at: Annotated[str | None, opt("--at", "TIME", say("When it was really done, '2026-11-20 16:00', where the definition allows."))] = None,
    revision: Annotated[int | None, opt("--revision", "N", say("Refuse if the case has changed since this revision."))] = None,
) -> None:
    """Act on a case, or list the possible actions."""
    from engine.usecases import acting

    if action is None:
        print_options(desk, number, acting.possible(desk.house, number, desk.actor(for_)))
        return
    done = acting.act(desk.house, number, action, desk.actor(for_), given(set_ or (), file or (), comment), revision=revision, at=at)
    print_outcome(desk, done, asked(done) or action)


@CASE.verb("note", say("Write a note into a case."))
def note(desk: Desk, number: Number, text: Annotated[str, arg("TEXT", say("The note."))]) -> None:
    """A note."""
    from engine.usecases.amending import note as write

    print_outcome(desk, write(desk.house, number, desk.actor(), text), say("noted"))


@CASE.verb("attach", say("Keep a file with a case."))
def attach(desk: Desk, number: Number, path: Annotated[str, arg("FILE", say("The file."))]) -> None:
    """A file."""
    from cli.files import read_file
    from engine.usecases.amending import attach as keep

    file = read_file(path)
    print_outcome(desk, keep(desk.house, number, desk.actor(), file["name"], file["content"], file["media_type"]), say("attached"))


@CASE.verb("correct", say("Mend wrong entries; history keeps the old value, the new one and the reason."))
def correct(desk: Desk, number: Number, reason: Reason, set_: Sets = None, file: Files = None) -> None:
    """A correction."""
    from engine.usecases.amending import correct as mend

    print_outcome(desk, mend(desk.house, number, desk.actor(), given(set_ or (), file or ()), reason), say("corrected"))


_Clock = Annotated[str | None, opt("--clock", "CLOCK", say("Only this clock; otherwise all."))]


@CASE.verb("pause", say("Let the clocks of a case stand still until `resume`."))
def pause(desk: Desk, number: Number, reason: Reason, clock: _Clock = None) -> None:
    """Clocks stand still."""
    from engine.usecases.postponing import pause as hold

    print_outcome(desk, hold(desk.house, number, desk.actor(), clock, reason), say("paused"))


@CASE.verb("resume", say("Let paused clocks run on."))
def resume(desk: Desk, number: Number, clock: _Clock = None, reason: Annotated[str, opt("--reason", "TEXT", say("Why."))] = "") -> None:
    """Clocks run on."""
    from engine.usecases.postponing import resume as release

    print_outcome(desk, release(desk.house, number, desk.actor(), clock, reason), say("resumed"))


@CASE.verb("extend", say("Give a clock more time, within what its definition allows."))
def extend(
    desk: Desk,
    number: Number,
    clock: Annotated[str, arg("CLOCK", say("The clock."))],
    by: Annotated[str, arg("DURATION", say("How much more, for example '3 working days'."))],
    set_: Sets = None,
    comment: Comment = None,
) -> None:
    """More time."""
    from engine.usecases.postponing import extend as lengthen

    done = lengthen(desk.house, number, desk.actor(), clock, by, given(set_ or (), (), comment))
    print_outcome(desk, done, asked(done) or say("extended"))


@CASE.verb("link", say("Link a case with another."))
def link(
    desk: Desk,
    number: Number,
    other: Annotated[str, arg("OTHER", say("The other case."), completion.numbers)],
    kind: Annotated[str, opt("--kind", "KIND", say("related, duplicate (of the other) or follow_up (to the other)."))] = "related",
) -> None:
    """A link, told in both histories."""
    from engine.usecases.linking import link as tie

    print_outcome(desk, tie(desk.house, number, desk.actor(), kind, other), say("linked with {other}", other=other))


@CASE.verb("contact", say("Record an interaction with the customer on any channel."))
def contact(
    desk: Desk,
    number: Number,
    text: Annotated[str, arg("TEXT", say("What was said."))],
    channel: Annotated[str, opt("--channel", "CHANNEL", say("phone, visit, letter, chat …"))],
    direction: Annotated[str, opt("--direction", "in|out", say("in: from the customer; out: to the customer."))] = "out",
) -> None:
    """An interaction."""
    from engine.usecases.amending import contact as record

    print_outcome(desk, record(desk.house, number, desk.actor(), channel, direction, text), say("recorded"))


@CASE.verb("migrate", say("Let cases go over to another version of their procedure: clocks as if it had always held, all told in history."))
def migrate(
    desk: Desk,
    numbers: Annotated[list[str], arg("NUMBER...", say("The numbers of the cases."), completion.numbers)],
    to: Annotated[int | None, opt("--to", "VERSION", say("Which version; otherwise the latest."), least=1)] = None,
    reason: WhyOrDry = "",
    state: States = None,
    set_: Repairs = None,
    dry_run: DryRun = False,
) -> int | None:
    """Another version for some cases. Exit code 5 when one cannot go over."""
    from cli.migration import print_migrated, wanted
    from engine.usecases.migrating import migrate as go

    return print_migrated(desk, go(desk.house, numbers, wanted(desk, to, reason, state, set_, dry_run)), dry_run)
