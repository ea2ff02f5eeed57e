"""The case library: lessons of closed cases, and the words they are found by."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table("lesson",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("definition", AutoString(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_lesson_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_lesson"))
    )
    op.create_index("ix_lesson", "lesson", ["definition", "closed_at"], unique=False)
    op.create_table("lesson_word",
        sa.Column("word", AutoString(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["lesson.case_id"], name=op.f("fk_lesson_word_case_id_lesson")),
        sa.PrimaryKeyConstraint("word", "case_id", name=op.f("pk_lesson_word"))
    )
    op.create_index(op.f("ix_lesson_word_case_id"), "lesson_word", ["case_id"], unique=False)
