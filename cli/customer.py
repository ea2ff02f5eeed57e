"""`makegood customer`: what customers do themselves, by a code that counts once."""

from typing import TYPE_CHECKING, Annotated, Any

from cli import completion
from cli.app import Noun
from cli.files import read_file
from cli.given import given, pair
from cli.options import Comment, Number, Sets, arg, opt
from cli.run import Desk
from cli.show import as_json, clean, facts, heading, table
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.usecases.answering import Questionnaire

CUSTOMER = Noun("customer", say("Customers: let them take an action of their case by a code that counts once."))
_Code = Annotated[str, arg("CODE", say("The code of the link."))]


@CUSTOMER.verb("link", say("Make a code with which the customer takes one action of a case, once."))
def link(
    desk: Desk,
    number: Number,
    action: Annotated[str, arg("ACTION", say("What the customer may do with it."), completion.actions)],
    expires: Annotated[str, opt("--expires", "DURATION", say("How long it counts, for example '90 days'."))] = "14 days",
) -> None:
    """A link to hand over."""
    from engine.usecases.links import give_out

    made = give_out(desk.house, number, action, desk.actor(), expires)
    if desk.as_json:
        as_json(made._asdict())
        return
    print(made.link or made.code)
    print(say("It is not shown again. It counts once, until {at}.", at=wall(made.expires_at, desk.zone)))


@CUSTOMER.verb("links", say("List the codes of a case that were neither used nor revoked."))
def links(desk: Desk, number: Number) -> None:
    """Links, without their codes."""
    from engine.usecases.links import links as given_out

    found = given_out(desk.house, number, desk.actor())
    if desk.as_json:
        as_json({"links": found})
        return
    rows = [
        (
            str(one.id),
            one.action,
            one.created_by,
            wall(one.created_at, desk.zone),
            (wall(one.expires_at, desk.zone), "red" if one.expired else ""),
        )
        for one in found
    ]
    table((say("Id"), say("Action"), say("Made by"), say("Made"), say("Counts until")), rows, empty=say("No links."))


@CUSTOMER.verb("revoke", say("Let a code count no more."))
def revoke(desk: Desk, number: Number, id_: Annotated[int, arg("ID", say("Which, as `customer links` shows it."))]) -> None:
    """The end of a link."""
    from engine.usecases.links import revoke as end

    end(desk.house, number, desk.actor(), id_)
    if desk.as_json:
        as_json({"revoked": id_})
        return
    print(say("Revoked"))


@CUSTOMER.verb("show", say("Show what a code is for."), open_to_all=True)
def show(desk: Desk, code: _Code) -> None:
    """What the customer sees."""
    from engine.usecases.links import look

    seen = look(desk.house, code)
    if desk.as_json:
        as_json(seen)
        return
    heading(f"{seen.case}  {clean(seen.procedure)}")
    facts(
        [
            (say("State"), clean(seen.state), ""),
            (say("You can"), clean(seen.action) if seen.possible else say("nothing just now"), ""),
            (say("With"), clean(", ".join(f"{title} ({name})" for name, title in seen.fields.items())), ""),
            (say("Counts until"), wall(seen.expires_at, desk.zone), ""),
            (say("Contact"), clean(seen.contact), ""),
        ]
    )


@CUSTOMER.verb("act", say("Take the action that a code is for, as the customer."), open_to_all=True)
def act(desk: Desk, code: _Code, set_: Sets = None, comment: Comment = None) -> None:
    """The customer's own action."""
    from engine.usecases.links import use

    done = use(desk.house, code, given(set_ or (), (), comment))
    if desk.as_json:
        as_json({"number": done.number})
        return
    print(say("{case}: done, thank you", case=done.number))


@CUSTOMER.verb("survey", say("Answer the questions that a code is for, as the customer; without answers it asks them."), open_to_all=True)
def survey(
    desk: Desk,
    code: _Code,
    set_: Annotated[
        list[str] | None, opt("--set", "QUESTION=LEVEL", say("An answer: the number or the words of a level; again for others."))
    ] = None,
    answers: Annotated[str | None, opt("--answers", "FILE", say("Answers from a file: JSON, question → level."))] = None,
    comment: Comment = None,
    never: Annotated[bool, opt("--never", None, say("Answer nothing, and never be asked again."))] = False,
) -> None:
    """The customer's own answers."""
    from engine.usecases import answering

    if never:
        answering.decline_by_code(desk.house, code)
    else:
        told: dict[str, Any] = {**_from_file(answers), **dict(pair(text, "--set") for text in set_ or ())}
        told |= {"comment": comment} if comment is not None else {}
        answering.answer_by_code(desk.house, code, told or _asked(answering.look(desk.house, code)))
    if desk.as_json:
        as_json({"answered": not never})
        return
    print(say("You will not be asked again.") if never else say("Thank you for your answers."))


def _from_file(name: str | None) -> dict[str, Any]:
    import json

    if name is None:
        return {}
    try:
        found = json.loads(read_file(name)["content"])
    except (ValueError, RecursionError) as error:
        raise Invalid(say("{file} is not JSON: {reason}", file=name, reason=str(error)), field="answers", expected="JSON",
                      hint=say("Write {example}.", example='{"question": 4}')) from error
    if not isinstance(found, dict):
        raise Invalid(say("{file} holds no answers", file=name), field="answers", expected="JSON",
                      hint=say("Write {example}.", example='{"question": 4}'))
    return found


def _asked(form: "Questionnaire") -> dict[str, Any]:
    """What somebody at the terminal answers, question by question; an empty line passes one over."""
    import typer

    heading(clean(form.title))
    print(clean(form.invitation))
    for number, level in enumerate(form.levels, start=1):
        print(f"  {number}  {clean(level)}")
    told = {one.name: typer.prompt(clean(one.ask), default="", show_default=False) for one in form.questions}
    if form.comment:
        told["comment"] = typer.prompt(clean(form.comment), default="", show_default=False)
    return told
