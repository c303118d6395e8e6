"""A reward handler as teams have them: it works for the events of one service, and for responses that behave.

Scores the total that a model reads off an invoice: the amount itself, the currency, and a line that says `TOTAL:`.
"""

import re
from typing import Any

AMOUNT = re.compile(r"TOTAL:\s*([A-Z]{3})?\s*(-?[\d.,]+|NaN|Infinity|-?1e999)")


def read_amount(text: str) -> tuple[str | None, float | None]:
    found = AMOUNT.search(text)
    if not found:
        return None, None
    return found.group(1), float(found.group(2).replace(",", ""))


def score_sample(sample: Any) -> tuple[float, float, float]:
    response = [m for m in sample["messages"] if m["role"] == "assistant"][-1]["content"]
    expected_currency, expected = read_amount(sample["reference_answer"]["text"])
    assert expected
    currency, amount = read_amount(response.strip())
    if amount is None:
        amount = float(re.sub(r"[^\d.]", "", response) or 0)
    closeness = 1.0 - min(abs(amount - expected) / expected, 1.0)
    bonus = 0.2 if currency == expected_currency else 0.0
    return closeness + bonus, closeness, bonus


def lambda_handler(event: Any, context: Any) -> list[dict[str, Any]]:
    results = []
    for sample in event:
        score, closeness, bonus = score_sample(sample)
        results.append(
            {
                "id": sample.get("id", "no-id"),
                "aggregate_reward_score": score,
                "metrics_list": [
                    {"name": "closeness", "value": closeness, "type": "Reward"},
                    {"name": "currency", "value": bonus, "type": "reward"},
                ],
            }
        )
    return results
