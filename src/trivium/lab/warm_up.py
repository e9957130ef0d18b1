"""Kernels are compiled before there is a page, so that no hand waits for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trivium.lab.answers.answer import Pointer
from trivium.lab.answers.neighbors import curve
from trivium.lab.question import Question, answer
from trivium.lab.scene import Scene
from trivium.lab.settings import Settings
from trivium.lab.view import view_of

_SETTINGS = (
    Settings(),
    Settings(step=2, sizes="leverage", neighbors_shading="p(x)"),
    Settings(robust=True, neighbors_shading="p(x|c)", softmax_shading="p(c|x)", standardize=True),
    Settings(neighbors_shading="p(c|x)", alpha=0.1, softmax_alpha=0.0, step=1),
)


def warm_up() -> None:
    """Have every panel answer small scenes and larger ones, of two classes and of three."""
    for n_rows, n_classes in ((40, 2), (40, 3), (600, 2), (600, 3)):
        generator = np.random.default_rng(0)
        codes = np.arange(n_rows) % n_classes
        X = generator.normal(size=(n_rows, 2)) + codes[:, None]
        scene = Scene(X, codes, tuple("abc"[:n_classes]))
        for settings in _SETTINGS:
            asked = replace(scene, settings=settings)
            answer(Question(asked, view_of(asked), Pointer(0.0, 0.0, 0), 0, None))
        curve(scene)
