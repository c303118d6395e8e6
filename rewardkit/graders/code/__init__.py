"""Graders that run a response's Python against tests: `python_calls`, `python_stdio`, `runs`.

    response                                                  tests
      │ graders/fences.py: which fences are the program         │ suite.py: data, assert lines, check functions
      │ graders/source.py: what its pieces define and need      │ asserts.py: assert lines taken apart into
      │ prelude.py: the imports it forgot                       │             call and expected value
      ▼                                                         ▼
    a confined process ── arguments in, values out ──  compare.py: the verdict, in this process
      ▲                                                         │
      └── bodies.py: calls from a second confined process, with the tests that have to run as code in it

    process.py  the process with the response          stdio.py    programs judged by what they print
    calls.py    programs judged by calls               verdict.py  from tests that failed to a Score

Expected values never enter a process that holds the response. `rewardkit.sandbox` says what confines it.
"""

from rewardkit.graders.code.calls import python_calls
from rewardkit.graders.code.stdio import python_stdio, runs

__all__ = ["python_calls", "python_stdio", "runs"]
