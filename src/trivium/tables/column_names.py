"""What the name of a column says of its cells."""

import re

from trivium.tables.counted_numbers import Numbers, all_whole

_IDS = frozenset({
    "cnpj", "cpf", "dni", "guid", "id", "identifier", "ids", "imei", "matricola", "matricula",
    "matricule", "matrikel", "mrn", "nif", "pk", "rowid", "siren", "siret", "uuid",
})  # fmt: skip
_ROWS = frozenset({
    "case", "idx", "index", "key", "obs", "observation", "record", "row", "rowname", "rownames",
    "rownum", "rownumber", "serial",
})  # fmt: skip
_NUMBERED = frozenset({"no", "nr", "num", "number", "numero", "nummer", "numéro", "número"})
_NUMBERED_THINGS = frozenset({
    "account", "article", "booking", "case", "client", "contract", "customer", "file", "invoice",
    "item", "konto", "kunde", "kunden", "member", "order", "patient", "policy", "reference",
    "registration", "row", "sample", "serial", "student", "ticket", "transaction",
})  # fmt: skip
_NOT_IDS = frozenset({
    "acid", "aid", "android", "asteroid", "avoid", "bid", "braid", "centroid", "covid", "diploid",
    "fibroid", "fluid", "frigid", "grid", "haploid", "humid", "hybrid", "invalid", "kid", "laid",
    "lipid", "liquid", "livid", "lucid", "maid", "mid", "morbid", "opioid", "orchid", "paid",
    "placid", "plaid", "prepaid", "pyramid", "raid", "rapid", "rheumatoid", "rigid", "said",
    "solid", "steroid", "thyroid", "typhoid", "unpaid", "valid", "vivid", "void",
})  # fmt: skip
"""Words that end like "schoolid"."""
_WHOM = frozenset({
    "animal", "applicant", "borrower", "client", "customer", "donor", "employee", "haushalt",
    "household", "individual", "kunde", "member", "mouse", "nutzer", "participant", "pat",
    "patient", "person", "pid", "proband", "pupil", "respondent", "session", "student", "subj",
    "subject", "user", "visitor",
})  # fmt: skip
_POST = frozenset({
    "plz", "postal", "postcode", "postcodes", "postleitzahl", "zip", "zipcode",
})  # fmt: skip
_PHONE = frozenset({
    "fax", "handy", "mobile", "phone", "phonenumber", "tel", "telefon", "telefono", "telephone",
    "teléfono", "téléphone",
})  # fmt: skip
_A_PHONE, _AN_EXTENSION = 1e5, 1e3
_CODES = frozenset({
    "barcode", "bic", "code", "codes", "ean", "fips", "gtin", "iban", "icd", "icd10", "icd9",
    "isbn", "naics", "sku", "ssn", "upc", "vin",
})  # fmt: skip
_TIMES = frozenset({
    "annee", "année", "año", "created", "date", "datum", "day", "days", "epoch", "hour", "hours",
    "jahr", "jour", "min", "minute", "minutes", "modified", "mois", "monat", "month", "months",
    "quarter", "sec", "second", "seconds", "stunde", "tag", "time", "timestamp", "ts", "unix",
    "unixtime", "updated", "week", "woche", "year", "years", "yr",
})  # fmt: skip


def tokens_of(name: str) -> tuple[str, ...]:
    """Cut a name into words, in lower case: customerId, CUSTOMER_ID and "customer id" are alike."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(each.lower() for each in re.findall(r"[^\W_]+", name))


def is_identifier(name: str) -> bool:
    """Whether the name is that of what identifies a row, or no name at all."""
    tokens = tokens_of(name)
    if not tokens or is_unnamed(name):
        return True
    if is_identifier_that_repeats(name) or tokens[0] in ("id", "uuid", "guid"):
        return True
    if is_of_someone(name):
        return True
    if tokens[-1] in _NUMBERED:
        return len(tokens) == 1 or tokens[-2] in _NUMBERED_THINGS
    glued = re.fullmatch(r"(.+?)(nr|number|nummer)", tokens[-1])
    if glued is not None:
        return glued[1] in _NUMBERED_THINGS
    return "".join(tokens) in _ROWS


def is_identifier_that_repeats(name: str) -> bool:
    """Whether the name is that of an identifier, of whatever it is."""
    tokens = tokens_of(name)
    if not tokens:
        return False
    last = tokens[-1]
    glued = len(last) > 4 and last.endswith("id") and last not in _NOT_IDS
    return last in _IDS or tokens[0] in ("uuid", "guid") or glued


def is_unnamed(name: str) -> bool:
    """Whether the column has no name of its own, as an index that was written with the table."""
    return re.fullmatch(r"(column \d+|Unnamed: ?\d+|X|\.\.\.1|#)", name) is not None


def is_of_someone(name: str) -> bool:
    """Whether the name is that of people, or of what else rows belong to."""
    tokens = tokens_of(name)
    if not tokens:
        return False
    coded = tokens[-1] in (*_IDS, *_NUMBERED, "code") and len(tokens) > 1
    whom = tokens[-2] if coded else tokens[-1].removesuffix("id")
    return whom in _WHOM


def code_of(name: str, numbers: Numbers | None) -> str | None:
    """Say which kind of code the name tells, if any.

    Parameters
    ----------
    name : str
    numbers : Numbers or None
        If the cells are numbers: fractions are no codes.
    """
    tokens = tokens_of(name)
    # "phone" is its number, "phone minutes" may be a quantity.
    least = _AN_EXTENSION if tokens and tokens[-1] in _PHONE | _NUMBERED else _A_PHONE
    if _POST.intersection(tokens):
        code = "postcodes, by the name"
    elif _PHONE.intersection(tokens) and (numbers is None or numbers.median >= least):
        code = "telephone numbers, by the name"
    elif any(each in _CODES or each.endswith(("code", "fips")) for each in tokens):
        code = "codes, by the name"
    else:
        return None
    if numbers is not None and (not all_whole(numbers.different) or len(numbers.different) == 2):
        return None
    return code


def is_time(name: str) -> bool:
    """Whether the name is that of a time, which runs on without being a count of rows."""
    return not _TIMES.isdisjoint(tokens_of(name))
