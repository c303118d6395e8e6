r"""The vocabulary: which characters, commands and names mean what.

Tables only. A row of a table is what it comes to, and behind it all that is written for it. `\leq`, `≤` and `<=`
are the mark `<=` here; `\dfrac` is the name `frac`.
"""

from __future__ import annotations


def _by_name(rows: str) -> dict[str, str]:
    """Each name of a table with the first word of its row."""
    table: dict[str, str] = {}
    for row in rows.strip().split("\n"):
        meant, *names = row.split()
        table.update(dict.fromkeys(names, meant))
    return table


def _by_character(rows: str) -> dict[str, str]:
    r"""Each character of a table with the LaTeX of its row."""
    return {
        character: f"{latex} "
        for latex, *written in map(str.split, rows.strip().split("\n"))
        for character in written
    }


# --- characters ---

GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega epsilon phi theta"
).split()
GREEK = {
    letter: f"\\{name} " for letter, name in zip("αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩϵϕϑ", GREEK_NAMES, strict=True)
}

CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
        **dict(zip("’‘＋．：％＄＝⁄∕（）［］｛｝；＜＞，′。、∣∶", "''+.:%$=//()[]{};<>,'.,|:", strict=True)),
        "″": "''",
        **{letter: f"\\mathbb{{{plain}}}" for letter, plain in zip("ℝℤℕℚℂ", "RZNQC", strict=True)},
        **_by_character(r"""
\cdot · ∙ ⋅ × ✕ ∗
\div ÷
\sqrt √
\sqrt[3] ∛
\sqrt[4] ∜
\pi π
\mu µ
\infty ∞
\le ≤ ⩽ ≦
\ge ≥ ⩾ ≧
\ne ≠
\approx ≈ ≃ ≅ ≒
\equiv ≡
\neg ¬
\parallel ∥ ‖
\pm ±
\mp ∓
\cup ∪
\cap ∩
\setminus ∖
\in ∈
\emptyset ∅ Ø
\to →
\land ∧
\lor ∨
\dots … ⋯
\lfloor ⌊
\rfloor ⌋
\lceil ⌈
\rceil ⌉
\langle ⟨
\rangle ⟩
\sum ∑
\prod ∏
\int ∫
\angle ∠
\triangle △
\degree ° º
\euro €
\pounds £
\yen ¥
"""),
    }
)  # fmt: skip
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ", "0123456789+-nix", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₙₓᵢₖ", "0123456789nxik", strict=True))

# --- commands ---

MARKS = _by_name(r"""
* cdot times ast bullet
/ div slash
<= le leq leqslant leqq lte
>= ge geq geqslant geqq gte
< lt
> gt
!= ne neq
~ approx simeq sim doteq approxeq
= equiv
-> to rightarrow longrightarrow mapsto
=> Rightarrow implies Longrightarrow therefore because
<=> iff Leftrightarrow Longleftrightarrow
... ldots cdots dots dotsc dotsb vdots ddots
| mid vert lvert rvert divides
|| Vert lVert rVert
\{ lbrace
\} rbrace
[ lbrack
] rbrack
( lparen lgroup
) rparen rgroup
<( langle
)> rangle
cup cup bigcup sqcup
cap cap bigcap
setminus setminus smallsetminus backslash
in in isin
notin notin
land land wedge
lor lor vee
deg degree circ deg
: colon
mod bmod mod
pmod pmod
' prime
@ perp parallel subset subseteq cong propto forall exists
pm pm
mp mp
lfloor lfloor
rfloor rfloor
lceil lceil
rceil rceil
""")
"""Commands that are marks."""

NAMES = _by_name("""
inf infty
epsilon varepsilon
phi varphi
theta vartheta
rho varrho
sigma varsigma
emptyset varnothing
i imath imaginaryI
j jmath
e exponentialE
frac tfrac dfrac cfrac
binom dbinom tbinom
re Re
sqrt surd
neg lnot
im Im
$ dollar
€ euro
£ pounds
¥ yen
""")
"""Commands that go by another name."""

DROPPED = frozenset(
    """
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr
    mathbb mathbf mathrm mathcal mathit mathsf vec hat
    displaystyle textstyle scriptstyle scriptscriptstyle
    limits nolimits rm bf it sf tt cal bm
    mathstrut strut vphantom quad qquad hfill hline nonumber notag enspace thinspace space label ensuremath nobreak
    allowbreak smallskip noindent centering
    """.split()
)
"""Commands that only set type."""

# --- names ---

FUNCTIONS = frozenset(
    """
    sin cos tan cot sec csc sinh cosh tanh coth sech csch arcsin arccos arctan arccot arcsec arccsc
    arcsinh arccosh arctanh ln log lg exp sqrt cbrt abs floor ceil round sign gcd lcm max min det arg re im
    binom frac sum prod int lim
    """.split()
)
ALIASES = _by_name("""
arcsin asin
arccos acos
arctan atan arctg
arccot acot arcctg
arcsec asec
arccsc acsc
arcsinh asinh arsinh
arccosh acosh arcosh
arctanh atanh artanh
tan tg
cot ctg
csc cosec
sign sgn
ceil ceiling
binom comb
inf infinity infty oo
abs Abs
int integral
""")
"""Names that programs and other countries give to functions and constants."""

SPECIAL = frozenset(("Gamma", "zeta", "erf"))
"""Functions where parentheses follow, and else variables."""

_SYMBOLS = ("erf", "ell", "hbar", "nabla", "partial", "aleph")
CONSTANTS = frozenset(("pi", "inf", "emptyset"))
KNOWN = FUNCTIONS | CONSTANTS | frozenset(ALIASES) | {*GREEK_NAMES, *_SYMBOLS}
"""Runs of letters that are one name."""

CONNECTIVES = {
    "and": "and",
    "or": "or",
    "in": "in",
    "arrow": "->",
    "mod": "mod",
    "union": "cup",
    "cup": "cup",
    "cap": "cap",
}
"""Words that are marks."""
