"""What visits show of the standards of their cycle, and what was judged by it."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table("observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("day", AutoString(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("person", AutoString(), nullable=True),
        sa.Column("part", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_observation_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation"))
    )
    op.create_table("told",
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_told"))
    )
    op.create_table("judgement",
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("part", AutoString(), nullable=False),
        sa.Column("start", UTCDateTime(), nullable=False),
        sa.Column("end", UTCDateTime(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("judged_at", UTCDateTime(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_judgement_case_id_case")),
        sa.PrimaryKeyConstraint("definition", "name", "part", "start", name=op.f("pk_judgement"))
    )
    with op.batch_alter_table("observation") as batch_op:
        batch_op.create_index("uq_observation", ["case_id", "name", "n"], unique=True)
        batch_op.create_index("ix_observation", ["definition", "name", "day"], unique=False)
