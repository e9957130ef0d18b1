"""Checks of columns: each finds the fault that was planted, and is quiet on the clean twin."""

import numpy as np
import pandas as pd
import pytest
from tests.comparison.planted import evidence_of, one, table

from trivium.comparison.checks.columns import check_columns
from trivium.comparison.checks.giveaways import check_giveaways
from trivium.comparison.checks.groups import check_groups
from trivium.comparison.checks.times import check_times

ALONE = "columns that give the label away"
GAPS = "missing cells that tell the label"
GROUPS = "columns that look like a group"
TIMES = "columns that look like a time"
ORDER = "labels in the order of rows"


def is_yes(data):
    return (data["label"] == "yes").to_numpy()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_table_without_a_fault_gives_no_alarm(n_classes):
    evidence = evidence_of(table(n_classes=n_classes))
    checks = (
        *check_giveaways(evidence),
        *check_groups(evidence),
        *check_times(evidence),
        *check_columns(evidence),
    )
    assert {check.status for check in checks} == {"fine"}
    assert all(check.text for check in checks)


class TestGiveaways:
    def test_the_label_in_other_words_is_called_that(self):
        data = table()
        data["code"] = np.where(is_yes(data), "A", "B")
        check = one(check_giveaways(evidence_of(data)), ALONE)
        assert (check.status, check.columns) == ("warning", ("code",))
        assert "'code' alone tells the label of 100 % of rows" in check.text
        assert "The label in other words: 'code'." in check.text

    @pytest.mark.parametrize(
        ("wrong", "status"), [(0.0, "warning"), (0.02, "warning"), (0.07, "note"), (0.4, "fine")]
    )
    def test_a_number_that_tells_the_label_is_asked_about(self, wrong, status):
        data, rng = table(), np.random.default_rng(1)
        known = is_yes(data) ^ (rng.random(len(data)) < wrong)
        data["dose"] = rng.normal(np.where(known, 100.0, 10.0), 5.0).round(2)
        check = one(check_giveaways(evidence_of(data)), ALONE)
        assert check.status == status
        assert status == "fine" or check.columns == ("dose",)
        assert "The label in other words" not in check.text

    def test_a_strong_column_among_strong_ones_is_honest(self):
        data, rng = table(), np.random.default_rng(1)
        for name in ("height", "weight", "length"):
            data[name] = rng.normal(np.where(is_yes(data), 1.7, -1.7)).round(3)
        check = one(check_giveaways(evidence_of(data)), ALONE)
        assert check.status == "fine"  # each tells 95 % of rows, as the others do

    def test_a_rare_class_that_one_value_tells_is_seen(self):
        data = table(3000)
        data["label"] = np.where(np.random.default_rng(2).random(3000) < 0.01, "yes", "no")
        data["x2"] = np.where(is_yes(data), 12.345, data["x2"])
        assert one(check_giveaways(evidence_of(data)), ALONE).columns == ("x2",)

    @pytest.mark.parametrize(
        ("of_yes", "of_no", "status"),
        [(1.0, 0.0, "warning"), (0.5, 0.05, "note"), (0.2, 0.15, "fine"), (0.0, 0.0, "fine")],
    )
    def test_missing_cells_that_tell_the_label(self, of_yes, of_no, status):
        data = table()
        data["x4"] = 1.5
        data["x3"] = data["x3"].fillna(0.0)
        missing = np.random.default_rng(3).random(len(data)) < np.where(is_yes(data), of_yes, of_no)
        data.loc[missing, ["x2", "x3"]] = np.nan
        checks = check_giveaways(evidence_of(data))
        assert one(checks, GAPS).status == status
        assert status == "fine" or one(checks, GAPS).columns == ("x2", "x3")
        assert one(checks, ALONE).status == "fine"  # it is the gap that tells, and is said once

    def test_a_column_whose_gaps_tell_is_not_asked_about_again(self):
        data = table()
        data.loc[is_yes(data), "x3"] = np.nan
        checks = check_giveaways(evidence_of(data))
        assert one(checks, GAPS).columns == ("x3",)
        assert one(checks, ALONE).status == "fine"

    def test_a_few_rows_tell_nothing(self):
        data = pd.DataFrame({"x": [0.0, 1.0] * 2, "word": ["u", "v"] * 2, "label": ["a", "b"] * 2})
        assert one(check_giveaways(evidence_of(data)), ALONE).status == "fine"

    def test_a_level_and_a_gap_that_tell_the_label_together(self):
        data = table()
        data["ward"] = np.random.default_rng(4).choice(["north", "south"], len(data))
        data.loc[(data["ward"] == "north") == is_yes(data), "x3"] = np.nan
        check = one(check_giveaways(evidence_of(data)), GAPS)
        assert (check.status, check.columns) == ("warning", ("x3", "ward"))

    def test_labels_by_coin_give_no_alarm_in_many_columns(self):
        rng = np.random.default_rng(5)
        data = pd.DataFrame(rng.normal(size=(60, 100)), columns=[f"x{j}" for j in range(100)])
        data = data.mask(rng.random(data.shape) < 0.2).round(3)
        data["label"] = rng.choice(["no", "yes"], 60)
        assert {check.status for check in check_giveaways(evidence_of(data))} == {"fine"}


class TestGroups:
    @staticmethod
    def grouped(alike, name="patient", one_label=False):
        """Eighty groups of five rows, in any order; alike by what is added to all of a group."""
        data, rng = table(), np.random.default_rng(6)
        group = np.repeat(np.arange(80), 5)
        for column in ("x0", "x1", "x2", "x3"):
            data[column] = (data[column] + alike * rng.normal(size=80)[group]).round(3)
        if one_label:
            data["label"] = np.where(group % 2 == 0, "yes", "no")
        data[name] = rng.permutation(80)[group]
        return data.sample(frac=1.0, random_state=0)

    def test_a_name_is_a_note_and_likeness_a_warning(self):
        for alike, status in ((0.0, "note"), (6.0, "warning")):
            check = one(check_groups(evidence_of(self.grouped(alike))), GROUPS)
            assert (check.status, check.columns) == (status, ("patient",))
            assert check.option == "--group patient"

    @pytest.mark.parametrize("words", [False, True])
    def test_rows_that_are_alike_are_seen_whatever_the_name(self, words):
        data = self.grouped(6.0, "loc no")
        if words:
            data["loc no"] = "site " + data["loc no"].astype(str)
        check = one(check_groups(evidence_of(data)), GROUPS)
        assert (check.status, check.option) == ("warning", "--group 'loc no'")
        clean = one(check_groups(evidence_of(self.grouped(0.0, "loc no"))), GROUPS)
        assert clean.status == "fine"

    def test_labels_that_are_alike_are_seen(self):
        data = self.grouped(0.0, "loc", one_label=True)
        check = one(check_groups(evidence_of(data)), GROUPS)
        assert (check.status, check.columns) == ("warning", ("loc",))
        assert "their labels are" in check.text

    def test_numbers_of_people_who_keep_some_of_their_marks_are_seen(self):
        rng = np.random.default_rng(8)
        person = np.repeat(np.arange(100), 5)
        data = pd.DataFrame(rng.normal(size=(500, 8)).round(3)).add_prefix("x")
        for name, n_levels in (("a", 2), ("b", 2), ("c", 8), ("d", 8)):
            data[name] = rng.integers(0, n_levels, 100)[person]
        data["label"] = rng.choice(["no", "yes"], 500)
        data["nr"] = 7 * person + 13
        check = one(check_groups(evidence_of(data)), GROUPS)
        assert (check.status, check.columns) == ("warning", ("nr",))
        for name in "abcd":  # a quantity, and what is computed from it
            data[name] = np.floor(person / 3.0 if name < "c" else np.sin(person / 20.0) * 9.0)
        assert one(check_groups(evidence_of(data)), GROUPS).status == "fine"

    def test_a_phrase_that_gives_the_label_away_is_no_group(self):
        data = table()
        where = np.arange(len(data)) % 30
        data["remark"] = np.where(is_yes(data), "died in ward ", "went home from ward ")
        data["remark"] += where.astype(str)
        assert one(check_groups(evidence_of(data)), GROUPS).status == "fine"
        data["remark"] = "ward " + pd.Series(where + 30 * is_yes(data)).map(str)
        assert one(check_groups(evidence_of(data)), GROUPS).columns == ("remark",)

    def test_a_quantity_is_no_group_though_it_goes_with_others(self):
        data, rng = table(1000), np.random.default_rng(7)
        age = rng.integers(20, 80, 1000)
        data["age"] = age
        for column in ("x0", "x1", "x2", "x3"):
            data[column] = (age / 5.0 + 0.1 * data[column]).round(3)
        data["label"] = np.where(age > 50, "yes", "no")
        assert one(check_groups(evidence_of(data)), GROUPS).status == "fine"

    def test_where_rows_are_dealt_by_a_group_nothing_is_to_be_said(self):
        evidence = evidence_of(self.grouped(6.0), group="patient")
        check = one(check_groups(evidence), GROUPS)
        assert check.status == "fine"
        assert "'patient'" in check.text

    def test_what_goes_with_a_group_is_not_said_beside_it(self):
        data = self.grouped(6.0, "clinic")
        data["age"] = np.random.default_rng(10).permutation(80)[data["clinic"]] // 2
        data["clinic"] = "c" + data["clinic"].astype(str)
        assert one(check_groups(evidence_of(data)), GROUPS).columns == ("clinic",)
        alone = one(check_groups(evidence_of(data.drop(columns="clinic"))), GROUPS)
        assert alone.columns == ("age",)

    def test_one_group_by_two_names_is_said_once(self):
        data = self.grouped(6.0, "loc")
        data["place"] = "p" + data["loc"].astype(str)
        assert one(check_groups(evidence_of(data)), GROUPS).columns == ("loc",)


class TestTimes:
    @staticmethod
    def dated(drifts, shuffled=False):
        data, rng = table(), np.random.default_rng(8)
        data["visited"] = pd.date_range("2020-01-01", periods=len(data)).strftime("%Y-%m-%d")
        if drifts:
            data["label"] = np.where(
                rng.random(len(data)) < np.linspace(0.1, 0.9, 400), "yes", "no"
            )
        return data.sample(frac=1.0, random_state=1) if shuffled else data

    @pytest.mark.parametrize("shuffled", [False, True])
    def test_a_date_is_a_note_and_drift_a_warning(self, shuffled):
        for drifts, status in ((False, "note"), (True, "warning")):
            checks = check_times(evidence_of(self.dated(drifts, shuffled)))
            check = one(checks, TIMES)
            assert (check.status, check.option) == (status, "--time visited")
            in_order = drifts and not shuffled
            assert one(checks, ORDER).status == ("note" if in_order else "fine")

    @pytest.mark.parametrize(
        ("name", "values", "is_time"),
        [
            ("year", np.arange(1990, 2010), True),
            ("yr", np.arange(70, 90), True),
            ("years", np.arange(0, 20), False),
            ("month", np.arange(1, 13), True),
            ("weekday", np.arange(0, 7), False),
            ("birth_year", np.arange(1950, 1990), False),
            ("time", np.arange(0.5, 9.5), False),
        ],
    )
    def test_names_and_numbers_tell_times(self, name, values, is_time):
        data = table()
        data[name] = np.random.default_rng(9).choice(values, len(data))
        check = one(check_times(evidence_of(data)), TIMES)
        assert check.status == ("note" if is_time else "fine")

    def test_months_in_words_have_no_option(self):
        data = table()
        data["month"] = np.random.default_rng(9).choice(["May", "June", "July"], len(data))
        check = one(check_times(evidence_of(data)), TIMES)
        assert (check.status, check.columns, check.option) == ("note", ("month",), "")

    def test_a_month_beside_a_year_is_not_said(self):
        data, rng = table(), np.random.default_rng(9)
        data["month"], data["year"] = rng.integers(1, 13, 400), rng.integers(2000, 2010, 400)
        assert one(check_times(evidence_of(data)), TIMES).columns == ("year",)

    def test_rows_sorted_by_class_have_no_order(self):
        data = table().sort_values("label")
        assert one(check_times(evidence_of(data)), ORDER).status == "fine"

    def test_the_order_of_rows_is_told_and_a_counter_of_them_is_a_time(self):
        data = self.dated(drifts=True).drop(columns="visited")
        assert one(check_times(evidence_of(data)), ORDER).option == ""
        data["number"] = np.arange(len(data))
        check = one(check_times(evidence_of(data)), ORDER)
        assert (check.status, check.option) == ("note", "--time number")
        assert "A column that says so is for --group. Of time, --time number" in check.text

    def test_a_time_that_is_advised_is_not_asked_for_again(self):
        data = self.dated(drifts=True)
        assert one(check_times(evidence_of(data)), TIMES).option == "--time visited"
        order = one(check_times(evidence_of(data)), ORDER)
        assert (order.status, "--time" in order.text) == ("note", False)
        assert "in the order of 'visited'" in order.text
        data = data.drop(columns="visited")
        assert "for --time or --group" in one(check_times(evidence_of(data)), ORDER).text

    def test_where_rows_are_dealt_by_time_nothing_is_to_be_said(self):
        checks = check_times(evidence_of(self.dated(drifts=True), time="visited"))
        assert {check.status for check in checks} == {"fine"}


def test_columns_that_say_nothing_new_are_named():
    data = table()
    data["fahrenheit"] = data["x0"] * 1.8 + 32.0
    data["farbe"] = data["colour"].map({"red": "rot", "green": "gruen", "blue": "blau"})
    data["one"], data["row"], data["none"] = "same", np.arange(len(data)), ""
    checks = check_columns(evidence_of(data, drop=["x3"]))
    found = {check.name: check.columns for check in checks if check.status == "note"}
    assert found == {
        "columns without a value": ("none",),
        "constant columns": ("one",),
        "identifiers": ("row",),
        "duplicate columns": ("x0", "fahrenheit", "colour", "farbe"),
    }


def test_a_column_that_nearly_says_the_same_is_no_duplicate():
    data = table()
    data["fahrenheit"] = (data["x0"] * 1.8 + 32.0).round(1)
    sides = np.resize([-1.0, 0.0, 1.0, 0.5, -0.5], len(data))  # a gap stands where the mean is
    data["sides"], data["gaps"] = sides, np.where(sides == 0.0, np.nan, sides)
    assert one(check_columns(evidence_of(data)), "duplicate columns").status == "fine"
