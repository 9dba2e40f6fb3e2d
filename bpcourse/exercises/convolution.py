"""The exercises on convolution: back to the image, to the weights, and through a pooling."""

from itertools import product

import numpy as np

from bpcourse.exercises.step import Case, Exercise, Mistake, numbers, scaled
from bpcourse.layers import convolution as layers

_CHAPTER = ("convolution", "ch-convolution", "Convolution")

# c_in, c_out, height, width, m, k, stride, padding
_SIZES = {
    "two channels to three, stride 1, no border": (2, 3, 4, 5, 2, 3, 1, 0),
    "two channels to two, stride 2, a border of 1": (2, 2, 5, 4, 3, 3, 2, 1),
    "one channel to two, stride 1, a border of 1": (1, 2, 3, 4, 2, 2, 1, 1),
}
_TOPIC = "the numbers with and without stride and border"


def _arrays(seed, sizes):
    """Return x, w and delta of a convolution."""
    c_in, c_out, height, width, m, k, stride, padding = sizes
    h, w = ((n + 2 * padding - k) // stride + 1 for n in (height, width))
    shapes = [(c_in, height, width, m), (c_out, c_in, k, k), (c_out, h, w, m)]
    return [numbers(seed + i, *shape) for i, shape in enumerate(shapes)]


def _input_cases():
    cases = []
    for i, (label, sizes) in enumerate(_SIZES.items()):
        x, w, delta = _arrays(500 + 10 * i, sizes)
        cases.append(Case(label, (delta, w, x.shape, *sizes[-2:]), _TOPIC))
    return tuple(cases)


def _weight_cases():
    cases = []
    for i, (label, sizes) in enumerate(_SIZES.items()):
        x, _, delta = _arrays(550 + 10 * i, sizes)
        cases.append(Case(label, (x, delta, *sizes[-3:]), _TOPIC))
    return tuple(cases)


def _input(delta, w, shape, stride, padding):
    return layers.conv_backward_input(delta, w, shape, stride=stride, padding=padding)


def _weights(x, delta, k, stride, padding):
    return layers.conv_backward_weights(x, delta, k, stride=stride, padding=padding)


def _spread(delta, w, shape, stride, *, step=None, add=True, first=0):
    """Send every error to the pixels of its window, in an image with a border wide enough."""
    c, height, width, m = shape
    k, (_, h, w_, _) = w.shape[-1], delta.shape
    step = stride if step is None else step
    framed = np.zeros((c, height + 2 * k + h, width + 2 * k + w_, m))
    for p, q, i, j in product(range(h), range(w_), range(k), range(k)):
        share = np.tensordot(w[:, :, i, j], delta[:, p, q], (0, 0))
        place = np.s_[:, step * p + i, step * q + j]
        framed[place] = framed[place] + share if add else share
    return framed[:, first : first + height, first : first + width]


_BORDER_ASK = (
    "Which pixel of the original image stands at the upper left corner of the enlarged one?"
)

_INPUT_MISTAKES = (
    Mistake(
        "flipped_kernel",
        "the kernel turned round",
        "The error came through the kernel turned by half a turn: each pixel got it by the weight "
        "of the opposite corner.",
        "A window sees its upper left pixel by one of the weights. By which one should the error "
        "return to that pixel?",
        "Turning belongs to the form that gathers from delta. If every place sends its error out, "
        "which weight does it use?",
        "Use `w[:, :, i, j]` for the pixel (i, j) of the window, without turning.",
        (lambda delta, w, *rest: _input(delta, w[:, :, ::-1, ::-1], *rest),),
    ),
    Mistake(
        "padding",
        "the border in the wrong place",
        "The border of zeros was not taken off as it was put on: the errors are shifted against "
        "the image.",
        _BORDER_ASK,
        "Forward, the border went around all four sides. Which part of the enlarged array is the "
        "image?",
        "Cut out `[padding : padding + height]`, and the same for the width.",
        (
            lambda delta, w, shape, stride, padding: _spread(delta, w, shape, stride),
            lambda delta, w, shape, stride, padding: _spread(
                delta, w, shape, stride, first=2 * padding
            ),
        ),
    ),
    Mistake(
        "stride",
        "the stride is ignored",
        "The windows were placed side by side, one pixel apart, whatever the stride.",
        "Where in the image does the second window of the first row begin?",
        "Compare your results with stride 1 and with stride 2.",
        "The window of place p begins at `stride * p`.",
        (
            lambda delta, w, shape, stride, padding: _spread(
                delta, w, shape, stride, step=1, first=padding
            ),
        ),
    ),
    Mistake(
        "overwritten",
        "assignment for addition",
        "Where windows overlap, only the last one left its error.",
        "How many windows see a pixel in the middle of the image?",
        "Look at the sign with which you write into the image.",
        "Add: `x[...] += ...`.",
        (
            lambda delta, w, shape, stride, padding: _spread(
                delta, w, shape, stride, add=False, first=padding
            ),
        ),
    ),
    Mistake(
        "one_channel",
        "only one of the output channels",
        "One output channel alone sent its error back.",
        "How many kernels see a pixel?",
        "Over which indices do you sum?",
        "Sum over the output channels, too: `w[:, :, i, j].T @ delta[:, p, q]`.",
        (
            lambda delta, w, *rest: _input(delta[:1], w[:1], *rest),
            lambda delta, w, *rest: _input(delta[-1:], w[-1:], *rest),
        ),
    ),
    Mistake(
        "channels_exchanged",
        "input and output channels exchanged",
        "The error came through the weights without a transpose. With as many channels before as "
        "after, every shape fits all the same.",
        "A weight has two numbers before its place in the kernel. Which one says where the error "
        "comes from?",
        "The first axis of w counts the channels that go out, the second those that came in. Over "
        "which one do you sum?",
        "Sum over the first axis: `w[:, :, i, j].T @ delta[:, p, q]`.",
        (lambda delta, w, *rest: _input(delta, w.swapaxes(0, 1), *rest),),
    ),
    Mistake(
        "mean_too_early",
        "the mean over the examples, too early",
        "The numbers are divided by the number of examples. Here every example still has its own "
        "image.",
        "Put every image into the mini-batch twice. Should the first result change?",
        "Your numbers are the wanted ones divided by m. Which gradients are divided by it?",
        "Leave out the division: it belongs to the gradient of the weights.",
        (lambda delta, *rest: _input(delta, *rest) / delta.shape[3],),
    ),
    *scaled(_input),
)


def _shifted(x, delta, k, stride, padding):
    """Return the gradient with the whole border on the far sides."""
    far = np.pad(x, ((0, 0), (0, 2 * padding), (0, 2 * padding), (0, 0)))
    return _weights(far, delta, k, stride, 0)


def _side_by_side(x, delta, k, stride, padding):
    """Return the gradient with windows one pixel apart."""
    framed = np.pad(x, ((0, 0), (padding,) * 2, (padding,) * 2, (0, 0)))
    h, w = delta.shape[1:3]
    return _weights(framed[:, : h + k - 1, : w + k - 1], delta, k, 1, 0)


_WEIGHT_MISTAKES = (
    Mistake(
        "flipped_kernel",
        "the kernel turned round",
        "The gradient is turned by half a turn: each weight has that of the opposite corner.",
        "The upper left weight of all: which pixels has it seen?",
        "Compare your array with the wanted one, corner by corner.",
        "Leave it unturned: weight (i, j) has seen the pixels `(stride * p + i, stride * q + j)`.",
        (lambda *args: _weights(*args)[:, :, ::-1, ::-1],),
    ),
    Mistake(
        "padding",
        "the border in the wrong place",
        "The border of zeros stands on the far sides only: what the windows saw is shifted.",
        _BORDER_ASK,
        "Forward, the border went around all four sides. Do you see the same windows?",
        "Put the same border around: `np.pad` with `padding` before and after.",
        (_shifted,),
    ),
    Mistake(
        "stride",
        "the stride is ignored",
        "The windows were read side by side, one pixel apart, whatever the stride.",
        "Where in the image does the second window of the first row begin?",
        "Compare your results with stride 1 and with stride 2.",
        "The window of place p begins at `stride * p`.",
        (_side_by_side,),
    ),
    Mistake(
        "one_place",
        "only one of the places",
        "Only the last window counts, or the first: the others were overwritten.",
        "How often is each weight used in one image?",
        "Follow the gradient through your loop over windows. What becomes of the one before?",
        "Begin with zeros and add up, `grad += ...`, over all places.",
        (
            lambda x, delta, *rest: _weights(x, _only(delta, -1), *rest),
            lambda x, delta, *rest: _weights(x, _only(delta, 0), *rest),
        ),
    ),
    Mistake(
        "mean_over_places",
        "the mean over the places",
        "The places were averaged; the gradient of a shared weight is the sum of its uses.",
        "If the image is twice as large, and everything repeats, what should become of the "
        "gradient?",
        "By which numbers do you divide?",
        "Divide by the number of examples alone.",
        (lambda x, delta, *rest: _weights(x, delta, *rest) / (delta.shape[1] * delta.shape[2]),),
    ),
    Mistake(
        "sum",
        "the sum over the examples, not their mean",
        "The examples are added up; the cost of a mini-batch is their mean.",
        "Put every image into the mini-batch twice. Should the result change? Does yours?",
        "Divide your numbers by the wanted ones. Where have you seen the quotient?",
        "Divide by m, the length of the last axis.",
        (lambda x, delta, *rest: _weights(x, delta, *rest) * x.shape[3],),
    ),
    Mistake(
        "channels_exchanged",
        "input and output channels exchanged",
        "The first axis belongs to the channels that came in; in w it is that of the channels that "
        "go out.",
        "What is the shape of w, the array whose gradient this is?",
        "Which of your two factors comes first, delta or what the windows saw?",
        "Exchange the two first axes: `grad.swapaxes(0, 1)`.",
        (lambda *args: _weights(*args).swapaxes(0, 1),),
    ),
    *scaled(_weights),
)


def _only(delta, place):
    """Return delta with all places but one set to 0."""
    kept = np.zeros_like(delta)
    kept[:, place, place] = delta[:, place, place]
    return kept


def _pool_case(label, seed, shape, size):
    """Return a case in which no two pixels are equal."""
    order = np.random.default_rng(seed).permutation(int(np.prod(shape)))
    c, height, width, m = shape
    delta = numbers(seed, c, height // size, width // size, m)
    x = np.round((order.reshape(shape) - order.size // 2) / 10 + 0.05, 2)
    return Case(label, (delta, x, size), "the numbers for squares of 2 x 2 and 3 x 3")


def _tied_case():
    x = np.array([[1.0, 1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 1.0]]).reshape(1, 2, 4, 1)
    return Case(
        "squares with several largest pixels",
        (np.array([0.6, 0.8]).reshape(1, 1, 2, 1), x, 2),
        "squares with several largest pixels",
    )


def _pool(delta, x, size):
    return layers.max_pool_backward(delta, layers.max_pool(x, size)[1], size)


def _largest(x, size):
    """Return where each pixel is the largest of its square."""
    a, _ = layers.max_pool(x, size)
    return x == a.repeat(size, axis=1).repeat(size, axis=2)


def _everywhere(delta, size):
    return delta.repeat(size, axis=1).repeat(size, axis=2)


def _last(delta, x, size):
    turned = _pool(delta[:, ::-1, ::-1], x[:, ::-1, ::-1], size)
    return turned[:, ::-1, ::-1]


def _shared(delta, x, size):
    count = layers.mean_pool(_largest(x, size).astype(float), size) * size**2
    return _everywhere(delta / count, size) * _largest(x, size)


_TIES = (
    "Where several pixels of a square are equally large, yours {}. There the maximum has no "
    "derivative; this course sends the whole error to the first one."
)

_POOL_MISTAKES = (
    Mistake(
        "everywhere",
        "an error for all of the square",
        "All pixels of a square got its error; only the largest one has a say in the maximum.",
        "If a small pixel grows a little, does the maximum change?",
        "Which pixels does your error reach?",
        "Multiply by 1 where the pixel is the largest of its square, and by 0 elsewhere.",
        (lambda delta, x, size: _everywhere(delta, size),),
    ),
    Mistake(
        "mean",
        "equal shares for all pixels",
        "The error was shared equally among the pixels of a square: that is the way back through a "
        "mean.",
        "If a small pixel grows a little, does the result of its square change?",
        "How much of the error should reach the largest one?",
        "Send the whole error to the largest pixel, and 0 to the others.",
        (lambda delta, x, size: _everywhere(delta, size) / size**2,),
    ),
    Mistake(
        "smallest",
        "the smallest instead of the largest",
        "The error went to the smallest pixel of each square.",
        "Which pixel of a square did the way forward let through?",
        "Look at the comparison, or at the function that finds the place.",
        "Use `argmax`, not `argmin`.",
        (lambda delta, x, size: _pool(delta, -x, size),),
    ),
    Mistake(
        "times_x",
        "multiplied by the pixel",
        "The error was multiplied by the value of the largest pixel; the derivative of the maximum "
        "is 1 there.",
        "If the winner grows by 0.01, by how much does the result of its square grow?",
        "Which factor stands beside the error at the place of the largest?",
        "Leave out `x`: only its place counts, not its size.",
        (lambda delta, x, size: _pool(delta, x, size) * x,),
    ),
    Mistake(
        "wrong_corner",
        "always the same corner",
        "The error went to a fixed corner of each square, wherever the largest pixel stood.",
        "Does the place of the largest pixel matter to your function?",
        "The maximum is a switch. What decides where it points?",
        "Find the place with `argmax` in every square.",
        (
            lambda delta, x, size: _everywhere(delta, size) * _corner(x, size, 0),
            lambda delta, x, size: _everywhere(delta, size) * _corner(x, size, size - 1),
        ),
    ),
    Mistake(
        "transposed_square",
        "rows and columns of the square exchanged",
        "The place was counted along the columns of the square and read along its rows, or the "
        "other way round.",
        "The place with the number 1: is it beside that with the number 0, or below it?",
        "argmax counts the entries in the order in which they lie. In which order did you lay "
        "them?",
        "With `i, j = divmod(place, size)`, i is the row.",
        (lambda delta, x, size: _exchanged(_pool(delta, x, size), size),),
    ),
    *scaled(_pool),
)


def _corner(x, size, place):
    """Return 1 at one corner of every square."""
    corner = np.zeros_like(x)
    corner[:, place::size, place::size] = 1
    return corner


def _exchanged(image, size):
    """Return an image with rows and columns exchanged inside every square."""
    c, height, width, m = image.shape
    tiles = image.reshape(c, height // size, size, width // size, size, m)
    return tiles.swapaxes(2, 4).reshape(image.shape)


EXERCISES = (
    Exercise(
        "conv_backward_input",
        "conv_backward_input(delta, w, shape, stride, padding)",
        "the derivative of each example's cost with respect to the image, of the given shape "
        "(c_in, height, width, m); delta is (c_out, h', w', m), w is (c_out, c_in, k, k)",
        "Begin with one place of one output channel: to which pixels does its error go?",
        _input_cases(),
        _input,
        _INPUT_MISTAKES,
        _CHAPTER,
    ),
    Exercise(
        "conv_backward_weights",
        "conv_backward_weights(x, delta, k, stride, padding)",
        "the gradient with respect to the weights, of shape (c_out, c_in, k, k); x is (c_in, "
        "height, width, m), delta (c_out, h', w', m)",
        "Begin with one weight and one place: BP4. Then remember where else the weight was used.",
        _weight_cases(),
        _weights,
        _WEIGHT_MISTAKES,
        _CHAPTER,
    ),
    Exercise(
        "max_pool_backward",
        "max_pool_backward(delta, x, size)",
        "the errors of the pixels, of x's shape (c, height, width, m); delta is (c, height / size, "
        "width / size, m), the error of the largest pixel of every square",
        "Which pixel of a square changes the maximum when it moves a little?",
        (
            _pool_case("two channels of 4 x 6, squares of 2 x 2", 600, (2, 4, 6, 2), 2),
            _pool_case("one channel of 3 x 6, squares of 3 x 3", 610, (1, 3, 6, 3), 3),
            _tied_case(),
        ),
        _pool,
        _POOL_MISTAKES,
        _CHAPTER,
        conventions=(
            (_last, _TIES.format("sends the error to the last one")),
            (
                lambda delta, x, size: _everywhere(delta, size) * _largest(x, size),
                _TIES.format("sends the error to each of them"),
            ),
            (_shared, _TIES.format("shares the error among them")),
        ),
    ),
)
