from __future__ import annotations

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.graders import extract
from rewardkit.graders.fences import blocks, code

DRAFT = "def solve(nums):\n    return 0"
FINAL = "def solve(nums):\n    return max(nums)"
MANY = ",".join(f"{chr(one)}{other}" for one in range(97, 123) for other in range(90))


def fenced(text: str, tag: str = "python", fence: str = "```") -> str:
    return f"{fence}{tag}\n{text}\n{fence}\n"


@pytest.mark.parametrize(
    ("response", "program"),
    [
        (f"Here it is:\n\n{fenced(FINAL)}\nIt is O(n).", FINAL),
        (fenced(FINAL, "py"), FINAL),
        (fenced(FINAL, "Python3"), FINAL),
        (fenced(FINAL, ' python title="solve.py"'), FINAL),
        (fenced(FINAL, "{.python .numberLines}"), FINAL),
        (fenced(FINAL, ""), FINAL),
        (fenced(FINAL, "text"), FINAL),
        (fenced(FINAL, fence="~~~"), FINAL),
        (fenced(FINAL, fence="`````"), FINAL),
        (fenced(FINAL).replace("\n", "\r\n"), FINAL),
        ("\ufeff" + fenced(FINAL), FINAL),
        (f"Here it is: ```python\n{FINAL}\n```", FINAL),
        (f"```python\n{FINAL}", FINAL),
        (f"```python\n{FINAL}```", FINAL),
        (f"1. The code:\n\n{textwrap.indent(fenced(FINAL), '   ')}\n2. Done.", FINAL),
        (f"- {fenced(FINAL)}", FINAL),
        (textwrap.indent(fenced(FINAL), "> "), FINAL),
        (fenced(textwrap.indent(FINAL, "    ")), FINAL),
        (fenced(fenced(FINAL).strip(), "markdown"), FINAL),
        (f"<think>\nFirst {fenced(DRAFT)} no.\n</think>\n{fenced(FINAL)}", FINAL),
        (f"First {fenced(DRAFT)} no.\n</think>\n{fenced(FINAL)}", FINAL),
        (f"{fenced(DRAFT)}\nThe final one:\n<answer>\n{fenced(FINAL)}</answer>", FINAL),
        (f"<answer>{FINAL}</answer>", FINAL),
        (f"[PYTHON]\n{FINAL}\n[/PYTHON]", FINAL),
        (f"{fenced(DRAFT)}\n<answer>\n{FINAL}\n</answer>", FINAL),
        (
            f"{fenced(DRAFT)}\n<answer>def solve(nums): return max(nums)</answer>",
            "def solve(nums): return max(nums)",
        ),
        (f"{fenced(FINAL)}\nIt takes <code>O(n)</code> time.", FINAL),
        (f"Define <code>solve(nums)</code>:\n{fenced(FINAL)}", FINAL),
        (f"{fenced(FINAL)}\nHere <code>solve(nums) = max(nums)</code>.\n<answer>solve([1])</answer>", FINAL),
        (f"The user's <reasoning> is fine.\n{fenced(FINAL)}", FINAL),
        (fenced(f"{FINAL}  # strips <think> tags"), f"{FINAL}  # strips <think> tags"),
        (fenced(f"{FINAL}  # a <think> b </think> c"), f"{FINAL}  # a <think> b </think> c"),
        (fenced(f"{FINAL} or '<code>x = 1</code>'"), f"{FINAL} or '<code>x = 1</code>'"),
        (fenced(f"{FINAL}  # the ''' quotes") + fenced("print(solve([1]))  # '''"), f"{FINAL}  # the ''' quotes"),
        (fenced(f"{DRAFT} # '''") + "Better:\n" + fenced(f"{FINAL} # '''"), f"{FINAL} # '''"),
        (FINAL, FINAL),
        *(
            (f"{before}{FINAL}\n```{mark}", FINAL)
            for mark in ("<|im_end|>", "</s>", "<eos>", "<end_of_turn>", "<｜end▁of▁sentence｜>", " It is fast.")
            for before in ("```python\n", "```\n")
        ),
        (f"{FINAL}\n```\nIt is fast.", FINAL),
        (f"{FINAL}\n<end_of_turn>", FINAL),
        (f"{FINAL}\n<|im_end|>", f"{FINAL}\n"),
    ],
)
def test_one_program_is_found_in_any_wrapping(response: str, program: str) -> None:
    assert (code(response, entry_point="solve") or "").strip("\n") == program.strip("\n")


@pytest.mark.parametrize(
    "after",
    [
        "Use it like this:\n" + fenced("print(solve([1, 2]))"),
        "Use it like this:\n" + fenced("result = solve\nprint(result)"),
        "Tests:\n" + fenced("assert solve([1]) == 1\nassert solve([2]) == 2"),
        "Run it:\n" + fenced("python3 solution.py < input.txt", "bash"),
        "It prints:\n" + fenced("3\n4", "text"),
        "It prints:\n" + fenced("ok", ""),
        "In a session:\n" + fenced(">>> solve([1, 2])\n2"),
        "In C++:\n" + fenced("int solve() { return 0; }", "cpp"),
        "Its signature:\n" + fenced("def solve(nums): ..."),
        "It begins with\n" + fenced("def solve(nums):"),
        "Step 1:\n" + fenced("def solve(nums):\n    # ... as above"),
        "Tests:\n" + fenced("from solution import solve\nassert solve([1]) == 1"),
        "A last note: ```",
    ],
)
def test_what_comes_after_the_solution_does_not_replace_it(after: str) -> None:
    assert code(f"{fenced(FINAL)}\n{after}", entry_point="solve") == FINAL


def test_the_last_definition_wins_even_if_it_is_broken() -> None:
    assert code(f"A draft:\n{fenced(DRAFT)}\nBetter:\n{fenced(FINAL)}", entry_point="solve") == FINAL
    broken = "def solve(nums):\n    return max("
    assert code(f"A draft:\n{fenced(FINAL)}\nBetter:\n{fenced(broken)}", entry_point="solve") == broken


def test_pieces_that_need_each_other_go_together() -> None:
    imports, helper = "from math import gcd", "def both(a, b):\n    return gcd(a, b)"
    main = "def solve(nums):\n    return both(*nums)"
    response = f"{fenced(imports)}\nThen\n{fenced(helper)}\nAt last\n{fenced(main)}"
    assert code(response, entry_point="solve") == f"{imports}\n\n{helper}\n\n{main}"
    response = f"{fenced(main)}\nwith the helper\n{fenced(helper)}\nand\n{fenced(imports)}"
    assert code(response, entry_point="solve") == f"{helper}\n\n{imports}\n\n{main}"


def test_a_method_is_found_by_its_class() -> None:
    solution = "class Solution:\n    def solve(self, nums):\n        return max(nums)"
    response = f"{fenced(solution)}\nTry:\n{fenced('print(Solution().solve([1]))')}"
    assert code(response, entry_point="Solution().solve") == solution


PROGRAM = "def main():\n    print(sum(map(int, input().split())))"


@pytest.mark.parametrize(
    ("response", "program"),
    [
        (f"{fenced('print(1)')}\nBetter:\n{fenced(PROGRAM + chr(10) + 'main()')}", f"{PROGRAM}\nmain()"),
        (f"{fenced(PROGRAM + chr(10) + 'main()')}\nRun\n{fenced('main()')}", f"{PROGRAM}\nmain()"),
        (f"{fenced(PROGRAM)}\nand call it\n{fenced('main()')}", f"{PROGRAM}\n\nmain()"),
        (
            f"{fenced('def double(x):' + chr(10) + '    return 2 * x')}\nMain:\n"
            f"{fenced('print(double(int(input())))')}",
            "def double(x):\n    return 2 * x\n\nprint(double(int(input())))",
        ),
        (
            f"{fenced('print(int(input()))')}\nFaster:\n{fenced('print(open(0).read())')}",
            "print(open(0).read())",
        ),
        *(
            (f"{fenced(PROGRAM + chr(10) + 'main()')}\n1. Read it:\n{fenced(part)}", f"{PROGRAM}\nmain()")
            for part in (
                "n = int(input())",
                "import sys\ninput = lambda: sys.stdin.readline().strip()",
                "import sys\ndata = sys.stdin.read().split()",
                "while True:\n    try:\n        line = input()\n    except EOFError:\n        break",
                "sys.stdin = open('input.txt')",
                "for _ in range(int(input())):\n    main()",
            )
        ),
        (
            f"{fenced('a = list(map(int, input().split()))')}\nThen\n{fenced('print(sum(a))')}",
            "a = list(map(int, input().split()))\n\nprint(sum(a))",
        ),
        (f"{fenced('n = int(input()')}\nAll tests print the same, so:\n{fenced('print(1)')}", "print(1)"),
    ],
)
def test_without_an_entry_point_the_last_program_wins(response: str, program: str) -> None:
    assert code(response) == program


def test_prose_around_bare_code_is_left_out() -> None:
    response = f"Sure, here is the function:\n\n{FINAL}\n\nThis function returns the largest number of the list."
    assert (code(response, entry_point="solve") or "").strip() == FINAL


def test_code_before_a_fence_with_its_usage_is_found() -> None:
    response = f"Sure, here is the function:\n\n{FINAL}\n\nUse it:\n\n{fenced('print(solve([1]))')}"
    assert FINAL in (code(response, entry_point="solve") or "")


@pytest.mark.parametrize(
    "docstring",
    ['"""Example:\n```\nsolve([1])\n```\n"""', '"""\n    ```python\n    solve([1])\n    ```\n    """'],
)
def test_fences_in_a_docstring_close_nothing(docstring: str) -> None:
    program = f"def solve(nums):\n    {docstring}\n    return max(nums)"
    assert code(fenced(program), entry_point="solve") == program
    assert code(program, entry_point="solve") == program


PROMPT = """from typing import List

def first(xs):
    return xs[0]

def solve(nums: List[int]):
    '''The largest.'''
"""
BODY = "    best = first(nums)\n    for n in nums:\n        best = max(best, n)\n    return best\n"


@pytest.mark.parametrize(
    "response",
    [
        BODY,
        BODY.strip(),
        textwrap.dedent(BODY),
        f"Sure!\n{fenced(BODY)}Done.",
        fenced(textwrap.dedent(BODY)),
        PROMPT + BODY,
        fenced(PROMPT + BODY),
        fenced(f"def solve(nums):\n{BODY}"),
        f"{BODY}<|endoftext|>",
    ],
)
def test_a_completion_continues_the_prompt(response: str) -> None:
    program = code(response, entry_point="solve", prompt=PROMPT) or ""
    found: dict[str, object] = {}
    exec(program, found)  # ours, from above
    assert callable(solve := found["solve"]) and solve([2, 5, 3]) == 5
    assert program.count("def first") == 1


def test_a_prompt_that_is_no_python_is_left_out() -> None:
    assert code(fenced(FINAL), entry_point="solve", prompt="Write a function solve(nums).") == FINAL


@pytest.mark.parametrize(
    "response",
    [None, "", "I cannot solve this.", "<think>" + fenced(FINAL), fenced("SELECT 1", "sql"), fenced("ok", "")],
)
def test_a_response_without_a_program_has_none(response: str | None) -> None:
    assert code(response) is None


def test_other_languages_have_their_own_tags() -> None:
    response = f"{fenced('let x = 1', 'js')}{fenced('SELECT 1', 'sql')}{fenced('int x;', 'cpp')}"
    assert code(response, "javascript") == "let x = 1"
    assert code(response, "SQL") == "SELECT 1"
    assert code(response, "c++") == "int x;"
    assert code(response, "rust") is None
    assert code("SELECT 1", "sql") == "SELECT 1"


def test_a_tag_that_code_only_mentions_is_no_thought() -> None:
    program = 'def solve(text):\n    return text.split("</think>")[-1]'
    assert code(fenced(program), entry_point="solve") == program


def test_extract_hands_it_out() -> None:
    assert extract.code is code


pieces = st.lists(
    st.sampled_from(
        [
            "```",
            "```python",
            "~~~",
            "    ",
            "\n",
            '"""',
            "'''",
            "def solve(x):\n",
            "    return x\n",
            "print(1)\n",
            "<think>",
            "</think>",
            "<answer>",
            "</answer>",
            "Prose here.\n",
            "> ",
            "- ",
            "import os\n",
            "class A:\n",
            "\t",
            "\ufeff",
        ]
    )
)


@given(pieces.map("".join) | st.text(), st.sampled_from(["", "solve"]), st.sampled_from(["", PROMPT]))
def test_no_text_raises(text: str, entry_point: str, prompt: str) -> None:
    found = code(text, entry_point=entry_point, prompt=prompt)
    assert found is None or found.strip()
    blocks(text)


@pytest.mark.parametrize(
    "text",
    [
        "```python\n" * 20_000,
        '"""\n```\n' * 20_000,
        "<think>" * 30_000,
        "(" * 100_000,
        "-" * 90_000 + "1",
        "a" + ".b" * 45_000,
        "1" + "+1" * 45_000,
        "if 1:\n pass\n" + "elif 1:\n pass\n" * 7_000,
        "```python\ndef f(): g()\n```\n" * 7_000,
        "A sentence.\n" * 15_000,
        "x, " * 60_000,
        "x" + " " * 150_000 + "y",
        "A" + ")" * 150_000 + "=",
        "x" + "\n" * 150_000 + "y",
    ],
)
def test_no_text_is_too_deep_or_too_long(text: str) -> None:
    code(text, entry_point="solve")
    code(fenced(text) + fenced("def other(): solve()"), prompt=PROMPT)
    code(fenced(text, ""))


@pytest.mark.parametrize(
    "response",
    [
        "```" + " " * 150_000 + "`x\n",
        "~" * 150_000 + "`x\n",
        "def solve(nums):\n    return nums +\n" + "</s>" * 40_000,
        fenced("solve " * 30_000),
        fenced("import " * 25_000),
        fenced("f=1\na" + "\u0315\u0300" * 45_000 + "=1"),
        "\n".join(
            fenced(f"x_{i} = 0\n" + "\n".join(f"x_{j}" for j in range(40) if j != i) + "\n" + "a\n" * 2_000)
            for i in range(40)
        ),
        "".join("~" * n + '\n"""\n' + "~" * n + "\n" for n in range(300, 2, -1)) + "\n" * 60_000,
        f"{fenced('x = 1')}{fenced('def f():' + chr(10) + ' ' + '=a'.join(map(str, 'x' * 9_000)) + '=0')}",
        ("A" + "*" * 995 + "~\n") * 199,
        "".join(f'{mark}\n"""\n{mark}\n' for n in range(222, 2, -1) for mark in ("`" * n, "~" * n))
        + "'''\n" * 25_000,
        "".join(fenced(f"def f{i}({MANY}): return {'lambda:' * 900}({MANY})") for i in range(7))
        + fenced("def solve(nums): return f0() + f1() + f2() + f3() + f4() + f5() + f6()"),
    ],
)
def test_no_response_is_read_for_minutes(response: str) -> None:
    begin = time.thread_time()
    for name in ("solve", ""):
        code(response, entry_point=name)
    assert time.thread_time() - begin < 20
