"""The commands: ``python -m bpcourse diagnose``, ``check`` and ``class``."""

import argparse
import json
import os
import platform
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import bpcourse
from bpcourse import classroom
from bpcourse.classroom import report

STATUS = {"right": 0, "wrong": 1, "cannot run": 2}
USAGE, INTERRUPTED = 2, 130

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

Exit status: 0 it is right, 1 it is wrong, 2 it cannot run."""

_CLASS = """examples:
  python -m bpcourse class submissions/
  python -m bpcourse class submissions/ --pattern "*/backprop.py" --layout rows --out week3

Each submission runs in a process and a temporary directory of its own. Start the command from
another directory than theirs, or Python may import a file of theirs as one of its own. Exit status:
0 when all have run, right or wrong; 2 for a wrong option.

This is NOT a security sandbox: a submission can do whatever you can do. Run files that you don't
trust in a container without a network,

  mkdir -p out
  docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --pids-limit 256 \\
    --memory 4g --user "$(id -u):$(id -g)" -v "$PWD/submissions:/submissions:ro" \\
    -v "$PWD/out:/out" IMAGE python -m bpcourse class /submissions --out /out/report

where IMAGE has this package installed; or in a virtual machine; or at least as a user who owns
nothing. On Windows only the time limit works, on macOS the limit of memory does not."""


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
    commands = parser.add_subparsers(required=True, metavar="diagnose | check | class")
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
    _add_output(check)
    _add_limits(check)
    group = _command(commands, "class", _class, "judge the submissions of a class", _CLASS)
    _add_class(group)
    _add_network(group)
    _add_limits(group)
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
    add("--memory", type=_bytes, default="1G", metavar="SIZE", help="such as 512M; 0: none (1G)")


def _add_class(parser):
    add = parser.add_argument
    add("directory", help="holds the submissions")
    add(
        "--pattern",
        default="*.py",
        help='which files; "*/backprop.py" for one directory per student (*.py)',
    )
    add("--function", help="its name; by default backprop, or the only function of a file")
    add("--step", help="check this step (see the command check) instead of all backpropagation")
    add("--out", default="report", metavar="NAME", help="writes NAME.csv and NAME.html (report)")
    add("--jobs", type=int, metavar="N", help="submissions at a time; by default one per processor")


def _sizes(text):
    return [int(n) for n in text.split(",")]


def _bytes(text):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size, want one such as 512M or 1G")
    return int(float(found[1]) * 1024 ** " KMG".index(found[2].upper() or " "))


def _diagnose(options):
    path, function = _target(options.target)
    task = _task(options, function=function, network=_network(options))
    return _one(options, path, replace(task, form=_form(options)))


def _check(options):
    path, function = _target(options.target)
    return _one(options, path, _task(options, function=function, step=options.step))


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
        _say(report.printable(_with_options(text)))
        if outcome.status == "cannot run" and outcome.output:
            _say("\nThe last lines that it printed:")
            _say("\n".join(f"  | {line}" for line in _last_lines(outcome.output)))
    return STATUS[outcome.status]


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
    return report.printable(output).splitlines()[-number:]


def _class(options):
    begin = time.time()
    network = None if options.step else _network(options)
    task = _task(options, function=options.function, step=options.step, network=network)
    try:
        names = classroom.find(options.directory, options.pattern)
    except ValueError as error:
        options.parser.error(str(error))
    if options.jobs is not None and options.jobs < 1:
        options.parser.error(f"--jobs is {options.jobs}, want 1 or more")
    _verify_writable(options)
    outcomes, complete = _run_class(options, names, task)
    others = classroom.left_out(options.directory, names)
    facts = _facts(options, task, time.time() - begin) | _not_judged(others)
    paths = classroom.write_report(options.out, outcomes, facts)
    _summary(outcomes, paths, time.time() - begin)
    for heading, files in _not_judged(others).items():
        _say(report.printable(f"{heading}: {files}"))
    return 0 if complete else INTERRUPTED


def _verify_writable(options):
    """Refuse a place for the report that can't be written, before a class is run for nothing."""
    try:
        classroom.write_report(options.out, [])
    except OSError as error:
        options.parser.error(f"the report can't be written: {error}")


def _run_class(options, names, task):
    """Return one outcome for each name, and whether all were run; Ctrl-C keeps what is there."""
    done = {}

    def progress(outcome):
        done[outcome.name] = outcome
        what = f"{outcome.status}{', ' if outcome.title else ''}{outcome.title}"
        line = f"[{len(done)}/{len(names)}] {outcome.name}: {what} ({outcome.seconds:.1f} s)"
        sys.stderr.write(report.printable(line).replace("\n", " ") + "\n")
        sys.stderr.flush()

    try:
        classroom.run(options.directory, names, task, jobs=options.jobs, progress=progress)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The report holds what has run.\n")
    return [done.get(name) or classroom.stopped(name) for name in names], len(done) == len(names)


def _facts(options, task, seconds):
    """Return what was run, for the head of the report."""
    what = f"the step {task.step}" if task.step else _arguments(task.options)
    memory = f"{task.memory / 1024**2:,.0f} MiB" if task.memory else "none"
    return {
        "Files": f"{options.pattern} in {options.directory}",
        "Function": task.function or f"{task.step or 'backprop'}, or the only one of a file",
        "Judged as": what,
        "Limits": f"{task.seconds:g} s, memory {memory}",
        "Run": f"{time.strftime('%Y-%m-%d %H:%M')}, in {seconds:.0f} s, "
        f"{options.jobs or os.cpu_count()} at a time",
        "With": f"bpcourse {bpcourse.__version__}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}",
    }


def _not_judged(files):
    """Return what to say of files that the pattern does not fit, such as notebooks."""
    if not files:
        return {}
    shown, more = ", ".join(files[:5]), f" and {len(files) - 5} more" if len(files) > 5 else ""
    return {"Not judged": f"{shown}{more}"}


def _arguments(options):
    """Return the keywords of ``diagnose`` as text, without those that ask for nothing."""
    shown = {
        k.replace("_", " "): v for k, v in options.items() if v and (k, v) != ("labels", "one_hot")
    }
    shown.pop("batch", None)
    text = ", ".join(f"{name} {value}" for name, value in shown.items())
    return text if options["batch"] else f"{text}, one example at a time"


def _summary(outcomes, paths, seconds):
    counts = ", ".join(f"{n} {status}" for status, n in report.count(outcomes).items())
    _say(f"{len(outcomes)} submissions in {seconds:.0f} s: {counts}")
    for status, heading in (("wrong", "Mistakes"), ("cannot run", "What did not run")):
        found = classroom.misconceptions(outcomes, status)
        if found:
            _say(f"\n{heading}:")
        for each in found:
            _say(report.printable(f"{len(each.names):5}  {each.title}"))
    _say(f"\nThe report: {paths[1]} (for people), {paths[0]} (for programs)")
    _say("This was not a security sandbox: see --help.")


def _say(text):
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
