"""The local test harness: what many scores say about a reward."""
