r"""Tokens: the marks of an answer, one after the other, whichever of LaTeX, plain text and Unicode they come in.

`\dfrac{\pi}{2}`, `π/2` and `pi/2` use one vocabulary here: numbers, names (variables, constants and functions),
words, and marks. What only sets type (`\left`, `\,`, `\displaystyle`, `$`) is gone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LONGEST = 4000  # characters of a text that is read as mathematics
MOST = 1500  # tokens of it


class Unreadable(ValueError):
    """A text has no reading as mathematics, or none within the bounds; the message says why."""


class Token(NamedTuple):
    """One mark of a text.

    Attributes:
        kind: `number`, `name`, `word` (of a text), `letters` (a run that is no name), `mark` or `end`.
        text: what it says, in the vocabulary of this module.
        spaced: whether white space stands before it.
    """

    kind: str
    text: str
    spaced: bool


_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("·∙⋅×✕∗", " \\cdot "),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad"),
        **dict(zip("’‘＋．：％＄＝⁄∕（）［］｛｝；＜＞，", "''+.:%$=//()[]{};<>,", strict=True)),
        "′": "'",
        "″": "''",
        "√": "\\sqrt ",
        "∛": "\\sqrt[3] ",
        "∜": "\\sqrt[4] ",
        "π": "\\pi ",
        "∞": "\\infty ",
        "≤": "\\le ",
        "⩽": "\\le ",
        "≥": "\\ge ",
        "⩾": "\\ge ",
        "≠": "\\ne ",
        "≈": "\\approx ",
        "±": "\\pm ",
        "∓": "\\mp ",
        "÷": "\\div ",
        "∪": "\\cup ",
        "∩": "\\cap ",
        "∖": "\\setminus ",
        "∈": "\\in ",
        "∅": "\\emptyset ",
        "Ø": "\\emptyset ",
        "ℝ": "\\mathbb{R}",
        "ℤ": "\\mathbb{Z}",
        "ℕ": "\\mathbb{N}",
        "ℚ": "\\mathbb{Q}",
        "ℂ": "\\mathbb{C}",
        "°": "\\degree ",
        "º": "\\degree ",
        "→": "\\to ",
        "∧": "\\land ",
        "∨": "\\lor ",
        "…": "\\dots ",
        "⋯": "\\dots ",
        "⌊": "\\lfloor ",
        "⌋": "\\rfloor ",
        "⌈": "\\lceil ",
        "⌉": "\\rceil ",
        "⟨": "\\langle ",
        "⟩": "\\rangle ",
        "∑": "\\sum ",
        "∏": "\\prod ",
        "∫": "\\int ",
        "∠": "\\angle ",
        "€": "\\euro ",
        "£": "\\pounds ",
        "¥": "\\yen ",
        "µ": "\\mu ",
    }
)
_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ", "0123456789+-nix", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉ₙₓᵢₖ", "0123456789nxik", strict=True))
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPT)}]+")
_LOWERED = re.compile(f"[{''.join(_SUBSCRIPT)}]+")
_GREEK_NAMES = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Sigma",
    "Phi",
    "Psi",
    "Omega",
    "epsilon",
    "phi",
    "theta",
]
_GREEK = {
    letter: f"\\{name} "
    for letter, name in zip(
        "αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩϵϕϑ",
        _GREEK_NAMES,
        strict=True,
    )
}

_MARK_OF = {
    **dict.fromkeys(("cdot", "times", "ast", "bullet"), "*"),
    **dict.fromkeys(("div", "slash"), "/"),
    **dict.fromkeys(("le", "leq", "leqslant", "leqq", "lte"), "<="),
    **dict.fromkeys(("ge", "geq", "geqslant", "geqq", "gte"), ">="),
    **dict.fromkeys(("lt",), "<"),
    **dict.fromkeys(("gt",), ">"),
    **dict.fromkeys(("ne", "neq"), "!="),
    **dict.fromkeys(("approx", "simeq", "sim", "doteq", "approxeq"), "~"),
    **dict.fromkeys(("equiv",), "="),
    **dict.fromkeys(("to", "rightarrow", "longrightarrow", "mapsto"), "->"),
    **dict.fromkeys(("Rightarrow", "implies", "Longrightarrow", "therefore", "because"), "=>"),
    **dict.fromkeys(("iff", "Leftrightarrow", "Longleftrightarrow"), "<=>"),
    **dict.fromkeys(("ldots", "cdots", "dots", "dotsc", "dotsb", "vdots", "ddots"), "..."),
    **dict.fromkeys(("mid", "vert", "lvert", "rvert", "divides"), "|"),
    **dict.fromkeys(("Vert", "lVert", "rVert"), "||"),
    **dict.fromkeys(("lbrace",), "\\{"),
    **dict.fromkeys(("rbrace",), "\\}"),
    **dict.fromkeys(("lbrack",), "["),
    **dict.fromkeys(("rbrack",), "]"),
    **dict.fromkeys(("lparen", "lgroup"), "("),
    **dict.fromkeys(("rparen", "rgroup"), ")"),
    **dict.fromkeys(("langle",), "<("),
    **dict.fromkeys(("rangle",), ")>"),
    **dict.fromkeys(("cup", "bigcup", "sqcup"), "cup"),
    **dict.fromkeys(("cap", "bigcap"), "cap"),
    **dict.fromkeys(("setminus", "smallsetminus", "backslash"), "setminus"),
    **dict.fromkeys(("in", "isin"), "in"),
    **dict.fromkeys(("notin",), "notin"),
    **dict.fromkeys(("land", "wedge"), "and"),
    **dict.fromkeys(("lor", "vee"), "or"),
    **dict.fromkeys(("degree", "circ", "deg"), "deg"),
    **dict.fromkeys(("colon",), ":"),
    **dict.fromkeys(("bmod", "mod"), "mod"),
    **dict.fromkeys(("pmod",), "pmod"),
    **dict.fromkeys(("prime",), "'"),
    **dict.fromkeys(("perp", "parallel", "subset", "subseteq", "cong", "propto", "forall", "exists"), "@"),
    "pm": "pm",
    "mp": "mp",
    "lfloor": "lfloor",
    "rfloor": "rfloor",
    "lceil": "lceil",
    "rceil": "rceil",
}
"""Commands that are marks."""

_NAME_OF = {
    "infty": "inf",
    "varepsilon": "epsilon",
    "varphi": "phi",
    "vartheta": "theta",
    "varrho": "rho",
    "varsigma": "sigma",
    "varnothing": "emptyset",
    "imath": "i",
    "exponentialE": "e",
    "imaginaryI": "i",
    "tfrac": "frac",
    "dfrac": "frac",
    "cfrac": "frac",
    "dbinom": "binom",
    "tbinom": "binom",
    "Re": "re",
    "Im": "im",
    "dollar": "$",
    "euro": "€",
    "pounds": "£",
    "yen": "¥",
}
"""Commands that go by another name."""

_DROPPED = frozenset(
    [
        "left",
        "right",
        "middle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "rm",
        "bf",
        "it",
        "sf",
        "mathstrut",
        "strut",
        "quad",
        "qquad",
        "hfill",
        "hline",
        "nonumber",
        "notag",
        "tt",
        "cal",
        "enspace",
        "thinspace",
        "space",
        "label",
        "ensuremath",
        "scriptscriptstyle",
        "bm",
        "nobreak",
        "allowbreak",
        "vphantom",
        "smallskip",
        "noindent",
        "centering",
    ]
)
_WRAPPERS = (
    r"\\(?:text(?:bf|it|rm|sf|tt|normal|sc|up|md)?|mbox|hbox|mathrm|operatorname\*?|mathit|mathsf|mathtt|rm|textup|emph"
    r"|mathbf|boldsymbol|bm|mathcal|mathbb|mathscr|pmb|vec|overrightarrow|hat|widehat|boxed|fbox|bar|underline|color"
    r"|cancel|bold|style|mathop|mathord|mathrel|tag|phantom|hspace|vspace\*?|begin|end)\s*\{"
)
_WRAPPED = re.compile(
    r"\\(text(?:bf|it|rm|sf|tt|normal|sc|up|md)?|mbox|hbox|mathrm|operatorname\*?|emph|mathit|mathsf|mathtt)"
    r"\s*\{([^{}]*)\}"
)
_STYLED = re.compile(
    r"\\(?:boxed|fbox|mathbf|boldsymbol|vec|overrightarrow|hat|widehat|bm|ensuremath|cancel|underline)(?![A-Za-z])\s*(?=\{)"
)
_UNWRAPPED = re.compile(
    r"\\(?:mathbf|boldsymbol|mathcal|mathbb|mathscr|pmb|vec|overrightarrow|overline|bar|hat|widehat|tilde|dot|boxed|fbox"
    r"|underline|cancel|bold|mathop|mathord|mathrel|bm|ensuremath)\s*\{([^{}]*)\}"
)
_ROWS = r"(?:p|b|B|v|V|small)?matrix\*?|array|cases|aligned|align\*?|gathered|split"
_LETTERS = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_TOKEN = re.compile(
    r"(?P<space>\s+|\\[,;:>! ]|~)"
    r"|(?P<number>(?:\d+\.(?=\s*\\overline)|\d+\.(?=[/*^])|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?![\w.]))?)"
    r"|\x01(?P<word>[A-Za-z]+(?:['-][A-Za-z]+)*)"
    r"|\\begin\s*\{(?P<begin>[^{}]*)\}|\\end\s*\{(?P<end>[^{}]*)\}"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|(?P<letters>[A-Za-z]+)"
    r"|(?P<mark>\\[{}|%$&#_\\]|\*\*|<=>|<=|>=|!=|==|=>|->|\.\.\.|\|\||[^\s])"
)
_MARKS = {
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

FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "sech",
        "csch",
        "arcsin",
        "arccos",
        "arctan",
        "arccot",
        "arcsec",
        "arccsc",
        "arcsinh",
        "arccosh",
        "arctanh",
        "ln",
        "log",
        "lg",
        "exp",
        "sqrt",
        "cbrt",
        "abs",
        "floor",
        "ceil",
        "gcd",
        "lcm",
        "max",
        "min",
        "det",
        "arg",
        "re",
        "im",
        "sign",
        "binom",
        "frac",
        "sum",
        "prod",
        "int",
        "lim",
        "round",
    ]
)
_ALIASES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "acot": "arccot",
    "asec": "arcsec",
    "acsc": "arccsc",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "arsinh": "arcsinh",
    "arcosh": "arccosh",
    "artanh": "arctanh",
    "tg": "tan",
    "ctg": "cot",
    "cosec": "csc",
    "arctg": "arctan",
    "arcctg": "arccot",
    "sgn": "sign",
    "ceiling": "ceil",
    "comb": "binom",
    "infinity": "inf",
    "infty": "inf",
    "oo": "inf",
    "Abs": "abs",
    "integral": "int",
}
CONSTANTS = frozenset(["pi", "inf", "emptyset"])
_GREEKS = frozenset([*_GREEK_NAMES, "ell", "hbar", "nabla", "partial", "aleph"])
_CONNECTIVES = {
    "and": "and",
    "or": "or",
    "in": "in",
    "arrow": "->",
    "mod": "mod",
    "union": "cup",
    "cup": "cup",
    "cap": "cap",
    "U": "U",
}
KNOWN = FUNCTIONS | CONSTANTS | _GREEKS | frozenset(_ALIASES)


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
        group, said = match.lastgroup or "", match.group(match.lastgroup or 0)
        before = len(found)
        if group == "number":
            found.append(Token("number", said, spaced))
        elif group == "letters":
            _letters(said, spaced, found)
        elif group == "word":
            found.append(_word(said, spaced))
        elif group == "mark":
            if said != "$" or not found:
                found.append(Token("mark", _MARKS.get(said, said), spaced))
        elif group == "command":
            _command(said, spaced, found)
        elif group in ("begin", "end") and re.fullmatch(_ROWS, said.strip()):
            found.append(Token("mark", f"{group} {said.strip()}", spaced))
        spaced = len(found) == before
        if len(found) > MOST:
            raise Unreadable(f"more than {MOST} marks")
    found.append(Token("end", "", spaced))
    return found


@lru_cache(maxsize=64)
def dressed_down(text: str) -> str:
    r"""The text in ASCII, without `$` around it, the words of `\text{…}` marked by a \x01 each."""
    if not text.isascii():
        text = _ascii(text)
    text = _dollars(_BROKEN.sub(_mended, text) if _BROKEN.search(text) else text)
    if "\\" not in text:
        return text.replace("\0", " ").replace("\x01", " ")
    text = re.sub(r"[\0\x01]", " ", text)
    text = re.sub(r"\\!\s*", "", text)
    if "\\begin" in text and "\\\\" not in text:
        text = re.sub(r"\\(?=\s)", r"\\\\", text)
    text = re.sub(r"\\\\(?=(?:frac|dfrac|sqrt|pi|text|left|right|cdot|times|infty)\b)", r"\\", text)
    text = re.sub(r"\\(?:[()\[\]]|hspace\*?\s*\{[^{}]*\}|[vh]?phantom\s*\{[^{}]*\})", " ", text)
    text = re.sub(r"\\q?quad(?![A-Za-z])|\\(?:hfill|enspace)(?![A-Za-z])", " \\\\; ", text)
    text = _STYLED.sub("", text)
    for _ in range(6):
        shorter = _UNWRAPPED.sub(_unwrapped, _WRAPPED.sub(_marked, text))
        if shorter == text:
            break
        text = shorter
    return text


_BROKEN = re.compile(r"[\x0c\x08\x0b\x07](?=[a-z])|\t(?=imes|an\b|heta|ext|frac|o\b)|\bl\*n\b")


def _mended(match: re.Match[str]) -> str:
    """A command whose backslash was read as an escape, `\\frac` as a form feed and `rac`, or a name cut in two."""
    return {"\x0c": "\\f", "\x08": "\\b", "\x0b": "\\v", "\x07": "\\a", "\t": "\\t"}.get(match[0], "ln")


def _unwrapped(match: re.Match[str]) -> str:
    inner = match[1]
    if match[0].startswith("\\over") and not match[0].startswith("\\overr"):
        return f"\\overline({inner})"
    return f"{{{inner}}}" if len(inner) > 1 else f" {inner} "


def _marked(match: re.Match[str]) -> str:
    command, inner = match.groups()
    inner = inner.replace("~", " ")
    if not command.startswith(("text", "mbox", "hbox", "emph")):
        stripped = inner.strip()
        if len(stripped) == 1 and stripped in "mgsLhNJWVK" and command == "mathrm":
            return f" \x01{stripped} "
        if len(stripped) <= 1 or stripped in KNOWN or not stripped.isalpha():
            return f" {{{stripped}}} " if len(stripped) != 1 and not stripped.isalpha() else f" {stripped} "
    if re.search(r"\\[A-Za-z]|[\^_=<>]", inner):
        return f" {inner} "
    return " " + _LETTERS.sub(lambda word: f" \x01{word[0]}", inner) + " "


def _ascii(text: str) -> str:
    text = _RAISED.sub(lambda run: f"^{{{''.join(map(_SUPERSCRIPT.__getitem__, run[0]))}}}", text)
    text = _LOWERED.sub(lambda run: f"_{{{''.join(map(_SUBSCRIPT.__getitem__, run[0]))}}}", text)
    text = text.translate(_CHARACTERS)
    return text if text.isascii() else "".join(map(_character, text))


def _character(character: str) -> str:
    """A character that the table does not have: digits of any script, vulgar fractions, Greek, styled letters."""
    if character.isascii():
        return character
    if character in _GREEK:
        return _GREEK[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    form, *codes = unicodedata.decomposition(character).split(" ")
    if form == "<fraction>":
        above, _, below = "".join(chr(int(code, 16)) for code in codes).partition("\u2044")
        return f"\\frac{{{above}}}{{{below}}}"
    if form in ("<font>", "<wide>"):
        plain = unicodedata.normalize("NFKC", character)
        return plain if plain.isascii() else _GREEK.get(plain, character)
    return character


def _dollars(text: str) -> str:
    """Without the `$` of mathematics; an odd one out, or one behind a backslash, is money."""
    if "$" not in text:
        return text
    text = text.replace("$$", "$")
    if len(re.findall(r"(?<!\\)\$", text)) % 2 == 0:
        text = re.sub(r"(?<!\\)\$", " ", text)
    return text


def _word(said: str, spaced: bool) -> Token:
    lower = said.lower()
    if lower in ("and", "or"):
        return Token("mark", lower, spaced)
    if lower == "to":
        return Token("mark", ":", spaced)
    return Token("word", said, spaced)


def _command(said: str, spaced: bool, found: list[Token]) -> None:
    if said in _DROPPED:
        return
    if said in _MARK_OF:
        found.append(Token("mark", _MARK_OF[said], spaced))
        return
    name = _NAME_OF.get(said, said)
    if name in ("$", "€", "£", "¥"):
        found.append(Token("mark", name, spaced))
    else:
        found.append(Token("name", _ALIASES.get(name, name), spaced))


def _letters(said: str, spaced: bool, found: list[Token]) -> None:
    """A run of letters: a name that is known, a word, or variables side by side."""
    if said in _CONNECTIVES and said != "U":
        found.append(Token("mark", _CONNECTIVES[said], spaced))
    elif said in KNOWN or said in ("e", "i"):
        found.append(Token("name", _ALIASES.get(said, said), spaced))
    elif len(said) == 1:
        found.append(Token("name", said, spaced))
    else:
        found.extend(_split(said, spaced))


_INSIDE = re.compile(
    "|".join(
        sorted(
            (f for f in KNOWN if len(f) > 2 and f not in ("int", "arg", "det", "eta", "psi", "chi", "phi", "max")),
            key=len,
            reverse=True,
        )
    )
    + r"|pi|ln"
)
_VOWELS = re.compile(r"(?i)[aeiouy]")


def _split(said: str, spaced: bool) -> list[Token]:
    """`sinx` is sin and x, `xy` is x and y, `apples` is a word, and so is `I` of other programs the unit i."""
    start = _INSIDE.match(said)
    if start and len(said) - start.end() <= 2 and not said.lower().endswith(("es", "ed")):
        rest = said[start.end() :]
        head = Token("name", _ALIASES.get(start[0], start[0]), spaced)
        return [head, *(Token("name", letter, False) for letter in rest)]
    tail = next((f for f in ("pi", "sqrt", "sin", "cos", "tan", "log", "ln", "exp") if said.endswith(f)), "")
    if tail and len(said) - len(tail) <= 2:
        return [
            *(Token("name", letter, spaced and at == 0) for at, letter in enumerate(said[: -len(tail)])),
            Token("name", tail, False),
        ]
    return [Token("letters", said, spaced)]
