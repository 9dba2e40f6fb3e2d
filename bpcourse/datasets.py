r"""Data sets: examples stored as rows, handed to the mathematics as columns.

:class:`Dataset` is the door of the package. Rows are how data arrive and how a mini-batch is
gathered fastest; columns are how the book writes an example. ``data.train.rows`` is (m, n_1), and
``data.train.x`` is its transpose (n_1, m), a view.
"""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from bpcourse import _checks


def one_hot(labels, n_classes, *, dtype=np.float64):
    """Return one-hot target columns for class labels.

    Parameters
    ----------
    labels : array_like of int, of shape (m,)
        Each from 0 to ``n_classes`` - 1.
    n_classes : int
    dtype : dtype

    Returns
    -------
    ndarray of shape (n_classes, m)
        1 where the row is the column's label, else 0.

    Raises
    ------
    ValueError, TypeError
        Labels out of range (the first one is named), not whole numbers, or not in one axis.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    labels = _check_labels(labels, n_classes)
    return (np.arange(n_classes)[:, None] == labels).astype(dtype)


def _check_labels(labels, n_classes):
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"labels have shape {labels.shape}, want (m,): one label per example")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels have dtype {labels.dtype}, want whole numbers from 0")
    n_classes = _checks.integer("n_classes", n_classes, minimum=1)
    bad = np.flatnonzero((labels < 0) | (labels >= n_classes))
    if bad.size:
        raise ValueError(
            f"label {labels[bad[0]]} at index {bad[0]} is out of range; "
            f"want 0 to {n_classes - 1} for {n_classes} classes"
        )
    return labels


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    r"""Inputs with their targets.

    Attributes
    ----------
    rows : ndarray of shape (m, n_1)
        One input per row.
    target_rows : ndarray of shape (m, n_L)
        One target per row.
    labels : ndarray of int, of shape (m,), or None
        The class of each example, where the targets are one-hot or a single 0 or 1; else None.
    """

    rows: np.ndarray
    target_rows: np.ndarray
    labels: np.ndarray | None

    @property
    def x(self):
        """The inputs as columns, of shape (n_1, m)."""
        return self.rows.T

    @property
    def y(self):
        """The targets as columns, of shape (n_L, m)."""
        return self.target_rows.T

    def __len__(self):
        return len(self.rows)

    def take(self, indices):
        """Return the examples at these indices, in this order, as a copy.

        Parameters
        ----------
        indices : array_like of int, or slice

        Returns
        -------
        Examples
        """
        if isinstance(indices, slice):
            indices = np.arange(len(self))[indices]
        labels = None if self.labels is None else self.labels[indices]
        return Examples(self.rows[indices], self.target_rows[indices], labels)

    def batches(self, batch_size, rng):
        """Yield every example once, in random order, in mini-batches.

        Parameters
        ----------
        batch_size : int
            At most the number of examples; the last mini-batch may be shorter.
        rng : numpy.random.Generator
            Draws a new order each time.

        Yields
        ------
        x : ndarray of shape (n_1, m)
        y : ndarray of shape (n_L, m)

        Examples
        --------
        >>> examples = xor().train
        >>> [x.shape for x, y in examples.batches(3, np.random.default_rng(0))]
        [(2, 3), (2, 1)]
        """
        order = rng.permutation(len(self))
        for start in range(0, len(self), batch_size):
            chosen = order[start : start + batch_size]
            yield self.rows.take(chosen, axis=0).T, self.target_rows.take(chosen, axis=0).T

    def __repr__(self):
        kind = "" if self.labels is None else f" in {_class_count(self.target_rows)} classes"
        return (
            f"<{len(self):,} examples{kind}: x {self.x.shape}, y {self.y.shape}, {self.rows.dtype}>"
        )


def _class_count(target_rows):
    return max(2, target_rows.shape[1])


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples to train on, to choose by (validation), and to judge by at the end (test).

    Attributes
    ----------
    train : Examples
    validation : Examples or None
    test : Examples or None
    """

    train: Examples
    validation: Examples | None = None
    test: Examples | None = None

    @classmethod
    def from_rows(cls, x, y, *, validation=0, test=0, rng=None, n_classes=None):
        """Make a data set from rows, and set some of them aside.

        Parameters
        ----------
        x : array_like of shape (m, n_1)
            One example per row.
        y : array_like of int, of shape (m,), or array_like of shape (m, n_L)
            Class labels, which become one-hot targets, or targets.
        validation, test : int
            How many examples to set aside, drawn at random.
        rng : numpy.random.Generator, optional
            Needed to set examples aside.
        n_classes : int, optional
            For class labels; by default the largest label plus one.

        Returns
        -------
        Dataset
            With its own copy of the data.

        Raises
        ------
        ValueError, TypeError
            Shapes that don't fit together, labels out of range, NaN or infinity, nothing left to
            train on. Whole-number x is converted to float64, with a warning.

        Examples
        --------
        >>> rows = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
        >>> Dataset.from_rows(rows, [0, 2, 1]).train
        <3 examples in 3 classes: x (2, 3), y (3, 3), float64>
        """
        whole = _examples(x, y, n_classes)
        validation = _checks.integer("validation", validation, minimum=0)
        test = _checks.integer("test", test, minimum=0)
        if not validation and not test:
            return cls(whole)
        if validation + test >= len(whole):
            raise ValueError(
                f"validation={validation} and test={test} leave nothing of {len(whole)} examples "
                "to train on"
            )
        order = _checks.generator(rng).permutation(len(whole))
        parts = np.split(order, [validation, validation + test])
        held_out = [whole.take(part) if part.size else None for part in parts[:2]]
        return cls(whole.take(parts[2]), *held_out)

    def __repr__(self):
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        lines = [f"  {name}: {part}" for name, part in parts.items() if part is not None]
        return "\n".join(["<data set", *lines]) + ">"


def _examples(x, y, n_classes=None):
    """Return Examples over checked copies of rows x and of labels or targets y."""
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[0] == 0:
        raise ValueError(f"x has shape {x.shape}, want (m, n_1): one example per row, m at least 1")
    rows = np.array(_checks.floating("x", x), order="C")
    y = np.asarray(y)
    if y.ndim == 1 and y.dtype.kind in "iu":
        n_classes = int(y.max()) + 1 if n_classes is None else n_classes
        targets = one_hot(y, n_classes, dtype=rows.dtype).T
    elif y.ndim == 2:
        targets = y.astype(rows.dtype) if y.dtype.kind in "iub" else _checks.floating("y", y)
        _checks.same_precision("y", targets, rows.dtype)
    else:
        raise ValueError(
            f"y has shape {y.shape} and dtype {y.dtype}, want class labels (whole numbers, shape "
            "(m,)) or targets of shape (m, n_L); a single target per example is y[:, None]"
        )
    if len(targets) != len(rows):
        raise ValueError(f"x has {len(rows)} examples and y has {len(targets)}; want as many")
    targets = np.array(targets, order="C")
    return Examples(rows, targets, _labels(targets))


def _labels(targets):
    """Return the classes that targets stand for, or None if they are not 0 and 1."""
    if not np.isin(targets, (0, 1)).all():
        return None
    if targets.shape[1] == 1:
        return targets[:, 0].astype(int)
    if (targets.sum(axis=1) != 1).any():
        return None
    return targets.argmax(axis=1)


def digits(*, rng, validation=200, test=300, dtype=np.float64):
    """Return the 1,797 handwritten digits, 8 x 8 pixels scaled to 0..1, split at random.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the split.
    validation, test : int
        How many examples to set aside; 1,297 remain to train on by default.
    dtype : dtype
        float64 or float32.

    Returns
    -------
    Dataset
        x (64, m), y (10, m).

    Notes
    -----
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, CC BY 4.0; see bpcourse/data/README.md.

    Examples
    --------
    >>> digits(rng=np.random.default_rng(0)).train
    <1,297 examples in 10 classes: x (64, 1297), y (10, 1297), float64>
    """
    with resources.files("bpcourse").joinpath("data/digits.npz").open("rb") as file:
        stored = np.load(file)
        images, labels = stored["images"], stored["labels"]
    rows = images.astype(dtype) / 16
    return Dataset.from_rows(rows, labels, validation=validation, test=test, rng=rng)


def xor():
    """Return the four points of exclusive or, with one target each.

    Returns
    -------
    Dataset
        x (2, 4), y (1, 4); all four are training examples.

    Examples
    --------
    >>> xor().train.y
    array([[0., 1., 1., 0.]])
    """
    return Dataset.from_rows([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0], [1], [1], [0]])


def moons(m, *, rng, noise=0.1, validation=0, test=0):
    """Return two interleaved half circles, with one target each.

    Parameters
    ----------
    m : int
        The number of examples, half on each moon (the odd one on the first).
    rng : numpy.random.Generator
    noise : float
        Standard deviation of the normal noise on each coordinate; the circles have radius 1.
    validation, test : int
        How many of the m to set aside.

    Returns
    -------
    Dataset
        x (2, m), y (1, m).

    Examples
    --------
    >>> moons(100, rng=np.random.default_rng(0), validation=20)
    <data set
      train: <80 examples in 2 classes: x (2, 80), y (1, 80), float64>
      validation: <20 examples in 2 classes: x (2, 20), y (1, 20), float64>>
    """
    m = _checks.integer("m", m, minimum=2)
    noise = _checks.real("noise", noise, minimum=0)
    _checks.generator(rng)
    second = np.arange(m) >= (m + 1) // 2
    angle = rng.uniform(0, np.pi, m)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = np.where(second[:, None], [1.0, 0.5] - upper, upper)
    rows = rows + noise * rng.standard_normal((m, 2))
    targets = second[:, None].astype(float)
    return Dataset.from_rows(rows, targets, validation=validation, test=test, rng=rng)


def noisy_xor(*, rng, m=60, validation=1000, flip=0.15):
    """Return points of a square, labeled by the sign of x_1 x_2, some labels flipped.

    A task made for overfitting: few training points, and labels that can't all be believed.

    Parameters
    ----------
    rng : numpy.random.Generator
        The training points are drawn first, then the validation points.
    m, validation : int
        How many of each; every coordinate is uniform on -1..1.
    flip : float
        The probability that a label is flipped, in both sets.

    Returns
    -------
    Dataset
        x (2, m), y (1, m).

    Examples
    --------
    >>> noisy_xor(rng=np.random.default_rng(7)).train
    <60 examples in 2 classes: x (2, 60), y (1, 60), float64>
    """
    flip = _checks.real("flip", flip, minimum=0)
    _checks.generator(rng)
    parts = []
    for name, count in (("m", m), ("validation", validation)):
        count = _checks.integer(name, count, minimum=1)
        rows = rng.uniform(-1, 1, (count, 2))
        same_sign = rows[:, 0] * rows[:, 1] > 0
        flipped = rng.random(count) < flip
        parts.append(_examples(rows, (same_sign ^ flipped)[:, None]))
    return Dataset(*parts)
