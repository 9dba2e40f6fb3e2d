"""A figure that moves carries its numbers, exactly as many digits as it was told."""

import json
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bpcourse as bp
from bpcourse.figures.style import svg_text


@pytest.fixture
def ax():
    """Return axes of a figure of their own."""
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def carried(ax):
    """Return the name and the numbers that the SVG of a figure carries."""
    tree = ElementTree.fromstring(svg_text(ax.figure))
    found = [each for each in tree.iter() if each.tag.endswith("metadata")]
    assert len(found) == 1, f"the figure carries {len(found)} sets of numbers"
    return found[0].get("data-live"), json.loads(found[0].text)


def test_the_svg_carries_name_and_numbers(ax):
    bp.figures.live("stepper", {"x": np.array([[2.0], [0.1]]), "text": "a < b & c"}, ax=ax)
    assert carried(ax) == ("stepper", {"x": [[2], [0.1]], "text": "a < b & c"})


def test_a_network_can_be_made_again_from_what_is_carried(ax):
    rng = np.random.default_rng(0)
    net = bp.Network.random([3, 4, 2], hidden=bp.tanh, output=bp.softmax, rng=rng)
    bp.figures.live("stepper", {"network": net}, ax=ax, digits=17)
    got = carried(ax)[1]["network"]
    again = bp.Network.from_arrays(
        [got["w"][l] for l in "23"],
        [np.ravel(got["b"][l]) for l in "23"],
        [got["activations"][l] for l in "23"],
    )
    assert (again.parameters.vector == net.parameters.vector).all(), "17 digits are all digits"
    assert again.activations == net.activations


def test_numbers_are_rounded_as_told(ax):
    bp.figures.live("stepper", {"x": [1 / 3, 2e-5 / 3, 12345.678, -0.0]}, ax=ax, digits=4)
    assert carried(ax)[1]["x"] == [0.3333, 6.667e-06, 12350, 0]


def test_the_drawing_is_the_same_with_and_without(ax):
    ax.plot([0, 1], [1, 0])
    before = svg_text(ax.figure)
    bp.figures.live("stepper", {"x": 1}, ax=ax)
    after = svg_text(ax.figure)
    data = after[after.index("<metadata") : after.index("</metadata>") + len("</metadata>")]
    assert after.replace(data, "") == before, "the still figure has changed"


@pytest.mark.parametrize(
    ("data", "name"),
    [({"x": [1.0, np.nan]}, r"data\['x'\]\[1\]"), ({"x": {"y": np.inf}}, r"data\['x'\]\['y'\]")],
)
def test_what_is_not_finite_is_named(ax, data, name):
    with pytest.raises(ValueError, match=name):
        bp.figures.live("stepper", data, ax=ax)


def test_what_json_does_not_know_is_refused(ax):
    with pytest.raises(TypeError, match=r"data\['f'\]"):
        bp.figures.live("stepper", {"f": np.sum}, ax=ax)


@pytest.mark.parametrize("name", ["Stepper", "", "a_b", "a--b", '"><script>'])
def test_a_name_that_is_no_element_is_refused(ax, name):
    with pytest.raises(ValueError, match="lower-case"):
        bp.figures.live(name, {}, ax=ax)
