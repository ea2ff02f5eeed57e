"""Who was asked by questionnaires, what they answered, and who does not want to be asked."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table("surveyed",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("became", AutoString(), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("closes_at", UTCDateTime(), nullable=True),
        sa.Column("via", AutoString(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_surveyed_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", "name", "n", name=op.f("pk_surveyed"))
    )
    with op.batch_alter_table("surveyed") as batch_op:
        batch_op.create_index("ix_surveyed", ["definition", "name", "at"], unique=False)
    with op.batch_alter_table("party") as batch_op:
        batch_op.add_column(sa.Column("unasked_since", UTCDateTime(), nullable=True))
