"""Graders of an answer as text: the same, alike, overlapping, of a form, one of some choices."""

from rewardkit.graders.text.alignment import meteor
from rewardkit.graders.text.characters import chrf
from rewardkit.graders.text.labels import label, label_set
from rewardkit.graders.text.match import contains, ends_with, exact, starts_with
from rewardkit.graders.text.number import number_close, number_recall, number_similarity
from rewardkit.graders.text.options import choice
from rewardkit.graders.text.overlap import bleu, gleu
from rewardkit.graders.text.pattern import matches, matching_lines
from rewardkit.graders.text.rouge import rouge_l, rouge_lsum, rouge_n
from rewardkit.graders.text.similarity import (
    cosine,
    edit_similarity,
    fuzzy_ratio,
    jaccard,
    token_set_ratio,
    token_sort_ratio,
)
from rewardkit.graders.text.squad import exact_match, token_f1

__all__ = [
    "bleu",
    "choice",
    "chrf",
    "contains",
    "cosine",
    "edit_similarity",
    "ends_with",
    "exact",
    "exact_match",
    "fuzzy_ratio",
    "gleu",
    "jaccard",
    "label",
    "label_set",
    "matches",
    "matching_lines",
    "meteor",
    "number_close",
    "number_recall",
    "number_similarity",
    "rouge_l",
    "rouge_lsum",
    "rouge_n",
    "starts_with",
    "token_f1",
    "token_set_ratio",
    "token_sort_ratio",
]
