"""bpcourse: the tested NumPy package behind the course on backpropagation.

>>> import numpy as np
>>> import bpcourse as bp
>>> rng = np.random.default_rng(0)
>>> net = bp.Network.random([4, 3, 2], hidden=bp.sigmoid, output=bp.softmax, rng=rng)
>>> net
<network [4, 3, 2]: sigmoid, softmax; float64>
"""

import importlib
from typing import TYPE_CHECKING

from bpcourse import datasets, equations, finite_difference, gradcheck, operation_count, texts
from bpcourse._version import VERSION
from bpcourse.activations import (
    Activation,
    elu,
    gelu,
    gelu_tanh,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from bpcourse.autodiff import graph, scalar, tensor
from bpcourse.backprop import Gradient, backprop
from bpcourse.costs import Cost, cross_entropy, half_mse, log_likelihood, mse, quadratic, sse
from bpcourse.datasets import Dataset, Examples
from bpcourse.lessons import drills, experiments, perceptron, worked_examples
from bpcourse.network import Network, Trace
from bpcourse.parameters import Parameters
from bpcourse.stopping import kfold_stopping_epoch
from bpcourse.training import DivergenceError, History, accuracy, train

if TYPE_CHECKING:
    from bpcourse import classroom, diagnosis, exercises, layers
    from bpcourse import figures as figures
    from bpcourse.diagnosis import catalogue, findings
    from bpcourse.diagnosis.beside import diagnose
    from bpcourse.diagnosis.findings import Diagnosis
    from bpcourse.exercises.check import check
    from bpcourse.lessons import language_model

__version__ = VERSION

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
    "drills",
    "elu",
    "equations",
    "exercises",
    "experiments",
    "findings",
    "finite_difference",
    "gelu",
    "gelu_tanh",
    "gradcheck",
    "graph",
    "half_mse",
    "identity",
    "kfold_stopping_epoch",
    "language_model",
    "layers",
    "leaky_relu",
    "log_likelihood",
    "mse",
    "operation_count",
    "perceptron",
    "quadratic",
    "relu",
    "scalar",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "sse",
    "tanh",
    "tensor",
    "texts",
    "train",
    "worked_examples",
]


# Imported when they are asked for: figures needs matplotlib, the others take as long to import as
# the rest of the package.
_LATER = {
    "Diagnosis": ("bpcourse.diagnosis", "Diagnosis"),
    "catalogue": ("bpcourse.diagnosis.catalogue", None),
    "check": ("bpcourse.exercises", "check"),
    "classroom": ("bpcourse.classroom", None),
    "diagnose": ("bpcourse.diagnosis", "diagnose"),
    "diagnosis": ("bpcourse.diagnosis", None),
    "exercises": ("bpcourse.exercises", None),
    "figures": ("bpcourse.figures", None),
    "findings": ("bpcourse.diagnosis.findings", None),
    "language_model": ("bpcourse.lessons.language_model", None),
    "layers": ("bpcourse.layers", None),
}


def _later(name):
    """Import what is needed for a name that was not imported at the start."""
    if name not in _LATER:
        raise AttributeError(f"module 'bpcourse' has no attribute {name!r}")
    home, attribute = _LATER[name]
    try:
        module = importlib.import_module(home)
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        # Then hasattr(bp, "figures") is False, and help(bp) leaves it out.
        raise AttributeError(error.msg) from error
    return module if attribute is None else getattr(module, attribute)


# A type checker would believe that such a module has every name; it reads the imports above.
if not TYPE_CHECKING:
    __getattr__ = _later


def __dir__():
    """Return the names of the package, those for later included."""
    return sorted({*globals(), *_LATER})
