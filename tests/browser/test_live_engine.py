"""The engine of the moving figures computes what the package computes."""

from pathlib import Path

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.figures.live import plain

ENGINE = Path(__file__).resolve().parents[2] / "book" / "live" / "engine.js"
RUN = """([net, x, y, cost, eta]) => {
  const trace = forward(net, x), grad = backward(net, trace, y, cost);
  const moved = descend(net, grad, eta), L = depth(net);
  const value = costOf(cost, trace.a[L], y);
  return { ...trace, ...grad, cost: value, moved: { w: moved.w, b: moved.b } };
}"""
CASES = [
    ([2, 2, 2], "sigmoid", "sigmoid", "quadratic"),
    ([3, 4, 4, 2], "tanh", "sigmoid", "cross_entropy"),
    ([5, 4, 3], "sigmoid", "softmax", "log_likelihood"),
    ([3, 5, 2], "relu", "identity", "quadratic"),
    ([4, 3, 3], "tanh", "tanh", "quadratic"),
]


@pytest.fixture(scope="module")
def computed(browser):
    """Run the engine in a browser: ``computed(program, arguments)``."""
    page = browser.new_page()
    page.goto("about:blank")
    page.add_script_tag(content=ENGINE.read_text(encoding="utf-8"))
    yield page.evaluate
    page.close()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case[1:]))
def case(request):
    """A network, a mini-batch and a cost."""
    sizes, hidden, output, cost = request.param
    rng = np.random.default_rng(7)
    net = bp.Network.random(sizes, hidden=hidden, output=output, rng=rng)
    net = net.with_parameters(
        net.parameters.vector + 0.3 * rng.standard_normal(len(net.parameters))
    )
    x = 2 * rng.standard_normal((sizes[0], 6))
    y = np.eye(sizes[-1])[:, rng.integers(sizes[-1], size=6)]
    return net, x, y, cost


def closest(found, wanted):
    """Return the largest difference between two nested mappings of arrays, relative to 1."""
    if isinstance(wanted, dict):
        assert {str(key) for key in wanted} == set(found), "the engine gives other layers"
        return max(closest(found[str(key)], wanted[key]) for key in wanted)
    found, wanted = np.array(found), np.array(wanted)
    assert found.shape == wanted.shape, f"shape {found.shape}, want {wanted.shape}"
    return float((abs(found - wanted) / np.maximum(1, abs(wanted))).max())


def by_layer(arrays, net, first=2):
    return {l: arrays[l] for l in range(first, net.depth + 1)}


def wanted_of(net, x, y, cost, eta):
    """Return what the package computes, named as the engine names it."""
    trace = net.forward(x)
    grad = bp.backprop(net, trace, y, cost)
    moved = net.with_parameters(net.parameters - eta * grad)
    return {
        "z": by_layer(trace.z, net),
        "a": by_layer(trace.a, net, 1),
        "delta": by_layer(grad.delta, net),
        "w": by_layer(grad.w, net),
        "b": by_layer(grad.b, net),
        "cost": getattr(bp, cost).value(trace.a[net.depth], y),
        "moved": {"w": by_layer(moved.w, net), "b": by_layer(moved.b, net)},
    }


def test_engine_and_package_agree(case, computed):
    net, x, y, cost = case
    sent = plain("case", [net, x, y, cost, 0.7], 17)
    found, wanted = computed(RUN, sent), wanted_of(net, x, y, cost, 0.7)
    for name, value in wanted.items():
        apart = closest(found[name], value)
        assert apart < 1e-12, f"{name} of the engine is {apart:.1e} from the package's"


@pytest.mark.parametrize(
    ("true", "planted", "wrong"),
    [
        ("matmul(transpose(wNext), deltaNext)", "matmul(wNext, deltaNext)", "delta"),
        ("g => g / m,", "g => g,", "w"),
        ("[sum(row) / row.length]", "[sum(row)]", "b"),
        ("bp4(a[l - 1], delta[l])", "bp4(a[l - 1], delta[l].map(r => r.map(v => -v)))", "w"),
        ("(a, y) => (a - y) ** 2 / 2", "(a, y) => (a - y) ** 2", "cost"),
    ],
)
def test_a_planted_mistake_is_seen(browser, true, planted, wrong):
    source = ENGINE.read_text(encoding="utf-8")
    assert source.count(true) == 1, f"{true} is not in the engine: plant the mistake elsewhere"
    rng = np.random.default_rng(3)
    net = bp.Network.random([3, 3, 3], hidden="sigmoid", output="sigmoid", rng=rng)
    x, y = rng.standard_normal((3, 4)), np.eye(3)[:, [0, 1, 2, 1]]
    page = browser.new_page()
    page.add_script_tag(content=source.replace(true, planted))
    found = page.evaluate(RUN, plain("case", [net, x, y, "quadratic", 0.7], 17))
    page.close()
    apart = closest(found[wrong], wanted_of(net, x, y, "quadratic", 0.7)[wrong])
    assert apart > 1e-3, "the comparison overlooks a wrong engine"


def test_ten_thousand_normal_numbers_look_normal(computed):
    many = computed(
        "() => { const u = random(1); return Array.from({ length: 10000 }, () => normal(u)); }"
    )
    assert abs(np.mean(many)) < 0.04 and abs(np.std(many) - 1) < 0.03, "these start a network"
    assert abs(np.mean(np.abs(many) < 1) - 0.6827) < 0.02, "the middle of the distribution"
