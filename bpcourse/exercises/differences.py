"""The exercises on finite differences."""

import inspect

import numpy as np

from bpcourse.exercises.step import Case, Exercise, Mistake, SkippedCase, scaled, sign

_TEMPTING = ("cost-of-gradients", "cost-tempting", "The tempting idea")
_ACCURACY = ("differences", "cost-accuracy", "How accurate is a difference?")
_CURVES = ("differences", "cost-u-curve", "The U curves")
_FOUR_POINTS = ("differences", "ex-cost-of-gradients-3", "Four points")


class Probe:
    """A function of a vector whose gradient is known, and that sees the steps that are taken."""

    def __init__(self, value, gradient):
        self.value, self.gradient = value, gradient
        self.points = []

    def __call__(self, x):
        """Return f(x)."""
        x = np.array(x, float)
        self.points.append(x)
        return float(self.value(x))

    def step_from(self, x):
        """Return the smallest step that was seen, or 0."""
        moves = [abs(p - x).max() for p in self.points if p.shape == x.shape]
        return min((move for move in moves if move > 0), default=0.0)


def _wave(x):
    return np.sin(x[0]) * x[1] + np.exp(x[2] / 2) + x[0] * x[2] ** 3


def _wave_gradient(x):
    by_last = np.exp(x[2] / 2) / 2 + 3 * x[0] * x[2] ** 2
    return np.array([np.cos(x[0]) * x[1] + x[2] ** 3, np.sin(x[0]), by_last])


def _bowl(x):
    return 5000 * (x @ x) + x.sum()


def _bowl_gradient(x):
    return 10_000 * x + 1


def _difference_cases(tolerance, bent):
    """Return the cases; ``bent``: also a function so bent that one side alone is not enough."""
    wave = "f(x) = sin(x0) x1 + exp(x2 / 2) + x0 x2^3 at (0.7, -0.4, 0.9)"
    bowl = "f(x) = 5000 (x0^2 + x1^2) + x0 + x1 at (0, 0)"
    x, formula, own = np.array([0.7, -0.4, 0.9]), "the formula, for an h that is given", "its own h"
    cases = [
        Case(f"{wave}, h = 0.1", (Probe(_wave, _wave_gradient), x, 0.1), formula),
        Case(f"{bowl}, h = 0.01", (Probe(_bowl, _bowl_gradient), np.zeros(2), 0.01), formula),
        Case(f"{wave}, no h", (Probe(_wave, _wave_gradient), x), own, tolerance=tolerance),
    ]
    if bent:
        args = Probe(_bowl, _bowl_gradient), np.zeros(2)
        cases.append(Case(f"{bowl}, no h", args, own, tolerance=tolerance))
    return tuple(cases)


def _run_difference(function, args):
    """Hand over h if there is a parameter for it, and leave it out if it has a default."""
    args[0].points.clear()
    try:
        parameters = list(inspect.signature(function).parameters.values())[2:]
    except (TypeError, ValueError):  # a function that can't be looked into
        return function(*args)
    if len(args) == 3 and not parameters:
        raise SkippedCase("There is no parameter h, so only the accuracy was judged.")
    if len(args) == 2 and any(each.default is each.empty for each in parameters):
        raise SkippedCase("h has no default, so only the formula was judged.")
    if len(args) == 3 and parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        return function(*args[:2], **{parameters[0].name: args[2]})
    return function(*args)


def _difference(quotient):
    """Return a difference along every coordinate, from ``quotient(f, x, move)``.

    Without h it takes the step that the learner took.
    """

    def difference(f, x, h=None):
        h = f.step_from(x) if h is None else h
        return np.array([quotient(f, x, h * unit) / h for unit in np.eye(x.size)])

    return difference


_forward = _difference(lambda f, x, move: f(x + move) - f(x))
_backward = _difference(lambda f, x, move: f(x) - f(x - move))
_central = _difference(lambda f, x, move: (f(x + move) - f(x - move)) / 2)
_half_steps = _difference(lambda f, x, move: f(x + move / 2) - f(x - move / 2))


def _exact(difference):
    """Return the right answer: the difference where h is given, the gradient where it is not."""

    def right(f, x, h=None):
        return f.gradient(x) if h is None else difference(f, x, h)

    return right


def _diagonal(difference, fill):
    """Return the difference with all coordinates moved at once, as a number or everywhere."""

    def wrong(f, x, h=None):
        h = f.step_from(x) if h is None else h
        slope = difference(lambda t: f(x + t), np.zeros(1), h)[0]
        return np.full(x.shape, slope) if fill else slope

    return wrong


def _left_moved(after, before, divisor):
    """Return the difference in which x keeps its moves.

    Relative to where x is at the beginning of a turn, f is evaluated after a move by ``after`` h
    and after one by ``before`` h; before None: at the very first x.
    """

    def wrong(f, x, h=None):
        h = f.step_from(x) if h is None else h
        place, start, parts = x.copy(), f(x), []
        for unit in np.eye(x.size):
            above = f(place + after * h * unit)
            below = start if before is None else f(place + before * h * unit)
            place = place + (before if before is not None and before < 0 else after) * h * unit
            parts.append((above - below) / (divisor * h))
        return np.array(parts)

    return wrong


def _own_step(difference, accept):
    """Return whether failing attempts without h show the right formula with such a step."""

    def shown(attempts):
        failing = [each for each in attempts if not each.passed]
        return all(_is_difference(each, difference, accept) for each in failing)

    return shown


def _is_difference(attempt, difference, accept):
    """Whether a result is the difference with the learner's step, but for rounding."""
    (f, x, *h), came = attempt.case.args, attempt.came.parts
    if h or came is None or came[""].shape != x.shape:
        return False
    step = f.step_from(x)
    if step == 0 or not accept(step):
        return step == 0 and accept(step)
    values = max(abs(f.value(point)) for point in f.points)
    rounding = 8 * np.finfo(float).eps * max(values, 1) / step
    return abs(came[""] - difference(f, x, step)).max() <= rounding + 1e-6


def _step_mistakes(difference, good):
    """Return the mistakes in the size of the step."""
    return (
        Mistake(
            "step_too_small",
            "a step that drowns in rounding",
            "The step is so small that f(x + h) and f(x) agree in almost all their digits; what is "
            "left after the subtraction is mostly rounding.",
            "How many digits are left when you subtract two numbers that are nearly the same?",
            "Print the result for ten times your h, and for a hundred times.",
            good,
            when=_own_step(difference, lambda h: h < 1e-7),
            read=_CURVES,
        ),
        Mistake(
            "step_too_large",
            "a step that is too wide",
            "Over so long a distance f is bent: the difference is not the slope at x.",
            "Does your result change if you make h ten times smaller?",
            "The error of the formula grows with h. Is it the error that you see?",
            good,
            when=_own_step(difference, lambda h: h > 1e-4),
            read=_CURVES,
        ),
    )


def _difference_mistakes(difference, left_moved, good):
    """Return the mistakes that forward and central differences share."""
    return (
        Mistake(
            "together",
            "all coordinates moved at once",
            "All coordinates were moved together: this is one slope along the diagonal, not the "
            "derivative by each of them.",
            "How many entries of x differ from one evaluation to the next?",
            "A partial derivative turns one screw and leaves the others alone.",
            "Change `x[i]` alone, for every i in turn, in a fresh copy of x.",
            (_diagonal(difference, True), _diagonal(difference, False)),
        ),
        Mistake(
            "not_restored",
            "x is not put back",
            "A coordinate that was moved stays moved while the next ones are tried.",
            "Where are you while you measure the last coordinate?",
            "Print x at the beginning of each turn of the loop.",
            "Work on a fresh copy in each turn, or set `x[i]` to its old value afterwards.",
            left_moved,
        ),
        *_step_mistakes(difference, good),
        sign(_exact(difference)),
    )


def _other_sides(name, title, wrong, look, repair):
    return Mistake(
        name,
        title,
        f"This is a {title}.",
        "At which points do you evaluate f? Mark them on a line, together with x.",
        look,
        repair,
        (wrong,),
    )


_BACKWARD = (
    "backward",
    "backward difference",
    _backward,
    "You go to the left of x. Which side does the formula of this exercise use?",
)

_FORWARD_MISTAKES = (
    _other_sides(
        "central",
        "central difference",
        _central,
        "You go to both sides of x. That is the better formula, but it costs nearly twice as much.",
        "This exercise asks for `(f(x + h e_i) - f(x)) / h`.",
    ),
    _other_sides(*_BACKWARD, "This exercise asks for `(f(x + h e_i) - f(x)) / h`."),
    Mistake(
        "two_h",
        "divided by 2h",
        "The difference is divided by 2h, but the two points are only h apart.",
        "How far apart are the two points at which you evaluate f?",
        "A slope is a difference of values, divided by the distance of the points.",
        "Divide by `h`.",
        (lambda f, x, h=None: _forward(f, x, h) / 2,),
    ),
    *_difference_mistakes(
        _forward,
        (_left_moved(1, None, 1), _left_moved(1, 0, 1)),
        "About the square root of the machine epsilon is best: `h=1e-8`.",
    ),
)

_CENTRAL_MISTAKES = (
    _other_sides(
        "forward",
        "forward difference",
        _forward,
        "You stay on one side of x. The error of this formula is proportional to h, not to h^2.",
        "This exercise asks for `(f(x + h e_i) - f(x - h e_i)) / (2 * h)`.",
    ),
    _other_sides(*_BACKWARD, "This exercise asks for `(f(x + h e_i) - f(x - h e_i)) / (2 * h)`."),
    Mistake(
        "one_h",
        "divided by h instead of 2h",
        "The difference is divided by h, but the two points are 2h apart.",
        "How far apart are the two points at which you evaluate f?",
        "A slope is a difference of values, divided by the distance of the points.",
        "Divide by `(2 * h)`, with the parentheses.",
        (lambda f, x, h=None: 2 * _central(f, x, h),),
    ),
    Mistake(
        "parentheses",
        "/ 2 * h",
        "The quotient is divided by 2 and then multiplied by h.",
        "Should your result depend so strongly on h?",
        "In which order does Python compute a / b * c?",
        "Divide by `(2 * h)`, with the parentheses.",
        (_difference(lambda f, x, move: (f(x + move) - f(x - move)) / 2 * (move @ move)),),
    ),
    *_difference_mistakes(
        _central,
        (_left_moved(1, -1, 2),),
        "About the cube root of the machine epsilon is best: `h=1e-5`.",
    ),
)


def _difference_exercise(name, right, mistakes, tolerance, begin, read, conventions=()):
    return Exercise(
        name,
        f"{name}(f, x, h=...)",
        "the derivatives of f, a function from a vector to a number, of x's shape; h is the step "
        "and has a default",
        begin,
        _difference_cases(tolerance, right is _central),
        _exact(right),
        mistakes,
        read,
        conventions=conventions,
        run=_run_difference,
    )


def _four_points(f, w, h):
    near, far = f(w + h) - f(w - h), f(w + 2 * h) - f(w - 2 * h)
    return (8 * near - far) / (12 * h)


_FOUR_POINTS_MISTAKES = (
    Mistake(
        "two_points",
        "only two of the points",
        "This is the central difference with one step; the other step is not used.",
        "How often do you evaluate f?",
        "Two central differences, with h and with 2h, are combined so that their errors cancel.",
        "Write `(8 * (f(w + h) - f(w - h)) - (f(w + 2 * h) - f(w - 2 * h))) / (12 * h)`.",
        (
            lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h),
            lambda f, w, h: (f(w + 2 * h) - f(w - 2 * h)) / (4 * h),
        ),
    ),
    Mistake(
        "plus",
        "a plus for the minus",
        "The two differences are added, so that their errors do not cancel.",
        "Which of the two central differences is further off, and on the same side?",
        "Both errors have the same sign, and the one is four times the other.",
        "Subtract: 8 times the near difference minus the far one.",
        (lambda f, w, h: (8 * (f(w + h) - f(w - h)) + f(w + 2 * h) - f(w - 2 * h)) / (12 * h),),
    ),
    Mistake(
        "swapped_weights",
        "the weights exchanged",
        "The 8 stands at the far points; it belongs to the near ones.",
        "Which of the two central differences is the better one, and which weighs more?",
        "Try your formula on f(w) = w. Which slope does it give?",
        "The near difference is multiplied by 8: "
        "`(8 * (f(w + h) - f(w - h)) - (f(w + 2 * h) - f(w - 2 * h))) / (12 * h)`.",
        (lambda f, w, h: (8 * (f(w + 2 * h) - f(w - 2 * h)) - (f(w + h) - f(w - h))) / (12 * h),),
    ),
    *scaled(_four_points),
)

EXERCISES = (
    _difference_exercise(
        "forward_difference",
        _forward,
        _FORWARD_MISTAKES,
        1e-3,
        "Move one coordinate a little, and see by how much f changes.",
        _TEMPTING,
    ),
    _difference_exercise(
        "central_difference",
        _central,
        _CENTRAL_MISTAKES,
        1e-6,
        "Move one coordinate up and down by the same step, and compare the two values of f.",
        _ACCURACY,
        conventions=(
            (_exact(_half_steps), "You go h / 2 to each side; the course goes h to each side."),
        ),
    ),
    Exercise(
        "four_points",
        "four_points(f, w, h)",
        "the derivative of f, a function of one number, by the formula with four points",
        "Combine the central differences with the steps h and 2h so that their errors cancel.",
        (
            Case("f = exp, w = 0.3, h = 0.5", (np.exp, 0.3, 0.5), "the formula"),
            Case("f = sin, w = -1.2, h = 0.4", (np.sin, -1.2, 0.4), "the formula"),
        ),
        _four_points,
        _FOUR_POINTS_MISTAKES,
        _FOUR_POINTS,
    ),
)
