"""Data sets: what is stored as rows comes out as columns, unchanged and uncut."""

import gzip
import io
import re
import sys
import types

import numpy as np
import pytest
from sklearn.datasets import load_digits

import bpcourse as bp
from bpcourse import _mnist
from bpcourse.datasets import Dataset, digits, mnist, moons, noisy_xor, one_hot, xor

ROWS = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])


def test_digits_are_scikit_learns():
    images, labels = load_digits(return_X_y=True)
    data = digits(rng=np.random.default_rng(0), validation=0, test=0)
    assert np.array_equal(data.train.rows * 16, images)
    assert np.array_equal(data.train.labels, labels)


def test_digits_split_loses_and_repeats_nothing():
    data = digits(rng=np.random.default_rng(3))
    parts = (data.train, data.validation, data.test)
    assert [len(part) for part in parts] == [1297, 200, 300]
    together = np.concatenate([part.rows for part in parts])
    whole = digits(rng=np.random.default_rng(0), validation=0, test=0).train.rows
    order = np.lexsort(together.T), np.lexsort(whole.T)
    assert np.array_equal(together[order[0]], whole[order[1]])


def test_digits_split_depends_on_rng_alone():
    first, again, other = (digits(rng=np.random.default_rng(seed)).test.rows for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_images_keep_their_labels_in_the_split():
    images, labels = load_digits(return_X_y=True)
    label_of = {tuple(image / 16): label for image, label in zip(images, labels, strict=True)}
    for part in (data := digits(rng=np.random.default_rng(5))).train, data.validation, data.test:
        assert [label_of[tuple(row)] for row in part.rows] == part.labels.tolist()
        assert np.array_equal(part.y.argmax(axis=0), part.labels)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_digits_dtype_reaches_inputs_and_targets(dtype):
    data = digits(rng=np.random.default_rng(0), dtype=dtype)
    assert data.train.x.dtype == data.train.y.dtype == dtype


def test_columns_are_views_of_contiguous_rows():
    examples = Dataset.from_rows(ROWS, [0, 1, 1]).train
    assert examples.rows.flags.c_contiguous and examples.target_rows.flags.c_contiguous
    assert np.shares_memory(examples.x, examples.rows) and examples.x.shape == (2, 3)


def test_from_rows_copies():
    rows, targets = ROWS.copy(), np.eye(3)
    data = Dataset.from_rows(rows, targets)
    rows[:], targets[:] = 9.0, 9.0
    assert np.array_equal(data.train.rows, ROWS) and np.array_equal(data.train.y, np.eye(3))


@pytest.mark.parametrize("order", ["C", "F"])
def test_from_rows_takes_any_memory_order(order):
    data = Dataset.from_rows(np.array(ROWS, order=order), [0, 1, 0])
    assert np.array_equal(data.train.rows, ROWS) and data.train.rows.flags.c_contiguous


def test_labels_and_one_hot_targets_give_the_same_data():
    by_label = Dataset.from_rows(ROWS, [2, 0, 1]).train
    by_target = Dataset.from_rows(ROWS, np.eye(3)[[2, 0, 1]]).train
    assert np.array_equal(by_label.y, by_target.y)
    assert np.array_equal(by_label.labels, by_target.labels)


def test_a_single_target_of_0_or_1_is_a_class_and_a_real_target_is_not():
    assert Dataset.from_rows(ROWS, [[0.0], [1.0], [1.0]]).train.labels.tolist() == [0, 1, 1]
    assert Dataset.from_rows(ROWS, [[0.0], [0.5], [1.0]]).train.labels is None
    assert Dataset.from_rows(ROWS, [[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]).train.labels is None


def test_n_classes_can_exceed_the_labels_seen():
    assert Dataset.from_rows(ROWS, [0, 1, 0], n_classes=5).train.y.shape == (5, 3)


def test_whole_number_inputs_are_converted_without_a_warning():
    """Exclusive or, as everybody types it; warnings are errors here."""
    data = Dataset.from_rows([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
    assert data.train.rows.dtype == data.train.target_rows.dtype == np.float64


def test_labels_may_be_whole_numbers_in_floating_point_as_loadtxt_reads_them():
    table = np.loadtxt(io.StringIO("0.1 0.2 2\n0.3 0.4 0\n0.5 0.6 1"))
    data = Dataset.from_rows(table[:, :-1], table[:, -1])
    assert data.train.labels.tolist() == [2, 0, 1]
    assert Dataset.from_rows(ROWS, np.array([True, False, True])).train.labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize("kind", [list, np.array, lambda y: np.array(y, object)])
def test_labels_may_be_text(kind):
    names = ["dog", "cat", "dog"]
    data = Dataset.from_rows(ROWS, kind(names))
    assert data.classes == ("cat", "dog")
    assert data.train.labels.tolist() == [1, 0, 1]
    rng = np.random.default_rng(0)
    split = Dataset.from_rows(ROWS, kind(names), test=1, rng=rng)
    assert split.classes == ("cat", "dog"), "the split loses no names"
    net = bp.Network.random([2, 2], hidden="tanh", output="softmax", rng=rng)
    assert set(net.predict(ROWS, classes=data.classes)) <= {"cat", "dog"}


@pytest.mark.parametrize(
    ("y", "options"), [([0, 0, 0], {}), (["a", "a", "a"], {}), ([0, 0, 0], {"n_classes": 1})]
)
def test_a_single_class_is_refused(y, options):
    """Its one-hot target would be 1 in a single column, which reads as class 1 of two."""
    with pytest.raises(ValueError, match=r"all labels are (0|'a')|n_classes is 1, want 2 or more"):
        Dataset.from_rows(ROWS, y, **options)
    assert Dataset.from_rows(ROWS, [0, 0, 0], n_classes=2).train.labels.tolist() == [0, 0, 0]
    assert Dataset.from_rows(ROWS, [[0], [0], [0]]).train.labels.tolist() == [0, 0, 0]


def test_examples_may_be_set_aside_as_fractions():
    rows, y = np.zeros((40, 2)), np.arange(40) % 2
    data = Dataset.from_rows(rows, y, validation=0.25, test=0.1, rng=np.random.default_rng(0))
    assert (len(data.train), len(data.validation), len(data.test)) == (26, 10, 4)
    for share, message in (
        (1.0, "validation is 1, want less than 1"),
        (-0.5, "validation is -0.5, want 0 or more"),
        (0.01, "validation is 0.01, which is less than half of one in 40 examples"),
        (0.99, "leave nothing of 40 examples"),
    ):
        with pytest.raises(ValueError, match=message):
            Dataset.from_rows(rows, y, validation=share, rng=np.random.default_rng(0))


def test_examples_belong_together():
    x, y = np.zeros((4, 2)), np.array([[0.0], [1.0], [1.0], [0.0]])
    assert bp.Examples(x, y, np.array([0, 1, 1, 0])).labels.sum() == 2
    for rows, targets, labels, kind, message in (
        (x.tolist(), y, None, TypeError, "rows is list, want an array of two axes"),
        (x, y[:, 0], None, TypeError, "target_rows is ndarray of shape (4,) and dtype float64"),
        (x.astype(int), y, None, TypeError, "want an array of two axes in float32 or float64"),
        (x + 1j, y, None, TypeError, "want an array of two axes in float32 or float64"),
        (x, y[:-1], None, ValueError, "want as many in one dtype"),
        (x, y.astype("f4"), None, ValueError, "want as many in one dtype"),
        (x, y, np.array([7, 7, 7, 7]), ValueError, "labels are not the classes"),
        (x, np.eye(4), np.array([0, 1, 2, 2]), ValueError, "labels are not the classes"),
        (x, np.eye(4), np.array([0, 1, 2, 4]), ValueError, "labels are not the classes"),
        (x, np.eye(4), np.array([0, 1, 2]), ValueError, "labels are not the classes"),
    ):
        with pytest.raises(kind, match=re.escape(message)):
            bp.Examples(rows, targets, labels)


def test_a_data_set_is_made_of_examples():
    x, y = np.zeros((4, 2)), np.zeros((4, 1))
    with pytest.raises(TypeError, match=r"train is tuple, want Examples; bp.datasets.Dataset.from"):
        bp.Dataset((x, y))
    with pytest.raises(TypeError, match="test is ndarray, want Examples"):
        bp.Dataset(bp.Examples(x, y, None), test=x)


def test_the_data_are_read_only():
    """Prepared in place, they would change behind every split that shares them."""
    train = xor().train
    for array in (train.rows, train.x, train.y, train.take([0, 1]).x):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 9


@pytest.mark.parametrize(
    ("size", "kind"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), (None, TypeError)]
)
def test_a_mini_batch_has_at_least_one_example(size, kind):
    with pytest.raises(kind, match="batch_size is"):
        xor().train.batches(size, np.random.default_rng(0))  # before the first one is asked for
    with pytest.raises(TypeError, match="rng is 0, want a numpy"):
        xor().train.batches(2, 0)


def test_a_probability_is_at_most_1():
    with pytest.raises(ValueError, match="flip is 2, want 1 or less"):
        noisy_xor(rng=np.random.default_rng(0), flip=2, m=2, validation=2)


@pytest.mark.parametrize(
    "x, y, options, message",
    [
        (ROWS[0], [0], {}, "x has shape (2,), want (m, n_1)"),
        (ROWS[:0], [], {}, "x has shape (0, 2), want (m, n_1): one example per row, m at least 1"),
        (ROWS, [0, 1], {}, "x has 3 examples and y has 2"),
        (ROWS, [0.5, 1.0, 2.0], {}, "y has shape (3,) and dtype float64, want class labels"),
        (ROWS, [0, 1, 7], {"n_classes": 3}, "label 7 at index 2 is out of range; want 0 to 2"),
        (ROWS, [0, -1, 1], {}, "label -1 at index 1 is out of range; want 0 to 1"),
        (ROWS * [1, np.nan], [0, 1, 0], {}, "x[0, 1] is nan"),
        (ROWS, [[np.inf], [0.0], [1.0]], {}, "y[0, 0] is inf"),
        (ROWS, [0, 1, 0], {"validation": 3}, "leave nothing of 3 examples"),
        (ROWS, [0, 1, 0], {"test": -1}, "test is -1, want 0 or more"),
    ],
)
def test_bad_rows_are_refused_in_words(x, y, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Dataset.from_rows(x, y, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    "x, y, options, message",
    [
        (ROWS.astype("f4"), np.eye(3), {}, "y has dtype float64, want float32"),
        (ROWS.astype(str), [0, 1, 0], {}, "x has dtype <U"),
        (ROWS, [0, 1, 0], {"validation": 1, "rng": None}, "rng is None, want a numpy.random"),
        (ROWS, [0, 1, 0], {"validation": "2"}, "validation is '2', want a whole number"),
        (ROWS + 1j, [0, 1, 0], {}, "x holds complex numbers"),
        (ROWS, np.eye(3) + 1j, {}, "y holds complex numbers"),
    ],
)
def test_bad_kinds_are_refused_in_words(x, y, options, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        Dataset.from_rows(x, y, **options)


def test_batches_visit_every_example_once_and_keep_the_short_last_one():
    examples = Dataset.from_rows(np.arange(14.0).reshape(7, 2), [0, 1, 0, 1, 0, 1, 1]).train
    batches = list(examples.batches(3, np.random.default_rng(0)))
    assert [x.shape[1] for x, _ in batches] == [3, 3, 1]
    seen = np.concatenate([x.T for x, _ in batches])
    assert sorted(map(tuple, seen)) == sorted(map(tuple, examples.rows))
    for x, y in batches:
        for column, target in zip(x.T, y.T, strict=True):
            where = np.flatnonzero((examples.rows == column).all(axis=1))[0]
            assert np.array_equal(examples.target_rows[where], target), "a target lost its input"


def test_batches_come_in_a_new_order_every_time():
    examples = noisy_xor(rng=np.random.default_rng(0)).train
    rng = np.random.default_rng(1)
    first, second = (next(examples.batches(60, rng))[0] for _ in range(2))
    assert not np.array_equal(first, second), "every epoch shuffled alike"


def test_batches_leave_the_examples_in_order():
    examples = noisy_xor(rng=np.random.default_rng(0)).train
    before = examples.rows.copy()
    list(examples.batches(7, np.random.default_rng(1)))
    assert np.array_equal(examples.rows, before)


def test_take_accepts_indices_and_slices():
    examples = digits(rng=np.random.default_rng(0)).train
    assert np.array_equal(examples.take([3, 1]).rows, examples.rows[[3, 1]])
    head = examples.take(slice(5))
    assert np.array_equal(head.labels, examples.labels[:5])
    assert not np.shares_memory(head.rows, examples.rows), "a change of one would change the other"


def test_one_hot_columns():
    columns = one_hot([1, 0, 2], 3, dtype=np.float32)
    assert columns.dtype == np.float32
    assert columns.T.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_one_hot_refuses_fractions():
    with pytest.raises(TypeError, match="labels have dtype float64, want whole numbers"):
        one_hot([0.0, 1.0], 2)
    with pytest.raises(ValueError, match=re.escape("labels have shape (1, 2), want (m,)")):
        one_hot([[0, 1]], 2)


def test_xor_is_exclusive_or():
    train = xor().train
    assert [(int(a) ^ int(b)) for a, b in train.rows] == train.labels.tolist()


def test_moons_without_noise_lie_on_two_half_circles():
    train = moons(101, rng=np.random.default_rng(0), noise=0).train
    first, second = train.rows[train.labels == 0], train.rows[train.labels == 1]
    assert (len(first), len(second)) == (51, 50)
    assert np.allclose((first**2).sum(axis=1), 1) and (first[:, 1] >= 0).all()
    assert np.allclose(((second - [1, 0.5]) ** 2).sum(axis=1), 1) and (second[:, 1] <= 0.5).all()


def test_noisy_xor_is_the_source_books_task():
    """The points that give a validation minimum of .1625 at step 6,000 (see test_training)."""
    rng = np.random.default_rng(7)
    rows = rng.uniform(-1, 1, (60, 2))
    labels = (rows[:, 0] * rows[:, 1] > 0) ^ (rng.random(60) < 0.15)
    data = noisy_xor(rng=np.random.default_rng(7))
    assert np.array_equal(data.train.rows, rows)
    assert np.array_equal(data.train.labels, labels)
    assert len(data.validation) == 1000


def test_noisy_xor_flips_the_share_it_is_told():
    def flipped(flip):
        part = noisy_xor(rng=np.random.default_rng(0), m=4000, flip=flip).train
        return ((part.rows.prod(axis=1) > 0) != part.labels).mean()

    assert flipped(0) == 0
    assert abs(flipped(0.3) - 0.3) < 0.03, "4,000 coin tosses lie within 4 standard deviations"


def test_descriptions_say_what_is_there():
    data = moons(10, rng=np.random.default_rng(0), validation=4)
    assert "train: <6 examples in 2 classes: x (2, 6), y (1, 6), float64>" in repr(data)
    assert "test" not in repr(data)


def test_the_package_exports_the_door():
    assert bp.Dataset is Dataset and bp.datasets.xor is xor


# MNIST. No test downloads: the files are made here, with seven images in place of 70,000.


@pytest.fixture
def images(monkeypatch, tmp_path):
    """Six images to train and one to test, with labels; BPCOURSE_DATA is an empty directory."""
    monkeypatch.setattr(_mnist, "_MNIST_COUNTS", {"train": 6, "test": 1})
    monkeypatch.setenv("BPCOURSE_DATA", str(tmp_path))
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (6, 28, 28), dtype=np.uint8),
        "y_train": np.array([5, 0, 4, 1, 9, 2], np.uint8),
        "x_test": rng.integers(0, 256, (1, 28, 28), dtype=np.uint8),
        "y_test": np.array([7], np.uint8),
    }


def idx(array):
    head = np.array([0x0800 + array.ndim, *array.shape], ">u4")
    return head.tobytes() + array.tobytes()


def write_keras(directory, images):
    np.savez_compressed(directory / "mnist.npz", **images)


def write_rows(directory, images):
    parts = {
        f"{letter}_{part}": images[f"{name}_{part}"].reshape(*shape)
        for part, m in (("train", 6), ("test", 1))
        for letter, name, shape in (("x", "x", (m, 784)), ("t", "y", (m,)))
    }
    np.savez(directory / "mnist_u8.npz", **parts)


def write_idx(directory, images, opened=open, ending=""):
    for letter, kind in (("x", "images-idx3"), ("y", "labels-idx1")):
        for part, start in (("train", "train"), ("test", "t10k")):
            with opened(directory / f"{start}-{kind}-ubyte{ending}", "wb") as file:
                file.write(idx(images[f"{letter}_{part}"]))


def write_idx_gz(directory, images):
    write_idx(directory, images, gzip.open, ".gz")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("write", [write_keras, write_rows, write_idx, write_idx_gz])
def test_mnist_is_the_same_in_every_format(images, tmp_path, write, dtype):
    write(tmp_path, images)
    data = mnist(dtype=dtype)
    found = np.concatenate([data.train.rows, data.validation.rows])
    assert found.dtype == data.test.y.dtype == dtype
    assert np.array_equal(np.rint(found * 255), images["x_train"].reshape(6, 784))
    assert found.max() <= 1, "pixels are scaled to 0..1"
    assert np.array_equal(np.rint(data.test.x * 255).T, images["x_test"].reshape(1, 784))
    assert data.train.rows.flags.c_contiguous and data.train.target_rows.flags.c_contiguous


def test_mnist_is_split_without_chance(images, tmp_path):
    write_keras(tmp_path, images)
    data = mnist()
    assert data.train.labels.tolist() == [5, 0, 4, 1, 9], "the first images are to train on"
    assert data.validation.labels.tolist() == [2], "the last ones, as many as to test, are held out"
    assert data.test.labels.tolist() == [7]
    for part in (data.train, data.validation, data.test):
        assert np.array_equal(part.y, one_hot(part.labels, 10))


def test_mnist_has_its_own_counts():
    assert _mnist._MNIST_COUNTS == {"train": 60_000, "test": 10_000}


def test_mnist_refuses_a_precision_before_it_looks_for_files(images):
    with pytest.raises(TypeError, match="mnist has dtype uint8, want float32 or float64"):
        mnist(dtype=np.uint8)


def spoiled(images, **changes):
    return {name: each for name, each in (images | changes).items() if each is not None}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"y_test": None}, "mnist.npz is damaged or something else: it lacks y_test"),
        ({"x_train": np.zeros((6, 27, 28), np.uint8)}, "to train have shape (6, 27, 28) and dtype"),
        ({"x_train": np.zeros((5, 28, 28), np.uint8)}, "want (6, 28, 28) or (6, 784) and uint8"),
        (
            {"x_test": np.zeros((1, 28, 28))},
            "the images to test have shape (1, 28, 28) and dtype f",
        ),
        ({"y_train": np.zeros(5, np.uint8)}, "the labels to train have shape (5,) and dtype uint8"),
        ({"y_test": np.zeros(1)}, "have shape (1,) and dtype float64, want (1,) and whole numbers"),
        ({"y_train": np.array([0, 1, 2, 10, 3, 4])}, "mnist.npz: label 10 at index 3 is out of"),
    ],
)
def test_an_npz_that_is_not_mnist_is_refused_in_words(images, tmp_path, change, message):
    write_keras(tmp_path, spoiled(images, **change))
    with pytest.raises(ValueError, match=re.escape(message)):
        mnist()


def without_last_byte(content):
    return content[:-1]


@pytest.mark.parametrize(
    "write, name, damage, message",
    [
        (write_keras, "mnist.npz", without_last_byte, "this is no npz file"),
        (write_keras, "mnist.npz", lambda content: b"hello", "this is no npz file"),
        (write_idx, "t10k-images-idx3-ubyte", without_last_byte, "announces 784 bytes, and 783"),
        (
            write_idx,
            "t10k-images-idx3-ubyte",
            lambda content: b"hello",
            "starts with 0, 0, 8, this",
        ),
        (write_idx, "train-labels-idx1-ubyte", lambda content: content[:6], "starts with 0, 0, 8"),
        (write_idx_gz, "train-labels-idx1-ubyte.gz", without_last_byte, "end-of-stream"),
        (write_idx_gz, "train-labels-idx1-ubyte.gz", lambda content: b"hello", "gzip"),
    ],
)
def test_a_damaged_file_is_named(images, tmp_path, write, name, damage, message):
    write(tmp_path, images)
    path = tmp_path / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=message) as caught:
        mnist()
    assert str(path) in str(caught.value), "the message does not say which file"


def test_a_flipped_bit_in_the_pixels_is_found(images, tmp_path):
    np.savez(tmp_path / "mnist.npz", **images)
    content = bytearray((tmp_path / "mnist.npz").read_bytes())
    content[1000] ^= 1
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged .* CRC"):
        mnist()


def tells_both_ways(message):
    return all(
        part in message
        for part in (
            'pip install "bpcourse[mnist]"', "BPCOURSE_DATA", "mnist.npz", "bp.datasets.digits",
            "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
            "t10k-labels-idx1-ubyte",
        )
    )  # fmt: skip


@pytest.mark.parametrize("lost", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_directory_without_mnist_is_refused_and_both_ways_are_told(images, tmp_path, lost):
    write_idx(tmp_path, images)
    (tmp_path / lost).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        mnist()
    assert f"{str(tmp_path)!r}, which holds neither mnist.npz nor {lost}." in str(caught.value)
    assert tells_both_ways(str(caught.value))


@pytest.fixture
def pooch(images, tmp_path, monkeypatch):
    """A module in pooch's place which records how it is called and gives a file on this disk."""
    write_keras(tmp_path, images)
    monkeypatch.delenv("BPCOURSE_DATA")
    fake = types.ModuleType("pooch")
    fake.calls = []
    fake.os_cache = lambda project: tmp_path / "cache" / project

    def retrieve(url, known_hash, fname, path, progressbar):
        fake.calls.append((url, known_hash, fname, path, progressbar))
        return str(tmp_path / "mnist.npz")

    fake.retrieve = retrieve
    monkeypatch.setitem(sys.modules, "pooch", fake)
    return fake


@pytest.mark.parametrize("installed", [True, False])
def test_the_download_is_checked_cached_and_shown(pooch, tmp_path, monkeypatch, installed):
    monkeypatch.setattr(_mnist.util, "find_spec", lambda name: object() if installed else None)
    assert mnist().test.labels.tolist() == [7]
    [(url, known_hash, fname, path, progressbar)] = pooch.calls
    assert url.startswith("https://") and url.endswith("/mnist.npz")
    assert re.fullmatch("sha256:[0-9a-f]{64}", known_hash), "a download without a checksum"
    assert (fname, path) == ("mnist.npz", tmp_path / "cache" / "bpcourse")
    assert progressbar is installed, "pooch fails if it is asked for a bar and has no tqdm"


def test_a_directory_is_never_left_for_a_download(pooch, tmp_path, monkeypatch):
    monkeypatch.setenv("BPCOURSE_DATA", str(tmp_path / "cache"))
    with pytest.raises(FileNotFoundError):
        mnist()
    assert pooch.calls == []


def test_without_a_connection_both_ways_are_told(pooch, monkeypatch):
    def retrieve(*_, **__):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with pytest.raises(OSError, match=r"can't be downloaded \(no route to host\)") as caught:
        mnist()
    assert tells_both_ways(str(caught.value))


def test_without_pooch_both_ways_are_told(images, monkeypatch):
    monkeypatch.delenv("BPCOURSE_DATA")
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match="nor is pooch") as caught:
        mnist()
    assert tells_both_ways(str(caught.value))


# Labels


def test_labels_that_are_no_numbers_are_named():
    for value in (np.inf, np.nan):
        with pytest.raises(ValueError, match=r"y\[1\] is (inf|nan)"):
            Dataset.from_rows(ROWS, [0.0, value, 1.0])
    with pytest.raises(ValueError, match=r"y\[1\] is 1e\+300, which is no class label"):
        Dataset.from_rows(ROWS, [0.0, 1e300, 1.0])


def test_whole_numbers_as_floats_are_refused_with_advice():
    with pytest.raises(TypeError, match=r"float64, want whole.*pass labels\.astype\(int\)"):
        one_hot(np.array([0.0, 1.0]), 2)
    with pytest.raises(TypeError, match=r"dtype float64, want whole numbers from 0$"):
        one_hot([0.0, 0.5], 2)


def test_labels_of_text_and_numbers_are_not_mixed():
    with pytest.raises(TypeError, match="y holds text and other things, such as 'a' and 1"):
        Dataset.from_rows(ROWS, ["a", 1, "b"])
    with pytest.raises(TypeError, match="y holds text and other things, such as 1 and 'a'"):
        Dataset.from_rows(ROWS, [1, "a", 2])


def test_a_single_class_is_called_by_its_name():
    with pytest.raises(ValueError, match="all labels are 'cat': one class is nothing to learn"):
        Dataset.from_rows(ROWS, ["cat"] * 3)
    with pytest.raises(ValueError, match=r"all labels are 0: .*pass y\[:, None\]"):
        Dataset.from_rows(ROWS, [0, 0, 0])


def test_a_mask_is_refused_where_the_examples_are_made():
    hidden = np.ma.array(ROWS, mask=ROWS > 0.5)
    for arrays in ((hidden, ROWS), (ROWS, hidden)):
        with pytest.raises(TypeError, match="rows is a masked array, and its mask would be lost"):
            bp.Examples(*arrays, None)
