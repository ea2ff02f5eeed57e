"""Values of cases that other cases ask for."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table("asked_field",
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("definition", "name", name=op.f("pk_asked_field"))
    )
    op.create_table("case_value",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_value_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", "name", name=op.f("pk_case_value"))
    )
    with op.batch_alter_table("case_value") as batch_op:
        batch_op.create_index("ix_case_value", ["definition", "name", "value", "opened_at"], unique=False)
