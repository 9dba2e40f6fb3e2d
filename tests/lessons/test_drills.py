"""The drills: their answers hold, their mistakes are told apart, their working comes out."""

import re

import numpy as np
import pytest

import bpcourse as bp
from bpcourse import equations
from bpcourse.lessons import drills

NAMES = ("chain", "forward", "softmax", "bp1", "bp2", "bp3", "bp4", "two_examples")
SEEDS = range(25)
each_drill = pytest.mark.parametrize("drill", [
    getattr(drills, name)(seed) for name in NAMES for seed in SEEDS
], ids=lambda drill: f"{drill.name}-{drill.seed}")  # fmt: skip


def by_the_package(drill):
    """Return the answer of a drill as the package computes it."""
    g = {key: value if isinstance(value, str) else value[..., None] for key, value in
         drill.given.items()}  # fmt: skip
    slope = {key: g[key] * (1 - g[key]) for key in g if key.startswith("a")}
    if drill.name == "bp1":
        return equations.bp1(g["a3"] - g["y"], slope["a3"]).ravel()
    if drill.name == "bp2":
        return equations.bp2(drill.given["w3"], g["delta3"], slope["a2"]).ravel()
    if drill.name == "bp3":
        return equations.bp3(drill.given["delta2"]).ravel()
    if drill.name == "bp4":
        return equations.bp4(g["a2"], g["delta3"])
    if drill.name == "softmax":
        powers = np.array([float(n) for n in re.findall(r"ln (\d+)", drill.given["z"])])
        return bp.softmax(np.log(powers)[:, None]).ravel()
    return {"chain": chain, "forward": forward, "two_examples": two_examples}[drill.name](drill)


def chain(drill):
    """Return the derivatives of C by reverse mode."""
    x, y, t = (bp.scalar.Value(float(drill.given[name])) for name in "xyt")
    (x * y * (x + t)).backward()
    return np.array([x.grad, y.grad, t.grad])


def forward(drill):
    """Return the weighted inputs of a network."""
    g = drill.given
    net = bp.Network.from_arrays([g["w2"], g["w3"]], [g["b2"], g["b3"]], [bp.relu, bp.identity])
    trace = net.forward(g["x"][:, None])
    return np.concatenate([trace.z[2], trace.z[3]]).ravel()


def two_examples(drill):
    """Return the gradient of a neuron that has the drill's activations on its two examples."""
    x, a, y = drill.given["x"], drill.given["a"], drill.given["y"]
    wanted = np.log(a / (1 - a))  # the neuron's weighted inputs
    weights = np.linalg.lstsq(np.vstack([x, np.ones(2)]).T, wanted, rcond=None)[0]
    net = bp.Network.from_arrays([weights[None, :2]], [weights[2:]], [bp.sigmoid])
    trace = net.forward(x)
    np.testing.assert_allclose(trace.a[2][0], a, rtol=1e-9, err_msg="no neuron has these outputs")
    return bp.backprop(net, trace, y[None], bp.quadratic).vector


@each_drill
def test_the_answer_is_that_of_the_package(drill):
    np.testing.assert_allclose(drill.right, by_the_package(drill), rtol=1e-9, atol=1e-12)


@each_drill
def test_a_right_answer_passes_also_when_rounded_or_laid_out_otherwise(drill):
    assert drill.check(drill.right).ok
    assert drill.check(drill.right.ravel().tolist()).ok, "a flat list is an answer too"
    assert drill.check(drill.right.reshape(-1, 1)).ok, "and so is a column"
    digits = 3 - int(np.floor(np.log10(abs(drill.right).max())))
    assert drill.check(drill.right.round(digits)).ok, "three digits are enough"


@each_drill
def test_every_mistake_is_called_by_its_name(drill):
    for name, answer in drill.mistakes.items():
        found = drill.check(answer)
        assert not found.ok, f"{name} passes"
        assert name in found.looks_like, f"{name} is taken for {found.looks_like}"
        assert name in str(found), "the message says what the mistake looks like"
        whole = [
            other
            for other, its in drill.mistakes.items()
            if its.shape == answer.shape and np.allclose(its, answer, rtol=0.005, atol=0)
        ]
        assert whole == [name], f"{whole} give one and the same answer"


@each_drill
def test_one_slip_in_one_entry_is_found_there(drill):
    answer = drill.right.copy()
    answer.ravel()[-1] += 1.7
    found = drill.check(answer)
    assert found.wrong == (drill.entries[-1],), "the other entries are right"
    assert f"{answer.ravel()[-1]:.6g}" in str(found), "the message shows the number that came"


@each_drill
def test_the_working_ends_in_the_answer_and_every_step_holds(drill):
    text = str(drill.solution())
    for entry, wanted in zip(drill.entries, drill.right.ravel(), strict=True):
        line = re.search(rf"(?:^|, ){re.escape(entry)} = ([^,\n]+)", text, re.MULTILINE)
        assert line, f"the working does not reach {entry}"
        steps = [part for part in line[1].split(" = ") if re.fullmatch(r"[-+*/(). \de]+", part)]
        values = [eval(part, {}) for part in steps]
        np.testing.assert_allclose(values, wanted, rtol=1e-5, err_msg=line[0])


def test_the_same_seed_gives_the_same_drill_and_another_another():
    assert repr(drills.bp2(4)) == repr(drills.bp2(4))
    assert len({repr(drills.bp2(seed)) for seed in SEEDS}) > 20, "the seeds should differ"


def test_a_drill_prints_its_task_and_its_arrays():
    text = repr(bp.drills.bp2(0))
    assert "delta^2_1" in text
    assert "w3 = [[" in text


@pytest.mark.parametrize("answer", [[1.0], [[1.0, 2.0], [3.0, 4.0]], 1.0])
def test_an_answer_of_another_shape_is_refused_with_what_is_wanted(answer):
    with pytest.raises(ValueError, match="delta\\^2_1, delta\\^2_2"):
        drills.bp2(0).check(answer)


def test_an_answer_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="nan"):
        drills.bp2(0).check([0.1, float("nan")])


def test_an_answer_that_is_not_filled_in_is_told_so():
    found = drills.bp2(0).check([..., ...])
    assert not found.ok and str(found) == "Still to be found: delta^2_1, delta^2_2."
    half = drills.bp2(0).check([0.1, ...])
    assert not half.ok and str(half).startswith("1 of these still to be found"), str(half)
    assert not drills.bp4(3).check([[..., ...], [..., ...]]).ok, "an array as well"


def test_numbers_of_any_problem_are_compared_one_by_one():
    wanted = {"small": 0.0123, "large": 4567.0, "nothing": 0.0}
    assert drills.compare([0.0123, 4567, 0], wanted).ok
    found = drills.compare([0.0129, 4567, 0], wanted)
    assert found.wrong == ("small",), "a small number is not excused by a large one beside it"
    assert str(found) == "Not right yet: small (you have 0.0129)."
    assert drills.compare([..., ..., ...], wanted).wrong == tuple(wanted)
    assert drills.compare(0.333, {"a third": 1 / 3}).ok, "three digits are enough"
    assert not drills.compare(0.01, {"nothing": 0.0}).ok
    with pytest.raises(ValueError, match="2 numbers, want 3: small, large, nothing"):
        drills.compare([1, 2], wanted)


def test_an_answer_that_is_nearly_right_is_told_what_is_off_and_never_the_number():
    wanted = {"sum": 5.0, "slope": -10.0}
    said = str(drills.compare([5, 10], wanted))
    assert said.endswith("(you have 10).\nLook at the sign of slope."), said
    said = str(drills.compare([-10, 5], wanted))
    assert "in another order. Wanted: sum, slope." in said and "sign" not in said, said
    said = str(drills.compare([5, -5], wanted))
    assert said.endswith("a factor of 2 too many, or too few, in slope."), said
    assert "\n" not in str(drills.compare([5, -9], wanted)), "9 is near nothing"
    assert "factor" not in str(drills.compare([1], {"nothing": 0.0}))
    assert "-10" not in str(drills.compare([10, 10], wanted)), "the number was given away"
    with pytest.raises(ValueError, match=r"1 number, want 2: sum, slope\. Is a comma missing"):
        drills.compare([5 - 10], wanted)


def test_a_drill_speaks_of_a_sign_where_no_known_mistake_fits():
    drill = drills.bp2(1)
    found = drill.check(drill.right * [1, -1])
    assert found.wrong == (drill.entries[1],)
    assert found.looks_like or f"Look at the sign of {drill.entries[1]}." in str(found), str(found)


def test_only_what_is_not_filled_in_is_open():
    assert drills.compare([..., 2], {"a": 1, "b": 2}).open and drills.bp2(0).check([..., ...]).open
    assert not drills.compare([1, 2], {"a": 1, "b": 3}).open


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises((ValueError, TypeError), match="seed"):
        drills.bp2(seed)
