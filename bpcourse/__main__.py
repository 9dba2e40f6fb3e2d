"""The commands: ``python -m bpcourse diagnose``, ``check``, ``class`` and ``assignment``."""

import argparse
import json
import re
import sys
from pathlib import Path

import bpcourse
from bpcourse import classroom
from bpcourse.classroom import commands as teacher
from bpcourse.classroom.text import printable
from bpcourse.exercises import own

STATUS = {"right": 0, "wrong": 1, "cannot run": 2}
INTERRUPTED = 130

_DIAGNOSE = """examples:
  python -m bpcourse diagnose my_file.py:backprop
  python -m bpcourse diagnose my_file.py --layout rows --cost cross_entropy --hint 2

The function is called as backprop(weights, biases, x, y) and returns (grad_w, grad_b), two lists of
arrays. Exit status: 0 it is right, 1 it is wrong, 2 it cannot run."""

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
    add("--activation", default="sigmoid", help="of the hidden layers: sigmoid, tanh, relu, ...")
    add("--output", help="activation of the output layer; by default the one that fits the cost")
    add("--cost", default="quadratic", help="quadratic, cross_entropy or log_likelihood")
    add("--layout", default="columns", help="columns (an example is a column) or rows")
    add("--order", default="w,b", help="order of the two lists: w,b or b,w")
    add("--reduction", default="mean", help="mean or sum over the examples")
    add("--weight-decay", type=float, default=0.0, metavar="LAMBDA", help="adds (lambda/n) w")
    add("--training-size", type=int, metavar="N", help="n of the weight decay")
    add("--one-example", action="store_true", help="it takes one example at a time")
    add("--sizes", type=_sizes, metavar="4,6,3", help="the widths of the network to try it on")


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
    return _one(options, path, _task(options, function=function, network=_network(options)))


def _check(options):
    path, function = _target(options.target)
    if options.exercises:
        try:
            own.read(options.exercises)
        except ValueError as error:
            options.parser.error(str(error))
    return _one(options, path, _task(options, function=function, step=options.step))


def _target(text):
    """Return file and function; the colon of ``C:\\file.py`` is none of ours."""
    path, colon, name = text.rpartition(":")
    if colon and name.isidentifier() and not Path(text).exists():
        return path, name
    return text, None


def _network(options):
    """Return the keywords of ``bpcourse.diagnose``."""
    names = ("activation", "output", "cost", "layout", "order", "reduction")
    names += ("weight_decay", "training_size", "sizes")
    return {**{name: getattr(options, name) for name in names}, "batch": not options.one_example}


def _task(options, *, function, step=None, network=None):
    """Return the task; a wrong option ends the program before anything runs."""
    task = classroom.Task(function, step, network, options.timeout, options.memory)
    try:
        task.verify()
    except (ValueError, TypeError) as error:
        options.parser.error(str(error))
    return task


def _one(options, path, task):
    outcome = classroom.examine(path, task)
    if options.json:
        _say(json.dumps(_as_dict(outcome, path, options.hint), indent=2))
    else:
        text = outcome.texts[options.hint - 1]
        # The message was written for Python; here an option says more.
        text = re.sub(r"^.*\bhint\((\d)\).*$", r"More: --hint \1", text, flags=re.MULTILINE)
        _say(printable(text))
        if outcome.status == "cannot run" and outcome.output:
            _say("\nThe last lines that it printed:")
            _say("\n".join(f"  | {line}" for line in _last_lines(outcome.output)))
    return STATUS.get(outcome.status, STATUS["cannot run"])


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
