"""Measurements against the peers; `make bench-math` runs one."""
