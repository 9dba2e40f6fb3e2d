"""bpcourse: the tested NumPy package behind the course on backpropagation.

>>> import numpy as np
>>> import bpcourse as bp
>>> rng = np.random.default_rng(0)
>>> net = bp.Network.random([4, 3, 2], hidden=bp.sigmoid, output=bp.softmax, rng=rng)
>>> net
<network [4, 3, 2]: sigmoid, softmax; float64>
"""

import importlib

from bpcourse import (
    datasets,
    equations,
    experiments,
    finite_difference,
    gradcheck,
    graph,
    operation_count,
    perceptron,
    scalar,
    tensor,
    worked_examples,
)
from bpcourse.activations import Activation, identity, relu, sigmoid, softmax, tanh
from bpcourse.backprop import Gradient, backprop
from bpcourse.costs import Cost, cross_entropy, log_likelihood, quadratic
from bpcourse.datasets import Dataset, Examples
from bpcourse.network import Network, Parameters, Trace
from bpcourse.training import DivergenceError, History, accuracy, kfold_stopping_epoch, train

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "Cost",
    "Dataset",
    "Diagnosis",
    "DivergenceError",
    "Examples",
    "Gradient",
    "History",
    "Network",
    "Parameters",
    "Trace",
    "accuracy",
    "backprop",
    "catalogue",
    "check",
    "classroom",
    "cross_entropy",
    "datasets",
    "diagnose",
    "diagnosis",
    "equations",
    "exercises",
    "experiments",
    "findings",
    "finite_difference",
    "gradcheck",
    "graph",
    "identity",
    "kfold_stopping_epoch",
    "log_likelihood",
    "operation_count",
    "perceptron",
    "quadratic",
    "relu",
    "scalar",
    "sigmoid",
    "softmax",
    "tanh",
    "tensor",
    "train",
    "worked_examples",
]


# Imported when they are asked for: figures needs matplotlib, the others take as long to import as
# the rest of the package.
_MODULES_FOR_LATER = ("catalogue", "classroom", "diagnosis", "exercises", "figures", "findings")
_LATER = {
    **{name: name for name in _MODULES_FOR_LATER},
    "Diagnosis": "findings",
    "check": "exercises",
    "diagnose": "diagnosis",
}


def __getattr__(name):
    """Import what is needed for a name that was not imported at the start."""
    if name not in _LATER:
        raise AttributeError(f"module 'bpcourse' has no attribute {name!r}")
    module = importlib.import_module(f"bpcourse.{_LATER[name]}")
    return module if name == _LATER[name] else getattr(module, name)


def __dir__():
    """Return the names of the package, those for later included."""
    return sorted({*globals(), *_LATER})
