"""How alembic runs here: always on a connection given by `engine.records.schema`, inside its transaction."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

from engine.records import models as _models  # noqa: F401  (fills SQLModel.metadata)


def render_item(kind: str, value: Any, autogen: Any) -> str | Literal[False]:
    """Write sqlmodel's own types into new migrations with their import; leave the rest to alembic."""
    if kind == "type" and type(value).__module__.startswith("sqlmodel"):
        autogen.imports.add("import sqlmodel.sql.sqltypes")
        return f"sqlmodel.sql.sqltypes.{type(value).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
    on_version_apply=context.config.attributes.get("applied", ()),
)
with context.begin_transaction():
    context.run_migrations()
