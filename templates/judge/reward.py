"""Customer support: a reply must keep to the policy, and then it is paid for how well it helps."""

from pathlib import Path

from rewardkit import reward
from rewardkit.graders.judge import Criterion, Recorded, bedrock, judge

# What was judged before is answered from the file, the same every time and without a network; the rest is asked.
ask = Recorded(
    bedrock("us.amazon.nova-pro-v1:0", region="us-east-1", max_tokens=600, budget=20_000_000),
    Path(__file__).with_name("judge.jsonl"),
)

faithful = judge(
    ask,
    "The reply is faithful if every fact, promise, deadline and price in it is stated in the context, which is "
    "the shop's policy, or in the customer's message. Leaving something out is no fault. A reply without any "
    "statement is not faithful.",
    labels={"faithful": 1, "not faithful": 0},
    name="faithful",
)
helpful = judge(
    ask,
    [
        Criterion("It answers what the customer asked.", 3, "answers"),
        Criterion("It says what the customer can do next, or that nothing is to be done.", 2, "next_step"),
        Criterion("It is friendly and does not blame the customer.", 1, "tone"),
        Criterion("It asks for a password, a full card number or a code.", -6, "asks_for_secrets"),
    ],
    name="helpful",
)


@reward
def support(response: str, prompt: str, policy: str) -> float:
    kept = faithful(response, prompt=prompt, context=policy)
    if not kept:
        return kept
    return helpful(response, prompt=prompt, context=policy) + 0 * kept
