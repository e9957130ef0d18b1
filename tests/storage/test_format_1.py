"""Files that were written when the format was new, and what their models answered then."""

import json

import numpy as np
import pytest
from tests.storage.make_format_1 import ANSWERS, FOLDER, told

from trivium import load

THEN = json.loads(ANSWERS.read_text(encoding="utf-8"))


def test_there_is_a_file_for_each_answer():
    assert sorted(path.stem for path in FOLDER.glob("*.safetensors")) == sorted(THEN)
    kinds = {type(load(path)).__name__ for path in FOLDER.glob("*.safetensors")}
    assert len(kinds) == 11


@pytest.mark.parametrize("name", THEN)
def test_files_of_format_1_are_read_and_answer_as_then(name):
    now = told(load(FOLDER / f"{name}.safetensors"))
    assert now.keys() == THEN[name].keys()
    for method, own in now.items():
        then = np.array(THEN[name][method])
        if method == "predict":
            assert own == then.tolist()
        else:
            own = np.array(own)
            np.testing.assert_allclose(own.astype(float), then.astype(float), rtol=1e-9, atol=1e-9)
