r"""Plain text out of the ways a number is dressed: LaTeX, markdown and Unicode.

`\(\dfrac{1}{2}\)`, `½` and `**１/２**` all become `1/2`. What has no plain form stays as it is, so that
whoever reads on sees that there is more than a number.
"""

from __future__ import annotations

import re
import unicodedata

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("·∙⋅✕", "×"),
        **dict.fromkeys("≃≅≒", "≈"),
        **dict.fromkeys(
            "\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\r\n\0", " "
        ),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad"),
        **dict(zip("’‘＋．，：％＄￥＝⁄∕٫٬（）", "''+.,:%$¥=//.,()", strict=True)),
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

_STEPS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r",\s*\\!\s*(?=\d)", ","),
        (r"\\(?:left|right|displaystyle|textstyle|big|Big|bf|rm)(?![A-Za-z])|\\[()\[\]!]", ""),
        (r"\\[,;: ]|~|\\q?quad(?![A-Za-z])", " "),
        (r"\{([,.])\}", r"\1"),
        (r"\\%", "%"),
        (r"\\(?:times|cdot|ast)(?![A-Za-z])", "×"),
        (r"\\(?:approx|simeq)(?![A-Za-z])", "≈"),
        (r"\\neq?(?![A-Za-z])|\\not\s*=", "≠"),
        (r"\\pm(?![A-Za-z])", "±"),
        (r"\\[lc]?dots(?![A-Za-z])", "…"),
        (r"\^\s*\{?\s*\\circ\s*\}?|\\degree(?![A-Za-z])", "°"),
        (r"\\pounds(?![A-Za-z])", "£"),
        (r"(?<![\w)\]}*])(\*\*|__)(?=\S)(.{1,200}?)\1(?!\w)", r"\2"),
        (r"`", ""),
        (r"(?i)\b(?:minus|negative)\s+(?=[$€£¥\d])", "-"),
    )
]
_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:rm|bf|it|sf)|mbox|operatorname|boldsymbol|boxed|fbox)\s*\{([^{}]*)\}"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*(\d|\{[^{}]*\})\s*(\d|\{[^{}]*\})")
_SIMPLE = re.compile(r"[-+]?[\d.,]+")


def plain(text: str) -> str:
    """The text with LaTeX, markdown and Unicode number forms written in plain characters. Keep it short: every
    step reads all of it.
    """
    if not text.isascii():
        text = "".join(map(_ascii, text)).translate(_CHARACTERS)
    text = re.sub(r"[\t\r\n\0]", " ", text)
    if len(re.findall(r"(?<!\\)\$", text)) % 2 == 0:
        text = re.sub(r"(?<!\\)\$", "", text)
    text = text.replace("\\$", "$")
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    for _ in range(3):
        text = _TEXT.sub(r" \1 ", text)
    text = _FRACTION.sub(_division, text)
    return text.strip(" *_\"'").removesuffix(".").strip(" *_\"'")


def _ascii(character: str) -> str:
    """A decimal digit of any script as ASCII, a vulgar fraction as ` 1/2`, a superscript as `^{2}`."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    form, *codes = unicodedata.decomposition(character).split(" ")
    if form == "<fraction>":
        return " " + "".join(chr(int(code, 16)) for code in codes)
    if form == "<super>" and character in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻":
        return f"^{{{character.translate(_SUPERSCRIPTS)}}}"
    return character


def _division(match: re.Match[str]) -> str:
    above, below = (part.strip("{} ") for part in match.groups())
    if _SIMPLE.fullmatch(above) and _SIMPLE.fullmatch(below):
        return f" {above}/{below}"
    return match.group()
