import pytest
from tests.storage.zoo import answers, models

from trivium import load, save


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """By name: a model, the bytes of its file, what the file gives, queries, and answers."""
    path, found = tmp_path_factory.mktemp("storage") / "model", {}
    for name, model, queries in models():
        save(model, path)
        found[name] = (model, path.read_bytes(), load(path), queries, answers(model, queries))
    return found
