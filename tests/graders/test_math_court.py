"""The court of last resort: sums, integrals and limits that no point decides, and the bounds of its work."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from rewardkit.graders.math import math_equal

SAME = [
    (r"\frac{\pi^2}{6}", r"\sum_{n=1}^\infty \frac{1}{n^2}"),
    (r"\frac{\pi^2}{6}", r"\zeta(2)"),
    (r"\frac{\sqrt{\pi}}{2}", r"\int_0^\infty e^{-x^2} dx"),
    (r"\ln 2", r"\sum_{n=1}^{\infty} \frac{(-1)^{n+1}}{n}"),
    ("e", r"\sum_{n=0}^\infty \frac{1}{n!}"),
    (r"\frac{1}{1-x}", r"\sum_{k=0}^\infty x^k"),
    (r"(x-1)e^x + C", r"\int x e^x dx"),
    ("1.202", r"\zeta(3)"),
]
DIFFERENT = [
    (r"\frac{\pi^2}{8}", r"\sum_{n=1}^\infty \frac{1}{n^2}"),
    (r"\sqrt{\pi}", r"\int_0^\infty e^{-x^2} dx"),
    (r"x e^x + C", r"\int x e^x dx"),
    ("1.203", r"\zeta(3)"),
]
HARD = [
    r"\prod_{k=2}^{\infty} (1-\frac{1}{k^2+k+1})",
    r"\int_0^\infty \frac{\sin(x^3) e^{-x^x}}{1+x^{17}} dx",
    r"\sum_{n=1}^\infty \frac{1}{n^{n^n}}",
    r"\lim_{x\to\infty} x^{x^{x^x}} \sin(x!)",
    r"\sum_{n=1}^\infty \frac{\zeta(n)^{n!}}{9^{9^9}}",
]


@pytest.mark.parametrize(("reference", "answer"), SAME)
def test_closed_forms_are_found(reference: str, answer: str) -> None:
    score = math_equal(answer, reference)
    assert score == 1, score.reason


@pytest.mark.parametrize(("reference", "answer"), DIFFERENT)
def test_other_closed_forms_are_not(reference: str, answer: str) -> None:
    assert math_equal(answer, reference) == 0


def test_what_is_too_hard_is_cut_off_in_any_thread() -> None:
    began = time.process_time()
    with ThreadPoolExecutor(1) as pool:
        assert [*pool.map(lambda answer: float(math_equal(answer, "7")), HARD)] == [0.0] * len(HARD)
    assert time.process_time() - began < 60
    assert sys.getprofile() is None


def test_an_answer_cannot_open_the_court_where_the_reference_is_closed() -> None:
    code = (
        "import sys; from rewardkit.graders.math import math_equal\n"
        "for reference in ('7', '7.5', r'\\sqrt{2}', '(7, 2)'):\n"
        f"    for answer in {HARD}:\n"
        "        for said in (answer, answer + ' = 7', answer + r' \\approx 7', f'({answer}, 2)'):\n"
        "            math_equal(said, reference)\n"
        "assert 'sympy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_sum_between_numbers_does_not_open_the_court() -> None:
    code = (
        "import sys; from rewardkit.graders.math import math_equal; "
        r"assert not math_equal(r'\sum_{k=1}^{10^{12}} \frac{1}{k}', '7'); assert 'sympy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
