"""Instructions that can be checked: all of them followed, on the subject, not refusing or repeating itself."""

from typing import Any

from rewardkit import all_of, named, reward
from rewardkit.graders.format import ifeval, refusal, required_words, unrepeated


@reward
def follows(response: str, reference_answer: dict[str, Any]) -> float:
    refused = refusal(response)
    if refused:
        return 0 * refused
    ids, kwargs = reference_answer["instruction_id_list"], reference_answer["kwargs"]
    every, share = ifeval(response, ids, kwargs), ifeval(response, ids, kwargs, partial=True)
    followed = named(0.7 * every + 0.3 * share, "followed")
    # What fits the form and says nothing is worth nothing.
    sound = all_of(required_words(response, reference_answer["about"]), unrepeated(response))
    return followed * sound
