"""Checks of rows and classes: each finds the fault that was planted, no clean twin gives alarm."""

import numpy as np
import pandas as pd
import pytest
from tests.comparison.planted import ALL, evidence_of, one, table

from trivium.comparison.checks.classes import check_classes
from trivium.comparison.checks.copies import check_copies
from trivium.comparison.checks.denied import check_denied
from trivium.comparison.checks.far import check_far
from trivium.comparison.checks.influential import check_influential
from trivium.comparison.checks.prepared import prepared
from trivium.comparison.checks.spelling import check_spelling

CONTRADICTIONS = "copies with different labels"


def other(labels):
    return np.where(labels == "yes", "no", "yes")


def far_and_bent(data):
    evidence = evidence_of(data)
    rows = prepared(evidence)
    return check_far(evidence, rows)[0], check_influential(evidence, rows)[0]


class TestCopies:
    def test_copies_are_counted_and_named(self):
        data = table()
        checks = check_copies(evidence_of(pd.concat([data, data[:60], data[:1]])))
        check = one(checks, "copies")
        assert check.status == "note"
        assert check.text.startswith("61 rows (13.2 %) are exact copies")
        assert check.rows[:3] == (401, 461, 402)  # of the row that has two first
        assert one(checks, CONTRADICTIONS).status == "fine"
        assert {each.status for each in check_copies(evidence_of(data))} == {"fine"}

    def test_labels_of_copies_bound_every_accuracy(self):
        data = table()
        again = data[:40].assign(label=other(data["label"][:40]))
        check = one(check_copies(evidence_of(pd.concat([data, again]))), CONTRADICTIONS)
        assert check.status == "note"
        assert check.text.startswith("40 rows")
        assert "90.9 % of them" in check.text  # 400 of 440

    def test_copies_by_chance_are_no_news(self):
        rng = np.random.default_rng(0)
        data = pd.DataFrame(rng.choice(["a", "b"], (200, 3)), columns=list("xyz"))
        data["label"] = rng.choice(["no", "yes"], 200)
        checks = check_copies(evidence_of(data))
        assert {check.status for check in checks} == {"fine"}
        assert "8 different rows" in one(checks, "copies").text

    def test_copies_that_few_cells_make_are_no_news(self):
        rng = np.random.default_rng(1)
        words = [f"w{i}" for i in range(8)]
        data = pd.DataFrame({name: rng.choice(words, 600) for name in "vwxyz"})
        data["label"] = rng.choice(["no", "yes"], 600)
        checks = check_copies(evidence_of(data))
        assert {check.status for check in checks} == {"fine"}
        assert "about as many by chance" in one(checks, "copies").text
        more = check_copies(evidence_of(pd.concat([data, data[:60]])))
        assert one(more, "copies").status == "note"


class TestDenied:
    @staticmethod
    def told(n=600):
        data = table(n)
        data["x0"] = (data["x0"] + 3.0 * (data["label"] == "yes")).round(3)
        return data

    def test_wrong_labels_are_named_gravest_first(self):
        data = self.told()
        wrong = np.random.default_rng(1).choice(len(data), 15, replace=False)
        data.loc[wrong, "label"] = other(data["label"][wrong])
        (check,) = check_denied(evidence_of(data, ALL))
        assert check.status == "note"
        assert len(check.rows) == 10
        assert len(set(check.rows) & set(wrong + 1)) >= 9

    def test_right_labels_that_are_hard_to_tell_are_no_news(self):
        for data in (self.told(), table(600), table(300, n_classes=3)):
            assert check_denied(evidence_of(data, ALL))[0].status == "fine"

    def test_a_few_wrong_labels_where_hardly_any_other_is_denied_are_named(self):
        rng = np.random.default_rng(1)
        label = np.repeat(["a", "b"], 60)
        x, z = rng.normal(size=(120, 2)).T
        x += 8.0 * (label == "b")
        for wrong in ([], [7], [7, 20, 30]):
            told = label.copy()
            told[wrong] = "b"
            data = pd.DataFrame({"x": x, "z": z, "label": told})
            (check,) = check_denied(evidence_of(data, ALL, folds=10))
            assert sorted(check.rows) == [row + 1 for row in wrong]
            assert check.status == ("note" if wrong else "fine")

    def test_a_rare_class_that_no_column_tells_is_not_denied(self):
        rng = np.random.default_rng(0)
        label = np.where(rng.random(1000) < 0.02, "rare", "common")
        data = pd.DataFrame(rng.normal(size=(1000, 4))).add_prefix("x").assign(label=label)
        assert check_denied(evidence_of(data, ALL))[0].status == "fine"
        data["x0"] += 9.0 * (label == "rare")
        wrong = np.flatnonzero(label == "common")[:6]
        data.loc[wrong, "label"] = "rare"
        check = check_denied(evidence_of(data, ALL))[0]
        assert check.status == "note"
        assert set(check.rows) <= set(wrong + 1)

    def test_one_model_denies_nothing(self):
        evidence = evidence_of(table(), ["least-squares"])
        assert "fewer than two models" in check_denied(evidence)[0].text


class TestRowsApart:
    def test_an_outlier_bends_the_boundary_and_is_far(self):
        data = table()
        data.loc[7, ["x0", "x1", "label"]] = [60.0, -60.0, "no"]
        far, bent = far_and_bent(data)
        assert (far.status, far.rows) == ("note", (8,))
        assert (bent.status, bent.rows) == ("note", (8,))
        assert "of the others would be predicted as another class" in bent.text

    def test_outliers_that_hide_each_other_are_seen(self):
        data = table()
        data.loc[[7, 9, 11], ["x0", "x2"]] = [[30.0, 35.0], [30.0, 36.0], [31.0, 35.0]]
        data.loc[[7, 9, 11], "label"] = "no"
        far, bent = far_and_bent(data)
        assert set(far.rows) == set(bent.rows) == {8, 10, 12}

    def test_long_tails_are_no_outliers(self):
        for seed in range(3):
            data, rng = table(seed=seed), np.random.default_rng(seed)
            data["income"] = np.exp(1.0 * rng.normal(size=len(data))).round(2)
            far, bent = far_and_bent(data)
            assert (far.status, bent.status) == ("fine", "fine")

    def test_a_few_rows_are_not_looked_at(self):
        far, bent = far_and_bent(table(15))
        assert far.text.startswith("Not looked at")
        assert bent.text.startswith("Not looked at")


class TestClasses:
    def test_few_rows_rare_classes_and_those_never_predicted(self):
        data, rng = table(1000), np.random.default_rng(2)
        data["label"] = np.where(rng.random(1000) < 0.015, "yes", "no")
        data.loc[:2, "label"] = "odd"
        checks = check_classes(evidence_of(data))
        few, rare = one(checks, "classes of few rows"), one(checks, "rare classes")
        assert few.rows == (1, 2, 3)
        assert few.text.startswith("'odd' (3)")
        assert rare.status == "note"
        assert rare.text.startswith("'yes' has 1")

    def test_a_class_that_a_model_never_predicts_is_named(self):
        data = table(500)
        data["label"] = np.where(np.random.default_rng(2).random(500) < 0.2, "yes", "no")
        checks = check_classes(evidence_of(data, ["least-squares"]))
        never = one(checks, "classes never predicted")
        assert never.status == "note"
        assert never.text == "Linear least squares never predicts 'yes'."
        data["label"] = np.where(np.arange(500) < 4, "yes", "no")
        never = one(check_classes(evidence_of(data, ["neighbors"])), "classes never predicted")
        assert never.text == "Nearest neighbours never predict 'yes'."

    def test_even_classes_are_fine(self):
        checks = check_classes(evidence_of(table(), ["neighbors"]))
        assert {check.status for check in checks} == {"fine"}
        checks = check_classes(evidence_of(table()))
        assert "no model has run" in one(checks, "classes never predicted").text

    @pytest.mark.parametrize(("most", "status"), [(20, "fine"), (190, "fine"), (200, "note")])
    def test_rare_is_rare_beside_the_others(self, most, status):
        label = np.repeat([f"c{place}" for place in range(60)], [most] + [20] * 59)
        data = pd.DataFrame({"x": np.arange(label.size) * 7 % 101, "label": label})
        assert one(check_classes(evidence_of(data)), "rare classes").status == status

    @pytest.mark.parametrize("slip", [" {}", "{}.", "{} ", "-{}-"])
    def test_classes_that_slips_of_the_pen_make(self, slip):
        data = table()
        data.loc[[3, 50], "label"] = slip.format("YES")
        check = check_spelling(evidence_of(data))[0]
        if slip == "-{}-":
            assert check.status == "fine"
            return
        assert (check.status, check.columns, check.rows) == ("warning", ("label",), (4, 51))

    def test_numbers_are_alike_where_they_are_equal(self):
        data = table()
        data["label"] = np.random.default_rng(3).choice(["1.5", "15", "2"], len(data))
        assert check_spelling(evidence_of(data))[0].status == "fine"
        data.loc[9, "label"] = "2.0"
        assert check_spelling(evidence_of(data))[0].rows == (10,)
