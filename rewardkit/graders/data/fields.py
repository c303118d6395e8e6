"""Credit field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from rewardkit.errors import GradingError
from rewardkit.graders.data.compare import Compare, Rules, check_depth, checked_reference, fields, graded
from rewardkit.graders.data.reading import Reading, Unreadable, read_json
from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def json_fields(
    response: object,
    reference: object,
    *,
    compare: Mapping[str, Compare] | None = None,
    weights: Mapping[str, float] | None = None,
    unordered: bool | Collection[str] = False,
    abs_tol: float = 0.0,
    rel_tol: float = 1e-9,
    text: Literal["normalised", "exact"] | Compare = "normalised",
    number: Compare | None = None,
    extra: Literal["wrong", "ignore"] = "wrong",
    missing_is_null: bool = False,
    coerce: bool = False,
    reading: Reading = "lenient",
) -> Score:
    """What share of the reference's fields does the response have right?

    Objects within objects are compared field by field, too. A list is one field: its items are compared by
    position, or each with its best partner, and count as a share of the longer list. Paths are `customer.name`,
    and `items[].price` for every item of a list.

    Args:
        response: text that holds JSON; or a value already, such as `yaml_value`, `csv_value` or a call's arguments
            give. None scores 0.
        reference: the value expected, as JSON text or as a value.
        compare: for a path, any grader or function of (answer, reference) from 0 to 1 that decides there, such as
            `{"total": partial(number_equal, tolerance=0.01)}`. It is called with values of one JSON kind; of two
            kinds the field scores 0.
        weights: for a path, how much it counts; by default 1. With 0 it is reported and not counted.
        unordered: lists whose order does not matter: True for all, or the paths of some.
        abs_tol: how far a number may be off.
        rel_tol: how far as a share of the expected number; the larger allowance counts.
        text: `normalised` (case, white space and Unicode forms do not count), `exact`, or a grader for all texts,
            such as `text.edit_similarity`.
        number: a grader for all numbers, in place of the tolerances.
        extra: a key that the reference does not have is `wrong`, as a field that scores 0, or to `ignore`.
        missing_is_null: read a missing key as null.
        coerce: read a number or a boolean written as text, and text written as a number, as what is expected.
        reading: how much is forgiven in text: `strict`, `embedded` or `lenient`; see `json_valid`.

    Returns:
        0 to 1: the weighted mean over the fields, with a term for each, named by its path. A key that is given
        twice is no answer, and neither is what cannot be read: 0.

    Raises:
        GradingError: the reference is text and not JSON, or nested too deep.
        UsageError: an option is none of its choices, or a comparison returns no number from 0 to 1.
    """
    rules = Rules(
        compare or {}, weights or {}, unordered, abs_tol, rel_tol, text, number, extra, missing_is_null, coerce
    )
    expected = _expected(reference)
    kind = next((of for of in (dict, list) if isinstance(expected, of)), None)
    note = ""
    try:
        answer = response
        if response is None or isinstance(response, str):
            answer, forgiven = read_json(response, reading, kind=kind)
            note = f" (forgiving {', '.join(forgiven)})" if forgiven else ""
        check_depth(answer)
    except ValueError as error:
        return Score(0.0, f"not JSON: {error}")
    return graded(list(fields(answer, expected, rules)), note)


def _expected(reference: object) -> object:
    if isinstance(reference, str):
        try:
            return read_json(reference, "strict").value
        except Unreadable as error:
            raise GradingError(
                f"the reference is text and not JSON ({error}): give a value, or JSON text"
            ) from None
    return checked_reference(reference)
