import base64
import re
import struct
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from PIL import Image

from trivium.displays.palette import INK, style
from trivium.report import svg_file, to_pdf, to_png, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own figure


def crowded_figure(title: str = "k = 1", *, settings: dict | None = None) -> Figure:
    """A figure with everything that writes ids: clips, markers, hatches, images, mathematics."""
    with rc_context(style() if settings is None else settings):
        figure = Figure(figsize=(3.2, 2.4))
        axes = figure.add_subplot()
        axes.imshow(np.eye(8), extent=(0, 1, 0, 1), aspect="auto")
        axes.scatter([0.2, 0.8], [0.3, 0.6], label="rows")
        axes.scatter([0.5], [0.5], s=300, rasterized=True)
        axes.bar([0.4], [0.5], width=0.1, hatch="//", label="bar")
        axes.plot([0, 1], [0, 1], color=INK, label="$x_1^2$")
        axes.set(title=title, xlabel="$x_1$")
        axes.legend(frameon=True)
    return figure


def ids_and_references(svg: str) -> tuple[set[str], set[str]]:
    ids = re.findall(r'\sid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)
    return set(ids), {one or other for one, other in references}


def test_svg_is_one_inlineable_element_that_scales():
    svg = to_svg(crowded_figure(), name="moons-k1", label="Class regions")
    assert isinstance(svg, Markup)
    root = parsed(svg)
    assert root.tag == f"{SVG}svg"
    assert "viewBox" in root.attrib
    assert not {"width", "height"} & root.attrib.keys()
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Class regions"
    assert "--natural-width: 307px" in root.attrib["style"]
    assert not list(root.iter(f"{SVG}style")), "a style element would reach the whole page"
    assert "<?xml" not in svg
    assert "<!" not in svg


def test_text_stays_text_in_the_font_and_ink_of_the_page():
    svg = to_svg(crowded_figure(), name="a", label="a")
    root = parsed(svg)
    assert "k = 1" in [element.text for element in root.iter(f"{SVG}text")]
    assert "font-family" not in svg
    assert "font-size: 8px" in svg
    assert INK not in svg.lower()
    assert "currentColor" in svg


def test_legends_take_the_background_of_the_page_and_keep_their_own_in_the_figure():
    figure = crowded_figure(settings={})
    legend = next(artist for artist in figure.findobj(Legend))
    before = legend.get_frame().get_facecolor()
    assert "fill: var(--surface, #ffffff)" in to_svg(figure, name="a", label="a")
    assert legend.get_frame().get_facecolor() == before
    assert "var(" not in to_svg(Figure(), name="a", label="a")


def test_a_figure_in_matplotlibs_own_black_turns_with_the_scheme_too():
    svg = to_svg(crowded_figure(settings={}), name="a", label="a")
    texts = list(parsed(svg).iter(f"{SVG}text"))
    assert texts
    assert all("fill: currentColor" in text.get("style", "") for text in texts)
    assert "stroke: #000000" not in svg


def test_a_black_face_may_be_data_and_stays():
    figure = Figure()
    figure.add_artist(Rectangle((0, 0), 1, 1, facecolor="black"))
    paths = list(parsed(to_svg(figure, name="a", label="a")).iter(f"{SVG}path"))
    assert paths
    assert all("fill: currentColor" not in path.get("style", "") for path in paths)


def test_faces_are_transparent():
    svg = to_svg(crowded_figure(settings={}), name="a", label="a")
    assert "fill: #ffffff" not in svg


def test_ids_of_several_figures_never_meet_and_every_reference_resolves():
    names = ["moons", "moons-1", "moons-1-1", "m"]
    found = [ids_and_references(to_svg(crowded_figure(), name=name, label="x")) for name in names]
    for name, (ids, references) in zip(names, found, strict=True):
        assert ids == references
        assert len(ids) >= 3
        assert all(one.startswith(f"{name}.") for one in ids)
    for (first, _), (second, _) in pairwise(found):
        assert not first & second


def test_rasterised_artists_and_images_survive():
    root = parsed(to_svg(crowded_figure(), name="a", label="a"))
    sources = [image.attrib["href"] for image in root.iter(f"{SVG}image")]
    assert len(sources) == 2
    assert all(re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", one) for one in sources)


def test_same_figure_same_bytes():
    first, second = crowded_figure(), crowded_figure()
    svg = to_svg(first, name="a", label="a")
    assert svg == to_svg(first, name="a", label="a") == to_svg(second, name="a", label="a")
    assert to_png(first) == to_png(second)


def test_label_and_texts_are_escaped():
    hostile = '<script>alert("1")</script>'
    svg = to_svg(crowded_figure(hostile), name="a", label=hostile)
    assert "<script" not in svg
    assert parsed(svg).get("aria-label") == hostile


def test_text_that_looks_like_style_is_left_alone():
    svg = to_svg(crowded_figure(f"fill: {INK} url(#x)"), name="a", label="a")
    assert f"fill: {INK} url(#x)" in svg


@pytest.mark.parametrize("name", ["", "1a", "A", "a b", "a.1", 'a"', "a)"])
def test_a_name_that_could_not_stand_in_a_link_is_refused(name):
    with pytest.raises(ValueError, match="cannot name a part of a page"):
        to_svg(Figure(), name=name, label="a")


@pytest.mark.parametrize("label", ["", "  \n"])
def test_a_figure_without_label_is_refused(label):
    with pytest.raises(ValueError, match="needs a label"):
        to_svg(Figure(), name="a", label=label)


def test_png_stands_on_white_in_the_asked_size():
    figure = Figure(figsize=(2, 1), facecolor="none")
    png = to_png(figure, dpi=100)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (200, 100)
    assert b"tEXt" not in png
    assert png == to_png(Figure(figsize=(2, 1), facecolor="white"), dpi=100)


def test_the_same_figure_gives_the_same_pdf_on_white():
    first = to_pdf(crowded_figure())
    assert first.startswith(b"%PDF-")
    assert b"CreationDate" not in first
    assert first == to_pdf(crowded_figure())


def test_an_svg_file_stands_alone_in_dark_ink_on_white():
    figure = crowded_figure()
    text = svg_file(to_svg(figure, name="alone", label="A line")).decode()
    root = parsed(text)
    width, height = figure.get_size_inches() * 72
    assert root.attrib["width"] == f"{width:g}pt"
    assert root.attrib["height"] == f"{height:g}pt"
    assert root[0].tag.endswith("rect")
    assert root[0].attrib["fill"] == "#ffffff"
    for words in ("currentColor", "var(--"):
        assert words not in text
    assert INK in text


def test_a_rasterised_cloud_takes_few_bytes_and_keeps_its_colours():
    X = np.random.default_rng(0).normal(size=(2000, 2))
    figure = Figure(figsize=(3, 3))
    figure.subplots().scatter(*X.T, color="#0072B2", rasterized=True)
    svg = to_svg(figure, name="cloud", label="Points")
    (png,) = re.findall(r'href="data:image/png;base64,([^"]*)"', svg)
    with Image.open(BytesIO(base64.b64decode(png))) as picture:
        assert picture.mode == "P"
        pixels = np.asarray(picture.convert("RGBA")).reshape(-1, 4)
    solid = pixels[pixels[:, 3] > 200]
    assert np.abs(np.median(solid[:, :3], axis=0) - [0x00, 0x72, 0xB2]).max() <= 2
    assert (pixels[:, 3] == 0).any()  # the page shows between the points
