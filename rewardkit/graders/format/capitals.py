"""Words in capitals as IFEval counts them: tokens by the Penn Treebank's conventions, as NLTK's `word_tokenize`.

Hyphenated words are one token, and so is `A.M.`; `DON'T` is two (`DO` and `N'T`), and so is `A&B`.
"""

from __future__ import annotations

import re

from rewardkit.graders.format.sentences import punkt_sentences

_APART = re.compile(r"''|--|\.{2,}|[«»“”„‘’`\";@#$%&?!*\[\](){}<>]")
_CONTRACTED = (
    r"\b(can)(not)\b",
    r"\b(d)('ye)\b",
    r"\b(gim|lem)(me)\b",
    r"\b(gon)(na)\b",
    r"\b(got)(ta)\b",
    r"\b(more)('n)\b",
    r"\b(wan)(na)(?=\s)",
    r" ('t)(is|was)\b",
)
_STEPS = (
    # A letter alone behind an apostrophe, unless it is a contraction.
    (re.compile(r"(?i)'(?!re|ve|ll|m|t|s|d|n)(\w)\b"), r"' \1"),
    (re.compile(r"[:,](?!\d)"), r" \g<0> "),
    (_APART, r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"\s+|\Z"), " "),
    (re.compile(r"([^' ])('[sSmMdD]?) "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r"\1 \2 "),
    *((re.compile(pattern, re.IGNORECASE), r" \1 \2 ") for pattern in _CONTRACTED),
)


def count_capital_words(text: str) -> int:
    """The tokens that have a letter and no small one, `I` and `A` included."""
    sentences = (sentence for sentence in punkt_sentences(text) if sentence != sentence.lower())
    return sum(1 for sentence in sentences for token in _tokens(sentence) if token.isupper())


def _tokens(sentence: str) -> list[str]:
    """The tokens of a sentence, its full stop apart."""
    body = sentence.rstrip("])}>\"'»”’ \n\t")
    if body.endswith(".") and not body.endswith(".."):
        sentence = f"{body[:-1]} . {sentence[len(body) :]}"
    text = f" {sentence}"
    for pattern, parted in _STEPS:
        text = pattern.sub(parted, text)
    return text.split()
