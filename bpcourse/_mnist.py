"""MNIST's files: finding, downloading, reading and checking them; see `bpcourse.datasets.mnist`."""

import gzip
import os
import zipfile
import zlib
from importlib import util
from pathlib import Path

import numpy as np

_MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# In the order in which a directory is searched: as Keras has it; and with images as rows of 784
# and labels t_train, t_test.
_MNIST_NPZ = ("mnist.npz", "mnist_u8.npz")
_MNIST_IDX = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_MNIST_COUNTS = {"train": 60_000, "test": 10_000}


def parts():
    """Return {part: (images, labels)} for "train" and "test", as unsigned bytes and labels."""
    directory = os.environ.get("BPCOURSE_DATA")
    found = _find_mnist(Path(directory)) if directory else _download_mnist()
    return {part: _check_mnist(part, *found[part]) for part in ("train", "test")}


def _find_mnist(directory):
    """Return {part: (images, labels, where they come from)} of a directory's files."""
    for path in (directory / name for name in _MNIST_NPZ):
        if path.exists():
            return _readable(_read_npz, path)
    found = {}
    for part, names in _MNIST_IDX.items():
        paths = [_with_or_without_gz(directory / name) for name in names]
        images, labels = (_readable(_read_idx, path) for path in paths)
        found[part] = images, labels, " and ".join(map(str, paths))
    return found


def _with_or_without_gz(path):
    for each in (path, path.with_name(path.name + ".gz")):
        if each.exists():
            return each
    raise FileNotFoundError(
        f"BPCOURSE_DATA is {str(path.parent)!r}, which holds neither {_MNIST_NPZ[0]} nor "
        f"{path.name}. {_both_ways()}"
    )


def _both_ways():
    originals = ", ".join(name for names in _MNIST_IDX.values() for name in names)
    return (
        'Either install what downloads MNIST, pip install "bpcourse[mnist]", leave BPCOURSE_DATA '
        "unset, and be connected; or set the environment variable BPCOURSE_DATA to a directory "
        f"that holds {_MNIST_NPZ[0]} (as Keras has it), or the four files {originals} (also as "
        ".gz). bp.datasets.digits needs neither"
    )


def _download_mnist():
    try:
        import pooch
    except ImportError as error:
        raise ImportError(f"MNIST is not here, nor is pooch. {_both_ways()}") from error
    try:
        path = pooch.retrieve(
            _MNIST_URL,
            known_hash=f"sha256:{_MNIST_SHA256}",
            fname=_MNIST_NPZ[0],
            path=pooch.os_cache("bpcourse"),
            progressbar=util.find_spec("tqdm") is not None,
        )
    except OSError as error:  # that of the connection is one, too
        raise OSError(f"MNIST can't be downloaded ({error}). {_both_ways()}") from error
    return _readable(_read_npz, Path(path))


def _readable(read, path):
    try:
        return read(path)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged or something else: {error}") from error


def _read_npz(path):
    """Read images x_train and x_test, and labels y_train and y_test or t_train and t_test."""
    if not zipfile.is_zipfile(path):
        raise ValueError("this is no npz file")
    with np.load(path) as stored:
        letter = "t" if "t_train" in stored else "y"
        names = {part: (f"x_{part}", f"{letter}_{part}") for part in _MNIST_COUNTS}
        missing = {name for pair in names.values() for name in pair} - set(stored)
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        return {part: (stored[x], stored[y], path) for part, (x, y) in names.items()}


def _read_idx(path):
    """Read an array of unsigned bytes: 0, 0, 8, the number of axes, their lengths, the data."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        content = file.read()
    if content[:3] != b"\0\0\x08" or len(content) < 4 * (1 + content[3]):
        raise ValueError(f"an IDX file of bytes starts with 0, 0, 8, this one {[*content[:3]]}")
    shape = np.frombuffer(content, ">u4", content[3], offset=4)
    values = np.frombuffer(content, np.uint8, offset=4 * (1 + content[3]))
    if values.size != shape.prod():
        raise ValueError(f"its head announces {shape.prod():,} bytes, and {values.size:,} follow")
    return values.reshape(shape.tolist())


def _check_mnist(part, images, labels, source):
    """Return images and labels if they are what MNIST's are, or say what is wrong."""
    m = _MNIST_COUNTS[part]
    if images.shape not in [(m, 28, 28), (m, 784)] or images.dtype != np.uint8:
        raise ValueError(
            f"{source}: the images to {part} have shape {images.shape} and dtype {images.dtype}, "
            f"want ({m}, 28, 28) or ({m}, 784) and uint8"
        )
    if labels.shape != (m,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{source}: the labels to {part} have shape {labels.shape} and dtype {labels.dtype}, "
            f"want ({m},) and whole numbers"
        )
    bad = np.flatnonzero((labels < 0) | (labels > 9))
    if bad.size:
        raise ValueError(
            f"{source}: label {labels[bad[0]]} at index {bad[0]} is out of range; "
            "want 0 to 9 for 10 classes"
        )
    return images, labels
