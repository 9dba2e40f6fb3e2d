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
    catalogue,
    datasets,
    diagnosis,
    equations,
    experiments,
    findings,
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
from bpcourse.diagnosis import diagnose
from bpcourse.findings import Diagnosis
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
    "cross_entropy",
    "datasets",
    "diagnose",
    "diagnosis",
    "equations",
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


def __getattr__(name):
    """Import ``bpcourse.figures`` when it is asked for: it needs matplotlib, nothing else does."""
    if name == "figures":
        return importlib.import_module("bpcourse.figures")
    raise AttributeError(f"module 'bpcourse' has no attribute {name!r}")
