"""Which encoding of one byte a letter, or of the East, a text is in: a guess by its letters.

Letters with accents stand among plain ones in Latin scripts; in others, letters beyond ASCII stand
beside each other. charset-normalizer tells other scripts apart, but takes Western Europe for
Central Europe, so that this is decided first.
"""

import re

_TOGETHER = 0.25
_ODD = 0.1
_DOS = 0.25
# Marks of punctuation, and letters, of 80 to 9F in Windows' encoding of Western Europe; in those of
# DOS and of the Macintosh letters fill these places.
_DOS_LETTER = re.compile(rb"[A-Za-z][\x80-\x88\x8b\x8d\x8f\x90\x93-\x99\x9b\x9d\x9f]|\x81")
_CENTRAL = re.compile("[^\\W\\d_][£¥¹³¯¾¼¿ª][^\\W\\d_]|[£¥¹³¯¾¼][^\\W\\d_]")


def candidates(sample: bytes) -> list[str]:
    """Return encodings, the likeliest first; Latin-1, which reads anything, is the last.

    Parameters
    ----------
    sample : bytes
        Of lines with bytes beyond ASCII.
    """
    beyond = sum(each > 127 for each in sample)
    together = sum(len(run) for run in re.findall(rb"[\x80-\xff]{4,}", sample))
    western = sample.decode("cp1252", "replace")
    if together > _TOGETHER * beyond:
        likely = _asked(sample, None)
    elif len(_DOS_LETTER.findall(sample)) > _DOS * beyond:
        likely = _asked(sample, ["cp850", "cp437", "mac_roman"])
    elif len(_CENTRAL.findall(western)) > _ODD * beyond:
        likely = ["cp1250"]
    else:
        likely = []
    return [*likely, "cp1252", "latin_1"]


def _asked(sample: bytes, among: list[str] | None) -> list[str]:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=among).best()
    return [] if best is None else [best.encoding]
