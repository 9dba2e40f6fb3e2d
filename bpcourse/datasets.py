r"""Data sets: examples stored as rows, handed to the mathematics as columns.

:class:`Dataset` is the door of the package. Rows are how data arrive and how a mini-batch is
gathered fastest; columns are how the book writes an example. ``data.train.rows`` is (m, n_1), and
``data.train.x`` is its transpose (n_1, m), a view.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks, _mnist

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike


def one_hot(labels: ArrayLike, n_classes: int, *, dtype: DTypeLike = np.float64) -> np.ndarray:
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
    dtype = _checks.precision("the targets", dtype)
    return (np.arange(n_classes)[:, None] == labels).astype(dtype)


def _check_labels(labels, n_classes):
    labels = _checks.array_of("labels", labels)
    if labels.ndim != 1:
        raise ValueError(f"labels have shape {labels.shape}, want (m,): one label per example")
    if labels.dtype.kind not in "iu":
        whole = labels.dtype.kind in "fb" and _whole(labels)  # floats are what np.loadtxt reads
        advice = "; these are whole, pass labels.astype(int)" if whole else ""
        raise TypeError(f"labels have dtype {labels.dtype}, want whole numbers from 0{advice}")
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

    Raises
    ------
    ValueError, TypeError
        Arrays of other shapes or dtypes, or labels that aren't those of the targets.

    Notes
    -----
    :meth:`Dataset.from_rows` makes them of lists and labels too. Its arrays are read-only: to
    change numbers, change a copy and make a new data set.
    """

    rows: np.ndarray
    target_rows: np.ndarray
    labels: np.ndarray | None

    def __post_init__(self):
        for name in ("rows", "target_rows"):
            _check_row_array(name, getattr(self, name))
        if self.rows.dtype != self.target_rows.dtype or len(self.rows) != len(self.target_rows):
            raise ValueError(
                f"rows are {self.rows.shape} in {self.rows.dtype}, target_rows are "
                f"{self.target_rows.shape} in {self.target_rows.dtype}; want as many in one dtype"
            )
        if self.labels is not None and not _fit(self.labels, self.target_rows):
            raise ValueError(
                "labels are not the classes that target_rows stand for; leave them to "
                "Dataset.from_rows, or pass None"
            )

    @property
    def x(self) -> np.ndarray:
        """The inputs as columns, of shape (n_1, m)."""
        return self.rows.T

    @property
    def y(self) -> np.ndarray:
        """The targets as columns, of shape (n_L, m)."""
        return self.target_rows.T

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: ArrayLike | slice) -> Examples:
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
        indices = _checks.array_of("indices", indices)
        if not indices.size:
            indices = indices.astype(int)
        if indices.ndim != 1 or indices.dtype.kind not in "iub":
            raise TypeError(f"indices are {indices!r}, want whole numbers on one axis, or a slice")
        labels = None if self.labels is None else self.labels[indices]
        return _read_only(self.rows[indices], self.target_rows[indices], labels)

    def batches(
        self, batch_size: int, rng: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Return an iterator over mini-batches that visits every example once, in random order.

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
        batch_size = _checks.integer("batch_size", batch_size, minimum=1)
        _checks.generator(rng)
        order = rng.permutation(len(self))
        return self._batches(batch_size, order)

    def _batches(self, batch_size, order):
        for start in range(0, len(self), batch_size):
            chosen = order[start : start + batch_size]
            yield self.rows.take(chosen, axis=0).T, self.target_rows.take(chosen, axis=0).T

    def __repr__(self):
        kind = "" if self.labels is None else f" in {_class_count(self.target_rows)} classes"
        return (
            f"<{len(self):,} examples{kind}: x {self.x.shape}, y {self.y.shape}, {self.rows.dtype}>"
        )


def _check_row_array(name, array):
    if isinstance(array, np.ma.MaskedArray):
        _checks.array_of(name, array)
    of_numbers = isinstance(array, np.ndarray) and array.dtype.type in (np.float32, np.float64)
    if not of_numbers or array.ndim != 2:
        came = f"of shape {array.shape} and dtype {array.dtype}" if hasattr(array, "dtype") else ""
        raise TypeError(
            f"{name} is {type(array).__name__} {came}".rstrip() + ", want an array of two axes in "
            "float32 or float64; bp.datasets.Dataset.from_rows(x, y) takes lists and labels"
        )


def _fit(labels, target_rows):
    """Return whether labels are the classes that targets stand for."""
    labels = _checks.array_of("labels", labels)
    if labels.shape != (len(target_rows),) or labels.dtype.kind not in "iu":
        return False
    if target_rows.shape[1] == 1:
        return np.array_equal(labels, target_rows[:, 0])
    inside = (labels >= 0) & (labels < target_rows.shape[1])
    return bool(inside.all()) and bool((target_rows[np.arange(len(labels)), labels] == 1).all())


def _read_only(rows, targets, labels):
    """Return Examples over arrays that are theirs alone."""
    rows.flags.writeable = targets.flags.writeable = False
    return Examples(rows, targets, labels)


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
    classes : tuple of str or None
        The names of classes 0, 1, ..., where the labels were text; for :meth:`Network.predict`.
    """

    train: Examples
    validation: Examples | None = None
    test: Examples | None = None
    classes: tuple[str, ...] | None = None

    def __post_init__(self):
        for name in ("train", "validation", "test"):
            part = getattr(self, name)
            if not isinstance(part, Examples) and (part is not None or name == "train"):
                raise TypeError(
                    f"{name} is {type(part).__name__}, want Examples; "
                    "bp.datasets.Dataset.from_rows(x, y) makes a data set of rows"
                )

    @classmethod
    def from_rows(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        validation: float = 0,
        test: float = 0,
        rng: np.random.Generator | None = None,
        n_classes: int | None = None,
    ) -> Dataset:
        """Make a data set from rows, and set some of them aside.

        Parameters
        ----------
        x : array_like of shape (m, n_1)
            One example per row.
        y : array_like of int or str, of shape (m,), or array_like of shape (m, n_L)
            Class labels, which become one-hot targets, or targets. Labels may be whole numbers in
            floating point, as ``np.loadtxt`` reads them; text is numbered in alphabetical order.
        validation, test : int or float
            How many examples to set aside, drawn at random, or which fraction of them.
        rng : numpy.random.Generator, optional
            Needed to set examples aside.
        n_classes : int, optional
            For class labels; by default the largest label plus one. At least 2.

        Returns
        -------
        Dataset
            With its own copy of the data.

        Raises
        ------
        ValueError, TypeError
            Shapes that don't fit together, labels out of range or all the same, NaN or infinity,
            nothing left to train on.

        Examples
        --------
        >>> rows = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
        >>> Dataset.from_rows(rows, [0, 2, 1]).train
        <3 examples in 3 classes: x (2, 3), y (3, 3), float64>
        >>> Dataset.from_rows(rows, ["cat", "dog", "cat"]).classes
        ('cat', 'dog')
        """
        y, classes = _numbered(y)
        if classes is not None and len(classes) == 1 and n_classes is None:
            raise ValueError(
                f"all labels are {classes[0]!r}: one class is nothing to learn. If there are "
                "others, pass n_classes"
            )
        whole = _examples(x, y, n_classes)
        validation = _count("validation", validation, len(whole))
        test = _count("test", test, len(whole))
        if not validation and not test:
            return cls(whole, classes=classes)
        if validation + test >= len(whole):
            raise ValueError(
                f"validation={validation} and test={test} leave nothing of {len(whole)} examples "
                "to train on"
            )
        order = _checks.generator(rng).permutation(len(whole))
        parts = np.split(order, [validation, validation + test])
        held_out = [whole.take(part) if part.size else None for part in parts[:2]]
        return cls(whole.take(parts[2]), *held_out, classes)

    def __repr__(self):
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        lines = [f"  {name}: {part}" for name, part in parts.items() if part is not None]
        return "\n".join(["<data set", *lines]) + ">"


def _count(name, share, m):
    """Return how many of m examples a number of them, or a fraction, stands for."""
    if isinstance(share, numbers.Integral) or not isinstance(share, numbers.Real):
        return _checks.integer(name, share, minimum=0)
    count = round(_checks.real(name, share, minimum=0, below=1) * m)
    if share and not count:
        raise ValueError(f"{name} is {share:g}, which is less than half of one in {m} examples")
    return count


def _numbered(y):
    """Return labels that are text as numbers, with their names; other y as it came, and None."""
    if isinstance(y, list | tuple) and len({isinstance(each, str) for each in y}) == 2:
        odd = next(each for each in y if isinstance(each, str) != isinstance(y[0], str))
        raise TypeError(
            f"y holds text and other things, such as {y[0]!r} and {odd!r}; want class labels that "
            "are all text, or all whole numbers"
        )
    y = _checks.array_of("y", y)
    if y.ndim != 1 or not y.size or not all(isinstance(each, str) for each in y):
        return y, None
    names, numbers_of = np.unique(y.astype(str), return_inverse=True)
    return numbers_of, tuple(names.tolist())


def _examples(x, y, n_classes=None):
    """Return Examples over checked copies of rows x and of labels or targets y."""
    x = _checks.array_of("x", x)
    if x.ndim != 2 or x.shape[0] == 0:
        one = "; for a single number per example pass x[:, None]" if x.ndim == 1 else ""
        raise ValueError(
            f"x has shape {x.shape}, want (m, n_1): one example per row, m at least 1{one}"
        )
    rows = np.array(_checks.floating("x", x), order="C")
    if np.iscomplexobj(rows):
        raise TypeError("x holds complex numbers, want float32 or float64")
    targets = _targets(_checks.array_of("y", y), rows.dtype, n_classes)
    if len(targets) != len(rows):
        raise ValueError(f"x has {len(rows)} examples and y has {len(targets)}; want as many")
    targets = np.array(targets, order="C")
    return _read_only(rows, targets, _labels(targets))


def _targets(y, dtype, n_classes):
    """Return targets (m, n_L) for labels, or for targets."""
    if y.ndim == 2:
        targets = _checks.floating("y", y, dtype)
        if np.iscomplexobj(targets):
            raise TypeError("y holds complex numbers, want float32 or float64")
        return targets
    if y.ndim == 1 and y.dtype.kind == "f":
        _checks.finite("y", y)
    if y.ndim != 1 or not y.size or not _whole(y):
        raise ValueError(
            f"y has shape {y.shape} and dtype {y.dtype}, want class labels (whole numbers or text, "
            "shape (m,)) or targets of shape (m, n_L); a single target per example is y[:, None]"
        )
    labels = _whole_labels(y)
    if n_classes is None and labels.max() == 0 == labels.min():
        raise ValueError(
            "all labels are 0: one class is nothing to learn. If there are others, pass n_classes;"
            " for a single target per example pass y[:, None]"
        )
    n_classes = labels.max() + 1 if n_classes is None else n_classes
    return one_hot(labels, _checks.integer("n_classes", n_classes, minimum=2), dtype=dtype).T


def _whole_labels(y):
    """Return whole numbers of any dtype as integers."""
    large = np.flatnonzero(abs(y.astype(np.float64)) > 2**31)
    if large.size:
        raise ValueError(
            f"y[{large[0]}] is {y[large[0]]:g}, which is no class label; want whole numbers "
            "from 0 to the number of classes"
        )
    return y.astype(np.int64)


def _whole(y):
    """Return whether numbers are whole, in whatever dtype."""
    return y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool((y == np.rint(y)).all()))


def _labels(targets):
    """Return the classes that targets stand for, or None if they are not 0 and 1."""
    if not np.isin(targets, (0, 1)).all():
        return None
    if targets.shape[1] == 1:
        return targets[:, 0].astype(int)
    if (targets.sum(axis=1) != 1).any():
        return None
    return targets.argmax(axis=1)


def digits(
    *,
    rng: np.random.Generator,
    validation: float = 200,
    test: float = 300,
    dtype: DTypeLike = np.float64,
) -> Dataset:
    """Return the 1,797 handwritten digits, 8 x 8 pixels scaled to 0..1, split at random.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the split.
    validation, test : int or float
        How many examples to set aside, or which fraction; 1,297 remain to train on by default.
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
    rows = images.astype(_checks.precision("the digits", dtype)) / 16
    return Dataset.from_rows(rows, labels, validation=validation, test=test, rng=rng)


def mnist(*, dtype: DTypeLike = np.float64) -> Dataset:
    """Return MNIST: 70,000 handwritten digits, 28 x 28 pixels scaled to 0..1.

    The files are read from the directory in the environment variable ``BPCOURSE_DATA``: either
    ``mnist.npz`` as Keras has it, or the four original files (``train-images-idx3-ubyte``,
    ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte``, ``t10k-labels-idx1-ubyte``, each also
    as ``.gz``). Without that variable ``mnist.npz`` is downloaded once (11 MB), checked against
    its SHA-256, and kept in the user's cache; this needs pooch: ``pip install "bpcourse[mnist]"``.

    Parameters
    ----------
    dtype : dtype
        float64 or float32; all examples together take 440 or 220 MB.

    Returns
    -------
    Dataset
        x (784, m), y (10, m). The split is the usual one, without chance: of the 60,000 training
        images the first 50,000 to train on and the last 10,000 for validation; the 10,000 test
        images to test.

    Raises
    ------
    ImportError, OSError
        No pooch, no connection, or no such files in the directory: the message says what to do.
    ValueError
        A damaged file, or one that holds something else.

    Notes
    -----
    Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST Database of Handwritten Digits; license as
    commonly stated: CC BY-SA 3.0. It is not part of this package; :func:`digits` is.

    Examples
    --------
    >>> mnist().train  # doctest: +SKIP
    <50,000 examples in 10 classes: x (784, 50000), y (10, 50000), float64>
    """
    dtype = _checks.precision("mnist", dtype)
    train, test = _mnist.parts().values()
    kept = len(train[0]) - len(test[0])
    parts = [[each[:kept] for each in train], [each[kept:] for each in train], test]
    return Dataset(*(_scaled(images, labels, dtype) for images, labels in parts))


def _scaled(images, labels, dtype):
    """Return Examples over images of unsigned bytes."""
    rows = np.divide(images.reshape(len(images), -1), 255, dtype=dtype)
    targets = np.ascontiguousarray(one_hot(labels, 10, dtype=dtype).T)
    return _read_only(rows, targets, labels.astype(int))


def xor() -> Dataset:
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


def moons(
    m: int, *, rng: np.random.Generator, noise: float = 0.1, validation: float = 0, test: float = 0
) -> Dataset:
    """Return two interleaved half circles, with one target each.

    Parameters
    ----------
    m : int
        The number of examples, half on each moon (the odd one on the first).
    rng : numpy.random.Generator
    noise : float
        Standard deviation of the normal noise on each coordinate; the circles have radius 1.
    validation, test : int or float
        How many of the m to set aside, or which fraction.

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


def noisy_xor(
    *, rng: np.random.Generator, m: int = 60, validation: int = 1000, flip: float = 0.15
) -> Dataset:
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
    flip = _checks.real("flip", flip, minimum=0, maximum=1)
    _checks.generator(rng)
    parts = []
    for name, count in (("m", m), ("validation", validation)):
        count = _checks.integer(name, count, minimum=1)
        rows = rng.uniform(-1, 1, (count, 2))
        same_sign = rows[:, 0] * rows[:, 1] > 0
        flipped = rng.random(count) < flip
        parts.append(_examples(rows, (same_sign ^ flipped)[:, None]))
    return Dataset(*parts)
