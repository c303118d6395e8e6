r"""Tokens: the marks of an answer, one after the other, whichever of LaTeX, plain text and Unicode they come in.

`\dfrac{\pi}{2}`, `π/2` and `pi/2` use one vocabulary here (`symbols.py`): numbers, names (variables, constants and
functions), words, and marks. What only sets type (`\left`, `\,`, `\displaystyle`, `$`) is gone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rewardkit.graders.math.dress import dressed_down
from rewardkit.graders.math.symbols import ALIASES, CONNECTIVES, DROPPED, KNOWN, MARKS, NAMES

LONGEST = 4000  # characters of a text that is read as mathematics
MOST = 1500  # tokens of it


class Unreadable(ValueError):
    """A text has no reading as mathematics, or none within the bounds; the message says why."""


class Token(NamedTuple):
    """One mark of a text.

    Attributes:
        kind: `number`, `name`, `word` (of a text), `letters` (a run that is no name), `end`, or the mark itself.
        text: what it says, in the vocabulary of `symbols.py`.
        spaced: whether white space stands before it.
    """

    kind: str
    text: str
    spaced: bool


_TOKEN = re.compile(
    r"(?P<space>\s+|\\[,;:>! ]|~)"
    r"|(?P<number>(?:\d*\.(?=\s*\\overline)|\d+\.(?=[/*^])|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?![\w.]))?)"
    r"|\x01(?P<word>[A-Za-z]+(?:['-][A-Za-z]+)*)"
    r"|\\begin\s*\{(?P<begin>[^{}]*)\}|\\end\s*\{(?P<end>[^{}]*)\}"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<mark>\\[{}|%$&#_\\]|\*\*|<=>|<=|>=|!=|==|=>|->|\.\.\.|\|\||[^\s])"
)
_ROWS = r"(?:p|b|B|v|V|small)?matrix\*?|array|cases|aligned|align\*?|gathered|split"
_WRITTEN = {
    "**": "^",
    "==": "=",
    "\\%": "%",
    "\\$": "$",
    "\\|": "||",
    "\\_": "_",
    "\\&": "&",
    "\\#": "#",
    "\\\\": "row",
}
"""Marks that are written in another way in plain text or with a backslash."""


def tokens(text: str) -> list[Token]:
    """The tokens of a text, with one of kind `end` behind them.

    Raises:
        Unreadable: the text is too long.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"{len(text)} characters long")
    found: list[Token] = []
    spaced = False
    for match in _TOKEN.finditer(dressed_down(text)):
        kind = match.lastgroup or ""
        said = match[kind]
        before = len(found)
        if kind == "mark":
            if said != "$" or not found:  # elsewhere than first it is no money
                found.append(_mark(_WRITTEN.get(said, said), spaced))
        elif kind == "number":
            found.append(Token("number", said, spaced))
        elif kind == "command":
            _command(said, spaced, found)
        elif kind == "letters":
            _letters(said, spaced, found)
        elif kind == "word":
            found.append(_word(said, spaced))
        elif kind != "space" and re.fullmatch(_ROWS, said.strip()):
            found.append(_mark(f"{kind} {said.strip()}", spaced))
        spaced = len(found) == before
        if before > MOST:
            raise Unreadable(f"more than {MOST} marks")
    found.append(Token("end", "", spaced))
    return found


def _mark(said: str, spaced: bool) -> Token:
    return Token(said, said, spaced)


def _word(said: str, spaced: bool) -> Token:
    lower = said.lower()
    if lower in ("and", "or"):
        return _mark(lower, spaced)
    if lower == "to":
        return _mark(":", spaced)
    return Token("word", said, spaced)


def _command(said: str, spaced: bool, found: list[Token]) -> None:
    if said in DROPPED:
        return
    if said in MARKS:
        found.append(_mark(MARKS[said], spaced))
        return
    name = NAMES.get(said, said)
    if name in ("$", "€", "£", "¥"):
        found.append(_mark(name, spaced))
    else:
        found.append(Token("name", ALIASES.get(name, name), spaced))


def _letters(said: str, spaced: bool, found: list[Token]) -> None:
    """A run of letters: a name that is known, a word, or variables side by side."""
    if len(said) == 1:
        found.append(Token("name", said, spaced))
    elif said in CONNECTIVES:
        found.append(_mark(CONNECTIVES[said], spaced))
    elif said == "mins":
        found.append(Token("letters", said, spaced))
    elif said in KNOWN:
        found.append(Token("name", ALIASES.get(said, said), spaced))
    else:
        found.extend(_split(said, spaced))


_AMBIGUOUS = frozenset("int arg det eta psi chi phi max".split())
_INSIDE = (
    "|".join(sorted((f for f in KNOWN if len(f) > 2 and f not in _AMBIGUOUS), key=len, reverse=True)) + "|pi|ln"
)
_ENDS = ("pi", "sqrt", "sin", "cos", "tan", "log", "ln", "exp")


def _split(said: str, spaced: bool) -> list[Token]:
    """`sinx` is sin and x, `xpi` is x and pi; of any other run the parser knows more."""
    start = re.match(_INSIDE, said)
    if start and len(said) - start.end() <= 2 and not said.lower().endswith(("es", "ed")):
        head = Token("name", ALIASES.get(start[0], start[0]), spaced)
        return [head, *(Token("name", letter, False) for letter in said[start.end() :])]
    tail = next((name for name in _ENDS if said.endswith(name)), "")
    if tail and len(said) - len(tail) <= 2:
        letters = said.removesuffix(tail)
        return [
            *(Token("name", letter, spaced and at == 0) for at, letter in enumerate(letters)),
            Token("name", tail, False),
        ]
    return [Token("letters", said, spaced)]
