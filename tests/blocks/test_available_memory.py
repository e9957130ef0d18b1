"""What memory is left: the machine's, or the control group's where that is less."""

import math

import pytest

from trivium.blocks import memory


@pytest.mark.parametrize(
    ("limit", "used", "cached", "left"),
    [("1000", "700", "inactive_file 200", 500.0), ("max", "700", "", math.inf)],
)
def test_a_control_group(tmp_path, limit, used, cached, left):
    for name, text in (("max", limit), ("current", used), ("stat", f"anon 5\n{cached}")):
        (tmp_path / f"memory.{name}").write_text(text + "\n")
    assert memory._of_group(tmp_path) == left


def test_where_nobody_says(tmp_path, monkeypatch):
    assert memory._of_group(tmp_path) == math.inf
    (tmp_path / "memory.max").write_text("much")
    (tmp_path / "memory.current").write_text("some")
    assert memory._of_group(tmp_path) == math.inf
    whole = memory._of_machine()
    with monkeypatch.context() as context:  # others may free some in between
        context.setattr(memory, "_of_machine", lambda: whole)
        assert 0.0 < memory.available_memory() <= whole
    monkeypatch.setattr(memory, "Path", lambda _: tmp_path / "none")
    assert memory._of_machine() == math.inf
