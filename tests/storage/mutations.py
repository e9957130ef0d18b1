"""Files of models that have been damaged by accident, or made by somebody who means harm."""

import json
from copy import deepcopy

import numpy as np

from trivium.storage.estimators import MOMENTS, digest_of_learnt
from trivium.storage.frame import checksum, opened, unpacked

_HARMFUL = [
    None, True, False, 0, 1, -1, 2, 7, 2**31, 2**63, 2**64, -(2**70), 0.5, -0.5, 1e308, 5e-324,
    "", "x", "uniform", "distance", "euclidean", "manhattan", "cosine", "precomputed", "haversine",
    "jaccard", "mahalanobis", "float64", "str1", "datetime64[ns]", "datetime64[0s]", [], {}, [[]],
    [0], [1, 0], [0, 0], {"dict": []}, {"dict": [[1, 2], [1, 2]]}, {"dict": [[[], 1]]},
    {"array": "rows"},
    {"number": "nan"}, {"number": "inf"}, {"tuple": []},
    {"label": {"kind": "int8", "values": [300]}},
    {"kind": "float16", "values": [1e9]}, {"kind": "str99999999", "values": ["a", "b"]},
    "a" * 1000, [0] * 1000,
]  # fmt: skip
_NUMBERS = [np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1.0, 1e308, -1e308, 5e-324, 1e-300, 0.5]
_WHOLE = [0, -1, 1, 2, 3, 1 << 31, -(1 << 63), (1 << 63) - 1]


def parts_of(content):
    """Return the record and arrays of a file that is well."""
    frame = opened(content)
    return deepcopy(frame.record), {
        name: array.copy() for name, array in unpacked(content, frame).items()
    }


def put_together(record, arrays, *, repaired=True):
    """Make a file, whatever it says; its checksum is right if `repaired`."""
    record = dict(record)
    if repaired:
        record["checksum"] = checksum({k: v for k, v in record.items() if k != "checksum"}, arrays)
    header, data = {"__metadata__": {"trivium": json.dumps(record)}}, b""
    names = {"f8": "F64", "f4": "F32", "i8": "I64", "i4": "I32", "u1": "U8", "b1": "BOOL"}
    for name, array in arrays.items():
        end = len(data) + array.nbytes
        dtype = names[array.dtype.str[1:]]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    return with_header(json.dumps(header).encode(), data)


def repair_fingerprint(record, arrays):
    """Give the fingerprint of a model, or of the estimator in one, the right digest."""
    holder, prefix = record["model"], ""
    if "estimator" in holder:
        holder, prefix = holder["estimator"], "estimator."
    told = holder.get("fingerprint")
    if told is not None and told["of"] != MOMENTS:
        own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
        told["digest"] = digest_of_learnt(own)


def with_header(header, data):
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data


def split(content):
    """Return the header and the data of a file, as they are."""
    end = 8 + int.from_bytes(content[:8], "little")
    return content[8:end], content[end:]


def mutated(content, rng):
    """Return a name of what was done to a file, and the file.

    What begins with "repaired" has a right checksum, and may be a file of another model.
    """
    kinds = [_flipped, _cut, _moved, _header_bytes, _header_entry, _record, _array, _array]
    kind = kinds[rng.integers(len(kinds))]
    return kind.__name__.replace("_record", "repaired record").replace(
        "_array", "repaired array"
    ), kind(content, rng)


def _flipped(content, rng):
    """Flip bits, most often in the header, which is where they do most."""
    some = bytearray(content)
    end = len(content) if rng.random() < 0.5 else len(split(content)[0]) + 8
    for _ in range(rng.integers(1, 9)):
        some[rng.integers(end)] ^= 1 << rng.integers(8)
    return bytes(some)


def _cut(content, rng):
    at, more = int(rng.integers(len(content))), int(rng.integers(1, 100))
    return [
        content[:at],
        content[at:],
        content + bytes(more),
        content[:at] + content[at + more :],
        content[:at] + rng.bytes(more) + content[at:],
        b"",
    ][rng.integers(6)]


def _moved(content, rng):
    """Swap pieces, blank one, or repeat the header."""
    n = int(rng.integers(1, 64))
    one, other = np.sort(rng.integers(len(content) - n, size=2))
    some = bytearray(content)
    if rng.random() < 0.4:
        some[one : one + n], some[other : other + n] = content[other:][:n], content[one:][:n]
    elif rng.random() < 0.5:
        some[one : one + n] = bytes(n)
    else:
        header, data = split(content)
        return content[:8] + header + header + data
    return bytes(some)


def _header_bytes(content, rng):
    """Give the header another length, other JSON, keys twice, or what no JSON has."""
    header, data = split(content)
    text = header.decode()
    lengths = [0, 1, 2, len(header) - 8, len(header) + 8, 10**8, 2**63, 2**64 - 1, len(content)]
    deep = "[" * 5000 + "]" * 5000
    return [
        int(lengths[rng.integers(len(lengths))]).to_bytes(8, "little") + header + data,
        with_header(text.replace("{", '{"a":' + deep + ",", 1).encode(), data),
        with_header(text.replace("{", '{"a":NaN,', 1).encode(), data),
        with_header(text.replace("{", '{"a":1e999,', 1).encode(), data),
        with_header(text.replace("{", '{"a":' + "9" * 5000 + ",", 1).encode(), data),
        with_header((text.rstrip()[:-1] + ',"__metadata__":{"trivium":"{}"}}').encode(), data),
        with_header(text.replace("{", "{" + text.rstrip()[1:-1] + ",", 1).encode(), data),
        with_header(b"\xff" + header[1:], data),
        with_header(b"[" + header + b"]", data),
        with_header(b'{"a":[' + b"[]," * 300_000 + b"0]}", data),
    ][rng.integers(10)]


def _header_entry(content, rng):
    """Give an array another place, shape, type or name."""
    header, data = split(content)
    places = json.loads(header)
    names = [name for name in places if name != "__metadata__"]
    one, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
    entry = places[one]
    whole = [0, 1, -1, 2**31, 2**63, 2**64, 2**70, len(data), 0.5, None, "8", True]
    wrong = whole[rng.integers(len(whole))]
    what = rng.integers(9)
    if what == 0:
        entry["data_offsets"][rng.integers(2)] = wrong
    elif what == 1:
        places[one], places[other] = places[other], entry
    elif what == 2:
        place = rng.integers(len(entry["shape"]) + 1)
        entry["shape"][place : place + 1] = [wrong]
    elif what == 3:
        entry["shape"] = entry["shape"][::-1]
    elif what == 4:
        kinds = ["F64", "F32", "I64", "I32", "U8", "BOOL", "F16", "BF16", "x", 3, None]
        entry["dtype"] = kinds[rng.integers(len(kinds))]
    elif what == 5:
        places["another"] = places.pop(one)
    elif what == 6:
        del places[one]
    elif what == 7:
        places["another"] = deepcopy(entry)
    else:
        by = int(rng.integers(-16, 17))
        entry["data_offsets"] = [place + by for place in entry["data_offsets"]]
    return with_header(json.dumps(places).encode(), data)


def _record(content, rng):
    """Change one entry of the record, and repair the checksum."""
    record, arrays = parts_of(content)
    places = list(_places(record))
    holder, key = places[rng.integers(len(places))]
    what = rng.random()
    if what < 0.7:
        holder[key] = deepcopy(_HARMFUL[rng.integers(len(_HARMFUL))])
    elif what < 0.8:
        del holder[key]
    elif what < 0.9 and isinstance(holder, list):
        holder.insert(0, holder[key])
    elif isinstance(holder, dict):
        holder["another"] = holder[key]
    try:
        return put_together(record, arrays)
    except ValueError:  # of a number that JSON does not have
        return content


def _places(value):
    """Yield each place in a record: what holds it, and where."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def _array(content, rng):
    """Change values, the shape, the type or the name of an array, and repair the checksum."""
    record, arrays = parts_of(content)
    name = list(arrays)[rng.integers(len(arrays))]
    array = arrays[name]
    what = rng.integers(8)
    if what < 3 and array.size:
        flat = array.reshape(-1)
        for _ in range(rng.integers(1, 4)):
            values = _NUMBERS if array.dtype.kind == "f" else _WHOLE
            if array.dtype.kind == "b":
                flat.view(np.uint8)[rng.integers(flat.size)] = rng.integers(256)
            else:
                with np.errstate(over="ignore"):
                    value = np.array(values[rng.integers(len(values))])
                    flat[rng.integers(flat.size)] = value.astype(array.dtype)
    elif what == 3:
        arrays[name] = array[: max(0, len(array) - int(rng.integers(1, 4)))]
    elif what == 4:
        arrays[name] = np.concatenate([array, array[:1]])
    elif what == 5:
        arrays[name] = array.reshape(-1) if array.ndim > 1 else array.reshape(-1, 1)
    elif what == 6:
        kinds = ["float64", "float32", "int64", "int32", "uint8", "bool"]
        with np.errstate(all="ignore"):
            arrays[name] = array.astype(kinds[rng.integers(len(kinds))])
    else:
        rng.shuffle(array)
    if rng.random() < 0.05:
        del arrays[name]
    if rng.random() < 0.5:  # by somebody who knows of it
        repair_fingerprint(record, arrays)
    return put_together(record, arrays)
