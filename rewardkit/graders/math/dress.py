r"""What only dresses a text is taken off it: Unicode, dollars, styles, spaces, commands broken on their way.

`$\mathbf{½}$` becomes `\frac{1}{2}`. The words of `\text{…}` stay, each with a \x01 before it, so that whoever
reads on knows words from variables.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rewardkit.graders.math.symbols import CHARACTERS, GREEK, KNOWN, SUBSCRIPTS, SUPERSCRIPTS

_BROKEN = re.compile(r"[\x0c\x08\x0b\x07](?=[a-z])|\t(?=imes|an\b|heta|ext|frac|o\b)|\bl\*n\b")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_WORDS = frozenset(
    "text textbf textit textrm textsf texttt textnormal textsc textup textmd mbox hbox emph "
    "mathrm operatorname mathit mathsf mathtt".split()
)
_STYLES = frozenset(
    "mathbf boldsymbol mathcal mathbb mathscr pmb vec overrightarrow overline bar hat widehat tilde dot boxed "
    "fbox underline cancel bold mathop mathord mathrel bm ensuremath".split()
)
_SPACES = frozenset("( ) [ ] hspace phantom vphantom hphantom quad qquad hfill enspace".split())
_LOUD = _WORDS | _STYLES | _SPACES | {"!", "\\", "begin"}
"""Commands that are not left for the tokens."""

_WRAPPED = rf"\\({'|'.join(sorted(_WORDS, reverse=True))})\*?\s*\{{([^{{}}]*)\}}"
_UNWRAPPED = rf"\\({'|'.join(sorted(_STYLES, reverse=True))})\s*\{{([^{{}}]*)\}}"
_LEFT = rf"\\(?:{'|'.join(sorted((_WORDS | _STYLES) - {'overline'}, reverse=True))})(?![A-Za-z])\s*(?=\{{)"
_STYLED = (
    r"\\(?:boxed|fbox|mathbf|boldsymbol|vec|overrightarrow|hat|widehat|bm|ensuremath|cancel|underline)(?![A-Za-z])"
    r"\s*(?=\{)"
)
_HOURS = r"\s*(\d+)\s*h(?:(?:ou)?rs?)?\.?\s*(?:and\s*)?(\d+)\s*m(?:in(?:ute)?s?)?\.?\s*"
_BASE = r"(?<=[0-9A-Fa-f)}])[\s~]*(?:\\text\s*\{\s*)?\(?\s*(?:in\s+)?base[\s}~-]+([a-z]+|\d{1,2})[\s)}]*$"
_MODULO = r"\(\s*\\?[bp]?mod(?:\s|\\[,; ])*([^()]{1,20})\)|(?<=[\s\d])\\mod\b\s*(\d+)"
_TIMES_TEN = r"(?<=[\d}])\s*(?:\\text\s*\{\s*)?(?:[xX]|(?<!\\)times)\s*\}?\s*10(?=\s*(?:\^|\*\*))"
_FLUXION = r"\\(d{0,2})dot(?![A-Za-z])\s*\{?\s*(\\?[A-Za-z]+)\s*\}?"
_DOTTED = r"(\d*\.\d*)\\dot\s*\{?(\d)\}?(?:(\d*)\\dot\s*\{?(\d)\}?)?"
_CHOSEN = r"\{\}\s*[_^]\s*(?:(\d)|\{(\d+)\})\s*(?:\\mathrm\s*)?\{?([CP])\}?\s*_\s*\{?(\d+)\}?"
_LETTERS = r"[A-Za-z]+(?:['-][A-Za-z]+)*"


@lru_cache(maxsize=64)  # one pair asks several times
def dressed_down(text: str) -> str:
    r"""The text in ASCII, without `$` around it, the words of `\text{…}` marked by a \x01 each."""
    if not text.isascii():
        text = _ascii(text)
    if _BROKEN.search(text):
        text = _BROKEN.sub(_mended, text)
    if "$" in text:
        text = _dollars(text)
    text = text.replace("\0", " ").replace("\x01", " ")
    text = _plain_forms(text)
    if "\\" not in text:
        return text
    loud = _LOUD.intersection(_COMMAND.findall(text))
    if not loud:
        return text
    text = _spaced(text)
    return text if loud <= _SPACES else _unstyled(text)


def _plain_forms(text: str) -> str:
    r"""`+/-`, `6.02 x 10^23`, `1101 base 2` and repeating decimals in the LaTeX of them."""
    if "+/-" in text:
        text = text.replace("+/-", "\\pm ")
    if "10" in text and re.search("[xX]|times", text):
        text = re.sub(_TIMES_TEN, r"\\cdot 10", text)
    if "wedge" in text:
        text = re.sub(r"\^\s*\{?\s*\\wedge\s*\}?", "^", text)
    if "dot" in text and "\\" in text:
        text = re.sub(_FLUXION, lambda found: found[2] + "'" * (len(found[1]) + 1), text)
    if "\\root" in text:
        text = re.sub(r"\\root\s*\{?(\d+)\}?\s*\\of\s*", r"\\sqrt[\1]", text)
    if "%" in text:
        text = re.sub(r"(?<!\\)%(?=(?:e|i|pi)\b)", "", text)
    if "{}" in text:
        text = re.sub(_CHOSEN, r"\3(\1\2,\4)", text)
    if "h" in text and (match := re.fullmatch(_HOURS, text)):
        return f"{match[1]} hours {match[2]} minutes"
    if "base" in text:
        text = re.sub(_BASE, r"_{\1}", text)
    if "mod" in text and ("\\equiv" in text or "mod" in text.lower().split("(")[-1]):
        text = re.sub(_MODULO, lambda match: f"\\pmod{{{match[1] or match[2]}}}", text)
    if "." in text and (match := re.fullmatch(r"(\s*[-+]?\d*\.\d*)\((\d+)\)[\s.]*", text)):
        return f"{match[1]}\\overline{{{match[2]}}}"
    if "." in text and ("dot" in text or "bar" in text):
        text = re.sub(_DOTTED, r"\1\\overline{\2\3\4}", text)
        text = re.sub(r"(?<=[\d.])\\bar\s*\{?(\d+)\}?", r"\\overline{\1}", text)
    return text


def _spaced(text: str) -> str:
    """Spaces and delimiters of LaTeX as plain spaces, double backslashes as they are meant."""
    text = re.sub(r"\\!\s*", "", text)
    text = re.sub(r"\\\\\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]", r"\\\\ ", text)
    if "\\begin" in text and "\\\\" not in text:
        text = re.sub(r"\\(?=\s)", r"\\\\", text)
    text = re.sub(r"\\\\(?=(?:frac|dfrac|sqrt|pi|text|left|right|cdot|times|infty)\b)", r"\\", text)
    text = re.sub(r"\\(?:[()\[\]]|hspace\*?\s*\{[^{}]*\}|[vh]?phantom\s*\{[^{}]*\})", " ", text)
    return re.sub(r"\\(?:q?quad|hfill|enspace)(?![A-Za-z])", " \\\\; ", text)


def _unstyled(text: str) -> str:
    """Without commands for a style, from the inside out."""
    text = re.sub(_STYLED, "", text)
    for _ in range(6):
        shorter = re.sub(_UNWRAPPED, _unwrapped, re.sub(_WRAPPED, _marked, text))
        if shorter == text:
            break
        text = shorter
    return re.sub(_LEFT, " ", text)  # braces within, or none that closes


def _mended(match: re.Match[str]) -> str:
    """A command whose backslash was read as an escape, `\\frac` as a form feed and `rac`, or a name cut in two."""
    return {"\x0c": "\\f", "\x08": "\\b", "\x0b": "\\v", "\x07": "\\a", "\t": "\\t"}.get(match[0], "ln")


def _dollars(text: str) -> str:
    """Without the `$` of mathematics; an odd one out, or one behind a backslash, is money."""
    text = text.replace("$$", "$")
    if len(re.findall(r"(?<!\\)\$", text)) % 2 == 0:
        text = re.sub(r"(?<!\\)\$", " ", text)
    return text


def _unwrapped(match: re.Match[str]) -> str:
    command, inner = match.groups()
    if command == "overline" or (command == "bar" and len(inner.strip()) == 1 and inner.strip().isalpha()):
        return f"\\overline({inner})"
    return f"{{{inner}}}" if len(inner) > 1 else f" {inner} "


def _marked(match: re.Match[str]) -> str:
    command, inner = match.groups()
    inner = inner.replace("~", " ")
    if command in ("textit", "emph") and len(inner.strip()) == 1:
        return f" {inner} "
    if not command.startswith(("text", "mbox", "hbox", "emph")):
        stripped = inner.strip()
        if len(stripped) == 1 and stripped in "mgsLhNJWVKAC" and command == "mathrm":
            return f" \x01{stripped} "
        if len(stripped) <= 1 or stripped in KNOWN or not stripped.isalpha():
            return f" {{{stripped}}} " if len(stripped) != 1 and not stripped.isalpha() else f" {stripped} "
    if re.search(r"\\[A-Za-z]|[\^_=<>]", inner):
        return f" {inner} "
    return " " + re.sub(_LETTERS, lambda word: f" \x01{word[0]}", inner) + " "


# --- Unicode ---


def _ascii(text: str) -> str:
    text = re.sub(f"[{''.join(SUPERSCRIPTS)}]+", lambda run: f"^{{{_plain(run[0], SUPERSCRIPTS)}}}", text)
    text = re.sub(f"[{''.join(SUBSCRIPTS)}]+", lambda run: f"_{{{_plain(run[0], SUBSCRIPTS)}}}", text)
    text = text.translate(CHARACTERS)
    return text if text.isascii() else "".join(map(_character, text))


def _plain(run: str, table: dict[str, str]) -> str:
    return "".join(map(table.__getitem__, run))


def _character(character: str) -> str:
    """A character that the table does not have: digits of any script, vulgar fractions, Greek, styled letters."""
    if character.isascii():
        return character
    if character in GREEK:
        return GREEK[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    form, *codes = unicodedata.decomposition(character).split(" ")
    if form == "<fraction>":
        above, _, below = "".join(chr(int(code, 16)) for code in codes).partition("\u2044")
        return f"\\frac{{{above}}}{{{below}}}"
    if form in ("<font>", "<wide>"):
        plain = unicodedata.normalize("NFKC", character)
        return plain if plain.isascii() else GREEK.get(plain) or CHARACTERS.get(ord(plain)) or character
    return character
