"""What staff, owners, operators and auditors type."""
