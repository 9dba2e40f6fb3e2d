"""Good arguments by the name of a parameter, and odd ones for any, for test_every_door.py."""

import functools

import matplotlib.pyplot as plt
import numpy as np

import bpcourse as bp
from bpcourse.fast.in_place import BoundGradient


def array(*shape):
    """Return numbers between 0.2 and 0.8, the same ones every time."""
    return np.random.default_rng(0).uniform(0.2, 0.8, shape)


@functools.cache
def net():
    rng = np.random.default_rng(1)
    return bp.Network.random([2, 3, 1], hidden=bp.tanh, output=bp.sigmoid, rng=rng)


def some_rows():
    return bp.Examples(array(4, 2), np.array([[0.0], [1.0], [1.0], [0.0]]), np.array([0, 1, 1, 0]))


def gradient():
    return bp.backprop(net(), net().forward(array(2, 4)), some_rows().y, bp.cross_entropy)


@functools.cache
def history():
    data = bp.Dataset(some_rows(), some_rows())
    rng = np.random.default_rng(0)
    options = {"cost": "quadratic", "eta": 0.1, "epochs": 3, "batch_size": 2}
    return bp.train(net(), data, rng=rng, **options)[1]


def starts():
    return bp.experiments.Starts(array(2, 3, 3), array(2, 1, 4), eta=0.1)


def tensor():
    return bp.tensor.Tensor(array(2, 3))


@functools.cache
def axes():
    return plt.figure().subplots()


def cleared_axes():
    """Return the same axes every time, cleared if something was drawn, which takes its time."""
    ax = axes()
    if ax.has_data() or ax.texts or ax.patches or ax.get_xscale() != "linear":
        ax.clear()
    return ax


def keep(*arguments, **options):
    """Stand for a learner's function: it has no right answer, but it does no harm."""
    return 0.0


class OneLayer:
    """A network of one layer, as learners write it, right."""

    def __init__(self, n_in, n_out):
        self.w1, self.b1 = np.zeros((n_out, n_in)), np.zeros((n_out, 1))

    def train(self, x, y, eta=0.1):
        """Take a step."""
        delta = self.w1 @ x + self.b1 - y
        self.w1 -= eta * delta @ x.T / x.shape[1]
        self.b1 -= eta * delta.mean(axis=1, keepdims=True)


class Linear:
    """A layer that leaves its gradients in attributes."""

    def __init__(self, n_in, n_out):
        self.w, self.b = np.zeros((n_out, n_in)), np.zeros((n_out, 1))

    def forward(self, x):
        """Return w x + b."""
        self.x = x
        return self.w @ x + self.b

    def backward(self, delta):
        """Return the error of the inputs."""
        self.dw, self.db = delta @ self.x.T, delta.sum(axis=1, keepdims=True)
        return self.w.T @ delta


def one_layer(sizes):
    """Return a list of layers."""
    return [Linear(sizes[0], sizes[-1])]


def model_sizes():
    return bp.language_model.Sizes(5, context=4, width=4, heads=2, hidden=3)


def model():
    return bp.language_model.initial(model_sizes(), rng=np.random.default_rng(0), dtype=float)


def tokens(*shape):
    return np.random.default_rng(0).integers(0, 5, shape)


def attended():
    return bp.layers.attention.self_attention(array(4, 2, 3), array(12, 4), array(4, 4), 2)[1]


def by_function(wing, **arguments):
    """Return makers by path, from dictionaries of makers by parameter."""
    found = {}
    for functions, makers in arguments.items():
        for function in functions.split("__"):
            found |= {f"{wing}.{function}.{name}": make for name, make in makers.items()}
    return found


# Small layers: 2 channels of 4 x 4 pixels, 4 neurons, 3 examples or positions.
LAYERS = {
    **by_function(
        "layers.attention",
        embedding__embedding_backward={
            "table": lambda: array(4, 5),
            "tokens": lambda: tokens(2, 3),
            "delta": lambda: array(4, 2, 3),
            "vocabulary": lambda: 5,
        },
        linear__linear_weights__linear_bias={
            "w": lambda: array(3, 2),
            "x": lambda: array(2, 4),  # T = 1, so that odd arrays fit
            "delta": lambda: array(3, 4),
        },
        attention__attention_backward={
            **dict.fromkeys(("q", "k", "v", "delta"), lambda: array(2, 4)),
            "p": lambda: array(4, 4),
        },
        self_attention__self_attention_backward={
            **dict.fromkeys(("x", "delta"), lambda: array(4, 2, 3)),
            "w_qkv": lambda: array(12, 4),
            "w_o": lambda: array(4, 4),
            "heads": lambda: 2,
            "trace": attended,
        },
        log_softmax__cross_entropy={"z": lambda: array(2, 4), "tokens": lambda: tokens(4) % 2},
    ),
    **by_function(
        "layers.convolution",
        gather__scatter__conv__conv_backward_input__conv_backward_weights__conv_loop={
            "x": lambda: array(2, 4, 4, 3),
            "w": lambda: array(3, 2, 2, 2),
            "b": lambda: array(3, 1),
            "delta": lambda: array(3, 3, 3, 3),
            "columns": lambda: array(8, 27),
            "shape": lambda: (2, 4, 4, 3),
            "kernel": lambda: 2,
        },
        conv_backward_bias={"delta": lambda: array(3, 3, 3, 3)},
        max_pool__max_pool_backward__mean_pool__mean_pool_backward={
            "x": lambda: array(2, 4, 4, 3),
            "delta": lambda: array(2, 2, 2, 3),
            "switch": lambda: tokens(2, 2, 2, 3) % 4,
            "size": lambda: 2,
        },
    ),
    **by_function("layers.initialization", glorot__he__orthogonal={"shape": lambda: (3, 2)}),
    "layers.initialization.forward_variances.weight_variances": lambda: [0.5, 1.0],
    "layers.initialization.backward_variances.weight_variances": lambda: [0.5, 1.0],
    "layers.initialization.backward_variances.variances": lambda: {2: 1.0, 3: 0.5},
    **by_function(
        "layers.normalization",
        batch_norm__layer_norm__batch_norm_evaluate__batch_norm_backward__layer_norm_backward={
            **dict.fromkeys(("x", "delta", "normalized"), lambda: array(2, 4)),
            **dict.fromkeys(("gamma", "beta", "mean", "variance"), lambda: array(2, 1)),
            "scale": lambda: array(2, 1),
        },
        layer_norm_backward={"scale": lambda: array(1, 4)},
        moving_average__dropout__dropout_backward={
            **dict.fromkeys(("average", "new", "a", "delta", "mask"), lambda: array(2, 4)),
            "keep": lambda: 0.5,
        },
    ),
    **by_function(
        "layers.optimizers",
        sgd__momentum__nesterov__rmsprop__adam__adamw={
            **dict.fromkeys(("parameters", "gradient"), lambda: array(2, 4)),
            "decay": lambda: 0.1,
        },
        warm_up__cosine__step_decay={"steps": lambda: 4, "every": lambda: 2, "factor": lambda: 0.5},
    ),
    **by_function(
        "layers.recurrent",
        forward__bptt__recurrent_weights__recurrent_inputs={
            "x": lambda: array(3, 2, 4),
            "w_x": lambda: array(3, 2),
            "w_h": lambda: array(3, 3),
            "b": lambda: array(3, 1),
            "h_0": lambda: array(3, 4),
            **dict.fromkeys(("grad_h", "delta"), lambda: array(3, 3, 4)),
            "h": lambda: array(4, 3, 4),
        },
        bptt_step__fixed_point__fixed_point_backward={
            **dict.fromkeys(("w_h", "w"), lambda: array(2, 2)),
            **dict.fromkeys(("delta_next", "grad_h", "h", "u", "x", "grad_x"), lambda: array(2, 4)),
        },
        clip_by_norm={"gradients": lambda: [array(2, 4), array(3)], "maximum": lambda: 1.0},
    ),
    **by_function(
        "layers.second",
        hessian_vector={"v": lambda: array(13)},
        largest_curvature={"product": lambda: np.negative, "steps": lambda: 3},
    ),
    **by_function(
        "lessons.language_model",
        Sizes={"vocabulary": lambda: 5},
        shapes__count__views__initial__forward__gradient__cross_entropy__sample__train_model={
            "sizes": model_sizes,
            "vector": model,
            **dict.fromkeys(("tokens", "following"), lambda: tokens(2, 4)),
            "text": lambda: bp.texts.Text.from_string("abracadabra"),
            "length": lambda: 3,
            "start": lambda: tokens(2),
            "batch_size": lambda: 2,
            "steps": lambda: 2,
        },
        cross_entropy={"tokens": lambda: tokens(9)},
        bigram_cross_entropy={
            **dict.fromkeys(("train", "tokens"), lambda: tokens(9)),
            "vocabulary": lambda: 5,
        },
    ),
}
GOOD = {
    **LAYERS,
    "a": tensor,
    "a_previous": lambda: array(2, 4),
    "activation": lambda: bp.tanh,
    "activations": lambda: ["tanh", "sigmoid"],
    "analytic": lambda: array(5),
    "array": lambda: array(2, 3),
    "ax": cleared_axes,
    "axes": lambda: (1, 0),
    "axis": lambda: 0,
    "b": tensor,
    "batch_size": lambda: 2,
    "biases": lambda: [array(3), array(1)],
    "carry": lambda: True,
    "coefs": lambda: [array(2, 3), array(3, 1)],
    "condition": lambda: array(2, 3) > 0.5,
    "cost": lambda: bp.cross_entropy,
    "costs": lambda: [4.0, 9.0],
    "data": lambda: bp.Dataset(some_rows(), some_rows()),
    "delta": lambda: array(3, 4),
    "delta_next": lambda: array(1, 4),
    "directory": lambda: "no directory of this name",
    "dtype": lambda: np.float64,
    "epochs": lambda: 2,
    "errors": lambda: {"one": [0.1, 0.2], "two": [0.3, 0.1]},
    "eta": lambda: 0.1,
    "example": bp.worked_examples.mazur,
    "examples": some_rows,
    "f": lambda: np.sum,
    "folds": lambda: 2,
    "function": lambda: keep,
    "grad_a": lambda: array(1, 4),
    "hidden": lambda: "tanh",
    "history": history,
    "index": lambda: 3,
    "indices": lambda: [0, 2],
    "init": lambda: "scaled",
    "inputs": lambda: [tensor()],
    "intercepts": lambda: [array(3), array(1)],
    "j": lambda: 0,
    "jacobian": lambda: array(4, 1, 1),
    "l": lambda: 2,
    "labels": lambda: [0, 1, 1],
    "m": lambda: 6,
    "make": lambda: keep,
    "method": lambda: "central",
    "n": lambda: 4,
    "n_classes": lambda: 2,
    "name": lambda: "bp1",
    "names": lambda: ["one.py"],
    "net": net,
    "network": net,
    "numeric": lambda: array(5),
    "outcomes": list,
    "output": lambda: "sigmoid",
    "packed": lambda: array(13),
    "parameters": lambda: net().parameters,
    "path": lambda: "no such file.py",
    "prime": lambda: array(1, 4),
    "published": lambda: "0.31",
    "ratio": lambda: 2.0,
    "result": lambda: tensor().sum(),
    "rng": lambda: np.random.default_rng(0),
    "rows": lambda: array(4, 2),
    "seeds": lambda: [0, 1],
    "shape": lambda: 6,
    "sizes": lambda: [2, 3, 1],
    "start": lambda: array(1, 4),
    "steps": lambda: 2,
    "sweeps": lambda: 2,
    "target_rows": lambda: array(4, 1),
    "task": lambda: bp.classroom.Task(step="bp1"),
    "tensors": lambda: [tensor(), tensor()],
    "trace": lambda: net().forward(array(2, 4)),
    "train": some_rows,
    "value": lambda: 0.3125,
    "vector": lambda: array(13),
    "w": lambda: {2: array(3, 2), 3: array(1, 3)},
    "w2": lambda: array(2, 3, 3),
    "w3": lambda: array(2, 1, 4),
    "w_next": lambda: array(1, 3),
    "weight": lambda: 0.5,
    "weight_decay": lambda: 0.1,
    "weights": lambda: [array(3, 2), array(1, 3)],
    "widths": lambda: [(1, 0), (0, 1)],
    "x": lambda: array(2, 4),
    "y": lambda: some_rows().y,
    "z": lambda: array(2, 4),
    "Activation.f": lambda: np.tanh,
    "Activation.prime": lambda: np.cos,
    "Dataset.from_rows.x": lambda: array(4, 2),
    "Dataset.from_rows.y": lambda: [0, 1, 1, 0],
    "Network.with_parameters.parameters": lambda: net().parameters.vector,
    "equations.bp2.prime": lambda: array(3, 4),
    "equations.bp2_matrix.jacobian": lambda: array(4, 3, 3),
    "equations.path_sum.grad_a": lambda: array(1),
    "equations.path_sum.prime": lambda: {2: array(3), 3: array(1)},
    "costs.check_fit.activation": lambda: bp.sigmoid,
    "fast.low_rank.central_differences.steps": lambda: np.full(13, 1e-4),
    "figures.cost_growth.weights": lambda: [13, 30],
    "figures.digits.examples": lambda: bp.Examples(array(3, 64), np.eye(3, 10), np.arange(3)),
    "figures.errors_by_layer.errors": lambda: [array(3), array(2)],
    "figures.live.name": lambda: "stepper",
    "figures.live.data": lambda: {"network": net(), "x": array(2)},
    "figures.history.history": lambda: {"one": history()},
    "figures.step_sweep.steps": lambda: [0.1, 0.01],
    "figures.weight_index.weight": lambda: (2, 1, 1),
    "autodiff.scalar.Value.data": lambda: 0.5,
    "autodiff.tensor.scatter_add.index": lambda: np.array([0, 2]),
    "autodiff.tensor.scatter_add.shape": lambda: (4, 3),
    "autodiff.tensor.split.x": tensor,
    "autodiff.tensor.split.sections": lambda: 2,
    "diagnosis.from_object.make": lambda: OneLayer,
    "diagnosis.from_layers.make": lambda: one_layer,
    "diagnosis.from_layers.loss_gradient": lambda: lambda a, y: a - y,
    "diagnosis.from_step.eta": lambda: 0.1,
    "diagnosis.values.x": lambda: array(2),
    "diagnosis.values.y": lambda: array(1),
    "diagnosis.values.grad_w": lambda: [array(3, 2), array(1, 3)],
    "diagnosis.values.grad_b": lambda: [array(3), array(1)],
    "diagnosis.values.biases": lambda: [array(3), array(1)],
    "exercises.verify.exercise": lambda: bp.exercises.exercise("bp3"),
    "texts.Text.batch.length": lambda: 3,
    "texts.Text.decode.tokens": lambda: [0, 1],
    "texts.Text.encode.string": lambda: "abba",
    "texts.Text.from_string.text": lambda: "abracadabra",
    "texts.Text.from_string.validation": lambda: 0.1,
    "autodiff.tensor.Tensor.data": lambda: array(2, 3),
    "autodiff.graph.draw.result": lambda: tensor().sum(),
    "lessons.experiments.single_neuron.w": lambda: 0.5,
    "lessons.experiments.single_neuron.b": lambda: 0.5,
    "lessons.experiments.xor_starts.hidden": lambda: 2,
    "lessons.experiments.xor_starts.runs": lambda: 3,
    "lessons.experiments.encoder.record_every": lambda: 1,
    "lessons.experiments.encoder.hidden": lambda: 3,
    "lessons.experiments.encoder.init": lambda: 0.1,
    "lessons.starts.Starts.uniform.init": lambda: 0.1,
    "lessons.starts.Starts.network.r": lambda: 1,
    "lessons.perceptron.perceptron_rule.y": lambda: [0, 1, 1, 0],
    "lessons.perceptron.delta_rule.start": lambda: array(2),
    "lessons.worked_examples.step.net": lambda: bp.worked_examples.mazur().network,
    "lessons.worked_examples.step.example": bp.worked_examples.mazur,
    "lessons.worked_examples.miller_update.example": bp.worked_examples.miller_xor,
    **{
        f"autodiff.tensor.{name}.x": tensor
        for name in ("log_softmax", "logsumexp", "norm", "pad", "softmax")
    },
}
SELF = {
    "texts.Text": lambda: bp.texts.Text.from_string("abracadabra"),
    "Diagnosis": lambda: bp.Diagnosis("backprop"),
    "Examples": some_rows,
    "Gradient": gradient,
    "Network": net,
    "Parameters": lambda: net().parameters,
    "classroom.Task": lambda: bp.classroom.Task(step="bp1"),
    "lessons.starts.Starts": starts,
    "autodiff.scalar.Value": lambda: bp.scalar.Value(0.5),
    "autodiff.tensor.Tensor": tensor,
    "fast.in_place.BoundGradient": lambda: BoundGradient(net(), bp.cross_entropy, 2),
}

ODD = {
    "None": lambda: None,
    "text": lambda: "nonsense",
    "bytes": lambda: b"x",
    "nan": lambda: np.nan,
    "inf": lambda: np.inf,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1": lambda: 1,
    "2.5": lambda: 2.5,
    "True": lambda: True,
    "1j": lambda: 1j,
    "int64": lambda: np.int64(2),
    "uint8": lambda: np.uint8(2),
    "float32": lambda: np.float32(0.5),
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set": lambda: {1, 2},
    "range": lambda: range(3),
    "no entries": lambda: np.zeros((2, 0)),
    "0-d": lambda: np.array(0.5),
    "vector": lambda: array(7),
    "matrix": lambda: array(5, 7),
    "3-d": lambda: array(2, 2, 2),
    "NaN in it": lambda: np.array([[np.nan, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4]]),
    "infinite": lambda: np.full((2, 4), np.inf),
    "huge": lambda: np.full((2, 4), 1e300),
    "integers": lambda: np.array([[0, 1, 1, 0], [1, 0, 0, 1]]),
    "unsigned": lambda: np.array([[0, 1, 1, 0], [1, 0, 0, 2]], np.uint8),
    "booleans": lambda: np.array([[True, False, True, True]]),
    "float32 array": lambda: array(2, 4).astype(np.float32),
    "float16": lambda: array(2, 4).astype(np.float16),
    "complex": lambda: array(2, 4) + 1j,
    "objects": lambda: np.array([[None] * 4, [1.0] * 4]),
    "texts": lambda: np.array(["a", "b"]),
    "masked": lambda: np.ma.array(array(2, 4), mask=[[True, False, False, False]] * 2),
    "nested lists": lambda: [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]],
    "ragged": lambda: [[0.1], [0.2, 0.3]],
    "list of None": lambda: [None, None],
    "list of texts": lambda: ["a", "b"],
    "generator": lambda: (k for k in (0.5, 0.25)),
    "function": lambda: keep,
    "type": lambda: float,
    "object": lambda: object(),
    "network": net,
    "dataset": lambda: bp.Dataset(some_rows()),
    "tensor": tensor,
    "value": lambda: bp.scalar.Value(0.5),
}

# Parameters that get their good argument even where they have a default, which would take longer.
CHEAP = {"ax", "epochs", "m", "rng", "validation", "test"}
