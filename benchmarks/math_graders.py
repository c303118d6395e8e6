r"""One grader of mathematical answers in one process: pairs come in on stdin, verdicts go out on stdout.

`math.py` starts this file once for each grader, holds the clock and kills it when a pair takes too long. Every
grader is a function that imports its peer and returns how to judge a pair and a line about how it is set up.

What is the same for all: a whole response is given to the peer's own extraction, or to ours where it has none.
A bare answer is dressed as the peer wants it (`$…$`, `\boxed{…}` or nothing), and so is the reference. An answer
that cannot be read is a no; a reference that cannot be read is an error, where the peer tells the two apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

TYPE_CHECKING = False  # typing's own, without the import
if TYPE_CHECKING:
    from typing import Any

# The reference, the answer, and whether the answer is a whole response.
Judge = Callable[[str, str, bool], bool]

MEMORY = 4 * 1024**3


def rewardkit() -> tuple[Judge, str]:
    """Ours."""
    from rewardkit.graders import math
    from rewardkit.graders.extract import final_answer

    equal = getattr(math, "math_equal", None) or math.number_equal

    def judge(reference: str, answer: str, whole: bool) -> bool:
        return bool(equal(final_answer(answer) if whole else answer, reference) == 1)

    fallback = "" if equal.__name__ == "math_equal" else "; math_equal IS NOT HERE YET, so this is number_equal"
    return judge, f"{equal.__name__}(answer, reference), responses through final_answer{fallback}"


def math_verify() -> tuple[Judge, str]:
    """The best known peer. Without the dollars it finds no bare LaTeX, and loses a quarter of its accuracy."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    targets = (LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig())

    def judge(reference: str, answer: str, whole: bool) -> bool:
        read = parse(answer if whole else _dollars(answer), targets)
        return bool(verify(parse(_dollars(reference), targets), read))

    return judge, "verify(parse($gold$), parse($answer$)), LaTeX (boxed first) and expressions"


def trl() -> tuple[Judge, str]:
    """TRL's reward: math-verify for LaTeX in a box or after an anchor; it skips references that it cannot read."""
    from trl.rewards import accuracy_reward

    def judge(reference: str, answer: str, whole: bool) -> bool:
        content = answer if whole else _boxed(answer)
        reward = accuracy_reward([[{"role": "assistant", "content": content}]], [_dollars(reference)])[0]
        if reward is None:
            raise ValueError("the reference was skipped")
        return bool(reward == 1)

    return judge, "accuracy_reward, $gold$, a bare answer in \\boxed{}; a skipped reference is an error"


def latex2sympy2_extended() -> tuple[Judge, str]:
    """The parser below math-verify, with sympy's simplify. It extracts nothing but the last box."""
    import sympy
    from latex2sympy2_extended import NormalizationConfig, latex2sympy

    plain = NormalizationConfig(basic_latex=True, units=True, malformed_operators=True, nits=True, boxed="last")
    return _symbolic(lambda text: latex2sympy(text, normalization_config=plain), sympy.simplify), (
        "latex2sympy(boxed='last', every normalization), then == or simplify(a - b) == 0"
    )


def sympy_latex() -> tuple[Judge, str]:
    """What sympy itself offers; its grammar wants an older ANTLR than math-verify's, which make puts beside it."""
    sys.path.insert(0, f"{sys.prefix}/antlr-4.11")
    import sympy
    from sympy.parsing.latex import parse_latex

    from rewardkit.graders.extract import final_answer

    compare = _symbolic(parse_latex, sympy.simplify)

    def judge(reference: str, answer: str, whole: bool) -> bool:
        found = final_answer(answer) if whole else answer
        return found is not None and compare(_bare(reference), _bare(found), False)

    return judge, "parse_latex (ANTLR 4.11), == or simplify(a - b) == 0; responses through our final_answer"


def prm800k() -> tuple[Judge, str]:
    """PRM800K's grader as the package mathruler carries it. It extracts nothing (mathruler does, and worse)."""
    from mathruler.grader import grade_answer

    from rewardkit.graders.extract import final_answer

    def judge(reference: str, answer: str, whole: bool) -> bool:
        found = final_answer(answer) if whole else answer
        return found is not None and bool(grade_answer(_bare(found), _bare(reference)))

    return judge, "grade_answer(answer, gold) of the package mathruler; responses through our final_answer"


def verl_prime() -> tuple[Judge, str]:
    """verl's grader of NuminaMath data: PRM800K's and then its own; each sympy step in a process of its own."""
    _without_init("verl", "verl.utils", "verl.utils.metric")
    from verl.utils.reward_score.prime_math import compute_score

    def judge(reference: str, answer: str, whole: bool) -> bool:
        return bool(compute_score(answer if whole else _boxed(answer), _bare(reference))[0])

    return judge, "prime_math.compute_score, a bare answer in \\boxed{}"


def verl_math() -> tuple[Judge, str]:
    """verl's grader of MATH data: normalized strings."""
    _without_init("verl", "verl.utils")
    from verl.utils.reward_score.math_reward import compute_score

    def judge(reference: str, answer: str, whole: bool) -> bool:
        return bool(compute_score(answer if whole else _boxed(answer), _bare(reference)) == 1)

    return judge, "math_reward.compute_score, a bare answer in \\boxed{}"


def verl_dapo() -> tuple[Judge, str]:
    """verl's grader of DAPO data: normalized strings after `Answer:`, or else in a box."""
    _without_init("verl", "verl.utils")
    from verl.utils.reward_score.math_dapo import compute_score

    def judge(reference: str, answer: str, whole: bool) -> bool:
        return bool(compute_score(answer if whole else f"Answer: {answer}", _bare(reference))["acc"])

    return judge, "math_dapo.compute_score, a bare answer after `Answer:`"


GRADERS: dict[str, Callable[[], tuple[Judge, str]]] = {
    "rewardkit": rewardkit,
    "math-verify": math_verify,
    "TRL": trl,
    "latex2sympy2_extended": latex2sympy2_extended,
    "sympy": sympy_latex,
    "PRM800K": prm800k,
    "verl prime_math": verl_prime,
    "verl math_reward": verl_math,
    "verl math_dapo": verl_dapo,
}


def _symbolic(read: Callable[[str], Any], simplify: Callable[[Any], Any]) -> Judge:
    """Equal when both are read as the same, or when their difference simplifies to zero."""

    def judge(reference: str, answer: str, whole: bool) -> bool:
        expected = read(reference)
        try:
            found = read(answer)
            return bool(found == expected or simplify(found - expected) == 0)
        except Exception:
            return False

    return judge


def _bare(text: str) -> str:
    return text.strip().strip("$").strip()


def _dollars(text: str) -> str:
    dressed = "$" in text.replace("\\$", "") or "\\boxed" in text
    return text if dressed else f"${text}$"


def _boxed(text: str) -> str:
    return text if "\\boxed" in text else f"\\boxed{{{_bare(text)}}}"


def _without_init(*packages: str) -> None:
    """Make packages importable without their `__init__`, which wants torch and ray, as verl's do.

    `Metric` is the one name that a grader's neighbour imports from them; no grader uses it.
    """
    import importlib.util
    import types

    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(f"No module named {name!r}")
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = list(spec.submodule_search_locations)
        vars(module)["Metric"] = object


def serve(name: str) -> None:
    """Answer pairs until stdin ends.

    The first line out says how the grader is set up and the milliseconds of CPU that its import took, or why it
    cannot be had. Then a JSON line for a JSON line: `{"outcome": yes | no | error, "seconds": …, "sympy": …}`.
    """
    began = time.process_time()
    try:
        judge, note = GRADERS[name]()
        hello = {"note": note, "import_ms": (time.process_time() - began) * 1000}
    except ImportError as error:
        hello = {"missing": f"{type(error).__name__}: {error}"}

    import json
    import os
    import resource
    import warnings

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what graders print is not an answer
    print(json.dumps(hello), file=out)
    if "missing" not in hello:
        for line in sys.stdin:
            pair = json.loads(line)
            print(json.dumps(_judged(judge, pair["gold"], pair["pred"], pair["whole"])), file=out)


def _judged(judge: Judge, reference: str, answer: str, whole: bool) -> dict[str, object]:
    began = time.perf_counter()
    try:
        outcome, why = ("yes" if judge(reference, answer, whole) else "no"), ""
    except (Exception, RecursionError, MemoryError) as error:
        outcome, why = "error", f"{type(error).__name__}: {error}"[:200]
    seconds = time.perf_counter() - began
    return {"outcome": outcome, "why": why, "seconds": seconds, "sympy": "sympy" in sys.modules}


if __name__ == "__main__":
    serve(sys.argv[1])
