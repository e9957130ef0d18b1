"""The sheets are run once; every test looks at the same results."""

import pytest

from trivium.sheet.digits import Digits
from trivium.sheet.moons import Moons
from trivium.sheet.outlier import Outlier
from trivium.sheet.output import OutputFolder
from trivium.sheet.run import run
from trivium.sheet.tasks import TASKS


@pytest.fixture(scope="session")
def moons():
    return Moons()


@pytest.fixture(scope="session")
def outlier():
    return Outlier()


@pytest.fixture(scope="session")
def digits():
    return Digits()


@pytest.fixture(scope="session")
def results():
    """What each task comes to, without its pictures drawn."""
    return {number: task() for number, task in TASKS.items()}


@pytest.fixture(scope="session")
def news():
    """What a whole run has told of its progress."""
    return []


@pytest.fixture(scope="session")
def written(news, tmp_path_factory):
    """Folder and results of a whole run, in processes of its own."""
    folder = tmp_path_factory.mktemp("sheet") / "out"
    with OutputFolder(folder) as output:
        return folder, run([1, 2, 3], output, lambda *said: news.append(said), processes=2)
