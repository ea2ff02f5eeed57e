"""Rights of PostgreSQL roles: one that runs makegood and can append history but not change it, one that only reads history.

Triggers refuse to change history already, but whoever owns the tables can switch them off. A role that owns nothing cannot.
"""

import re

from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.records.keys import KEY
from engine.records.schema import GUARDED
from engine.records.tables import METADATA

APPLICATION, AUDITOR = "makegood_application", "makegood_auditor"
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def grants(application: str = APPLICATION, auditor: str = AUDITOR) -> list[str]:
    """SQL for the owner of the tables, to be run after each migration; running it again does no harm. Raises Invalid for a role's name.

    Both roles are groups without a login. Nobody else is left any right in the schema.
    """
    both = f"{_named(application)}, {_named(auditor)}"
    return [
        *_nobody_but(application, auditor),
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {application}",
        f"GRANT SELECT ON alembic_version TO {both}",
        *(f"GRANT {_what(table)} ON \"{table}\" TO {application}" for table in sorted(METADATA.tables)),
        *(f"GRANT SELECT ON \"{table}\" TO {auditor}" for table in GUARDED),
    ]


def grants_on_keys(application: str = APPLICATION) -> list[str]:
    """The same for the database of the keys, to which an auditor has no right. A key can be destroyed, but its row stays."""
    return [*_nobody_but(_named(application)), f"GRANT SELECT, INSERT, UPDATE ON \"{KEY.name}\" TO {application}"]


def _named(role: str) -> str:
    if not _ROLE.fullmatch(role) or role == "public":
        raise Invalid(
            say("'{role}' is not the name of a role", role=role), hint=say("Small letters, digits and underscores."), field="role",
            value=role, expected="name",
        )
    return role


def _nobody_but(*roles: str) -> list[str]:
    """These roles, made where they are not there yet, may see what the schema holds; nobody else; and nobody may do anything so far."""
    made = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{0}') THEN CREATE ROLE {0} NOLOGIN; END IF; END $$"
    everybody = ", ".join(("PUBLIC", *roles))
    return [
        *(made.format(role) for role in roles),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {everybody}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {everybody}",
        f"GRANT USAGE ON SCHEMA public TO {', '.join(roles)}",
    ]


def _what(table: str) -> str:
    return "SELECT, INSERT" if table in GUARDED else "SELECT, INSERT, UPDATE, DELETE"
