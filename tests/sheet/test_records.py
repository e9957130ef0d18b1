import pytest

from trivium.sheet.records import Check, signed


@pytest.mark.parametrize(
    ("published", "measured", "agrees"),
    [
        ("0.96", 0.9583, True),
        ("0.96", 0.9549, False),
        ("0.9644", 0.96444, True),
        ("0.9644", 0.9643, False),
        ("20", 20.0, True),
        ("20", 20.5001, False),
        ("0.5", float("nan"), False),
    ],
)
def test_numbers_agree_to_the_decimals_printed(published, measured, agrees):
    assert Check(1, "quantity", published, measured).agrees is agrees


def test_signed_writes_a_true_minus():
    assert signed(-1.25, ".1f") == "−1.2"
