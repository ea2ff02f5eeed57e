"""SpiffWorkflow: a BPMN process whose state is serialised to JSON into one row, as its documents and its example program do.

More generous than those: a converter of our own leaves the specification in memory, where they read it back with each case, and the
program keeps a column with when a case's timer is due, because the library asks every open workflow whether its timers are due.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.helpers import BpmnConverter
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec

from benchmarks.databases import PRAGMAS
from benchmarks.peers.job import VALUES, Place

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d"
 targetNamespace="http://bpmn.io/schema/bpmn">
 <bpmn:process id="complaint" isExecutable="true">
  <bpmn:startEvent id="received"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
  <bpmn:sequenceFlow id="a" sourceRef="received" targetRef="acknowledge"/>
  <bpmn:userTask id="acknowledge" name="Acknowledge"><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
  <bpmn:boundaryEvent id="reminder" cancelActivity="false" attachedToRef="acknowledge"><bpmn:outgoing>r</bpmn:outgoing>
   <bpmn:timerEventDefinition id="t"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="r" sourceRef="reminder" targetRef="remind"/>
  <bpmn:scriptTask id="remind"><bpmn:incoming>r</bpmn:incoming><bpmn:outgoing>s</bpmn:outgoing><bpmn:script>reminded = True</bpmn:script>
  </bpmn:scriptTask>
  <bpmn:sequenceFlow id="s" sourceRef="remind" targetRef="reminded"/>
  <bpmn:endEvent id="reminded"><bpmn:incoming>s</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="b" sourceRef="acknowledge" targetRef="investigate"/>
  <bpmn:userTask id="investigate" name="Investigate"><bpmn:incoming>b</bpmn:incoming><bpmn:outgoing>c</bpmn:outgoing></bpmn:userTask>
  <bpmn:boundaryEvent id="second" cancelActivity="false" attachedToRef="investigate"><bpmn:outgoing>u</bpmn:outgoing>
   <bpmn:timerEventDefinition id="t2"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="u" sourceRef="second" targetRef="told"/>
  <bpmn:endEvent id="told"><bpmn:incoming>u</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="c" sourceRef="investigate" targetRef="closed"/>
  <bpmn:endEvent id="closed"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
 </bpmn:process>
</bpmn:definitions>"""
FAR = "9999-01-01T00:00:00+00:00"
SPECS: dict[str, BpmnProcessSpec] = {}


class ByName(BpmnConverter):  # type: ignore[misc]  # the library has no types
    """A specification as its name."""

    def to_dict(self, spec: BpmnProcessSpec) -> dict[str, str]:
        return {"name": spec.name}

    def from_dict(self, form: dict[str, str]) -> BpmnProcessSpec:
        return SPECS[form["name"]]


class Peer:
    def __init__(self, place: Place) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(PROCESS.encode()))
        self.spec = parser.get_spec("complaint")
        SPECS[self.spec.name] = self.spec
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, BpmnProcessSpec: ByName}))
        if place.kind == "SQLite":
            self.raw: Any = sqlite3.connect(place.name, isolation_level=None)
            for pragma in PRAGMAS:
                self.raw.execute(f"PRAGMA {pragma}")
        else:
            import psycopg

            self.raw = psycopg.connect(place.url.replace("+psycopg", ""), autocommit=True)
        self.mark = "?" if place.kind == "SQLite" else "%s"
        self.raw.execute("CREATE TABLE workflow (id INTEGER PRIMARY KEY, due TEXT, serialization TEXT NOT NULL)")
        self.raw.execute("CREATE INDEX ix_due ON workflow (due)")

    def open(self, count: int) -> Sequence[object]:
        self.raw.execute("BEGIN")
        for id_ in range(1, count + 1):
            workflow = BpmnWorkflow(self.spec)
            workflow.task_tree.data["due"] = FAR
            workflow.do_engine_steps()
            workflow.refresh_waiting_tasks()
            self.raw.execute(f"INSERT INTO workflow VALUES ({self.mark}, {self.mark}, {self.mark})", (id_, FAR, self._text(workflow)))
        self.raw.execute("COMMIT")
        return range(1, count + 1)

    def act(self, cases: Sequence[object]) -> None:
        for id_ in cases:
            self.raw.execute("BEGIN")
            workflow = self._read(id_)
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            task.data.update(VALUES)
            task.run()
            workflow.do_engine_steps()
            workflow.refresh_waiting_tasks()
            assert workflow.get_next_task(state=TaskState.READY, manual=True).task_spec.name == "investigate"
            self._write(id_, workflow)
            self.raw.execute("COMMIT")

    def fall_due(self, cases: Sequence[object]) -> None:
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        for id_ in cases:
            self.raw.execute(f"UPDATE workflow SET due = {self.mark}, serialization = replace(serialization, {self.mark}, {self.mark}) "
                             f"WHERE id = {self.mark}", (past, FAR, past, id_))

    def remind(self, count: int) -> None:
        waiting = f"SELECT id FROM workflow WHERE due <= {self.mark} ORDER BY due"
        due = self.raw.execute(waiting, (datetime.now(UTC).isoformat(),)).fetchall()
        assert len(due) == count
        for (id_,) in due:
            self.raw.execute("BEGIN")
            workflow = self._read(id_)
            workflow.refresh_waiting_tasks()
            workflow.do_engine_steps()
            assert workflow.get_next_task(spec_name="remind").state == TaskState.COMPLETED
            self._write(id_, workflow)
            self.raw.execute("COMMIT")

    def _read(self, id_: object) -> BpmnWorkflow:
        (text,) = self.raw.execute(f"SELECT serialization FROM workflow WHERE id = {self.mark}", (id_,)).fetchone()
        return self.serializer.from_dict(json.loads(text))

    def _write(self, id_: object, workflow: BpmnWorkflow) -> None:
        self.raw.execute(f"UPDATE workflow SET due = {self.mark}, serialization = {self.mark} WHERE id = {self.mark}",
                         (FAR, self._text(workflow), id_))

    def _text(self, workflow: BpmnWorkflow) -> str:
        return json.dumps(self.serializer.to_dict(workflow))
