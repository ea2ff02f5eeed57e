"""What the shell offers while somebody types: quick, and silent when anything is wrong."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cli.run import Desk

_MOST = 50


def _quietly(find: Callable[["Desk", typer.Context, str], list[str]]) -> Callable[[typer.Context, str], list[str]]:
    """Find words in the house, where people log in only for whoever did; a shell must never see an error of ours."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            from cli.run import Common, Desk

            desk = Desk(Common(folder=ctx.params.get("house_"), person=ctx.params.get("as_"), token_file=ctx.params.get("token_file_")))
            return find(desk, ctx, incomplete)[:_MOST]
        except Exception:  # noqa: BLE001  (whatever it is, the shell is no place to tell)
            return []

    return complete


def _numbers(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.usecases.listing import numbers

    return numbers(desk.house, incomplete, _MOST, desk.actor())


def _actions(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.usecases.reading import show

    view = show(desk.house, str(ctx.params["number"]), desk.actor())
    return [name for name in (*view.actions, *view.open_tasks) if name.startswith(incomplete)]


def _people(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.usecases.reading import organisation

    return [person for person in organisation(desk.house).people if person.startswith(incomplete)]


def _requests(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.usecases.reading import show

    waiting = (str(one.id) for one in show(desk.house, str(ctx.params["number"]), desk.actor()).requests)
    return [number for number in waiting if number.startswith(incomplete)]


def _answers(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.deciding.request_record import Word

    return [word.value for word in Word if word.value.startswith(incomplete)]


def _bundles(desk: "Desk", ctx: typer.Context, incomplete: str) -> list[str]:
    from engine.usecases.reading import published

    return sorted({version.name for version in published(desk.house) if version.name.startswith(incomplete)})


numbers = _quietly(_numbers)
actions = _quietly(_actions)
people = _quietly(_people)
bundles = _quietly(_bundles)
requests = _quietly(_requests)
answers = _quietly(_answers)
