"""The only room that opens a transaction: tables, history, personal data, outbox."""
