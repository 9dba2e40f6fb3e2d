"""Figures become SVG text that is the same on every machine and follows the page's theme."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcourse.figures import style


@pytest.fixture
def figure():
    """Return a figure with lines, markers, a clip path, a formula and a colormap."""
    with matplotlib.rc_context(style.STYLE):
        figure, ax = plt.subplots()
        x = np.linspace(0, 6, 30)
        ax.plot(x, np.sin(x), marker="o", label=r"$\delta^2$ is 0.125")
        ax.contourf(x, x, np.outer(np.sin(x), np.cos(x)), cmap=style.DIVERGING, levels=5)
        ax.legend()
        yield figure
        plt.close(figure)


def test_the_same_figure_gives_the_same_text(figure):
    assert style.svg_text(figure) == style.svg_text(figure)


def test_noise_in_the_last_digits_does_not_change_the_text():
    texts = []
    for noise in (0.0, 1e-13):
        with matplotlib.rc_context(style.STYLE):
            figure, ax = plt.subplots()
            ax.plot([0.0, 1.0, 2.0], [1.0 + noise, 2.0 - noise, 4.0 + noise])
            texts.append(style.svg_text(figure))
            plt.close(figure)
    assert texts[0] == texts[1], "another processor's rounding would change the stored figure"


def test_the_text_is_one_element_without_dates_comments_or_style_sheets(figure):
    text = style.svg_text(figure)
    assert ElementTree.fromstring(text).tag.endswith("svg")
    for part in ("<?xml", "<!", "<style", "metadata", "matplotlib", "xlink"):
        assert part not in text, f"{part} varies between runs, or leaks into the page"


def test_numbers_have_at_most_two_decimals_but_words_are_kept(figure):
    text = style.svg_text(figure)
    tags = "".join(re.findall(r"<[^>]+>", text))
    long = re.findall(r"\d+\.\d{3,}", tags)
    assert not long, f"unrounded coordinates: {long[:3]}"
    words = "".join(ElementTree.fromstring(text).itertext())
    assert "0.125" in words.replace("\n", ""), "the text in a figure is not a coordinate"


def test_palette_colors_become_variables_and_no_other_color_remains(figure):
    text = style.svg_text(figure)
    loose = re.findall(r"(?<!, )#[0-9a-f]{6}\b", re.sub(r'(?:href="|url\()#[^")]*', "", text))
    assert not loose, f"these colors would not follow the theme: {set(loose)}"
    assert "var(--bp-blue, #0b62a8)" in text


def test_only_identifiers_in_use_remain_and_two_figures_share_none(figure):
    text = style.svg_text(figure)
    defined = set(re.findall(r' id="([^"]+)"', text))
    used = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert defined == used
    figure.axes[0].plot([1, 2], [0, 1])
    other = set(re.findall(r' id="([^"]+)"', style.svg_text(figure)))
    assert not defined & other, "on one page, the second figure would use the first one's markers"


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        ("12.3456", "12.35"),
        ("2.125", "2.13"),
        ("2.12499999", "2.13"),
        ("-2.125", "-2.12"),
        ("-2.12500001", "-2.12"),
        ("3.000001", "3"),
        ("-0.000001", "0"),
        ("123456.789", "123456.79"),
        ("1.5e-07", "0"),
    ],
)
def test_rounding(number, rounded):
    assert style.two_decimals(number) == rounded


def luminance(color):
    """Return the relative luminance of a color, as the guidelines for web content define it."""
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    """Return the contrast ratio of two colors, from 1 to 21."""
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def dark_palette():
    """Return the colors of the dark theme, from the style sheet."""
    from book_pages import BOOK

    dark = (BOOK / "_static" / "bpcourse.css").read_text(encoding="utf-8").split("dark", 1)[1]
    return dict(re.findall(r"--bp-(\w+): (#\w+);", dark))


@pytest.mark.parametrize("palette", [style.PALETTE, dark_palette()], ids=["light", "dark"])
def test_text_and_lines_can_be_read_in_both_themes(palette):
    for name in set(palette) - {"paper", "grid"}:
        ratio = contrast(palette[name], palette["paper"])
        assert ratio >= 4.5, f"{name} on paper has contrast {ratio:.1f}, want 4.5"


def test_outside_of_a_notebook_only_the_settings_change():
    with matplotlib.rc_context():
        style.use_book_style()
        assert matplotlib.rcParams["svg.fonttype"] == "none"


def test_in_a_notebook_figures_are_shown_as_svg_alone(monkeypatch):
    from IPython.core.formatters import DisplayFormatter
    from matplotlib.figure import Figure

    class Shell:
        display_formatter = DisplayFormatter()

    png = Shell.display_formatter.formatters["image/png"]
    png.for_type(Figure, lambda figure: b"")
    monkeypatch.setattr(style, "running_shell", Shell)
    with matplotlib.rc_context():
        style.use_book_style()
    assert Figure not in png, "nbval does not compare PNG"
    data, _ = Shell.display_formatter.format(plt.figure())
    assert set(data) == {"image/svg+xml", "text/plain"}
    plt.close("all")
