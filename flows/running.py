"""What the flows share: the house at work in a thread, and how a run reports what it did."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.ground.language import language_of_environment, say, speak
from engine.usecases.house import House, open_house, read_settings

T = TypeVar("T")
_moment: ContextVar[datetime | None] = ContextVar("makegood_moment", default=None)


@contextmanager
def at_moment(now: datetime | None) -> Iterator[None]:
    """Runs inside see that moment as now, for demonstrations; None means the real time. Deliberately no parameter of the
    flows: nobody should be able to start deadlines early from Prefect's pages."""
    token = _moment.set(now)
    try:
        yield
    finally:
        _moment.reset(token)


@dataclass(slots=True)
class Account:
    """What a run did."""

    data: dict[str, Any]                                                 # the run's result
    counts: Mapping[str, int]                                            # in words → how many
    failures: Sequence[tuple[str, str]] = ()                             # (case number or notice, why)
    worked: bool = True                                                  # something succeeded, or there was nothing to do
    page: str = field(default="")                                        # Markdown, instead of the table
    reports: Sequence[tuple[str, str, str]] = ()                         # (name, title, Markdown), each an artifact of its own


async def run(flow: str, folder: str, use_case: Callable[[House], T], account: Callable[[T], Account]) -> State[dict[str, Any]]:
    """Do one use case in the house and report it: logged counts, an artifact, and a state that says what happened.

    Completed with failures listed when some rows failed; Failed when every row did, or when the house cannot be worked in.
    """
    logger = get_run_logger()
    try:
        _speak(Path(folder))
        done = account(await asyncio.to_thread(_in_house, Path(folder), use_case))
    except MakegoodError as error:
        words = f"{error.message}. {error.hint}".strip()
        logger.error(words)
        return Failed(message=words)
    words = ", ".join(f"{what}: {count}" for what, count in done.counts.items())
    logger.info(words)
    for what, why in done.failures:
        logger.warning("%s: %s", what, why)
    key = f"makegood-{flow}-{_slug(Path(folder).name)}"
    if done.page:
        await acreate_markdown_artifact(markdown=done.page, key=key, description=words)
    else:
        await acreate_table_artifact(table=_table(done), key=key, description=words)
    for name, title, page in done.reports:
        await acreate_markdown_artifact(markdown=page, key=f"makegood-report-{_slug(name)}-{_slug(Path(folder).name)}", description=title)
    if done.failures:
        words += "; " + say("failed: {which}", which=", ".join(dict.fromkeys(what for what, _ in done.failures)))
    if not done.worked:
        return Failed(message=words)
    return Completed(message=words, data=done.data)


def _in_house(folder: Path, use_case: Callable[[House], T]) -> T:
    moment = _moment.get()
    house = open_house(folder, VirtualClock(moment) if moment else None)
    try:
        return use_case(house)
    finally:
        house.store.close()


def _speak(folder: Path) -> None:
    asked = os.environ.get("MAKEGOOD_LANG")
    speak(language_of_environment() if asked else read_settings(folder).language)


def _table(done: Account) -> list[dict[str, Any]]:
    what, count, why = say("what"), say("count"), say("why")
    return [
        *({what: name, count: number, why: ""} for name, number in done.counts.items()),
        *({what: name, count: 1, why: reason} for name, reason in done.failures),
    ]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "house"
