"""The commands: ``python -m bpcourse diagnose``, ``check``, ``class`` and ``assignment``."""

import argparse
import json
import re
import sys
from pathlib import Path

import bpcourse
from bpcourse import classroom, terminal
from bpcourse.classroom import commands as teacher
from bpcourse.classroom.text import printable
from bpcourse.exercises import own

STATUS = {"right": 0, "wrong": 1, "cannot run": 2}
INTERRUPTED = 130

_DIAGNOSE = """examples:
  python -m bpcourse diagnose my_file.py:backprop
  python -m bpcourse diagnose my_file.py --layout rows --cost cross_entropy --hint 2
  python -m bpcourse diagnose train.py:update --step 0.1
  python -m bpcourse diagnose net.py:Network --call train --weights w1,w2 --biases b1,b2
  python -m bpcourse diagnose week3.py:backward_propagation --forward forward_propagation
  python -m bpcourse diagnose script.py --vars x=X,y=Y,weights=W1:W2,grads=dW1:dW2
  python -m bpcourse diagnose numbers.npz

The function is called as backprop(weights, biases, x, y) and returns (grad_w, grad_b), two lists of
arrays. Other forms are recognized by the names of parameters, keys and attributes, or asked for.
Exit status: 0 it is right, 1 it is wrong, 2 it could not be judged."""

_CHECK = """examples:
  python -m bpcourse check bp2 my_file.py:my_bp2
  python -m bpcourse check momentum my_file.py --exercises my_steps.py

Exit status: 0 it is right, 1 it is wrong, 2 it cannot run."""


def main(arguments=None):
    """Run a command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a terminal may not know the letter delta
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m bpcourse", description="Which equation of a backpropagation is wrong?"
    )
    parser.add_argument("--version", action="version", version=bpcourse.__version__)
    commands = parser.add_subparsers(required=True, metavar="diagnose | check | class | assignment")
    diagnose = _command(
        commands, "diagnose", _diagnose, "say which equation of one function is wrong", _DIAGNOSE
    )
    _add_target(diagnose, "backprop")
    _add_output(diagnose)
    _add_network(diagnose)
    _add_form(diagnose)
    _add_limits(diagnose)
    check = _command(commands, "check", _check, "check one step, such as bp2", _CHECK)
    check.add_argument("step", help="the step: bp1, bp2, ...")
    _add_target(check, "the name of the step")
    check.add_argument(
        "--exercises", metavar="FILE", help="a .py file that registers exercises of your own"
    )
    _add_output(check)
    _add_limits(check)
    summary = "judge the submissions of a class"
    group = _command(commands, "class", _class, summary, teacher.CLASS)
    teacher.add_class(group)
    _add_network(group)
    _add_limits(group)
    summary = "write the notebooks of an assignment"
    unit = _command(commands, "assignment", teacher.run_assignment, summary, teacher.ASSIGNMENT)
    teacher.add_assignment(unit)
    return parser


def _command(commands, name, function, summary, epilog):
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=function, parser=parser)
    return parser


def _add_target(parser, default):
    parser.add_argument(
        "target",
        metavar="file.py[:function]",
        help=f"the function; by default {default}, or the only one of the file",
    )


def _add_output(parser):
    parser.add_argument(
        "--hint", type=int, choices=(1, 2, 3), default=1, help="1 asks, 2 points, 3 gives it away"
    )
    parser.add_argument("--json", action="store_true", help="print the diagnosis as JSON")


def _add_network(parser):
    add = parser.add_argument_group("what the function is meant to compute").add_argument
    add(
        "--activation",
        default="sigmoid",
        help="of the hidden layers: sigmoid, tanh, relu, leaky_relu, elu, gelu, silu, ...",
    )
    add("--output", help="activation of the output layer; by default the one that fits the cost")
    add(
        "--cost",
        default="quadratic",
        help="quadratic, cross_entropy, log_likelihood, mse, sse or half_mse",
    )
    add("--layout", help="columns (an example is a column; default), rows or vectors (one example)")
    add("--labels", default="one_hot", help="one_hot or integers (y is the number of the class)")
    add("--order", default="w,b", help="order of the two lists: w,b or b,w")
    add("--reduction", default="mean", help="mean or sum over the examples")
    add("--weight-decay", type=float, default=0.0, metavar="LAMBDA", help="adds (lambda/n) w")
    add("--training-size", type=int, metavar="N", help="n of the weight decay")
    add("--one-example", action="store_true", help="it takes one example at a time")
    add("--no-biases", dest="biases", action="store_false", default=None, help="it has none")
    add("--sizes", type=_sizes, metavar="4,6,3", help="the widths of the network to try it on")


def _add_form(parser):
    add = parser.add_argument_group("how the program is called").add_argument
    add("--forward", metavar="NAME", help="the forward pass whose results the function takes")
    add("--step", type=float, metavar="ETA", help="it takes the step itself, with this rate")
    add("--weights", type=_names, metavar="w1,w2", help="attributes of a class: its weights")
    add("--biases", type=_names, dest="b", metavar="b1,b2", help="and its biases")
    add("--call", type=_names, metavar="NAMES", help="its methods: train, or forward,backward")
    add(
        "--vars",
        type=_assignments,
        metavar="x=X,y=Y,...",
        help="judge the values that a script ends with: x=X,y=Y,weights=W1:W2,biases=b1:b2,"
        "grads=dW1:db1:dW2:db2",
    )


def _names(text):
    return text.split(",")


def _assignments(text):
    pairs = [each.partition("=") for each in text.split(",")]
    if any(not name or not value for name, _, value in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is no list such as x=X,y=Y,weights=W1:W2")
    return {name: value.split(":") for name, _, value in pairs}


def _form(options):
    """Return what is said about how the program is called."""
    form = {name: getattr(options, name) for name in ("forward", "step", "weights", "call", "vars")}
    return {k: v for k, v in {**form, "biases": options.b}.items() if v is not None}


def _add_limits(parser):
    add = parser.add_argument_group("limits").add_argument
    add("--timeout", type=float, default=10.0, metavar="S", help="seconds (10)")
    add(
        "--memory",
        type=teacher.size,
        default="1G",
        metavar="SIZE",
        help="such as 512M; 0: none (1G)",
    )


def _sizes(text):
    return [int(n) for n in text.split(",")]


def _diagnose(options):
    path, function = _target(options.target)
    limits = {"seconds": options.timeout, "memory": options.memory}
    task = terminal.Task(function, None, _network(options), _form(options), **limits)
    _verify(options, task)
    return _one(options, path, terminal.examine(path, task))


def _check(options):
    path, function = _target(options.target)
    if options.exercises:
        try:
            own.read(options.exercises)
        except ValueError as error:
            options.parser.error(str(error))
    task = _task(options, function=function, step=options.step)
    return _one(options, path, classroom.examine(path, task))


def _target(text):
    """Return file and function; the colon of ``C:\\file.py`` is none of ours."""
    path, colon, name = text.rpartition(":")
    if colon and name.replace(".", "", 1).isidentifier() and not Path(text).exists():
        return path, name
    return text, None


def _network(options):
    """Return the keywords of ``bpcourse.diagnose``."""
    names = ("activation", "output", "cost", "layout", "order", "reduction")
    names += ("biases", "labels", "weight_decay", "training_size", "sizes")
    return {**{name: getattr(options, name) for name in names}, "batch": not options.one_example}


def _task(options, *, function, step=None, network=None):
    """Return the task; a wrong option ends the program before anything runs."""
    limits = {"seconds": options.timeout, "memory": options.memory}
    task = classroom.Task(function, step, network, **limits)
    _verify(options, task)
    return task


def _verify(options, task):
    try:
        task.verify()
    except (ValueError, TypeError) as error:
        options.parser.error(str(error))


def _one(options, path, outcome):
    if options.json:
        _say(json.dumps(_as_dict(outcome, path, options.hint), indent=2))
    else:
        text = outcome.texts[options.hint - 1]
        # The message was written for Python; here an option says more.
        text = re.sub(r"^.*\bhint\((\d)\).*$", r"More: --hint \1", text, flags=re.MULTILINE)
        _say(printable(_with_options(text)))
        if outcome.status == "cannot run" and outcome.output:
            _say("\nThe last lines that it printed:")
            _say("\n".join(f"  | {line}" for line in _last_lines(outcome.output)))
    return STATUS.get(outcome.status, STATUS["cannot run"])


# How an option that a message names in Python is written here.
_IN_PYTHON = (
    (r'\b(layout|order|reduction|cost|labels|output|activation)="([\w,]+)"', r"--\1 \2"),
    (r"\bsizes=\[(\d+), (\d+), (\d+)\]", r"--sizes \1,\2,\3"),
    (r"\bbiases=False\b", "--no-biases"),
    (r"\bbatch=False\b", "--one-example"),
    (r"\b(?:pass )?forward=\.\.\. \(at the terminal (--forward NAME)\)", r"\1"),
)


def _with_options(text):
    """Return a message with the options of Python as those of the terminal."""
    for python, option in _IN_PYTHON:
        text = re.sub(python, option, text)
    return text


def _as_dict(outcome, path, level):
    hint = outcome.findings[0]["hints"][level - 1] if outcome.findings else ""
    return {
        "file": path,
        **outcome.diagnosis,
        "hint": hint,
        "seconds": round(outcome.seconds, 3),
        "printed_bytes": outcome.printed,
        "output": outcome.output,
    }


def _last_lines(output, number=15):
    return printable(output).splitlines()[-number:]


def _class(options):
    network = None if options.step else _network(options)
    return teacher.run_class(options, network, bpcourse.__version__)


def _say(text):
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
