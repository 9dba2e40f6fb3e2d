"""Whether a gradient differs from the right one as a finite difference of the cost does."""

import numpy as np

from bpcourse.backprop import propagate_back

# For the derivatives of the gradient by each parameter.
_STEP = 1e-4


def is_a_difference(problem, came, setting):
    r"""Say whether the gradients are finite differences of the cost with a large step.

    A forward difference with the step h is the derivative and :math:`\\frac{h}{2} C''` more, a
    central one :math:`\\frac{h^2}{6} C'''`, where C is differentiated by the parameter itself.
    """
    if came.shapes or not setting.biases:
        return False
    seen = np.concatenate([_vector(came, l) for l in sorted(came.w)])
    slope, curvature, third = _derivatives(problem, setting)
    rest = seen - slope
    for shape, power in ((curvature, 1), (third, 2)):
        c = float((rest * shape).sum() / ((shape**2).sum() or 1))
        h = (abs(c) * (2 if power == 1 else 6)) ** (1 / power)
        # What is left is the next term of the series, and rounding.
        left = rest - c * shape
        if h < 0.1 and abs(left).max() <= 0.05 * abs(rest).max():
            return True
    return False


def _vector(came, l):
    return np.concatenate([np.ravel(came.w[l]), np.ravel(came.b[l])])


def _derivatives(problem, setting):
    """Return the first three derivatives of the cost by each parameter alone."""
    net, m = problem.net, problem.x.shape[1]
    vector, size = net.parameters.vector, len(net.parameters)
    factor = m if setting.reduction == "sum" else 1

    def gradient(parameters):
        moved = net.with_parameters(parameters)
        grad = propagate_back(moved, moved.forward(problem.x), problem.y, setting.cost)
        decay = np.concatenate(
            [
                np.concatenate([np.ravel(moved.w[l]), np.zeros(moved.b[l].size)])
                for l in range(2, net.depth + 1)
            ]
        )
        return factor * grad.vector + setting.decay(m) * decay

    here = gradient(vector)
    after, before = np.empty(size), np.empty(size)
    for i in range(size):
        change = np.zeros(size)
        change[i] = _STEP
        after[i], before[i] = gradient(vector + change)[i], gradient(vector - change)[i]
    return here, (after - before) / (2 * _STEP), (after - 2 * here + before) / _STEP**2
