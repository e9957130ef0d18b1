"""`trivium plot`: the class regions of the three classifiers over two axes of a table."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from trivium.commands import reading
from trivium.commands.progress import progress
from trivium.commands.words import (
    errors_in_one_line,
    in_one_line,
    print_json,
    print_lines,
    print_notes,
    require_other_file,
)

if TYPE_CHECKING:
    from trivium.lab.scene import Scene

_KINDS = (".svg", ".png", ".pdf")
_MOST_ROWS = 4500  # as many as a scene holds, and some of rare classes
_FOLDS = 10
_LOST = "Glyph .* missing from font"


def plot(
    data: reading.Data,
    target: reading.Target,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="The picture: FILE.svg, FILE.png or FILE.pdf.")
    ],
    x: Annotated[
        str | None, typer.Option("--x", metavar="COL", help="The column of the horizontal axis.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="COL", help="The column of the vertical axis.")
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="On a dark page.")] = False,
    kinds: reading.Kinds = None,
    missing: reading.Missing = None,
    drop: reading.Drop = None,
    decimal: reading.Decimal = None,
    dates: reading.Dates = None,
    sheet: reading.Sheet = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Draw the class regions of the three classifiers, side by side, over two axes of a table.

    The axes are two columns, `--x` and `--y`, or the two principal axes of all columns that tell
    anything; the classifiers are fitted to these two.
    """
    from trivium.atomic import require_writable
    from trivium.lab.own_rows import own_table

    kind = Path(out).suffix.lower()
    if kind not in _KINDS:
        raise TyperException(
            f"--out: name a file that ends in .svg, .png or .pdf, not {in_one_line(out)!r}"
        )
    if (x is None) != (y is None):
        raise TyperException("--x and --y: name both columns, or none for the principal axes")
    with errors_in_one_line(), progress("plotting") as tell:
        require_other_file(out, *data)
        require_writable(out)
        tell("reading")
        choices = reading.kinds_of(kinds)
        table = own_table(
            data[0] if len(data) == 1 else data,
            target,
            kinds=choices,
            missing=missing or (),
            drop=drop or (),
            decimal=decimal,
            dates=dates,
            sheet=sheet,
        )
        scene, notes = table.scene(x, y, n_rows=_MOST_ROWS)
        tell("fitting")
        panels, accuracy, said = _fit(scene)
        tell("drawing")
        title, note = in_one_line(f"{scene.title}: {target}"), in_one_line(" ".join(notes))
        lost = _write(out, kind, scene, panels, title, note, dark=dark)
    every = [*notes, *said, *lost]
    if json:
        print_json(
            {
                "out": out,
                "axes": list(scene.names),
                "rows": scene.n_rows,
                "classes": list(scene.classes),
                "accuracy": accuracy,
                "notes": every,
            }
        )
        return
    print_lines([f"{scene.n_rows:,} rows by {scene.names[0]} and {scene.names[1]}: {out}"])
    print_notes([*(name.replace("\n", ": ") for name in panels), *every])


def _fit(scene: "Scene") -> tuple[dict[str, Any], dict[str, float | None], list[str]]:
    """Return fitted classifiers by what their panels say, their accuracies, and notes."""
    import warnings

    import numpy as np
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from trivium import KNeighborsClassifierCV, LeastSquaresClassifier, SoftmaxRegression
    from trivium.tables.errors import TableError

    labels = _labels(scene)
    if len(np.unique(labels)) < 2:
        raise TableError("the rows that are shown have one class: there is nothing to tell apart")
    models = {
        "nearest neighbours": KNeighborsClassifierCV(),
        "least squares": LeastSquaresClassifier(),
        "softmax regression": SoftmaxRegression(alpha=1e-4),
    }
    folds = min(_FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    panels: dict[str, Any] = {}
    accuracy: dict[str, float | None] = {}
    notes: list[str] = []
    for name, model in models.items():
        steps = [StandardScaler()] if scene.settings.standardize else []
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            fitted = make_pipeline(*steps, model).fit(scene.X, labels)
        notes += [f"{name}: {each.message}" for each in heard]
        score = None
        if folds > 1:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the same of the folds
                cut = StratifiedKFold(folds, shuffle=True, random_state=0)
                score = float(cross_val_score(clone(fitted), scene.X, labels, cv=cut).mean())
        accuracy[name] = score
        k = getattr(fitted[-1], "n_neighbors_", None)
        title = f"{name}, k = {k}" if k is not None else name
        panels[title if score is None else f"{title}\naccuracy {score:.3f} ({folds} folds)"] = (
            fitted
        )
    if folds < 2:
        notes.append("A class has one row: accuracy is not tested.")
    return panels, accuracy, notes


def _write(
    out: str,
    kind: str,
    scene: "Scene",
    panels: dict[str, Any],
    title: str,
    note: str,
    *,
    dark: bool,
) -> list[str]:
    """Draw the panels into a file, and return a note where the font lacks letters.

    It is the same for the same table whatever a user's settings say.
    """
    import warnings

    import matplotlib as mpl
    from matplotlib import pyplot as plt

    from trivium.atomic import atomic_file
    from trivium.displays import SideBySideDisplay
    from trivium.displays.palette import notebook_style

    look: Any = {**notebook_style(dark=dark), "svg.hashsalt": "trivium"}
    names = [in_one_line(name).replace("$", r"\$") for name in scene.names]
    with mpl.rc_context(), warnings.catch_warnings(record=True) as heard:
        warnings.filterwarnings("always", _LOST)
        mpl.rcdefaults()
        mpl.rcParams.update(look)
        figure = SideBySideDisplay.from_estimators(
            panels, scene.X, _labels(scene), feature_names=names, title=title, note=note
        ).figure_
        try:
            dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
            with atomic_file(out) as file:
                figure.savefig(file, format=kind[1:], metadata=dated.get(kind, {}))
        finally:
            plt.close(figure)
    if any(re.match(_LOST, str(each.message)) for each in heard):
        return ["The font of the picture lacks letters of these names: boxes stand for them."]
    return []


def _labels(scene: "Scene") -> Any:
    """Return the class of each row by its name."""
    import numpy as np

    names = [in_one_line(each) for each in scene.classes]
    # Characters that do not show are written out, unless two classes were one then.
    shown = names if len(set(names)) == len(names) else list(scene.classes)
    return np.array(shown)[scene.codes]
