"""Credentials of people and customers, and failed guesses at them."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table("credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("holder", AutoString(), nullable=False),
        sa.Column("hash", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_credential_case_id_case")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_credential_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("hash", name=op.f("uq_credential_hash"))
    )
    with op.batch_alter_table("credential") as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_credential_holder", ["holder", "kind"], unique=False)
    op.create_table("guess",
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_guess"))
    )
