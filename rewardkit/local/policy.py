"""The rehearsal's model and GRPO: a softmax over the candidates of a prompt.

The logit of a candidate is base + weights·features + bias. The features say what the text is like and are shared
by all prompts, so that what one prompt teaches helps the others; the bias belongs to one candidate of one prompt.
It is a rehearsal of what a reward pulls towards, not of a language model.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rewardkit.local.candidates import Candidate
from rewardkit.rollout import Message

FEATURES = (
    "right",
    "marker",
    "boxed",
    "tags",
    "phrase",
    "bare",
    "working",
    "length",
    "hedge",
    "cut",
    "empty",
)

# How the base model likes to write, before anything is learned; `right` is set prompt by prompt.
_HABITS = (0.0, 0.3, 0.0, -0.8, 0.4, -0.4, 0.6, 0.2, -1.0, -0.8, -3.0)

# Chosen so that some dozens of steps with a learning rate multiplier of 1 teach what the reward can teach.
_RATE = 0.35
_BIAS_RATE = 0.1
_LONGEST_STEP = 0.75
_EPSILON = 1e-6


@dataclass(frozen=True)
class Prompt:
    """One training prompt with what a model might answer.

    Attributes:
        key: the normalised text of the prompt.
        messages: of the training record.
        reference: its reference answer.
        fields: the rest of the record.
        candidates: what a model might answer.
        measured: whether the candidates are recorded rollouts, so that the base model gives each equally often.
    """

    key: str
    messages: list[Message]
    reference: Any
    fields: dict[str, Any]
    candidates: list[Candidate]
    measured: bool

    @cached_property
    def features(self) -> list[tuple[float, ...]]:
        """The features of each candidate, in the order of `FEATURES`."""
        return [features(candidate) for candidate in self.candidates]

    @cached_property
    def base(self) -> list[float]:
        """The logits of the base model."""
        if self.measured:
            return [0.0] * len(self.candidates)
        logits = [_dot(_HABITS, row) for row in self.features]
        skill = _skill(self.key)
        offset = _offset(logits, [candidate.right for candidate in self.candidates], skill)
        return [logit + offset * candidate.right for logit, candidate in zip(logits, self.candidates, strict=True)]


@dataclass
class Policy:
    """What has been learned: nothing, for a new one, which is the base model.

    Attributes:
        weights: one for each feature.
        biases: by the prompt's place in the training data, one for each candidate.
    """

    weights: list[float] = field(default_factory=lambda: [0.0] * len(FEATURES))
    biases: dict[int, list[float]] = field(default_factory=dict)

    def probabilities(self, place: int | None, prompt: Prompt) -> list[float]:
        """How probable each candidate of a prompt is.

        Args:
            place: of the prompt in the training data; None for one that was not trained on.
            prompt: the prompt.
        """
        logits = [base + _dot(self.weights, row) for base, row in zip(prompt.base, prompt.features, strict=True)]
        biases = self.biases.get(place) if place is not None else None
        if biases is not None:
            logits = [logit + bias for logit, bias in zip(logits, biases, strict=True)]
        return _softmax(logits)

    def learn(self, groups: Sequence[Group], rate: float) -> Learned:
        """One step of policy gradient ascent.

        Args:
            groups: for each prompt of the batch, what was sampled and how it scored.
            rate: the learning rate multiplier.

        Returns:
            The step's metrics; the policy has changed.
        """
        count = sum(len(group.chosen) for group in groups)
        slope = [0.0] * len(FEATURES)
        slopes: dict[int, list[float]] = {}
        loss = entropy = 0.0
        for group in groups:
            chances = self.probabilities(group.place, group.prompt)
            mean = [_dot(chances, column) for column in zip(*group.prompt.features, strict=True)]
            entropy += -sum(chance * math.log(chance) for chance in chances if chance > 0) / len(groups)
            own = slopes.setdefault(group.place, [0.0] * len(chances))
            for index, advantage in zip(group.chosen, group.advantages, strict=True):
                loss -= advantage * math.log(max(chances[index], 1e-300)) / count
                row = group.prompt.features[index]
                slope = [s + advantage * (f - m) / count for s, f, m in zip(slope, row, mean, strict=True)]
                own[index] += advantage / len(group.chosen)
                for other, chance in enumerate(chances):
                    own[other] -= advantage * chance / len(group.chosen)
        self._move(slope, slopes, rate)
        norm = math.sqrt(sum(s * s for s in slope) + sum(s * s for row in slopes.values() for s in row))
        return Learned(loss=loss, entropy=entropy, gradient=norm)

    def _move(self, slope: Sequence[float], slopes: dict[int, list[float]], rate: float) -> None:
        length = math.sqrt(sum(s * s for s in slope)) * _RATE * rate
        shrink = min(1.0, _LONGEST_STEP / length) if length else 1.0
        self.weights = [w + s * _RATE * rate * shrink for w, s in zip(self.weights, slope, strict=True)]
        for place, row in slopes.items():
            before = self.biases.get(place, [0.0] * len(row))
            step = _BIAS_RATE * min(rate, 10.0)
            self.biases[place] = [round(b + s * step, 9) for b, s in zip(before, row, strict=True)]


@dataclass(frozen=True)
class Group:
    """What was sampled for one prompt in one step.

    Attributes:
        place: the prompt's place in the training data.
        prompt: the prompt.
        chosen: the indices of the sampled candidates.
        scores: what the reward said, in the same order.
    """

    place: int
    prompt: Prompt
    chosen: list[int]
    scores: list[float]

    @cached_property
    def advantages(self) -> list[float]:
        """(score - mean) / (deviation + epsilon) within the group; all 0 where all scores are equal."""
        if min(self.scores) == max(self.scores):
            return [0.0] * len(self.scores)
        mean = sum(self.scores) / len(self.scores)
        deviation = math.sqrt(sum((score - mean) ** 2 for score in self.scores) / len(self.scores))
        return [(score - mean) / (deviation + _EPSILON) for score in self.scores]


@dataclass(frozen=True)
class Learned:
    """The metrics of one step of learning."""

    loss: float
    entropy: float
    gradient: float


def features(candidate: Candidate) -> tuple[float, ...]:
    """What a response is like, each between 0 and 1, in the order of `FEATURES`."""
    text = candidate.text
    words = len(text.split())
    marker, boxed, tags = "####" in text, "\\boxed{" in text, "<answer>" in text
    phrase = "answer is" in text.casefold()
    hedge = bool(re.search(r"\d\s+or\s+-?\d", text)) or text.count("####") > 1
    flags = (marker, boxed, tags, phrase, 0 < words <= 3 and not (marker or boxed or tags), words > 12)
    rest = (hedge, candidate.cut, not text.strip())
    return (candidate.right, *map(float, flags), min(words / 120, 1.0), *map(float, rest))


def sample(chances: Sequence[float], count: int, chance: random.Random) -> list[int]:
    """The indices of so many samples."""
    return chance.choices(range(len(chances)), chances, k=count)


def _skill(key: str) -> float:
    """How often the base model is right on a prompt: between 0.3 and 0.65, always the same for the same prompt."""
    digest = hashlib.sha256(key.encode()).digest()
    return 0.3 + 0.35 * int.from_bytes(digest[:4], "big") / 2**32


def _offset(logits: Sequence[float], right: Sequence[float], skill: float) -> float:
    """What must be added to the logits of right candidates so that they have that much probability."""
    if not 0 < sum(right) < len(right):
        return 0.0
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        chances = _softmax([logit + middle * share for logit, share in zip(logits, right, strict=True)])
        low, high = (middle, high) if _dot(chances, right) < skill else (low, middle)
    return (low + high) / 2


def _softmax(logits: Sequence[float]) -> list[float]:
    top = max(logits)
    powers = [math.exp(logit - top) for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def _dot(left: Iterable[float], right: Iterable[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
