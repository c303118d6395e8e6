"""The layout of a response: tags, and a thought before the answer."""

from __future__ import annotations

from itertools import pairwise

from rewardkit.errors import UsageError
from rewardkit.graders.format.reasons import quoted
from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def tags(response: str | None, *tags: str) -> Score:
    """Is the response these tags, each once, one after the other, and nothing else?

    Args:
        response: the whole response; None scores 0. White space around the tags is free, and so is what they hold.
        tags: the names in their order, such as `"think", "answer"`.

    Returns:
        1 or 0. The reason names the first thing that is wrong.

    Raises:
        UsageError: no tag is named, one twice, or one with its angle brackets.
    """
    _check_names(tags)
    wrong = "no response" if response is None else _first_wrong(response, tags)
    return Score(0.0, wrong) if wrong else Score(1.0, " ".join(f"<{tag}>…</{tag}>" for tag in tags))


@grader
def think_then_answer(response: str | None, *, tag: str = "think", opened: bool = False) -> Score:
    """Is the response one thought, `<think>…</think>`, and then an answer outside of it?

    Args:
        response: the whole response; None scores 0.
        tag: the name of the thought's tag.
        opened: the prompt's template has opened the tag already, as for DeepSeek-R1: the response begins inside,
            and may open the tag itself or not.

    Returns:
        1 or 0. Neither the thought nor the answer may be empty.

    Raises:
        UsageError: a tag with its angle brackets.
    """
    _check_names((tag,))
    if response is None:
        return Score(0.0, "no response")
    text = response.strip()
    if opened and not text.startswith(f"<{tag}>"):
        text = f"<{tag}>{text}"
    if wrong := _miscounted(text, tag):
        return Score(0.0, wrong)
    before, _, rest = text.partition(f"<{tag}>")
    thought, _, answer = rest.partition(f"</{tag}>")
    checks = (
        (not before.strip(), f"text before <{tag}>: {quoted(before.strip())}"),
        (f"</{tag}>" in rest, f"</{tag}> stands before <{tag}>"),
        (thought.strip(), f"nothing in <{tag}>"),
        (answer.strip(), f"nothing after </{tag}>"),
    )
    wrong = next((reason for fine, reason in checks if not fine), "")
    return Score(0.0, wrong) if wrong else Score(1.0, f"<{tag}>…</{tag}> and then {quoted(answer.strip())}")


def _check_names(tags: tuple[str, ...]) -> None:
    if not tags or len(set(tags)) < len(tags):
        raise UsageError(f'tags() got {tags}: name each tag once, such as tags(response, "think", "answer")')
    for tag in tags:
        if not isinstance(tag, str) or not tag or any(mark in tag for mark in "<>/ "):
            raise UsageError(f"tags() got {tag!r}: give the name alone, such as 'think'")


def _first_wrong(response: str, tags: tuple[str, ...]) -> str:
    """What is wrong with the layout, or an empty text."""
    for tag in tags:
        if wrong := _miscounted(response, tag):
            return wrong
    spans = [(response.index(f"<{tag}>"), response.index(f"</{tag}>") + len(f"</{tag}>")) for tag in tags]
    for tag, (start, end) in zip(tags, spans, strict=True):
        if end <= start:
            return f"</{tag}> stands before <{tag}>"
    for (one, other), ((start, end), (next_start, next_end)) in zip(pairwise(tags), pairwise(spans), strict=True):
        if next_start < start:
            return f"<{other}> stands before <{one}>"
        if next_start < end:
            return f"<{other}> stands inside <{one}>" if next_end < end else f"<{other}> opens before </{one}>"
    return _text_outside(response, tags, spans)


def _miscounted(response: str, tag: str) -> str:
    opens, closes = response.count(f"<{tag}>"), response.count(f"</{tag}>")
    if not opens and not closes:
        return f"no <{tag}>"
    if not opens:
        return f"<{tag}> never opens"
    if not closes:
        return f"<{tag}> never closes"
    if opens > 1:
        return f"<{tag}> opens {_times(opens)}"
    return f"<{tag}> closes {_times(closes)}" if closes > 1 else ""


def _text_outside(response: str, tags: tuple[str, ...], spans: list[tuple[int, int]]) -> str:
    before = response[: spans[0][0]].strip()
    if before:
        return f"text before <{tags[0]}>: {quoted(before)}"
    ends = [start for start, _ in spans[1:]] + [len(response)]
    for tag, (_, end), next_start in zip(tags, spans, ends, strict=True):
        after = response[end:next_start].strip()
        if after:
            return f"text after </{tag}>: {quoted(after)}"
    return ""


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"
