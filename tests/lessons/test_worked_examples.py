"""The published networks: our numbers to full precision, theirs as printed."""

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.lessons.worked_examples import (
    LINE_PUBLISHED,
    MILLER_OUTPUT_CHANGES,
    MITCHELL_HIDDEN_VALUES,
    agrees,
    all_examples,
    exam_scores,
    kostadinov,
    line,
    mazur,
    miller_update,
    miller_xor,
    step,
    walk,
)


def values(example):
    return {quantity.name: quantity.value for quantity in walk(example)}


MAZUR = {
    "z2[0]": 0.3775,
    "z2[1]": 0.3925,
    "a2[0]": 0.5932699921071872,
    "a2[1]": 0.596884378259767,
    "z3[0]": 1.10590596705977,
    "z3[1]": 1.2249214040964653,
    "a3[0]": 0.7513650695523157,
    "a3[1]": 0.7729284653214625,
    "C": 0.2983711087600027,
    "delta3[0]": 0.13849856162855695,
    "delta3[1]": -0.03809823651655624,
    "dC/dw3[0,0]": 0.08216704056423077,
    "dC/dw3[0,1]": 0.08266762784753325,
    "dC/dw3[1,0]": -0.02260254047747507,
    "dC/dw3[1,1]": -0.02274024221597822,
    "w3[0,0]+": 0.35891647971788465,
    "w3[0,1]+": 0.4086661860762334,
    "w3[1,0]+": 0.5113012702387375,
    "w3[1,1]+": 0.5613701211079891,
    "dC/dw2[0,0]": 0.00043856773447435,
    "dC/dw2[0,1]": 0.00087713546894869,
    "dC/dw2[1,0]": 0.00049771273526086,
    "dC/dw2[1,1]": 0.00099542547052172,
    "w2[0,0]+": 0.1497807161327628,
    "w2[0,1]+": 0.19956143226552567,
    "w2[1,0]+": 0.24975114363236958,
    "w2[1,1]+": 0.29950228726473915,
    "dC/db2[0]": 0.00877135468948693,
    "dC/db2[1]": 0.0099542547052172,
    "dC/db3[0]": 0.13849856162855695,
    "dC/db3[1]": -0.03809823651655624,
    "b2[0]+": 0.35,
    "b3[1]+": 0.60,
    "C+": 0.29102777369359933,
}


@pytest.mark.parametrize("name", MAZUR)
def test_mazur_intermediates(name):
    assert values(mazur())[name] == pytest.approx(MAZUR[name], abs=1e-12)


def test_mazur_contradicts_itself_in_one_number_only():
    """Every printed number is right but the error after the step (source book, section 1.3)."""
    wrong = [quantity.name for quantity in walk(mazur()) if quantity.agrees is False]
    assert wrong == ["C+"]


def test_mazur_gradient_against_central_differences():
    example = mazur()
    net, x, y = example.network, example.x, example.y
    grad = bp.backprop(net, net.forward(x), y, example.cost)
    numeric = bp.finite_difference.gradient(net, x, y, example.cost, step=1e-6)
    assert abs(grad.vector - numeric.vector).max() < 2e-10


def test_exam_scores_hand_calculation_is_wrong_where_the_source_book_says():
    example = exam_scores(scaled=False)
    ours = values(example)
    assert ours["z2[1]"] == pytest.approx(3.9, abs=1e-12)
    assert ours["a2[1]"] == pytest.approx(0.980159694265923, abs=1e-12)
    assert ours["z3[0]"] == pytest.approx(1.78852870265907, abs=1e-12)
    assert ours["a3[0]"] == pytest.approx(0.856746796424927, abs=1e-12)
    wrong = [quantity.name for quantity in walk(example) if quantity.agrees is False]
    assert wrong == ["z2[1]", "a2[1]", "z3[0]", "a3[0]"]
    assert float(example.published["a2[1]"]) > 1, "a sigmoid is below 1"
    assert 1 / bp.sigmoid(np.array(7.5)) == pytest.approx(1.000553084, abs=1e-9)


def test_exam_scores_scaled_first_backward_pass():
    example = exam_scores()
    net = example.network
    trace = net.forward(example.x)
    assert np.allclose(trace.z[2][:, 0], [0.933333333333, 0.7, 0.766666666667], atol=1e-12)
    assert np.allclose(trace.a[3], [[0.774817050402, 0.748187113700, 0.766633035000]], atol=5e-10)
    delta3 = bp.backprop(net, trace, example.y, example.cost).delta[3]
    assert np.allclose(-delta3, [[0.0253308806, 0.0210659007, 0.022071192]], atol=5e-11)
    change = step(example, net).w[2] - net.w[2]
    expected = [[0.0039617879, 0.0050815743, 0.0093910938]], [[0.0044398195, 0.0057966594]]
    assert np.allclose(change[:, 0], expected[0][0], atol=5e-11)
    assert np.allclose(change[:2, 1], expected[1][0], atol=5e-11)
    w3_change = step(example, net).w[3] - net.w[3]
    assert np.allclose(w3_change, [[0.0462587556, 0.0445969873, 0.0441013081]], atol=5e-11)


def test_miller_multiplication_and_division():
    """Source book, section 4: the right step, and what the printed quotients give."""
    example = miller_xor()
    right = step(example, example.network)
    change = right.w[3] - example.network.w[3]
    assert np.allclose(change, [[-0.098909455219, -0.106320495152, -0.093350932522]], atol=1e-12)
    assert right.w[2][1, 0] == pytest.approx(0.388614934676, abs=1e-12)
    assert right.forward(example.x).a[3][0, 0] == pytest.approx(0.731395621596, abs=1e-12)
    published = example.published
    printed = bp.Network.from_arrays(
        [
            [[float(published[f"w2[{j},{k}]+"]) for k in (0, 1)] for j in range(3)],
            example.network.w[3] + [[float(change) for change in MILLER_OUTPUT_CHANGES]],
        ],
        [np.zeros(3), np.zeros(1)],
        [bp.sigmoid, bp.sigmoid],
    )
    assert printed.forward(example.x).a[3][0, 0] == pytest.approx(0.6927, abs=5e-5)
    divided = miller_update(example)
    assert np.allclose(divided.w[2], printed.w[2], atol=1e-3), "the same rule, without rounding"


def test_kostadinov_has_18_parameters_and_an_output_without_bias():
    example = kostadinov()
    net = example.network
    assert net.sizes == (4, 2, 2, 1)
    assert len(net.parameters) - 1 == 18
    assert net.b[4][0, 0] == 0


@pytest.mark.parametrize("weight, slope", [(3, 10), (4, 20), (2, 0)])
def test_line_sums_of_squares_and_slopes(weight, slope):
    """The sum of squares of m = 3 examples is 2 m times the quadratic cost."""
    ours = values(line(weight))
    assert 6 * ours["C"] == pytest.approx(LINE_PUBLISHED[weight], abs=1e-12)
    assert 6 * ours["dC/dw2[0,0]"] == pytest.approx(slope, abs=1e-12)


def test_mitchells_rounded_codes_are_the_eight_he_names():
    codes = ["".join(str(round(value)) for value in row) for row in MITCHELL_HIDDEN_VALUES]
    assert codes == ["100", "011", "010", "111", "000", "001", "101", "110"]


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: example.name)
def test_published_and_source_names_are_names_of_quantities(example):
    known = set(values(example))
    assert set(example.published) <= known and set(example.names) <= known


def test_nothing_from_memory_is_called_published():
    assert all(e.read in ("original", "copy") for e in all_examples() if e.published)


@pytest.mark.parametrize(
    "value, published, expected",
    [
        (0.75136506955, "0.75136507", True),
        (1.7885287, "1.79832", False),
        (-0.0452, "-0.0452", True),
        (0.123456, "0.12345", True),  # cut off, not rounded
        (0.123456, "0.12347", False),
        (7.6000000000000005, "7.6", True),
    ],
)
def test_agreement_is_to_every_printed_digit(value, published, expected):
    assert agrees(value, published) is expected
