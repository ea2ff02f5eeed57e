"""The delivery loop: everything due in the outbox goes out, one attempt each. The same loop for cron and for Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from engine.ground.errors import DeliveryError, Unavailable
from engine.ground.language import say
from engine.records.outbox import Status
from engine.records.trouble import patiently
from engine.usecases import delivering
from engine.usecases.house import House
from engine.usecases.outgoing import Failed, Outgoing, Said, Sending, Settled
from notifications.channel import Channel, OutOfReach, open_channels

BATCH = 50


@dataclass(slots=True)
class Delivered:
    """What one delivery did."""

    sent: int = 0
    failed: int = 0                  # attempts that did not succeed; their notices are tried again
    dead: int = 0
    by_hand: int = 0
    cancelled: int = 0
    put_back: int = 0                # not tried, since their channel could not be reached
    remaining: int = 0               # still due: only when `limit` ended the delivery
    failures: list[tuple[int, str, str]] = field(default_factory=list)      # (notice id, case number or "", why)

    @property
    def handled(self) -> int:
        """Notices that were settled or tried."""
        return self.sent + self.failed + self.dead + self.by_hand + self.cancelled


def deliver(house: House, *, limit: int | None = None, progress: Callable[[int, int], None] | None = None) -> Delivered:
    """Send every notice that is due, at most `limit` attempts; `progress` is told (handled, still due).

    A notice that fails is put off, and the rest goes on. Raises Invalid when a channel is set up wrongly: then nothing is sent.
    """
    channels = open_channels(house.settings)
    done = Delivered()
    away: dict[str, str] = {}        # channels that could not be reached: why
    try:
        while (room := BATCH if limit is None else min(BATCH, limit - done.handled)) > 0:
            batch = patiently(partial(delivering.claim, house, room, away=tuple(away)))
            if not batch:
                break
            left = [notice for notice in batch if not _deliver(house, notice, channels, away, done)]
            if left:
                patiently(partial(delivering.put_back, house, left))
                done.put_back += len(left)
            if progress:
                progress(done.handled, delivering.due(house))
    finally:
        for channel in channels.values():
            channel.close()
    done.remaining = delivering.due(house)
    return done


def _deliver(house: House, notice: Outgoing, channels: Mapping[str, Channel], away: dict[str, str], done: Delivered) -> bool:
    """Try a notice; False when it is to be put back, since its channel turned out to be away."""
    if notice.via and notice.via[0] in away and delivering.may_wait(house, notice):
        return False
    beginning = patiently(partial(delivering.begin, house, notice))
    if isinstance(beginning, Sending):
        said = _send(house, beginning, channels[beginning.channel], away)
        # What was sent should be known as sent: whatever keeps the database from recording it, it is tried some more.
        beginning = patiently(partial(delivering.finish, house, beginning, said), Unavailable)
    _count(notice, beginning, done)
    return True


def _send(house: House, sending: Sending, channel: Channel, away: dict[str, str]) -> Said:
    """What the channel says; one that fails in a way nobody foresaw counts as failed for now."""
    if sending.channel in away:
        return Failed(away[sending.channel], permanent=False, away=True)
    try:
        return channel.send(sending, house.clock.now())
    except OutOfReach as error:
        away[sending.channel] = error.message
        return Failed(error.message, permanent=False, away=True)
    except DeliveryError as error:
        return Failed(error.message, error.permanent)
    except Exception as error:  # noqa: BLE001 - one bad message must not hold up the others
        return Failed(say("{kind}: {reason}", kind=type(error).__name__, reason=str(error)), permanent=False)


def _count(notice: Outgoing, settled: Settled, done: Delivered) -> None:
    match settled.status:
        case Status.SENT:
            done.sent += 1
        case Status.CANCELLED:
            done.cancelled += 1
        case Status.BY_HAND:
            done.by_hand += 1
        case Status.DEAD:
            done.dead += 1
        case Status.WAITING:
            done.failed += 1
    if settled.status in (Status.WAITING, Status.DEAD):
        done.failures.append((notice.id, notice.case_number or "", settled.error))
