"""Parameters: what is let through, and what an error says."""

import numpy as np
import pytest

from trivium.parameters import require_choice, require_flag, require_number


def test_a_flag_is_true_or_false():
    require_flag("flag", True)
    require_flag("flag", np.False_)
    for value in (1, 0.0, "no", None):
        with pytest.raises(TypeError, match="flag=.*expected True or False"):
            require_flag("flag", value)


def test_a_choice_is_accepted():
    require_choice("rule", "a", ("a", "b"))


@pytest.mark.parametrize("value", ["c", "A", None, 1, ["a"]])
def test_another_choice_is_named_with_those_allowed(value):
    with pytest.raises(ValueError, match=r"rule=.*expected one of 'a', 'b'"):
        require_choice("rule", value, iter(("a", "b")))


@pytest.mark.parametrize("value", [0, 0.0, 2.5, np.float32(1), np.int8(3)])
def test_a_number_is_returned(value):
    assert require_number("size", value, least=0) == float(value)


@pytest.mark.parametrize("value", [True, np.True_, "1", None, [1], 1j])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match="size=.*expected a number"):
        require_number("size", value, least=0)


@pytest.mark.parametrize("value", [1.0, np.float64(2), True, "1", None])
def test_what_is_no_integer(value):
    with pytest.raises(TypeError, match="size=.*expected an integer"):
        require_number("size", value, least=0, integer=True)


@pytest.mark.parametrize("value", [-1, -1e-300, np.nan, np.inf, -np.inf])
def test_a_number_out_of_range(value):
    with pytest.raises(ValueError, match="size=.*number at least 0"):
        require_number("size", value, least=0)


def test_what_is_not_finite_is_not_called_a_number_that_is_too_small():
    with pytest.raises(ValueError, match="size=inf: expected a finite number at least 0"):
        require_number("size", np.inf, least=0)


def test_the_least_number_itself_may_be_too_small():
    with pytest.raises(ValueError, match="size=0: expected a number greater than 0"):
        require_number("size", 0, least=0, above=True)


def test_an_integer_beyond_float64():
    with pytest.raises(ValueError, match="size="):
        require_number("size", 10**400, least=1, integer=True)
