"""What has to be said before Prefect is imported."""

import os

# Prefect reports its use over the network unless told not to. Whoever set these themselves is not overruled.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
