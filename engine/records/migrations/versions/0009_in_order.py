"""What is due is found in the order in which it is taken, also where thousands fall due at one moment."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.drop_index("ix_timer_fire_at", table_name="timer")
    op.create_index("ix_timer_fire_at", "timer", ["fire_at", "case_id"], unique=False)
    op.drop_index("ix_notice_waiting", table_name="notice")
    op.create_index("ix_notice_waiting", "notice", ["status", "fire_at", "id"], unique=False)
