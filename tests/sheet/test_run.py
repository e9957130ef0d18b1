"""A whole run: the files that it leaves."""

import gc
import json
import logging
import multiprocessing
import re
import time
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from trivium.report import in_style, to_png
from trivium.sheet import parallel
from trivium.sheet.document import summary_of
from trivium.sheet.output import OutputFolder
from trivium.sheet.records import Check, Part, TaskResult
from trivium.sheet.rendering import render_task
from trivium.sheet.run import KINDS, run, to_json
from trivium.sheet.summary import as_json
from trivium.sheet.tasks import TASKS
from trivium.versions import LIBRARIES


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.references, self.pictures, self.headings = [], [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.references += [attrs[name] for name in ("href", "src", "xlink:href") if name in attrs]
        self.pictures += tag == "svg" and attrs.get("role") == "img"


def test_files(written):
    folder, results = written
    names = {
        f"{picture.name}.{kind}"
        for result in results
        for picture in result.pictures
        for kind in ("png", "svg", "pdf")
    }
    assert {path.name for path in folder.iterdir()} == {"figures", "report.html", "sheet.json"}
    assert {path.name for path in (folder / "figures").iterdir()} == names
    assert len(names) >= 120
    assert (folder / "report.html").stat().st_size <= 2.5e6


def test_all_numbers_agree_and_all_errata_are_there(written):
    folder, _ = written
    sheet = json.loads((folder / "sheet.json").read_text(encoding="utf-8"))
    assert sheet["agree"] == sheet["published"] == 67
    assert sheet["following_agree"] == sheet["following"] == 9
    assert len(sheet["records"]) == 76
    assert sum(record["follows_from"] is None for record in sheet["records"]) == 67
    keys = {"task", "quantity", "published", "measured", "agrees", "follows_from"}
    assert all(set(record) == keys and record["agrees"] is True for record in sheet["records"])
    assert len(sheet["errata"]) == 12
    for erratum in sheet["errata"]:
        assert erratum["where"]
        assert erratum["claim"]
        assert re.search(r"\d", erratum["measured"])
        assert np.isfinite(list(erratum["evidence"].values())).all()
    assert set(sheet["versions"]) == {"python", *LIBRARIES}


def test_page_holds_every_picture_and_asks_for_nothing(written):
    folder, results = written
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = _Page(text)
    assert page.pictures == sum(len(result.pictures) for result in results)
    assert len(set(page.ids)) == len(page.ids)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("figures/*")}
    others = {each for each in page.references if not each.startswith(("#", "data:"))}
    assert others == files  # links, which nothing follows by itself
    assert {ref[1:] for ref in page.references if ref[0] == "#"} <= set(page.ids)
    assert "<math" in text
    assert "67 of 67 published numbers agree, and 9 of 9 that follow" in text
    assert "[[" not in text


def test_no_figure_is_blank(written):
    folder, _ = written
    for path in (folder / "figures").glob("*.png"):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L"))
        assert pixels.std() > 5, path.name
        assert pixels.min() < 100, path.name


def test_a_number_that_differs_is_said_so():
    part = Part("1.1", "title", "anchor", (), (Check(1, "q", "0.5", float("nan")),))
    results = [TaskResult(1, "task", (part,), ())]
    assert not summary_of(results).good
    (record,) = json.loads(to_json(as_json(results)))["records"]
    assert record["agrees"] is False
    assert record["measured"] is None


@pytest.mark.parametrize("task", [1, 2, 3])
def test_errata_by_task(written, task):
    _, results = written
    assert len(results[task - 1].errata) == {1: 6, 2: 2, 3: 4}[task]


def test_numbers_and_pictures_do_not_depend_on_processes(written, results):
    """Of many pictures some are drawn here as well; those of task 2 all are, below."""
    folder, elsewhere = written
    ours = to_json(as_json([results[task] for task in (1, 2, 3)]))
    assert (folder / "sheet.json").read_text(encoding="utf-8") == ours
    for task in (1, 3):
        for picture in results[task].pictures[::8]:
            with in_style():
                png = to_png(picture.draw())
            assert (folder / "figures" / f"{picture.name}.png").read_bytes() == png, picture.name
    with pytest.raises(RuntimeError, match="drawn in another process"):
        elsewhere[0].pictures[0].draw()


@pytest.mark.usefixtures("written")
def test_progress_comes_from_each_process(news):
    for task in (1, 2, 3):
        shares = [share for number, _, share in news if number == task]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_files_do_not_depend_on_settings_of_matplotlib(written, tmp_path):
    folder, _ = written
    odd = {"font.size": 20, "figure.dpi": 30, "axes.grid": True, "lines.linewidth": 7}
    with mpl.rc_context({**odd, "svg.fonttype": "path", "image.cmap": "gray"}):
        before = dict(mpl.rcParams)
        with OutputFolder(tmp_path) as output:
            run([2], output)
        assert dict(mpl.rcParams) == before
    pictures = list((tmp_path / "figures").iterdir())
    assert {path.suffix[1:] for path in pictures} == set(KINDS)
    for path in pictures:
        assert path.read_bytes() == (folder / "figures" / path.name).read_bytes(), path.name


def test_progress_says_when_loops_are_compiled_for_long(monkeypatch):
    log, seen = logging.getLogger("trivium"), []

    def task():
        log.info("Compiling loops for this processor: 2.1 s so far.")
        return TaskResult(1, "quick", (), ())

    monkeypatch.setitem(TASKS, 1, task)
    before = log.level, list(log.handlers)
    render_task(1, lambda *news: seen.append(news))
    assert seen == [
        (1, "computing", 0.0),
        (1, "computing: compiling loops, once", 0.0),
        (1, "done", 1.0),
    ]
    assert (log.level, log.handlers) == before


def test_an_error_in_a_process_ends_the_others(tmp_path):
    stranger = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    stranger.start()
    try:
        with pytest.raises(KeyError), OutputFolder(tmp_path / "new") as output:
            run([3, 4], output, processes=2)
        assert stranger.is_alive()
    finally:
        stranger.terminate()
        stranger.join()
    children = multiprocessing.active_children()
    assert not any(isinstance(child, parallel.TaskProcess) for child in children)
    assert not (tmp_path / "new").exists()


def test_processes_of_tasks_collect_no_garbage():
    context = multiprocessing.get_context("spawn")
    begin = {"initializer": parallel._begin, "initargs": (None,)}
    with ProcessPoolExecutor(1, mp_context=context, **begin) as pool:
        assert not pool.submit(gc.isenabled).result()
