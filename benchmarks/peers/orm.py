"""transitions and SQLAlchemy's ORM, as a program written in a week: rows as objects, a machine for each, a session for each request.

As their documents show: `Machine(model, …)` on the loaded object; `Session` with `commit` at the end of each unit of work.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jinja2 import Environment
from sqlalchemy import JSON, DateTime, ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from transitions import Machine

from benchmarks.databases import PRAGMAS
from benchmarks.peers.job import CLERK, ROLE, VALUES, Place

LETTER = Environment(autoescape=False).from_string("尊敬的 {{ name }}：您的投诉 {{ number }} 已受理，订单 {{ values.order_no }}。")
FAR = datetime(9999, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, str]: JSON}  # noqa: RUF012  as SQLAlchemy asks


class Case(Base):
    __tablename__ = "complaint"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    customer: Mapped[str]
    values: Mapped[dict[str, str]] = mapped_column(default=dict)
    events: Mapped[list["Event"]] = relationship()
    tasks: Mapped[list["Task"]] = relationship(cascade="all, delete-orphan")
    timer: Mapped["Timer"] = relationship()
    notices: Mapped[list["Notice"]] = relationship()


class Event(Base):
    __tablename__ = "history"
    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    kind: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    data: Mapped[dict[str, str]]


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    role: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    due_at: Mapped[datetime]


class Timer(Base):
    __tablename__ = "timer"
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    fire_at: Mapped[datetime] = mapped_column(index=True)


class Notice(Base):
    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaint.id"), index=True)
    text: Mapped[str]


class Peer:
    def __init__(self, place: Place) -> None:
        self.engine = create_engine(place.url)
        if place.kind == "SQLite":
            @event.listens_for(self.engine, "connect")
            def durable(raw: object, _: object) -> None:
                for pragma in PRAGMAS:
                    raw.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]
        Base.metadata.create_all(self.engine)

    def open(self, count: int) -> Sequence[object]:
        with Session(self.engine) as session:
            session.add_all(Case(
                state="received", customer="王小明", timer=Timer(fire_at=FAR),
                tasks=[Task(role=ROLE, name="acknowledge", due_at=FAR)],
                events=[Event(kind="opened", actor=CLERK, at=datetime.now(UTC), data={})],
            ) for _ in range(count))
            session.commit()
        return range(1, count + 1)

    def act(self, cases: Sequence[object]) -> None:
        for id_ in cases:
            with Session(self.engine) as session:
                case = session.get_one(Case, id_)
                assert any(task.role == ROLE for task in case.tasks)
                machine = Machine(case, states=["received", "investigating", "closed"], initial=case.state, transitions=[
                    ["acknowledge", "received", "investigating"], ["close", "investigating", "closed"],
                ])
                case.acknowledge()  # type: ignore[attr-defined]  # a method that the machine adds
                case.values = {**case.values, **VALUES}
                case.tasks = [Task(role=ROLE, name="investigate", due_at=datetime.now(UTC) + timedelta(days=3))]
                case.timer.fire_at = datetime.now(UTC) + timedelta(days=1)
                case.events.append(Event(kind="acknowledge", actor=CLERK, at=datetime.now(UTC), data=VALUES))
                case.notices.append(self._letter(case))
                session.commit()
                del machine

    def fall_due(self, cases: Sequence[object]) -> None:
        with Session(self.engine) as session:
            for timer in session.scalars(select(Timer).where(Timer.complaint_id.in_(cases))):
                timer.fire_at = datetime.now(UTC) - timedelta(hours=1)
            session.commit()

    def remind(self, count: int) -> None:
        with Session(self.engine) as session:
            due = session.scalars(select(Timer.complaint_id).where(Timer.fire_at <= datetime.now(UTC)).order_by(Timer.fire_at)).all()
        assert len(due) == count
        for id_ in due:
            with Session(self.engine) as session:
                case = session.get_one(Case, id_)
                case.timer.fire_at = datetime.now(UTC) + timedelta(days=1)
                case.events.append(Event(kind="reminded", actor="system", at=datetime.now(UTC), data={}))
                case.notices += [self._letter(case), self._letter(case)]
                session.commit()

    def _letter(self, case: Case) -> Notice:
        return Notice(text=LETTER.render(name=case.customer, number=case.id, values=case.values))
