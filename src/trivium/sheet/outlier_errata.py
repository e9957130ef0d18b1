"""Task 2: where the sheet is wrong, each with evidence from this run."""

from collections.abc import Iterable
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from trivium.displays.palette import INK, OUTLIER_COLOR, class_style
from trivium.sheet.canvas import WIDTH, figure
from trivium.sheet.outlier import BEYOND, SCALES, Outlier
from trivium.sheet.records import Erratum, Picture


def errata(outlier: Outlier) -> tuple[Erratum, ...]:
    """Gather the evidence for the two errata of the task."""
    return _rounding(outlier), _range(outlier)


def _rounding(outlier: Outlier) -> Erratum:
    zero = [int(np.sum(outlier.fits[s].rounded == 0)) for s in SCALES]
    by_sign = [outlier.accuracy(s, outlier.fits[s].signed) for s in SCALES]
    two = int(np.sum(outlier.fits[BEYOND].rounded == 2))
    rounded_beyond = outlier.accuracy(BEYOND, outlier.fits[BEYOND].rounded)
    signed_beyond = outlier.accuracy(BEYOND, outlier.fits[BEYOND].signed)
    return Erratum(
        2,
        "2.2",
        "rounding",
        "Rounding, not the outlier, costs most of the accuracy",
        "2.2",
        "Accuracy falls from 0.95 to 0.85 because of the outlier.",
        f"Most of it is rint: it answers class 0, which does not exist, for {_listed(zero)} test "
        f"rows with |f| < 0.5. By the sign of f the accuracy is "
        f"{_listed([f'{a:.2f}' for a in by_sign])}. At s = {BEYOND}, rint even answers 2 ({two} "
        f"of {len(outlier.y_test)} rows): accuracy {rounded_beyond:.2f} against "
        f"{signed_beyond:.2f} by sign.",
        {
            **{f"class_0_s{s}": n for s, n in zip(SCALES, zero, strict=True)},
            **{f"accuracy_by_sign_s{s}": a for s, a in zip(SCALES, by_sign, strict=True)},
            "accuracy_by_rint_s16": rounded_beyond,
            "accuracy_by_sign_s16": signed_beyond,
        },
        Picture(
            "erratum-rint",
            "f at the test rows. Rounding sends what lies in the band to class 0.",
            "Values of f at the test rows for each scale; some fall into the band from −0.5 to "
            "0.5, where rounding gives 0.",
            lambda: figure(partial(_draw_values, outlier), (WIDTH, 2.9), (0.58, 0.44, 0.08, 0.08)),
        ),
    )


def _draw_values(outlier: Outlier, ax: Axes) -> None:
    scales = (*SCALES, BEYOND)
    for place, scale in enumerate(scales):
        values = outlier.fits[scale].values
        for position, label in enumerate((-1, 1)):
            f = values[outlier.y_test == label]
            # Spread by rank, so that no two points hide each other and no seed is needed.
            height = place + 0.3 * (np.argsort(np.argsort(f)) / len(f) - 0.5)
            ax.scatter(f, height, s=7, rasterized=True, **class_style(position))
    ax.axvspan(-0.5, 0.5, color=OUTLIER_COLOR, alpha=0.2, linewidth=0)
    ax.axvline(0, color=INK, linewidth=1.0)
    ax.set_yticks(range(len(scales)), [f"s = {s}" for s in scales])
    ax.set_xlabel("f(x)")
    ax.invert_yaxis()


def _range(outlier: Outlier) -> Erratum:
    tilt = {s: outlier.tilt(s) for s in (SCALES[-1], BEYOND)}
    accuracy = outlier.accuracy(BEYOND, outlier.fits[BEYOND].signed)
    return Erratum(
        2,
        "2.3",
        "range",
        "Speaks of scales up to 16, runs up to 8",
        "2.3",
        "Speaks of outliers from 1 to 16.",
        f"The sheet runs {_listed(SCALES)}. Run here, s = {BEYOND} tilts the boundary by "
        f"{tilt[BEYOND]:.1f}° (s = {SCALES[-1]}: {tilt[SCALES[-1]]:.1f}°) and has the accuracy "
        f"{accuracy:.2f} by sign.",
        {"largest_scale_run_by_sheet": SCALES[-1], "tilt_s8": tilt[8], "tilt_s16": tilt[16]},
    )


def _listed(values: Iterable[object]) -> str:
    *first, last = map(str, values)
    return f"{', '.join(first)} and {last}"
