"""A small procedure, its organisation and one case, for tests of what expressions, texts and rights see."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.deciding.case import Act, CaseState, ClockRun, ClockStatus
from engine.deciding.scope import CaseScope, Customer, scope_of
from engine.defining.definition import ClockSpec, Definition, Field, FieldType, Role, State, Text
from engine.defining.organisation import Group, Organisation, Person
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, Unit
from engine.ground.money import Money

ZONE = "Asia/Shanghai"
CALENDAR = Calendar(     # closed on the Tuesday after the case was opened, known until the end of the year
    "office", ZONE, (((540, 1020),),) * 5 + ((), ()), closed=frozenset({date(2026, 11, 24)}), valid_through=date(2026, 12, 31),
)
OPENED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)      # 16:00 in Shanghai


def field(name: str, kind: str, **more: Any) -> Field:
    """A field of that type."""
    return Field(name=name, type=FieldType(kind), **more)


FIELDS = (
    field("customer", "party", required=True),
    field("region", "choice", options={"domestic": Text(zh="国内", en="Domestic"), "overseas": Text(zh="国外")}),
    field("loss", "money", currency="CNY"),
    field("dollars", "money", currency="USD"),
    field("amount", "money", currency="CNY", default=0),
    field("pieces", "number"),
    field("urgent", "yes_no"),
    field("bought_on", "date"),
    field("visit_at", "moment"),
    field("promised", "duration"),
    field("helper", "person"),
    field("helpers", "person", many=True),
    field("tags", "choice", options={"a": Text(), "b": Text({"": "B!"})}, many=True),
    field("findings", "text"),
    field("others_hurt", "party"),
)

DEFINITION = Definition(
    name="specimen", title=Text(zh="投诉处理", en="Complaint handling"), number="KS-{year}{month}-{serial:04}", calendar="c",
    languages=("zh", "en"), fields={one.name: one for one in FIELDS},
    values={
        "standard_payment": Money(Decimal("40.00"), "CNY"), "soon": Duration(Decimal(2), Unit.DAYS), "most": Decimal(3), "sorry": "Sorry!",
    },
    roles={name: Role(name=name) for name in ("intake", "quality", "manager", "director")},
    states={"registered": State(name="registered", title=Text(zh="受理登记", en="Registered"))},
    authority={"manager": (Money(Decimal(5000), "CNY"), Money(Decimal(600), "EUR")), "director": None},
    contact=Text(zh="热线 400", en="Hotline 400"),
    texts={
        "receipt": {"zh": "Subject: 收到 {{ number }}\n\n{{ customer }}，您好",
        "en": "Subject: Received {{ number }}\n\nDear {{ customer }}"},
        "receipt.html": {"zh": "<p>{{ customer }}，您好：{{ findings }}</p>"},
    },
    all_clocks={
        name: ClockSpec(name=name, title=Text(zh=zh, en=en), from_=(), within=())
        for name, zh, en in (("total", "结案期限", "Total"), ("reply", "首次答复", "First reply"), ("window", "退货期", "Returns"))
    },
)

ORGANISATION = Organisation(
    name="acme",
    people={
        one.id: one for one in (
            Person(id="li.na", name="李娜", roles=("intake",), superior="wang.fang"),
            Person(id="sun.li", name="孙丽", roles=("intake", "quality"), superior="wang.fang"),
            Person(id="wang.fang", name="王芳", roles=("manager",), superior="zhao.lei"),
            Person(id="zhao.lei", name="赵磊", roles=("director", "manager")),
        )
    },
    groups={"committee": Group(id="committee", members=("sun.li", "zhao.lei"))},
)


def a_case(**fields: Any) -> CaseState:
    """A case opened on 20 November 2026 at 16:00 in Shanghai, with canonical field values."""
    case = CaseState("KS-202611-0001", 1, OPENED, state="registered", owner="li.na", fields=dict(fields))
    case.acts["propose"] = Act(2, datetime(2026, 11, 21, 1, 30, tzinfo=UTC), ["sun.li", "li.na"])
    case.clocks["total"] = ClockRun("total", ClockStatus.RUNNING, OPENED, "13 days", due_at=datetime(2026, 12, 3, 16, tzinfo=UTC))
    case.clocks["reply"] = ClockRun(
        "reply", ClockStatus.MET, OPENED, "24 hours", due_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
        ended_at=datetime(2026, 11, 21, 10, tzinfo=UTC), breached_at=datetime(2026, 11, 21, 8, tzinfo=UTC),
    )
    return case


def sight(case: CaseState | None = None, /, **more: Any) -> CaseScope:
    """What expressions see of a case on 22 November 2026, 10:00 in Shanghai."""
    known: Mapping[str, Any] = {
        "personal": {}, "customer": Customer("王女士", "wang@example.com", language="zh"), "organisation": ORGANISATION, "actor": "sun.li",
        "calendar": CALENDAR,
    }
    return scope_of(DEFINITION, case or a_case(), datetime(2026, 11, 22, 2, tzinfo=UTC), **{**known, **more})
