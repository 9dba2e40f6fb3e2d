"""What came on one problem, and a chain of steps that explains it."""

from dataclasses import dataclass, replace

import numpy as np

from bpcourse.diagnosis.catalogue.cause import Step
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.observation import refuse_shapeless
from bpcourse.diagnosis.trouble import Trouble
from bpcourse.network import Network, Trace

# A mistake changes a gradient by far more, rounding by far less; in float32 by no more than the
# second one; in half precision, and in a gradient that is itself a coarse finite difference, by no
# more than the third one.
TOLERANCE, SINGLE, ROUGH = 1e-5, 2e-4, 2e-3

# The price of an explanation. Fewer mistakes are likelier; one more layer costs nothing.
_KNOWN, _UNKNOWN, _UNKNOWN_AGAIN = 1, 3, 1


@dataclass(frozen=True)
class Setting:
    """What the learner's function is meant to compute."""

    activations: tuple
    cost: object
    reduction: str
    weight_decay: float
    training_size: int | None
    batch: bool
    tolerance: float = TOLERANCE
    biases: bool = True
    labels: bool = False

    def decay(self, m):
        """Return the number that multiplies w in the gradient of a mini-batch of m."""
        return self.weight_decay / (self.training_size or m)


@dataclass(frozen=True)
class Case:
    """What came on one problem: for each example alone, and for the whole mini-batch.

    Attributes
    ----------
    problem : Problem
    w : dict from layer to ndarray of shape (m, n_l, n_{l-1})
    b : dict from layer to ndarray of shape (n_l, m), or to None in a network without biases
    whole : Came
    shapes : tuple of (equation, cause, layer, came, wanted)
    single : bool
        Whether any array came in less than double precision.
    way : {"alone", "equal", "beside"}
        Whether examples were tried alone, as m equal ones, or beside the whole mini-batch.
    alone : Finding or None
        What happened to one example alone, if it could not be tried.
    """

    problem: object
    w: dict
    b: dict
    whole: object
    shapes: tuple
    single: bool
    way: str = "alone"
    alone: object = None

    @property
    def tolerance(self):
        """The tolerance for the precision in which the arrays came."""
        arrays = [*self.whole.w.values(), *self.whole.b.values()]
        half = any(array is not None and array.dtype.itemsize < 4 for array in arrays)
        return ROUGH if half else SINGLE if self.single else TOLERANCE

    @classmethod
    def of(cls, subject, problem, whole):
        """Call the function on every example of a problem.

        Where it can't take one example, m equal ones do as well, whose mean is that of one; where
        it can't take these, the examples are added to the whole mini-batch one by one.
        """
        m, alone = problem.x.shape[1], None
        for way, which in (
            ("alone", [(i,) for i in range(m)]),
            ("equal", [(i,) * m for i in range(m)]),
        ):
            try:
                each = [subject(problem.examples(*chosen)) for chosen in which]
                return cls.made(problem, each, whole, way)
            except Trouble as trouble:
                alone = alone or trouble
        case = cls.beside(subject, problem, whole) if m > 1 else None
        if case is None:
            raise alone
        return replace(case, alone=alone.finding)

    @classmethod
    def beside(cls, subject, problem, whole):
        """Return what each example adds to the whole mini-batch, or None if that can't be seen."""
        m, found = problem.x.shape[1], []
        try:
            more = [subject(problem.examples(*range(m), i)) for i in range(m)]
        except Trouble:
            return None
        if any(array is None for came in (whole, *more) for array in came.w.values()):
            return None
        for times_more, times in ((m + 1, m), (1, 1)):  # it returns the mean, or the sum
            each = [_difference(came, whole, times_more, times) for came in more]
            sums = {l: sum(came.w[l] for came in each) for l in whole.w}
            if all(same(sums[l], times * whole.w[l], 1e-8) for l in sums):
                found.append(each)
        return cls.made(problem, found[0], whole, "beside") if found else None

    @classmethod
    def made(cls, problem, each, whole, way):
        """Put what came for each example together."""
        refuse_shapeless(each[0])
        layers = sorted(each[0].w)
        w = {l: np.array([came.w[l] for came in each], float) for l in layers}
        b = dict.fromkeys(layers)
        if whole.biases:
            b = {l: np.hstack([came.b[l] for came in each]).astype(float) for l in layers}
        shapes = dict.fromkeys((*whole.shapes, *each[0].shapes))
        single = whole.single or each[0].single
        return cls(problem, w, b, whole, tuple(shapes), single, way)


def _difference(came, whole, times_more, times):
    """Return what one more example adds to a gradient of mean or sum."""
    return replace(
        came,
        w={l: times_more * came.w[l] - times * whole.w[l] for l in came.w},
        b={
            l: None if b is None or whole.b[l] is None else times_more * b - times * whole.b[l]
            for l, b in came.b.items()
        },
    )


def rounded(c):
    """Return a factor to three digits; a number such as 1/32 must not lie between two of them."""
    return f"{1.0007 * c:.3g}"


@dataclass(frozen=True)
class Path:
    """A chain of steps from the output backwards that explains the numbers so far.

    ``faults`` are (equation, cause, layer), with the layer 0 for the forward pass; ``factors`` are
    those that were fitted, by (equation, layer), and ``scales`` the constant factors.
    """

    price: int
    faults: tuple
    delta: dict
    factors: dict
    scales: dict
    net: Network
    trace: Trace
    paid: frozenset = frozenset()

    @classmethod
    def begin(cls, net, trace):
        """Return the path before the first step."""
        return cls(0, (), {}, {}, {}, net, trace)

    @property
    def key(self):
        """What two cases must have in common: the faults, and the constant factors."""
        return self.faults, tuple(sorted((place, rounded(c)) for place, c in self.scales.items()))

    def with_faults(self, faults, scales=None):
        """Return the path with more faults, and their price."""
        price, paid, scales = self.price, set(self.paid), scales or {}
        lost = ("forward", None, "") in paid
        for equation, cause, l in faults:
            value = rounded(scales.get((equation, l), 1)) if cause == "factor" else ""
            known, again = cause is not None, (equation, cause, value) in paid
            # Errors after a forward pass that is not understood follow from it.
            again = again or (lost and equation in ("bp1", "bp2"))
            price += (not again) * _KNOWN if known else _UNKNOWN_AGAIN if again else _UNKNOWN
            paid.add((equation, cause, value))
        return replace(self, price=price, faults=self.faults + faults, paid=frozenset(paid))

    def extended(self, l, delta, matches):
        """Return the path with one more layer, and what was matched there by equation."""
        faults = tuple((e, cause, l) for e, match in matches.items() for cause in match.causes)
        scales = {(e, l): match.scale for e, match in matches.items() if match.scale is not None}
        factors = {(e, l): match.fitted for e, match in matches.items()}
        longer = replace(
            self,
            delta={**self.delta, l: delta},
            factors={**self.factors, **factors},
            scales={**self.scales, **scales},
        )
        return longer.with_faults(faults, scales)

    def step(self, case, setting, l, trace=None):
        """Return the step at layer l, after the steps of this path."""
        return Step(
            case.problem.net,
            self.net,
            trace or self.trace,
            case.problem.y,
            setting.cost,
            l,
            self.delta,
            case.w,
            setting.decay(1),
            {l: b for l, b in case.b.items() if b is not None},
        )


@dataclass(frozen=True)
class Explanation:
    """What all cases agree on.

    Attributes
    ----------
    faults : tuple of (equation, cause, layer)
        In the order of the backward pass; a cause is None where none fits.
    alternatives : tuple of tuples of faults
        What explains single examples as cheaply.
    path : Path
        The path in the first case.
    shapes : dict from fault to (came, wanted)
    batch : dict from (equation, layer) to str or None
        How the mini-batch is averaged: "right" or a cause.
    unjudged : dict from (equation, layer) to str
        What could be neither called right nor wrong, and why.
    """

    faults: tuple
    alternatives: tuple
    path: Path
    shapes: dict
    batch: dict
    unjudged: dict
