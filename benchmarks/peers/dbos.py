"""DBOS: each action is a durable workflow with a transaction of its own data source; each reminder waits in its queue with a delay.

As its documents show. It keeps what a workflow was given and what each of its steps returned; people, tasks and deadlines are the
program's own affair, kept here in one table.
"""

import time
from collections.abc import Sequence
from threading import Event
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, SQLAlchemyDatasource

from benchmarks.peers.job import CLERK, VALUES, Place

DAY, SOON, QUEUE = 86_400, 1.5, "reminders"


class Peer:
    def __init__(self, place: Place) -> None:
        system = f"{place.url.removesuffix('.db')}-dbos.db" if place.kind == "SQLite" else place.url
        DBOS(config={"name": "complaints", "system_database_url": system, "log_level": "ERROR", "use_listen_notify": True})
        self.source = source = SQLAlchemyDatasource.create(place.url)
        self.left, self.done = 0, Event()

        @source.transaction()
        def kept(case: int, state: str, values: str) -> None:
            source.sql_session().execute(
                sa.text("UPDATE complaint SET state = :state, handler = :who, data = :data WHERE id = :id"),
                {"state": state, "who": CLERK, "data": values, "id": case},
            )

        @DBOS.workflow()
        def acknowledge(case: int, values: dict[str, str]) -> None:
            kept(case, "investigating", str(values))

        @DBOS.workflow()
        def remind(case: int) -> None:
            kept(case, "reminded", "")
            self.left -= 1
            if self.left == 0:
                self.done.set()

        self.acknowledge, self.reminder = acknowledge, remind
        for url in {system, place.url}:
            if url.startswith("sqlite"):
                with sa.create_engine(url).connect() as conn:
                    conn.execute(sa.text("PRAGMA journal_mode = WAL"))      # stays with the file
        with source.engine.begin() as conn:
            conn.execute(sa.text("CREATE TABLE complaint (id INTEGER PRIMARY KEY, state TEXT, handler TEXT, data TEXT)"))
        DBOS.launch()
        DBOS.register_queue(QUEUE)

    def open(self, count: int) -> Sequence[object]:
        with self.source.engine.begin() as conn:
            conn.execute(sa.text("INSERT INTO complaint (id, state) VALUES (:id, 'received')"), [{"id": n} for n in range(1, count + 1)])
        for n in range(1, count + 1):
            with SetWorkflowID(f"remind-{n}"), SetEnqueueOptions(delay_seconds=DAY):
                DBOS.enqueue_workflow(QUEUE, self.reminder, n)
        return range(1, count + 1)

    def act(self, cases: Sequence[Any]) -> None:
        for case in cases:
            with SetWorkflowID(f"acknowledge-{case}"):
                self.acknowledge(case, VALUES)

    def fall_due(self, cases: Sequence[object]) -> None:
        self.left = len(cases)
        self.done.clear()
        for case in cases:
            DBOS.set_workflow_delay(f"remind-{case}", delay_seconds=SOON)
        time.sleep(0.1)

    def remind(self, count: int) -> None:
        assert self.done.wait(120)
