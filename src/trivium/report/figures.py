"""A matplotlib figure as an SVG that stands inline beside others, or as a file of its own.

matplotlib writes a picture for a white page of its own: black ink, its own fonts, a style rule for
every element, and ids that repeat from one file to the next. Inside a page the picture should take
the page's ink (so that it turns with the colour scheme) and font, and its ids must not meet those
of the next one: a clip path would cut the wrong picture.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Patch
from PIL import Image

from trivium.displays.palette import INK
from trivium.report.anchors import checked_anchor

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
# Black lines too, matplotlib's own ink; a black face may be data and stays.
_INK = re.compile(rf"(?:(fill|stroke): {INK}|(stroke): #000000)\b", re.IGNORECASE)
_FONT_FAMILY = re.compile(r"font-family: [^;]*;? ?")
# A white that no palette uses: it marks what should have the colour of the page.
_PAPER = "#fffefd"
_VIEW_BOX = re.compile(r'viewBox="([^"]*)"')
_FONTS = "DejaVu Sans, Verdana, sans-serif"  # as wide as what matplotlib laid out
_RASTER_DPI = 200  # of rasterised artists: two pixels a CSS pixel at natural size
_CSS_PX_PER_POINT = 96 / 72
_PNG = "data:image/png;base64,"
_COLORS = 256  # of a rasterised picture: a third of the bytes, and hardly a shade's difference

ET.register_namespace("", _SVG[1:-1])


def to_svg(figure: Figure, *, name: str, label: str) -> Markup:
    """Draw a figure as an SVG element for a page.

    Text stays text, faces are transparent, `trivium.displays.palette.INK` becomes the page's text
    colour (so do black text and lines) and legends take the page's background. The same figure
    gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Unique in the page; every id in the SVG begins with it.
    label : str
        What the picture shows, for readers who cannot see it.

    Returns
    -------
    markupsafe.Markup
        One ``<svg>`` element that scales to its container.

    Raises
    ------
    ValueError
        If the name could not stand in a link, or the label is empty.
    """
    checked_anchor(name)
    if not label.strip():
        raise ValueError(f"figure {name!r} needs a label for readers who cannot see it")
    root = ET.fromstring(_draw(figure, name))  # noqa: S314 - written by matplotlib just now
    _set_root(root, label)
    _drop_own_style(root)
    _rename_ids(root, name)
    for element in root.iter():
        _take_page_style(element)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialised XML


def to_png(figure: Figure, *, dpi: float = 150) -> bytes:
    """Draw a figure as a PNG on white; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    dpi : float
        Pixels per inch of the figure's size.

    Returns
    -------
    bytes
        The PNG file.
    """
    buffer = BytesIO()
    with _canvas(figure, FigureCanvasAgg, dpi, {figure.patch: "white"}) as canvas:
        canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def to_pdf(figure: Figure) -> bytes:
    """Draw a figure as a PDF on white; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    bytes
        The PDF file, whose text can be searched and marked.
    """
    buffer = BytesIO()
    nothing = {"CreationDate": None, "Creator": None, "Producer": None}
    with _canvas(figure, FigureCanvasPdf, _RASTER_DPI, {figure.patch: "white"}) as canvas:
        canvas.print_pdf(buffer, metadata=nothing)
    return buffer.getvalue()


def svg_file(svg: Markup) -> bytes:
    """Make a file of its own of an SVG that `to_svg` made for a page.

    Parameters
    ----------
    svg : Markup

    Returns
    -------
    bytes
        The SVG file: dark ink on white, as large as the figure is in inches.
    """
    text = str(svg).replace("currentColor", INK).replace("var(--surface, #ffffff)", "#ffffff")
    head, box, rest = _VIEW_BOX.split(text, maxsplit=1)
    width, height = (f"{float(side):g}pt" for side in box.split()[2:])
    size = f'viewBox="{box}" width="{width}" height="{height}" font-family="{_FONTS}"'
    root, drawing = f"{head}{size}{rest}".split(">", maxsplit=1)
    return f'{root}><rect width="100%" height="100%" fill="#ffffff"/>{drawing}\n'.encode()


def _draw(figure: Figure, name: str) -> bytes:
    buffer = BytesIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    settings = rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "svg.image_inline": True})
    clear = dict.fromkeys([figure.patch, *(axes.patch for axes in figure.axes)], "none")
    lent = _canvas(figure, FigureCanvasSVG, _RASTER_DPI, clear)
    with settings, _legends_on_paper(figure), lent as canvas:
        canvas.print_svg(buffer, metadata=nothing)
    return buffer.getvalue()


@contextmanager
def _canvas(
    figure: Figure, kind: type[FigureCanvasBase], dpi: float, faces: dict[Patch, str]
) -> Iterator[Any]:
    """Lend the figure a canvas, a resolution and faces for some of its patches.

    The canvas draws by itself: savefig would draw everything twice to find its extent.
    """
    canvas, own_dpi = figure.canvas, figure.dpi
    own_faces = {patch: patch.get_facecolor() for patch in faces}
    figure.set_dpi(dpi)
    for patch, face in faces.items():
        patch.set_facecolor(face)
    try:
        yield kind(figure)
    finally:
        for patch, own_face in own_faces.items():
            patch.set_facecolor(own_face)
        figure.set_dpi(own_dpi)
        figure.set_canvas(canvas)


@contextmanager
def _legends_on_paper(figure: Figure) -> Iterator[None]:
    """Give legends the page's background: a white box would hide light text in a dark page."""
    frames = [artist.get_frame() for artist in figure.findobj(Legend) if isinstance(artist, Legend)]
    faces = [frame.get_facecolor() for frame in frames]
    for frame in frames:
        frame.set_facecolor(_PAPER)
    try:
        yield
    finally:
        for frame, face in zip(frames, faces, strict=True):
            frame.set_facecolor(face)


def _set_root(root: ET.Element, label: str) -> None:
    """Leave the size to the page, but tell it the natural one."""
    width = float(root.attrib.pop("width").removesuffix("pt")) * _CSS_PX_PER_POINT
    del root.attrib["height"], root.attrib["version"]
    # What matplotlib asks for in a rule for `*`, which would reach the whole page.
    root.set("style", f"--natural-width: {width:.0f}px; stroke-linejoin: round")
    root.set("role", "img")
    root.set("aria-label", label)


def _drop_own_style(root: ET.Element) -> None:
    for definitions in root.iter(f"{_SVG}defs"):
        for style in definitions.findall(f"{_SVG}style"):
            definitions.remove(style)


def _rename_ids(root: ET.Element, name: str) -> None:
    """Give new numbers to the ids that something refers to, and drop the others.

    The dot keeps them apart from every anchor and from the ids of a figure named ``name-1``.
    """
    referred: set[str] = set()
    for element in root.iter():
        if _XLINK_HREF in element.attrib:  # plain href is enough for every browser of today
            place = "".join(element.attrib.pop(_XLINK_HREF).split())
            element.set("href", _in_few_colors(place) if place.startswith(_PNG) else place)
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                referred.add(value[1:])
            elif "url(#" in value:
                referred.update(_REFERENCE.findall(value))
    new: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old is not None and old in referred:
            new[old] = f"{name}.{len(new) + 1}"
            element.set("id", new[old])
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                element.set(key, f"#{new[value[1:]]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(lambda found: f"url(#{new[found[1]]})", value))


def _in_few_colors(link: str) -> str:
    """Write a PNG anew with a palette of its own."""
    buffer = BytesIO()
    with Image.open(BytesIO(base64.b64decode(link.removeprefix(_PNG)))) as picture:
        # Octrees alone keep the opacity of each colour; dithering would make grain of it.
        few = picture.convert("RGBA").quantize(
            _COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        few.save(buffer, "PNG")
    return _PNG + base64.b64encode(buffer.getvalue()).decode()


def _in_page_ink(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}: currentColor"


def _take_page_style(element: ET.Element) -> None:
    """Take the page's ink and font, and leave out the white space between elements."""
    is_text = element.tag in (f"{_SVG}text", f"{_SVG}tspan")
    style = element.attrib.get("style", "")
    style = _FONT_FAMILY.sub("", _INK.sub(_in_page_ink, style)).removesuffix("; ")
    if element.tag == f"{_SVG}text" and "fill: " not in style:  # left out where it is black
        style = f"{style}; fill: currentColor".removeprefix("; ")
    if style:
        element.set("style", style.replace(_PAPER, "var(--surface, #ffffff)"))
    if element.tail and element.tail.isspace():
        element.tail = None
    if element.text and element.text.isspace() and not is_text:
        element.text = None
