"""What people and flows do with cases; each function is one unit of work that reads like the procedure."""
