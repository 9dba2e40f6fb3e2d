"""Arguments drawn anew: what is right for the usual numbers must be right for others, too."""

from dataclasses import replace

import numpy as np

from bpcourse.exercises.step import Case, fresh
from bpcourse.network import Network


def drawn_anew(exercise, rng):
    """Return an exercise with other cases: other numbers, and other shapes where they are free.

    Parameters
    ----------
    exercise : Exercise
    rng : numpy.random.Generator

    Returns
    -------
    Exercise
    """
    near = [case for case in exercise.cases if not case.far]
    cases = [
        replace(case, label=f"{case.label}, other numbers", args=_moved(case.args, rng), drawn=True)
        for case in near
    ]
    draw = _DRAWS.get(exercise.name)
    if draw:
        topic = near[0].topic
        cases += [Case("other shapes", draw(rng), topic, drawn=True) for _ in range(3)]
    return replace(exercise, cases=tuple(cases))


def _moved(value, rng):
    """Return arguments with every number moved by up to a quarter.

    What stands for itself stays: whole numbers, 0 and 1, functions. Numbers between 0 and 1 stay
    there, and columns that add up to 1 go on doing so.
    """
    if isinstance(value, Network):
        layers = range(2, value.depth + 1)
        arrays = [[_moved(each[l], rng) for l in layers] for each in (value.w, value.b)]
        return Network.from_arrays(*arrays, [value.activations[l] for l in layers])
    if isinstance(value, list | tuple):
        return type(value)(_moved(each, rng) for each in value)
    if type(value) is float:
        return float(_moved(np.array([value + 1e-9]), rng)[0]) if value else value
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return fresh(value)
    return _moved_array(value, rng)


def _moved_array(array, rng):
    if (array == np.trunc(array)).all():
        return array.copy()
    factors = rng.uniform(0.75, 1.25, array.shape)
    if not ((array > 0) & (array < 1)).all():
        return array * factors
    moved = array**factors
    adds_up = np.allclose(array.sum(axis=0), 1) if array.ndim == 2 else False
    return moved / moved.sum(axis=0) if adds_up else moved


def _some(rng, *shape):
    return rng.uniform(0.2, 1.9, shape) * rng.choice([-1.0, 1.0], shape)


def _widths(rng, number):
    return [int(n) for n in rng.integers(2, 7, number)]


def _elementwise(rng):
    return (_some(rng, *_widths(rng, 2)),)


def _bp1(rng):
    n, m = _widths(rng, 2)
    return _some(rng, n, m), rng.uniform(0.05, 0.25, (n, m))


def _bp2(rng):
    n, n_next, m = _widths(rng, 3)
    return _some(rng, n_next, n), _some(rng, n_next, m), rng.uniform(0.05, 0.25, (n, m))


def _bp4(rng):
    n_before, n, m = _widths(rng, 3)
    return _some(rng, n_before, m), _some(rng, n, m)


def _outputs(rng):
    n, m = _widths(rng, 2)
    return rng.uniform(0.1, 0.9, (n, m)), (rng.random((n, m)) < 0.5).astype(float)


def _classes(rng):
    n, m = _widths(rng, 2)
    a = rng.uniform(0.1, 0.9, (n, m))
    return a / a.sum(axis=0), np.eye(n)[:, rng.integers(0, n, m)]


def _vectors(rng):
    (n,) = _widths(rng, 1)
    e = rng.uniform(0.1, 0.9, n)
    return e / e.sum(), _some(rng, n)


def _layers(rng):
    sizes = _widths(rng, int(rng.integers(2, 6)))
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    return [_some(rng, *pair) for pair in pairs], [_some(rng, n, 1) for n in sizes[1:]], sizes


def _forward(rng):
    weights, biases, sizes = _layers(rng)
    return weights, biases, _some(rng, sizes[0], *_widths(rng, 1))


def _step(rng):
    weights, biases, _ = _layers(rng)
    grads = [[_some(rng, *array.shape) for array in each] for each in (weights, biases)]
    eta, decay = (float(each) for each in rng.uniform(0.1, 3, 2))
    return weights, biases, *grads, eta, decay, int(rng.integers(5, 100))


def _stopping(rng):
    costs = rng.permutation(np.arange(1, 13) / 10)[: rng.integers(5, 12)].tolist()
    return costs, int(rng.integers(1, 5))


def _folds(rng):
    k = int(rng.integers(2, 8))
    return int(rng.integers(k, 40)), k


_DRAWS = {
    **dict.fromkeys(("sigmoid", "sigmoid_prime", "tanh", "tanh_prime", "softmax"), _elementwise),
    **dict.fromkeys(("relu", "relu_prime"), _elementwise),
    **dict.fromkeys(("quadratic", "quadratic_gradient"), _outputs),
    **dict.fromkeys(("cross_entropy", "cross_entropy_gradient"), _outputs),
    **dict.fromkeys(("log_likelihood", "log_likelihood_gradient"), _classes),
    "softmax_jacobian": lambda rng: (_some(rng, *_widths(rng, 1)),),
    "softmax_vjp": _vectors,
    "bp1": _bp1,
    "bp2": _bp2,
    "bp3": _elementwise,
    "bp4": _bp4,
    "forward": _forward,
    "sgd_step": _step,
    "early_stopping": _stopping,
    "kfold": _folds,
}
