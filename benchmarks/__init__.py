"""How fast the product is where it counts, beside hand-written SQL that does the same durable work in the same run."""
