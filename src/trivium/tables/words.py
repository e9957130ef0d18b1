"""Words that stand for no value, for true and for false."""

MISSING = frozenset({
    "", "na", "n/a", "n.a.", "<na>", "nan", "nat", "null", "none", "nil", "?", "-", "--", "---",
    "–", "—", ".", "..", "#n/a", "#na", "#null!", "#value!", "#div/0!", "#ref!", "#num!",
    "#name?", "#n/a n/a", "-nan", "1.#qnan", "-1.#ind", "1.#ind", "k.a.", "k. a.", "missing",
    "(null)", "(none)", "\\n",
})  # fmt: skip
"""In lower case and without white space around; in columns whose other cells are values."""

INFINITE = frozenset({
    "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "+∞", "-∞", "1.#inf",
    "-1.#inf", "−∞", "−inf",
})  # fmt: skip

PAIRS = (
    ("true", "false"),
    ("t", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("on", "off"),
    ("ja", "nein"),
    ("oui", "non"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
)
"""For true and for false, in lower case."""
ONE, ZERO = "1", "0"
