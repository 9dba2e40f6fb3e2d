"""The forms of the world: no right program accused, no wrong one called right."""

import email.message
import json
import sys

import more_programs  # noqa: F401 - enters its programs
import numpy as np
import pytest
from form_programs import CORE, HEAD, PROGRAMS

import bpcourse as bp
from bpcourse.diagnosis import findings
from bpcourse.terminal.program import judge


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Return a function that judges a program as the terminal does, in this process."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))

    def judge_it(program):
        path = tmp_path / "program.py"
        path.write_text(program.source)
        return judge(str(path), program.function, options=program.options, form=program.form)

    return judge_it


@pytest.mark.parametrize("program", [p for p in PROGRAMS if not p.wrong], ids=str)
def test_no_right_program_is_accused(judged, program):
    found = judged(program)
    assert found.status == "right", found.text(3)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.wrong], ids=str)
def test_no_wrong_program_is_called_right(judged, program):
    found = judged(program)
    assert found.status == "wrong", found.text(3)
    equations = {each.equation for each in found.findings}
    assert equations == set(program.wrong), found.text(3)


def test_there_are_enough_of_them():
    right = [program for program in PROGRAMS if not program.wrong]
    assert len(right) >= 60 and len(PROGRAMS) - len(right) >= 55


# What can't be recognized is asked for, with the line or the option to add

ASKED = {
    "the step": (
        "def backprop(weights, biases, x, y, rate=0.25):\n    weights[0] -= rate\n",
        {},
        "add --step 0.25",
    ),
    "other parameters": (
        "def backprop(state, knob, x, y, more):\n    return None\n",
        {},
        "def adapted(weights, biases, x, y): return backprop(..., ..., x, y, ...)",
    ),
    "a cache without its forward pass": (
        "def backward(params, cache, X, Y):\n    return None\n",
        {},
        "--forward NAME",
    ),
    "two classes' method": (
        "class Net:\n    def __init__(self, n_in, n_out):\n"
        "        self.w1 = np.ones((n_in, n_out))\n"
        "    def dream(self, x):\n        return x\n",
        {},
        'call="..."',
    ),
    "no weights": (
        "class Net:\n    def __init__(self, sizes):\n        self.brain = sizes\n"
        "    def train(self, x, y):\n        return x\n",
        {},
        'weights=("...", "...")',
    ),
    "no rate": (
        "class Net:\n    def __init__(self, n_in, n_out):\n"
        "        self.w1 = np.random.randn(n_out, n_in)\n"
        "    def train(self, x, y):\n        self.w1 += 0.5\n",
        {"sizes": [4, 3]},
        "eta=1 if there is none",
    ),
    "a script": ("X = np.zeros((2, 2))\n", {}, "--vars x=X,y=Y,weights=W1:W2"),
    "nothing returned": ("def backprop(weights, biases, x, y):\n    return None\n", {}, "`return`"),
    "one number": ("def backprop(weights, biases, x, y):\n    return 0.5\n", {}, "a float"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_not_recognized_is_asked_for(tmp_path, monkeypatch, name):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    source, options, said = ASKED[name]
    path = tmp_path / "program.py"
    path.write_text(HEAD.replace("def sigmoid(z)", "def sigmoid(z, _=0)") + source)
    try:
        found = judge(str(path), None, options=options)
    except ValueError as error:  # before there was a diagnosis
        text = str(error)
    else:
        assert found.status == "cannot run", f"a form is neither right nor wrong: {found.text(3)}"
        text = " ".join(found.text(3).split())
    assert said in text
    assert "TypeError" not in text, "a form is no mistake of the learner's mathematics"


def wrong(weights, biases, x, y):
    """Return the gradients without sigma' in the hidden layers."""
    names = {}
    exec(
        HEAD + CORE.replace("(weights[l].T @ delta) * a[l] * (1 - a[l])", "weights[l].T @ delta"),
        names,
    )
    return names["core"](weights, biases, x, y)[:2]


def test_the_line_for_the_next_hint_runs_as_it_is_printed():
    for options in ({}, {"sizes": [4, 5, 3], "activation": bp.sigmoid}):
        found = bp.diagnose(wrong, **options)
        (line,) = [line for line in str(found).splitlines() if line.startswith("More: ")]
        printed = line.removeprefix("More: print(").removesuffix(")")
        assert eval(printed, {"bp": bp, "wrong": wrong}) == found.hint(2)


def test_the_line_of_an_adapter_runs_as_it_is_printed():
    def step(weights, biases, x, y, eta):
        for array, gradient in zip(weights, wrong(weights, biases, x, y)[0], strict=True):
            array -= eta * gradient

    found = bp.diagnose(bp.diagnose.from_step(step, eta=0.5))
    assert found.call == "bp.diagnose(bp.diagnose.from_step(step, eta=0.5))"
    assert eval(found.call, {"bp": bp, "step": step}).equation == found.equation


PAGE = "four-equations.html#four-equations-bp2"
NAMED = 'Read "BP2: one layer back" in "The four fundamental equations".'


@pytest.fixture
def installed(monkeypatch):
    """Let the package's metadata name the book, or not; nothing else does."""
    monkeypatch.delenv("BPCOURSE_BOOK", raising=False)
    metadata = email.message.Message()
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata)
    findings.published.cache_clear()
    yield metadata
    findings.published.cache_clear()


def test_a_link_is_a_whole_address_where_the_book_has_one(installed, monkeypatch):
    installed["Project-URL"] = "Documentation, https://example.org/course"
    page = f"https://example.org/course/book/{PAGE}"
    found = bp.diagnose(wrong)
    assert page in str(found), "the pages of the published book lie in its folder `book`"
    assert f'<a href="{page}">' in found._repr_html_()
    monkeypatch.setenv("BPCOURSE_BOOK", "https://example.org/other/")
    assert f"https://example.org/other/book/{PAGE}" in str(found)


def test_nothing_is_linked_that_is_not_there(installed, monkeypatch):
    found = bp.diagnose(wrong)
    assert NAMED in str(found)
    assert ".html" not in str(found) + found._repr_html_(), "there is no page beside a notebook"
    monkeypatch.setenv("BPCOURSE_BOOK", "")
    assert f'<a href="{PAGE}">' in found._repr_html_(), "in the book there is"


def test_what_a_program_prints_is_shown():
    def talks(weights, biases, x, y):
        sys.stdout.write("cost 0.5\n")
        for epoch in range(5):
            sys.stdout.write(f"epoch {epoch}\n")
        return wrong(weights, biases, x, y)

    (note,) = [note for note in bp.diagnose(talks).notes if "printed" in note]
    assert '"cost 0.5", "epoch 0", "epoch 1"' in note and "epoch 4" not in note


def test_no_ratio_is_made_of_nothing():
    def zero(weights, biases, x, y):
        grad_w, grad_b = wrong(weights, biases, x, y)
        return [0 * each for each in grad_w], [each + 0.1 for each in grad_b]

    text = bp.diagnose(zero).text(3)
    assert "nan" not in text and " 0 times what" not in text


# One set of numbers


def numbers(m, seed=0):
    rng = np.random.default_rng(seed)
    net = bp.Network.random([3, 4, 2], hidden=bp.sigmoid, output=bp.sigmoid, rng=rng)
    x, y = rng.standard_normal((3, m)), rng.random((2, m))
    grad = bp.backprop(net, net.forward(x), y, bp.quadratic)
    lists = {"weights": net.w, "biases": net.b, "grad_w": grad.w, "grad_b": grad.b}
    held = {name: [np.array(arrays[l]) for l in (2, 3)] for name, arrays in lists.items()}
    return {"x": x, "y": y, **held}


@pytest.mark.parametrize("m", [1, 5])
def test_right_numbers_are_right_and_wrong_ones_are_not(m):
    assert bp.diagnose.values(**numbers(m)).status == "right"
    for name in ("grad_w", "grad_b"):
        for layer in (0, 1):
            held = numbers(m)
            held[name][layer] = 1.7 * held[name][layer]
            found = bp.diagnose.values(**held)
            equations = {each.equation for each in found.findings}
            assert equations == {"bp4" if name == "grad_w" else "bp3"}, (name, layer, found.text(3))
            assert found.layer == layer + 2


@pytest.mark.parametrize("m", [1, 5])
def test_a_sign_is_named_in_one_example_and_in_the_mean(m):
    held = numbers(m)
    held["grad_w"], held["grad_b"] = ([-g for g in held[n]] for n in ("grad_w", "grad_b"))
    found = bp.diagnose.values(**held)
    assert (found.equation, found.cause) == ("bp1", "sign"), found.text(3)


def test_numbers_of_a_network_without_biases():
    held = numbers(1)
    held.pop("biases"), held.pop("grad_b")
    net = bp.Network.from_arrays(
        weights=held["weights"], biases=[np.zeros(4), np.zeros(2)], activations=[bp.sigmoid] * 2
    )
    grad = bp.backprop(net, net.forward(held["x"]), held["y"], bp.quadratic)
    held["grad_w"] = [grad.w[2], grad.w[3]]
    found = bp.diagnose.values(**held)
    assert found.status == "right" and "BP3" not in found.right


def test_numbers_that_make_no_network_are_said_so():
    held = numbers(1)
    held["grad_w"] = held["grad_w"][::-1]
    found = bp.diagnose.values(**held)
    assert found.status == "cannot run" and "grad_w has the shapes" in found.text(3)


def test_numbers_come_from_files(tmp_path):
    held = numbers(1)
    plain = {k: v.tolist() if k in "xy" else [a.tolist() for a in v] for k, v in held.items()}
    (tmp_path / "n.json").write_text(json.dumps(plain))
    arrays = {f"{k}{i}": a for k, v in held.items() if k not in "xy" for i, a in enumerate(v)}
    np.savez(tmp_path / "n.npz", x=held["x"], y=held["y"], **arrays)
    for name in ("n.json", "n.npz"):
        assert judge(str(tmp_path / name), None, options={}).status == "right", name


SCRIPT = """
X = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.2]])
Y = np.array([[1.0], [0.0], [0.5]])
rng = np.random.default_rng(1)
W1, W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 1))
h = sigmoid(X @ W1)
out = sigmoid(h @ W2)
late = (out - Y) * out * (1 - out)
dW2, dW1 = h.T @ late, X.T @ (late @ W2.T * h * (1 - h))
"""


def test_a_script_is_judged_by_its_last_values(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    path = tmp_path / "script.py"
    asked = {"layout": "rows", "reduction": "sum"}
    names = {"x": ["X"], "y": ["Y"], "weights": ["W1", "W2"], "grads": ["dW1", "dW2"]}
    path.write_text(HEAD + SCRIPT)
    assert judge(str(path), None, options=asked, form={"vars": names}).status == "right"
    path.write_text(HEAD + SCRIPT.replace(" * h * (1 - h)", ""))
    found = judge(str(path), None, options=asked, form={"vars": names})
    assert (found.equation, found.cause) == ("bp2", "missing_prime"), found.text(3)
    path.write_text(HEAD + SCRIPT + "W1 = W1 - 5 * dW1\n")
    found = judge(str(path), None, options=asked, form={"vars": names})
    assert found.status == "wrong" and any("take that line out" in note for note in found.notes)
