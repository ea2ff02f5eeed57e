"""Prefect flows: thin, each calls one use case. Nothing else imports Prefect."""
