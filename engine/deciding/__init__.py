"""Pure decisions over frozen values and an instant: machine, clocks, rights, wording."""
