r"""Sentences of English text, by the Punkt algorithm with a small model of our own.

Punkt (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006) is what NLTK's
`sent_tokenize` does and so what IFEval counts. A full stop, question mark or exclamation mark before white space
or a bracket, quote or the like may end a sentence. It does, unless it ends an abbreviation, an initial or a number
and what comes next does not open a sentence. The published English model holds twenty thousand words; this one
holds the abbreviations and the opening words that decide most cases in written English.
"""

from __future__ import annotations

import re
import string
from itertools import pairwise
from typing import NamedTuple

_PUBLISHED = """
    mr mrs ms dr prof st sr jr gen lt col maj adm sen rep reps messrs inc co corp ltd bros cos cie ave ft ariz
    calif colo conn ct fla ga ill kan ky mich minn nev okla ore pa tenn va vt wash wis jan feb aug sep sept oct
    nov dec tues wed fri mg yr vs v chg ok sw c d e f g h k l m n p r s t w a.m p.m u.s u.k u.n u.s.a u.s.s.r
    d.c n.y n.j n.c n.h n.m n.d s.c s.d r.i l.a ph.d m.b.a b.f a.d s.a
"""
"""Abbreviations that the published English model of Punkt knows, and that are in use."""

_UNPUBLISHED = """
    e.g i.e etc cf al approx fig figs eq eqs eds est dept univ b.a m.a m.d m.sc b.sc b.c p.s apr jul tue thu
    thurs rev capt cmdr sgt cpl gov pres supt fr mt blvd rd
"""
"""Abbreviations that no reader takes for the end of a sentence, and that model does."""

_SENTENCE_OPENERS = """
    the he she it they we i this these there but so yet nor still here yes and if when while although though
    since despite however moreover nevertheless nonetheless meanwhile instead indeed thus similarly separately
    according among both even in many most some under her him them us your nothing anything someone anyone
    suddenly finally sometimes always please remember imagine think try wait listen okay sorry thanks into onto
    through between within without unless whether either neither such very soon tomorrow yesterday honestly
    apparently unfortunately surprisingly furthermore therefore hence otherwise besides eventually ultimately
    overall specifically notably especially particularly including above behind beyond except upon whereas
    whenever wherever
"""
"""Words that open a sentence when they are capitalized after an abbreviation or an ellipsis."""

_OTHER_WORDS = """
    a an as at by for from my his its our their no not of on or that then to with what where which who why how
    after before once because now well one is are was were do did can could will would should may must let
"""
"""More words that are not names, so that an initial before them ends a sentence."""

_PUNKT = frozenset(_PUBLISHED.split())
_EVERYDAY = _PUNKT | frozenset(_UNPUBLISHED.split())
_OPENERS = frozenset(_SENTENCE_OPENERS.split())
_NEVER_NAMES = _OPENERS | frozenset(_OTHER_WORDS.split())

_STRAIGHT = str.maketrans("“”„‘’", '"""\'\'')
_ENDS = re.compile(r"[.?!](?=(?P<after>[)\";}\]*:@'({\[!?]|\s+(?P<next>\S+)))")
_TOKENS = re.compile(
    r"-{2,}|\.{2,}|(?:\.\s){2,}\."
    r"|[^(\"`{\[:;&#*@)}\]\-,\s]\S*?(?=\s|$|[)\";}\]*:@'({\[!?]|-{2,}|\.{2,}|(?:\.\s){2,}\.|,(?:$|\s|[)\";}\]*:@'({\[!?]))"
    r"|\S"
)
_CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.\-]*")
_NUMBERING = re.compile(r"^[ \t]*\d{1,3}\.[ \t]+", re.MULTILINE)
_INITIAL = re.compile(r"[^\W\d]\.")


class _Token(NamedTuple):
    text: str
    ends: bool
    abbreviation: bool = False


def sentences_in(text: str) -> list[str]:
    """The sentences of a text in their order, white space around each left out.

    Everyday abbreviations, curly quotes and the numbers of a list are known, which Punkt's published model does
    not
    know: `1. ` at the beginning of a line is left out and no sentence.
    """
    return _split(_NUMBERING.sub("", text.translate(_STRAIGHT)), _EVERYDAY)


def punkt_sentences(text: str) -> list[str]:
    """The sentences as NLTK's `sent_tokenize` for English finds them, up to its version 3.9."""
    return _split(text, _PUNKT)


def _split(text: str, abbreviations: frozenset[str]) -> list[str]:
    cuts = [0]
    spans: list[tuple[int, int]] = []
    for end, following, context in _candidates(text):
        if _holds_an_end(context, abbreviations):
            spans.append((cuts[-1], end))
            cuts.append(following)
    spans.append((cuts[-1], len(text.rstrip())))
    return _realigned(text, spans)


def _candidates(text: str) -> list[tuple[int, int, str]]:
    """Where a sentence may end, where the next one would begin, and the word with what follows; one a word."""
    found: list[tuple[int, int, str]] = []
    word = stop = 0
    previous: re.Match[str] | None = None
    for match in _ENDS.finditer(text):
        space = max(text.rfind(white, stop + 1, match.start()) for white in string.whitespace)
        start = word if space < 0 else space + 1
        if previous and stop <= start:
            found.append(_candidate(text, word, previous))
        previous, word, stop = match, start, match.start()
    if previous:
        found.append(_candidate(text, word, previous))
    return found


def _candidate(text: str, word: int, match: re.Match[str]) -> tuple[int, int, str]:
    following = match.start("next") if match["next"] else match.end()
    return match.end(), following, text[word : match.end()] + match["after"]


def _holds_an_end(context: str, abbreviations: frozenset[str]) -> bool:
    tokens = [_token(text, abbreviations) for text in _TOKENS.findall(context)]
    return any(_ends(one, other) for one, other in pairwise(tokens))


def _token(text: str, abbreviations: frozenset[str]) -> _Token:
    if text in (".", "?", "!"):
        return _Token(text, True)
    if not text.endswith(".") or text.endswith(".."):
        return _Token(text, False)
    name = text[:-1].lower()
    known = name in abbreviations or name.rpartition("-")[2] in abbreviations
    return _Token(text, not known, known)


def _ends(token: _Token, following: _Token) -> bool:
    """Whether the sentence ends with a token, as what follows it says."""
    if not token.text.endswith("."):
        return token.ends
    word = following.text.lower().rstrip(".")
    capital, small = following.text[:1].isupper(), following.text[:1].islower()
    initial = _INITIAL.fullmatch(token.text) is not None
    if (token.abbreviation or token.text.endswith("..")) and not initial:
        return token.ends or (capital and word in _OPENERS)
    if initial or _NUMBER.fullmatch(token.text):
        if small or following.text in (";", ":", ",", ".", "!", "?"):
            return False
        if initial and capital and word not in _NEVER_NAMES:
            return False
    return token.ends


def _realigned(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """The texts of the spans, with closing brackets and quotes moved to the sentence that they close."""
    found: list[str] = []
    moved = 0
    for (start, end), after in zip(spans, [*spans[1:], None], strict=True):
        start += moved
        moved = 0
        closing = _CLOSING.match(text, after[0], after[1]) if after else None
        if closing and after:
            end, moved = after[0] + len(closing.group().rstrip()), closing.end() - after[0]
        if text[start:end].strip() or closing:
            found.append(text[start:end].strip())
    return found
