"""The versions of the schema, as alembic runs them; see `engine.records.schema`."""
