"""From YAML to a frozen definition: reading, checking, drawing. Pure; touches no database."""
