"""The exercise on an engine of numbers, and careless walks through a graph."""

from functools import partial
from itertools import product

import numpy as np

from bpcourse.autodiff.scalar import Value
from bpcourse.exercises.step import Case, Exercise, Mistake, SkippedCase

_ENGINE = ("computational-graphs", "computational-graphs-build", "An engine, step by step")
_TWICE = ("computational-graphs", "computational-graphs-rule", "When a value is used twice")
_ORDER = ("order-matters", "order-matters-careless", "Three careless walks")
_PILE_UP = ("computational-graphs", "computational-graphs-mistakes", "Where people go wrong")


def _run_value(make, args):
    """Build an expression of the learner's values, go back, and return what came."""
    expression, *values = args
    inputs = [make(value) for value in values]
    for name in ("relu", "exp", "log", "tanh"):
        if name in expression.__code__.co_names and not hasattr(inputs[0], name):
            raise SkippedCase(f"There is no {name}(), so it was not judged.")
    made = expression(*inputs)
    for last in made if isinstance(made, tuple) else (made,):
        last.backward()
    return made, inputs


def _unpack_value(result):
    made, inputs = result
    last = made[-1] if isinstance(made, tuple) else made
    grads = {f"{name}.grad": each.grad for name, each in zip("xyz", inputs, strict=False)}
    return {"data": last.data, **grads}


def _sorted_nodes(last):
    """Return the nodes in reverse topological order."""
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for operand in node.parents:
                visit(operand)
            order.append(node)

    visit(last)
    return order[::-1]


def _preorder(turn, remember):
    """Return a depth-first walk that hands on before all shares have come in."""

    def walk(last):
        nodes, seen = [], set()

        def visit(node):
            seen.add(id(node))
            nodes.append(node)
            for operand in turn(node.parents):
                if not remember or id(operand) not in seen:
                    visit(operand)

        visit(last)
        return nodes

    return walk


def _derivatives(node):
    return node.derivatives


def _going_back(back):
    """Return the run of a careless backward pass: the values are right, the way back is not."""

    def wrong(expression, *values):
        inputs = [Value(value) for value in values]
        made = expression(*inputs)
        for last in made if isinstance(made, tuple) else (made,):
            for node in _sorted_nodes(last):  # what lies between starts afresh, inputs add up
                node.grad = 0.0 if node.parents else node.grad
            back(last)
        return made, inputs

    return wrong


def _interleaved(turn, remember):
    """Return a walk that goes on from an operand as soon as that has received one share."""

    def hand_on(node, seen):
        seen.add(id(node))
        for operand, derivative in turn([*zip(node.parents, node.derivatives, strict=True)]):
            operand.grad += derivative * node.grad
            if not remember or id(operand) not in seen:
                hand_on(operand, seen)

    def back(last):
        last.grad = 1.0
        hand_on(last, set())

    return _going_back(back)


def _walked(walk=_sorted_nodes, local=_derivatives, assign=False, chain=True, seed=1.0):
    """Return a pass that first lists the nodes, and then goes through the list."""
    return _going_back(partial(_hand_down, walk, local, assign, chain, seed))


def _hand_down(walk, local, assign, chain, seed, last):
    last.grad = seed
    for node in walk(last):
        for operand, derivative in zip(node.parents, local(node), strict=True):
            share = derivative * (node.grad if chain else 1.0)
            operand.grad = share if assign else operand.grad + share


def _own_factor(node):
    """Return the derivatives with those of a product exchanged."""
    return node.derivatives[::-1] if node.op == "*" else node.derivatives


def _no_exponent(node):
    """Return the derivatives with x**(n-1) in place of n x**(n-1)."""
    if node.op.startswith("**"):
        n = float(node.op[2:])
        return tuple(each / n for each in node.derivatives)
    return node.derivatives


def _of_input(node):
    """Return the derivatives with tanh's taken as 1 - x^2 of its input."""
    if node.op == "tanh":
        return (1 - node.parents[0].data ** 2,)
    return node.derivatives


def _zeroed(expression, *values):
    """Go back through several results, and clear the gradients before each."""
    inputs = [Value(value) for value in values]
    made = expression(*inputs)
    for last in made if isinstance(made, tuple) else (made,):
        for one in inputs:
            one.grad = 0.0
        _hand_down(_sorted_nodes, _derivatives, False, True, 1.0, last)
    return made, inputs


def _first_error(attempts):
    return next(each for each in attempts if not each.passed).came.error


def _lacks_operator(attempts):
    """Whether Python found no operator for the operands of the first failure."""
    error = _first_error(attempts)
    return isinstance(error, TypeError) and "operand type" in str(error)


def _lacks_other_operator(attempts):
    """Whether an operator is missing that has to do neither with numbers nor with their side."""
    topic = next(each for each in attempts if not each.passed).case.topic
    return topic not in (_NUMBERS, _LEFT) and _lacks_operator(attempts)


def _takes_no_number(attempts):
    """Whether an operator asked a plain number for what only values have."""
    error = _first_error(attempts)
    asked = isinstance(error, AttributeError) and isinstance(error.obj, int | float)
    return asked or _lacks_operator(attempts)


def _turned_round(attempts):
    """Whether every wrong value is that of the expression with its two sides exchanged."""
    failing = [each for each in attempts if not each.passed]
    if any(each.came.error for each in failing):
        return False
    pairs = [(each.came.parts["data"], each.wanted.parts["data"]) for each in failing]
    return all(np.isclose(a, -b) or np.isclose(a * b, 1) for a, b in pairs)


def _expressions(topic, *pairs):
    """Return a case for each pair of a text and an expression in x = 3, y = 2, z = -4."""
    return tuple(_expression(topic, text, function) for text, function in pairs)


def _expression(topic, text, function):
    point = {"x": 3.0, "y": 2.0, "z": -4.0}
    used = function.__code__.co_varnames[: function.__code__.co_argcount]
    place = ", ".join(f"{name} = {point[name]:g}" for name in used)
    return Case(f"{text} at {place}", (function, *(point[name] for name in used)), topic)


def _trap(x):
    """Compute the four nodes on which careless walks go wrong (Hu, 2021)."""
    b1 = x * 2
    b2 = x * 3 + b1
    return b1 * 4 + b2 * 5


def _mirrored_trap(x):
    b1 = x * 2
    b2 = b1 + x * 3
    return b2 * 5 + b1 * 4


def _doubled(x):
    for _ in range(8):
        x = x + x
    return x


_SUMS, _NUMBERS, _LEFT = "sums and products", "numbers on the right", "numbers on the left"
_SHARED, _WALK, _LEAVES = "values used twice", "the order of the walk", "two results, one input"
_MINUS, _POWER, _QUOTIENT, _FUNCTIONS = "minus", "powers", "quotients", "functions"

_VALUE_CASES = (
    *_expressions(
        _SUMS,
        ("x + y", lambda x, y: x + y),
        ("x * y", lambda x, y: x * y),
        ("(x + y) * z", lambda x, y, z: (x + y) * z),
    ),
    *_expressions(_NUMBERS, ("x + 2", lambda x: x + 2), ("x * 2.5", lambda x: x * 2.5)),
    *_expressions(
        _SHARED,
        ("x + x", lambda x: x + x),
        ("x * x", lambda x: x * x),
        ("(x + y) * x", lambda x, y: (x + y) * x),
    ),
    *_expressions(
        _WALK,
        ("4 b1 + 5 b2 with b1 = 2 x, b2 = 3 x + b1", _trap),
        ("5 b2 + 4 b1 with b1 = 2 x, b2 = b1 + 3 x", _mirrored_trap),
        ("x doubled eight times", _doubled),
    ),
    *_expressions(_LEAVES, ("x * y, then x + y", lambda x, y: (x * y, x + y))),
    *_expressions(
        _MINUS, ("-x", lambda x: -x), ("x - y", lambda x, y: x - y), ("x - 5", lambda x: x - 5)
    ),
    *_expressions(_POWER, ("x ** 3", lambda x: x**3), ("y ** -1", lambda x, y: x + y**-1)),
    *_expressions(_QUOTIENT, ("x / y", lambda x, y: x / y), ("x / 4", lambda x: x / 4)),
    *_expressions(
        _LEFT,
        ("2 + x", lambda x: 2 + x),
        ("2 * x", lambda x: 2 * x),
        ("2 - x", lambda x: 2 - x),
        ("2 / x", lambda x: 2 / x),
    ),
    *_expressions(
        _FUNCTIONS,
        ("x.relu()", lambda x: x.relu()),
        ("(x * z).relu()", lambda x, y, z: (x * z).relu()),
        ("y.exp()", lambda x, y: y.exp()),
        ("y.log()", lambda x, y: y.log()),
        ("(y * 0.25).tanh()", lambda x, y: (y * 0.25).tanh()),
    ),
)

_VALUE_MISTAKES = (
    Mistake(
        "assign",
        "= for +=",
        "A gradient that comes in overwrites the one that was there: a value that is used twice "
        "hears only one of its users.",
        "By how much does x + x change when x changes by 1? What does x.grad say?",
        "A value used twice is reached twice on the way back. What happens to the first share?",
        "Write `self.grad += ...` and `other.grad += ...`.",
        (_walked(assign=True),),
        read=_TWICE,
    ),
    Mistake(
        "order",
        "handed on before all shares are in",
        "A value passes its gradient on before all values made from it have passed on theirs: the "
        "walk is depth-first, not in reverse topological order.",
        "When may a value pass on what it has received?",
        "Write down the gradient of b1 at the moment at which b1 hands its share to x.",
        "Sort the values first, operands before results, and go through them from the end: "
        "`for v in reversed(topo): v._backward()`.",
        tuple(
            each
            for turn, remember in product((list, reversed), (True, False))
            for each in (_walked(_preorder(turn, remember)), _interleaved(turn, remember))
        ),
        read=_ORDER,
    ),
    Mistake(
        "no_chain",
        "the local derivative alone",
        "Each operand gets the derivative of the last operation alone, not multiplied by the "
        "gradient that came in.",
        "What does x.grad depend on: the last operation alone, or also on what follows?",
        "The chain rule has two factors. Which of them do you use?",
        "Multiply by the result's own gradient: `self.grad += other.data * out.grad`.",
        (_walked(chain=False),),
    ),
    Mistake(
        "no_seed",
        "the walk starts with 0",
        "All gradients are 0: the last value never got its own gradient, which is 1.",
        "What is the derivative of the result by itself?",
        "Print the gradient of the last value at the beginning of backward().",
        "Set `self.grad = 1.0` at the beginning of `backward()`.",
        (_walked(seed=0.0),),
    ),
    Mistake(
        "own_factor",
        "the product rule with the factors exchanged",
        "In a product each factor got itself as derivative; it is the other one.",
        "At 3 times 2: if the 3 grows by 1, by how much does the result grow?",
        "Look at the line that hands a product's gradient to its first operand.",
        "The derivative of x y by x is y: `self.grad += other.data * out.grad`.",
        (_walked(local=_own_factor),),
    ),
    Mistake(
        "plain_number",
        "numbers are not taken",
        "An operand that is a plain number stops the program: it has no data and no grad.",
        "What does your operator do first with what stands on its right?",
        "A 2 is not a value yet. Who makes it one?",
        "Begin with `other = other if isinstance(other, Value) else Value(other)`.",
        when=_takes_no_number,
        topic=_NUMBERS,
    ),
    Mistake(
        "zeroed",
        "inputs forget what they had",
        "backward() sets the gradients to 0 at its start; so of two results only the last one "
        "counts. In this course inputs add up what they receive.",
        "After two calls on two results: the derivative of what should an input hold?",
        "Which line clears a gradient, and when does it run?",
        "Leave the clearing to the training loop: `p.grad = 0` before each new pass.",
        (_zeroed,),
        read=_PILE_UP,
    ),
    Mistake(
        "no_exponent",
        "the exponent is not in front",
        "The derivative of a power came as x^(n-1), without the factor n.",
        "How steep is the cube at 3?",
        "What comes to the front when a power is differentiated?",
        "Multiply by the exponent: `n * self.data**(n - 1) * out.grad`.",
        (_walked(local=_no_exponent),),
    ),
    Mistake(
        "no_reflected",
        "reflected operators missing",
        "With a number on its left the class is not asked: Python tries the number first, then "
        "the method with an r of what stands on the right, and there is none.",
        "Which of the two objects does Python ask first, and what happens if it does not know?",
        "The signs have a second set of methods: __radd__, __rmul__, __rsub__, __rtruediv__.",
        "Add them: `__radd__ = __add__`, `__rmul__ = __mul__`, and `__rsub__`, `__rtruediv__` with "
        "the sides in the right order.",
        when=_lacks_operator,
        topic=_LEFT,
    ),
    Mistake(
        "turned_round",
        "the two sides exchanged",
        "2 - x was computed as x - 2, or 2 / x as x / 2.",
        "Inside the method: which of the two stood on the left?",
        "A sum does not mind; which operations do?",
        "In `__rsub__` and `__rtruediv__` the other one comes first: `return Value(other) - self`.",
        when=_turned_round,
        topic=_LEFT,
    ),
    Mistake(
        "formula_of_x",
        "1 - x^2 for tanh",
        "The derivative of tanh came as 1 minus the square of its input; it is 1 minus the square "
        "of its value.",
        "Can this curve ever fall? What would your derivative say for an input of 3?",
        "You square something. Is it what goes in, or what comes out?",
        "Use the value t that you have just computed: `1 - t**2`.",
        (_walked(local=_of_input),),
    ),
    Mistake(
        "missing_operator",
        "an operator is missing",
        "Python finds no such operator in the class.",
        "Which method does Python look for when it meets this sign?",
        "The signs have methods: __neg__, __sub__, __pow__, __truediv__.",
        "Write it with the operators that you have: `return self + (-other)`, "
        "`return self * other**-1`; a power has its own rule.",
        when=_lacks_other_operator,
    ),
)

_VALUE = Exercise(
    "Value",
    "Value(data), a class",
    "numbers with data, grad, backward() and the operators + - * / **, also with plain numbers on "
    "either side; relu(), exp(), log(), tanh() are judged if they are there",
    "Begin with __init__, __add__ and __mul__: each result remembers its operands, and how to hand "
    "its gradient to them.",
    _VALUE_CASES,
    lambda *args: _run_value(Value, args),
    _VALUE_MISTAKES,
    _ENGINE,
    run=_run_value,
    unpack=_unpack_value,
)


EXERCISES = (_VALUE,)
