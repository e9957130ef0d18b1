import re
from dataclasses import replace

import numpy as np
import pytest
from tests.comparison import examples
from tests.comparison.examples import EXAMPLES, HOSTILE
from tests.report.test_render import Page

from trivium.comparison.class_tables import classes
from trivium.comparison.document import as_document
from trivium.comparison.particulars import checks, go_on, how_done, notes, summary
from trivium.comparison.phrases import headline
from trivium.comparison.score_tables import costs, how_sure, scores
from trivium.report import Commands, Matrix, Table
from trivium.tables.look import look

_MOST = 2_000_000  # bytes


@pytest.fixture(scope="module")
def pages():
    return {name: make().to_html() for name, make in EXAMPLES.items()}


def tables(section):
    return [each for each in section.blocks if isinstance(each, Table)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_is_small_asks_for_nothing_and_begins_with_the_verdict(pages, name):
    html = pages[name]
    assert len(html.encode()) < _MOST
    assert set(re.findall(r"https?://[^\s\"'<>)]+", html)) <= {"http://www.w3.org/2000/svg"}
    page = Page(html)
    assert page.text["h1"] == headline(EXAMPLES[name]())
    assert html.index("<h1>") < html.index("<h2>")
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    assert {one["href"] for one in page.all("a")} <= {f"#{each}" for each in ids}


def test_the_same_comparison_gives_the_same_bytes(pages):
    assert EXAMPLES["cannot_tell"]().to_html() == pages["cannot_tell"]


def test_timings_stand_in_the_costs_alone():
    one = examples.comparison()
    models = tuple(replace(each, fit_seconds=9.0, predict_seconds=8.0) for each in one.models)
    first, second = map(as_document, (one, replace(one, models=models, seconds=55.0)))
    differing = [a.anchor for a, b in zip(first.sections, second.sections, strict=True) if a != b]
    assert differing == ["costs"]
    assert replace(first, sections=()) == replace(second, sections=())


def test_names_stay_text_and_change_no_element(pages):
    page = Page(pages["hostile"])
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert not [key for _, one in page.elements for key in one if key.startswith("on")]
    shown = re.sub(r"[\n\x20-\x7e]", "", pages["hostile"])
    assert all(letter.isprintable() or letter == "\xa0" for letter in shown)
    commands = next(each for each in go_on(examples.hostile()).blocks if isinstance(each, Commands))
    again, fit, _ = (words for _, words in commands.lines)
    assert again[4] == fit[4] == f"'{HOSTILE}'"
    assert again[5] == f"--group '{HOSTILE}'"
    assert fit[7] == "--group"
    assert fit[8].startswith("$'\\u202e")


def test_a_page_of_very_long_names_is_small():
    long = '"<&>' * 800
    names = [f"{long} class {number}" for number in range(60)]
    skills = {"least-squares": 0.5, "softmax": 0.6}
    found = examples.comparison(600, names, skills, repeats=1, columns=200, target=long)
    columns = [{**each, "name": long, "reason": long} for each in found.data["columns"]]
    data = {**found.data, "columns": columns}
    checks = tuple(
        replace(each, text=long, columns=(long,) * 200) for each in found.checks for _ in range(3)
    )
    html = replace(found, data=data, checks=checks, notes=(long,) * 100).to_html()
    assert len(html.encode()) < _MOST


def test_no_cell_of_a_table_is_shown():
    n = 60
    rng = np.random.default_rng(0)
    table = {
        "number": [f"{4711.25 + row}" for row in range(n)],
        "word": [f"secretword{row % 4}" for row in range(n)],
        "text": [f"secrettext {row} of many words" for row in range(n)],
        "when": [f"1987-03-{1 + row % 28:02d}" for row in range(n)],
        "truth": ["secretyes" if row % 2 else "secretno" for row in range(n)],
        "constant": ["secretconstant"] * n,
        "outcome": [("no", "yes")[k] for k in rng.integers(2, size=n)],
    }
    seen = look(table, "outcome").to_dict()
    found = replace(
        examples.comparison(n, repeats=1), data=seen["data"], notes=tuple(seen["notes"])
    )
    for text in (found.to_html(), str(found.to_dict()), found._repr_html_(), str(found)):
        assert "outcome" in text or text == str(found)
        assert "secret" not in text
        assert "1987" not in text
        assert "47" + "11" not in text


def test_scores_stand_beside_the_floor_and_a_model_that_failed_beside_its_reason():
    (table,) = tables(scores(examples.failed_model()))
    rows = {row[0]: row for row in table.rows}
    assert rows["Softmax regression"][1:] == (None, None, None, None, "memory ran out")
    assert re.fullmatch(r"0\.\d{3} ± 0\.\d{3}", rows["Guessing"][1])
    assert [column.title for column in table.columns][1:3] == ["accuracy", "balanced accuracy"]
    (table,) = tables(costs(examples.failed_model()))
    assert {row[1] for row in table.rows if row[0] != "Linear least squares"} == {None}


def test_warnings_stand_beside_the_model_that_warned():
    found = examples.comparison(60, repeats=1)
    models = (replace(found.models[0], said=("SeparationWarning",)), *found.models[1:])
    (table,) = tables(scores(replace(found, models=models)))
    assert table.rows[0][-1] == "warned of SeparationWarning"
    assert table.rows[1][-1] is None


def test_pairs_that_nobody_can_tell_say_how_many_rows_would():
    found = examples.cannot_tell()
    (table,) = tables(how_sure(found))
    pairs = (*found.verdict.pairs, *found.verdict.against_floor)
    for row, pair in zip(table.rows, pairs, strict=True):
        assert (row[-1] is not None) == (pair.word == "cannot tell")
    lost = replace(found.verdict.pairs[0], rows_needed=None)
    verdict = replace(found.verdict, pairs=(lost,))
    (table,) = tables(how_sure(replace(found, verdict=verdict)))
    assert table.rows[0][-1] == "out of reach"


def test_what_does_not_beat_guessing_is_not_sold():
    (_, commands) = go_on(examples.coin()).blocks
    words = dict(commands.lines)
    assert "Fit the model, which is not shown to beat guessing, to all rows" in words
    (_, commands) = go_on(examples.comparison(60, repeats=1)).blocks
    assert "Fit the model to all rows" in dict(commands.lines)


def test_where_nothing_ran_nothing_is_compared():
    found = examples.nothing_ran()
    assert how_sure(found) is classes(found) is None
    calm = replace(found, checks=())
    assert len(go_on(calm).blocks) == 1


def test_few_classes_have_a_matrix_and_many_the_greatest_confusions():
    few, many = examples.long_names(), examples.many_classes()
    (matrix,) = [each for each in classes(few).blocks if isinstance(each, Matrix)]
    chosen = next(each for each in few.models if each.name == few.verdict.chosen)
    np.testing.assert_array_equal(matrix.counts, chosen.confusion)
    assert len(set(matrix.names)) == 12
    _, greatest = tables(classes(many))
    chosen = next(each for each in many.models if each.name == many.verdict.chosen)
    wrong = chosen.confusion - np.diag(np.diag(chosen.confusion))
    assert [row[2] for row in greatest.rows] == sorted(wrong.ravel().tolist())[::-1][:25]
    place = np.unravel_index(wrong.argmax(), wrong.shape)
    assert greatest.rows[0][0] == f"<bdi>species {place[0]:02d}</bdi>"
    assert greatest.rows[0][3] == wrong.max() / chosen.confusion[place[0]].sum()


def test_a_class_that_is_never_predicted_is_said_and_groups_widen_intervals():
    found = examples.comparison(60, repeats=1)
    models = tuple(replace(each, confusion=np.array([[30, 0], [30, 0]])) for each in found.models)
    (table,) = tables(classes(replace(found, models=models, dealt="groups", by="patient")))
    assert "1 class is never predicted" in table.caption
    assert "rather too narrow" in table.caption
    assert table.rows[1][5] is None


def test_the_gravest_checks_come_first_and_say_what_to_add(pages):
    page = pages["comparison"]
    places = [page.index(f"{word}:</span>") for word in ("Warning", "Note", "Fine")]
    assert places == sorted(places)
    assert "<dd><code>--group patient</code></dd>" in page
    assert '<a href="#checks">1 check warns</a>: scores may be wrong' in page


def test_checks_that_do_not_warn_are_good_news():
    found = examples.comparison(60, repeats=1)
    calm = tuple(each for each in found.checks if each.status != "warning")
    said = summary(replace(found, checks=calm))
    assert said.good
    assert said.text.endswith("</a>: no warning, 2 notes")
    assert summary(replace(found, checks=())) is checks(replace(found, checks=())) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dealt": "time", "by": "visit"}, "Rows stand in the order of the column visit"),
        ({"dealt": "groups", "by": "patient"}, "rows of one group, by the column patient"),
        ({"balanced": True}, "Classes weigh alike"),
        ({"positive": "yes"}, "Scores of one class are those of yes."),
        ({"metric": "log_loss"}, "Differences within 0.010 of log-loss are taken not to matter."),
        ({}, "McNemar"),
        ({"repeats": 3}, "3 times over, seed 0; copies of a row went into one fold"),
    ],
)
def test_how_it_was_done(changes, words):
    found = replace(examples.comparison(60, repeats=1), **changes)
    (prose,) = how_done(found).blocks
    assert words in prose.html
    assert notes(replace(found, notes=())) is None


def test_a_comparison_in_a_notebook_is_a_fragment_without_script():
    fragment = Page(examples.hostile()._repr_html_())
    assert fragment.elements[0][0] == "div"
    assert not {"script", "img", "html"} & {tag for tag, _ in fragment.elements}
    assert not [one for _, one in fragment.elements if "id" in one]
    assert fragment.text["h3"].startswith("Take ")
    assert fragment.text["strong"] == "1 check warns"
    selectors = re.findall(r"([^{}]+)\{", fragment.text["style"])
    assert all(
        each.strip().startswith(".trivium-verdict") for s in selectors for each in s.split(",")
    )
