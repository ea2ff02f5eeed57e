"""Prefect flows: thin, each calls one use case. Nothing else imports Prefect."""

import flows.settings  # noqa: F401  before anything imports Prefect
