"""Rewards that were written for something else, taken in as they are."""
