"""What the report tells students to type runs, and prints what the report says."""

import io
from contextlib import redirect_stdout

import pytest
from threadpoolctl import threadpool_limits

from trivium.sheet.listings import listings


@pytest.mark.parametrize("task", [1, 2, 3])
def test_listings_print_what_they_say_one_after_the_other(task, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # they leave pictures
    names = {}
    for number, lines in listings(task).items():
        printed = io.StringIO()
        # Thousands of small products: threads that wait for each other would make hours of them.
        with redirect_stdout(printed), threadpool_limits(1):
            exec(compile(lines.code, number, "exec"), names)  # noqa: S102 - our own lines
        shown = [line.rstrip() for line in printed.getvalue().splitlines()]
        while shown and not shown[-1]:
            shown.pop()
        assert shown == lines.output.splitlines(), number
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("task", [1, 2, 3])
def test_listings_fit_beside_the_margin(task):
    for lines in listings(task).values():
        assert max(map(len, lines.code.splitlines())) <= 88
