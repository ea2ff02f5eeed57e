"""Everything that decides or records: definitions, cases, clocks, rights, history."""
