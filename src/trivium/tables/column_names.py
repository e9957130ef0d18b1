"""What the name of a column says of its cells."""

import re

_IDS = frozenset({
    "guid", "id", "identifier", "ids", "idx", "index", "key", "pk", "rowid", "rowname",
    "rownames", "rownum", "rownumber", "serial", "uuid",
})  # fmt: skip
_NUMBERED = frozenset({
    "no", "nr", "num", "number", "nummer",
})  # fmt: skip
_WHOM = frozenset({
    "account", "animal", "applicant", "borrower", "case", "child", "client", "clients",
    "customer", "customers", "donor", "donors", "driver", "employee", "employees", "families",
    "family", "father", "firm", "haushalt", "household", "households", "individual", "kunde",
    "kunden", "member", "members", "mother", "mouse", "nutzer", "participant", "participants",
    "pat", "patient", "patients", "person", "persons", "pid", "proband", "pupil", "pupils", "rat",
    "respondent", "respondents", "schueler", "session", "sibling", "student", "students", "subj",
    "subject", "subjects", "twin", "user", "users", "visitor", "worker",
})  # fmt: skip
_POST = frozenset({
    "plz", "postal", "postcode", "postcodes", "postleitzahl", "zip", "zipcode",
})  # fmt: skip
_PHONE = frozenset({
    "fax", "handy", "mobile", "phone", "phonenumber", "tel", "telefon", "telephone",
})  # fmt: skip
_CODES = frozenset({
    "barcode", "bic", "code", "codes", "ean", "fips", "gtin", "iban", "icd", "icd10", "icd9",
    "isbn", "naics", "sku", "ssn", "upc", "vin",
})  # fmt: skip
_TIMES = frozenset({
    "created", "date", "datum", "day", "epoch", "jahr", "modified", "month", "quarter", "time",
    "timestamp", "unix", "unixtime", "updated", "week", "year", "years", "yr",
})  # fmt: skip


def tokens_of(name: str) -> tuple[str, ...]:
    """Cut a name into words, in lower case: customerId, CUSTOMER_ID and "customer id" are alike."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(each.lower() for each in re.findall(r"[^\W_]+", name))


def is_identifier(name: str) -> bool:
    """Whether the name is that of an identifier: of a row, or of what repeats."""
    tokens = tokens_of(name)
    if not tokens:
        return True
    glued = any(tokens[-1] == whom + "id" for whom in (*_WHOM, "passenger", "row", "record"))
    return glued or not _IDS.isdisjoint((tokens[0], tokens[-1])) or tokens[-1] in _NUMBERED


def is_unnamed(name: str) -> bool:
    """Whether the column has no name of its own, as an index that was written with the table."""
    return re.fullmatch(r"(?i)(column \d+|unnamed: ?\d+|x|\.\.\.1|)", name) is not None


def is_of_someone(name: str) -> bool:
    """Whether the name is that of people or things that rows belong to."""
    tokens = tokens_of(name)
    return any(each in _WHOM or each.removesuffix("id") in _WHOM for each in tokens)


def is_code(name: str) -> str | None:
    """Say which kind of code the name tells, if any."""
    tokens = frozenset(tokens_of(name))
    if not _POST.isdisjoint(tokens):
        return "a postcode"
    if not _PHONE.isdisjoint(tokens):
        return "a telephone number"
    if not _CODES.isdisjoint(tokens):
        return "a code"
    return None


def is_time(name: str) -> bool:
    """Whether the name is that of a time, which runs on without being a count of rows."""
    return not _TIMES.isdisjoint(tokens_of(name))
