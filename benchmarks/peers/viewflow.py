"""django-viewflow on Django: user tasks, permissions, a task list and timers in its own tables.

As its documents show, with code in place of a browser: a task is activated (its lock and one transaction around it), assigned to
whoever may, started and executed; `fire_due_timers` is what its command `workflow_timers` runs. The HTTP request around it is left out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import timezone as tz
from typing import Any

import django
from django.conf import settings

from benchmarks.peers.job import CLERK, VALUES, Place

FAR = datetime(9999, 1, 1, tzinfo=tz.utc)  # noqa: UP017


def _settings(place: Place) -> None:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": place.name, "OPTIONS": {
        "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }} if place.kind == "SQLite" else {
        "ENGINE": "django.db.backends.postgresql", "NAME": place.name, "USER": "owner", "HOST": place.socket, "CONN_MAX_AGE": None,
    }
    settings.configure(
        DATABASES={"default": database}, USE_TZ=True, SECRET_KEY="benchmark", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow", "benchmarks.peers"],
    )
    django.setup()


class Peer:
    def __init__(self, place: Place) -> None:
        _settings(place)
        from django.contrib.auth.models import Permission, User
        from django.contrib.contenttypes.models import ContentType
        from django.core.management import call_command
        from django.db import transaction
        from viewflow import this
        from viewflow.workflow import flow, lock
        from viewflow.workflow.models import Process, Task

        class Complaint(flow.Flow):  # type: ignore[misc]  # the library has no types
            lock_impl = lock.select_for_update_lock if place.kind == "PostgreSQL" else lock.no_lock
            process_class, task_class = Process, Task
            start = flow.StartHandle(this.received).Next(this.acknowledge)
            acknowledge = (
                flow.View(None).Permission("viewflow.acknowledge")
                .OnTimeout(FAR, this.remind, interrupting=False).Next(this.investigate)
            )
            investigate = (
                flow.View(None).Permission("viewflow.acknowledge").OnTimeout(FAR, this.remind, interrupting=False).Next(this.end)
            )
            remind = flow.Function(this.reminded).Next(this.told)
            end, told = flow.End(), flow.End()

            def received(self, activation: Any) -> object:
                return activation.process

            def reminded(self, activation: Any) -> None:
                activation.process.data = {**(activation.process.data or {}), "reminded": True}
                activation.process.save()

        globals()["Complaint"] = Complaint      # where the library looks for it by name: it can be made only after the settings
        call_command("migrate", verbosity=0)
        user = User.objects.create(username=CLERK)
        permission = Permission.objects.create(
            codename="acknowledge", name="acknowledge", content_type=ContentType.objects.get_for_model(Process)
        )
        user.user_permissions.add(permission)
        self.user_id, self.user_class, self.flow, self.task_class, self.atomic = user.pk, User, Complaint, Task, transaction.atomic

    def open(self, count: int) -> Sequence[object]:
        with self.atomic():
            return [self.flow.start.run().pk for _ in range(count)]

    def act(self, cases: Sequence[object]) -> None:
        for process_id in cases:
            user = self.user_class.objects.get(pk=self.user_id)     # as a request does
            task = self.task_class.objects.get(process_id=process_id, flow_task_type="HUMAN", status="NEW")
            with task.activation() as activation:
                assert activation.assign.has_perm(user)
                activation.assign(user)
                activation.start(None)
                activation.process.data = {**(activation.process.data or {}), **VALUES}
                activation.process.save()
                activation.execute()
        assert self.task_class.objects.filter(process_id=cases[-1], status="NEW", flow_task_type="HUMAN").count() == 1

    def fall_due(self, cases: Sequence[object]) -> None:
        past = datetime.now(tz.utc) - timedelta(hours=1)  # noqa: UP017
        self.task_class.objects.filter(process_id__in=cases, status="SCHEDULED").update(scheduled=past)

    def remind(self, count: int) -> None:
        from viewflow.workflow.timers import fire_due_timers

        assert fire_due_timers() == count
