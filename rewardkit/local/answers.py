"""What answers for a model: the base model, a tuned one or a checkpoint, on a prompt.

On a prompt that is in training data or among recorded rollouts a response is chosen by the policy. On any other
prompt there is nobody to think: the answer says so, in the style that the policy has learned.
"""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rewardkit import training_file
from rewardkit.errors import RolloutError
from rewardkit.local.candidates import normalised
from rewardkit.local.policy import FEATURES, Policy, Prompt
from rewardkit.local.records import freeze, project_rollouts, thaw
from rewardkit.local.store import Record, Store
from rewardkit.local.training import load_policy, load_snapshot
from rewardkit.rollout import Message, text_of

_UNKNOWN = (
    "This is the rehearsal of a local cloud, and no model is here: this prompt is in no training data of this "
    "project, so nobody can answer it."
)


@dataclass(frozen=True)
class Answer:
    """A response with its lengths in words, which stand for tokens."""

    text: str
    asked: int
    answered: int
    cut: bool


class Answers:
    """The models of this local cloud.

    Args:
        store: where jobs, files and models are.
        project: the folder whose recorded rollouts the base model repeats.
    """

    def __init__(self, store: Store, project: Path) -> None:
        self._store = store
        self._project = project
        self._thawed = functools.lru_cache(maxsize=4)(self._prompts)

    def job_of(self, model: str) -> Record | None:
        """The job that made a tuned model or a checkpoint; None where there is no such model."""
        made = self._store.get("model", model) or self._store.get("checkpoint", model)
        return None if made is None else self._store.get("job", made["job"])

    def answer(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        temperature: float = 1.0,
        most_words: int | None = None,
        seed: str | None = None,
    ) -> Answer:
        """Answer a prompt.

        Args:
            model: a tuned model or a checkpoint by name; anything else is a base model.
            messages: the conversation.
            temperature: 0 for the most probable response, else a sample.
            most_words: where the response is cut off.
            seed: makes a sample repeatable.
        """
        job = self.job_of(model)
        policy = self._policy(model, job)
        found = self._find(normalised(messages), job)
        if found is None:
            text = f"{_UNKNOWN} {_style(policy)}"
        else:
            place, prompt = found
            text = _choose(policy, place if job else None, prompt, temperature, seed)
        words = text.split()
        cut = most_words is not None and len(words) > most_words
        asked = sum(len(text_of(message.get("content")).split()) for message in messages)
        if cut:
            text = " ".join(words[:most_words])
        return Answer(text, asked, len(text.split()), cut)

    def _policy(self, model: str, job: Record | None) -> Policy:
        if job is None:
            return Policy()
        return load_snapshot(self._store, model) or load_policy(self._store, job["id"])

    def _find(self, key: str, job: Record | None) -> tuple[int, Prompt] | None:
        """A prompt in a job's training data; for a base model, in that of any job, or in any training file."""
        jobs = [job] if job else [record for _, record in reversed(self._store.all("job"))]
        frozen = [(record["prompts"], True) for record in jobs if "prompts" in record]
        files = [] if job else [(file["blob"], False) for _, file in reversed(self._store.all("file"))]
        for digest, is_frozen in dict.fromkeys(frozen + files):
            found = self._thawed(digest, is_frozen).get(key)
            if found is not None:
                return found
        return None

    def _prompts(self, digest: str, is_frozen: bool) -> dict[str, tuple[int, Prompt]]:
        content = self._store.blob(digest)
        if not is_frozen:
            try:
                content = freeze(training_file.read(content, "file"), project_rollouts(self._project)[0])
            except RolloutError:
                return {}
        prompts = thaw(content)
        # Of prompts that are there twice the first counts.
        return {prompt.key: (place, prompt) for place, prompt in reversed(list(enumerate(prompts)))}


def _choose(policy: Policy, place: int | None, prompt: Prompt, temperature: float, seed: str | None) -> str:
    chances = policy.probabilities(place, prompt)
    if temperature <= 0:
        return prompt.candidates[chances.index(max(chances))].text
    sharpened = [chance ** (1 / max(temperature, 0.01)) for chance in chances]
    digest = hashlib.sha256(f"{seed}:{prompt.key}".encode()).hexdigest()
    chooser = random.Random() if seed is None else random.Random(digest)
    return chooser.choices(prompt.candidates, sharpened)[0].text


def _style(policy: Policy) -> str:
    """How the policy would write an answer down, had it one."""
    weights = dict(zip(FEATURES, policy.weights, strict=True))
    shapes = {
        "marker": "\n#### ?",
        "boxed": "\n\\boxed{?}",
        "tags": "\n<answer>?</answer>",
        "phrase": "The answer is ?.",
    }
    best = max(shapes, key=lambda name: weights[name])
    return shapes[best]
