"""Invoices: a record counts if every field is right; a part of the fields earns a part of the rest."""

from rewardkit import Score, all_of, grader, reward
from rewardkit.graders.data import json_fields, json_schema, json_valid

SCHEMA = {
    "type": "object",
    "properties": {
        "vendor": {"type": ["string", "null"]},
        "number": {"type": ["string", "null"]},
        "date": {"type": ["string", "null"], "format": "date"},
        "currency": {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"},
        "total": {"type": ["number", "null"]},
        "items": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "quantity": {"type": "number"},
                    "unit_price": {"type": "number"},
                },
                "required": ["name", "quantity", "unit_price"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["vendor", "number", "date", "currency", "total", "items"],
    "additionalProperties": False,
}


@grader
def complete(fields: Score) -> Score:
    """Is every field right?"""
    return Score(fields == 1, "every field is right" if fields == 1 else "not every field is right")


@reward
def invoice(response: str, reference_answer: dict[str, object]) -> float:
    shaped = json_schema(response, SCHEMA, reading="embedded")
    if not shaped:
        return shaped
    fields = json_fields(response, reference_answer, unordered=("items",), abs_tol=0.005, reading="embedded")
    usable = complete(fields)
    # An object without anything around it is worth a little, and only if it is right.
    return 0.5 * usable + 0.4 * fields + 0.1 * all_of(usable, json_valid(response))
