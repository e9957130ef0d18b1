from dataclasses import replace

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from tests.comparison import examples

from trivium.comparison.phrases import METRICS, span
from trivium.comparison.pictures import calibration_words, mean_gap
from trivium.comparison.result import Reliability
from trivium.comparison.score_tables import how_sure
from trivium.report import Table


def test_figures_by_name():
    drawn = examples.comparison().figures()
    assert list(drawn) == [
        "differences",
        "over guessing",
        *(f"calibration of {name}" for name in examples.SKILLS),
    ]
    assert all(isinstance(each, Figure) for each in drawn.values())


def test_what_was_not_found_is_not_drawn():
    assert examples.nothing_ran().figures() == {}
    assert list(examples.failed_model().figures()) == [
        "over guessing",
        "calibration of least-squares",
    ]


def test_intervals_and_the_margin_are_where_the_verdict_has_them():
    found = examples.cannot_tell()
    (axes,) = found.figures()["differences"].axes
    lines = [line.get_xdata() for line in axes.lines]
    for place, pair in enumerate(found.verdict.pairs):
        np.testing.assert_allclose(lines[2 * place], 100 * np.array(pair.interval))
        np.testing.assert_allclose(lines[2 * place + 1], [100 * pair.difference])
    bands = [patch.get_x() + np.array([0, patch.get_width()]) for patch in axes.patches]
    np.testing.assert_allclose(bands, 3 * [[-1.0, 1.0]])
    words = [text.get_text() for text in axes.texts]
    assert words[1::2] == [pair.word for pair in found.verdict.pairs]


def test_where_nothing_is_known_nothing_is_drawn_and_the_rest_is():
    found = examples.cannot_tell()
    unknown = replace(found.verdict.pairs[0], difference=np.nan, interval=(np.nan, np.nan))
    verdict = replace(found.verdict, pairs=(unknown, *found.verdict.pairs[1:]), margin=0.0)
    found = replace(found, verdict=verdict)
    (axes,) = found.figures()["differences"].axes
    assert np.isfinite(axes.get_xlim()).all()
    (table,) = [each for each in how_sure(found).blocks if isinstance(each, Table)]
    assert table.rows[0][3:5] == ("unknown", "unknown")
    assert table.rows[1][4] == span(METRICS["accuracy"], verdict.pairs[1].interval)[:-7]


def test_the_reference_stands_among_the_models():
    (axes,) = examples.many_classes().figures()["differences"].axes
    assert any("gradient boosting" in text.get_text() for text in axes.texts)


def test_the_users_settings_change_nothing():
    plain = examples.comparison().figures()["differences"]
    with rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        other = examples.comparison().figures()["differences"]
    sizes = [[text.get_fontsize() for text in each.axes[0].texts] for each in (plain, other)]
    assert sizes[0] == sizes[1]
    assert other.axes[0].get_facecolor()[3] == 0.0


@pytest.mark.parametrize(
    ("said", "came", "words"),
    [
        (0.9, 0.8, "says too much"),
        (0.7, 0.8, "says too little"),
        (0.8, 0.79, "as often as was said"),
    ],
)
def test_calibration_in_words(said, came, words):
    reliability = Reliability((said, said), (came, came), (200, 200))
    assert words in calibration_words(reliability)
    gap, error = mean_gap(reliability)
    assert gap == pytest.approx(said - came)
    assert error == pytest.approx(np.sqrt(said * (1 - said) / 400))
