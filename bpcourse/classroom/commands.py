"""The commands ``check``, ``class`` and ``assignment``, as a teacher types them."""

import argparse
import contextlib
import platform
import re
import secrets
import signal
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bpcourse.classroom import adjustments, files, marks, report, sources, unit
from bpcourse.classroom.assignment import located, read_assignment
from bpcourse.classroom.bench import jobs as all_jobs
from bpcourse.classroom.bench import memory_of
from bpcourse.classroom.files import verify_writable
from bpcourse.classroom.marks_folder import write_marks
from bpcourse.classroom.outcomes import misconceptions, run_all, stopped
from bpcourse.classroom.text import printable
from bpcourse.submission.task import Task

INTERRUPTED = 130
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

CLASS = """examples:
  python -m bpcourse class submissions/
  python -m bpcourse class submissions.zip --assignment week3.toml --out marks
  python -m bpcourse class submissions/ --pattern "*/backprop.py" --layout rows --out week3

Files (.py) and notebooks (.ipynb) are judged, in folders and archives as Canvas, Moodle and
Gradescope make them. Each submission runs in a process and an empty temporary directory of its own
and is judged in another process; networks and numbers are drawn anew for every run (the report
names the seed, --seed repeats it). On Linux it is kept from files, network and processes as far as
the system allows; the report says how far. Exit status: 0 when all have run, right or wrong; 2 for
a wrong option; 3 if the report could not be written where it was wanted; 130 or 143 when it was
stopped: the report holds what had run.

What you decide by hand, other points or who is late, stands in adjustments.csv in the folder of the
marks (columns id, question, points, late, reason): it is read anew by every run, and never written.

This is NOT a security sandbox. Run files that you don't trust in a container without a network,

  docker build -t bpcourse .
  mkdir -p out
  docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --pids-limit 256 \\
    --memory 4g --user "$(id -u):$(id -g)" -v "$PWD/submissions:/submissions:ro" \\
    -v "$PWD/out:/out" bpcourse class /submissions --out /out/report

or in a virtual machine; or at least as a user who owns nothing. On Windows only the time limit
works, on macOS the limit of memory does not."""

ASSIGNMENT = """examples:
  python -m bpcourse assignment six-exercises --out six-exercises
  python -m bpcourse assignment week3.toml --out week3
  python -m bpcourse assignment week3.toml --out course --format nbgrader

Writes what students get: the notebook, a README, what installs the course, a workflow for GitHub
Classroom; and, in the folder teacher, the solutions and a marking guide. "six-exercises" is a unit
for two weeks that comes with the course. --format nbgrader or otter writes the source notebook of
that tool, whose test cells call bpcourse.check and show what it says; gradescope an autograder."""


class _Terminated(KeyboardInterrupt):
    """A signal that asks the program to end; ``number`` says which."""

    def __init__(self, number):
        super().__init__()
        self.number = number


def add_class(parser):
    """Add the options of the command ``class``, except those of the network and of limits."""
    add = parser.add_argument
    add("directory", help="holds the submissions: a folder, or a .zip of it")
    add(
        "--pattern",
        help='which files; "*/backprop.py" for one directory per student; by default all .py and '
        ".ipynb files, one or two directories down if there are none",
    )
    add("--assignment", metavar="FILE", help="a .toml file with the questions and their points")
    add("--function", help="its name; by default backprop, or the only function of a file")
    add("--step", help="check this step (see the command check) instead of all backpropagation")
    add("--exercises", metavar="FILE", help="a .py file that registers exercises of your own")
    add(
        "--out",
        metavar="NAME",
        help="writes NAME.csv and NAME.html (report); with --assignment a folder (marks)",
    )
    add("--export", choices=("canvas", "moodle", "gradescope"), help="also what it takes")
    add("--hint", type=int, choices=(1, 2, 3), help="how much the feedback says (assignment's)")
    add("--seed", type=int, metavar="N", help="repeats the networks and numbers of another run")
    add("--jobs", type=int, metavar="N", help="submissions at a time; by default one per processor")


def add_assignment(parser):
    """Add the options of the command ``assignment``."""
    add = parser.add_argument
    add("file", metavar="week3.toml", help="the assignment, or six-exercises")
    add("--out", default="assignment", metavar="DIR", help="where to write (assignment)")
    formats = ("plain", "nbgrader", "otter", "gradescope")
    add("--format", choices=formats, default="plain", help="(plain)")


def run_assignment(options):
    """Write the notebooks of an assignment, and return the exit status."""
    try:
        made = read_assignment(options.file)
        source = located(options.file)
        paths = unit.write_assignment(options.out, made, source, form=options.format)
    except (ValueError, OSError) as error:
        options.parser.error(str(error))
    for path in paths:
        _say(str(path))
    if options.format in ("nbgrader", "otter"):
        _say("\nWhat the file asks for and this tool does not do:")
        for each in unit.losses(made, options.format):
            _say(f"- {each}")
    name = unit.slug(made)
    _say("\n" + _NEXT[options.format].format(name=name, out=options.out))
    return 0


_NEXT = {
    "plain": "Hand out {out} without its folder teacher.",
    "nbgrader": "Next, in {out}: nbgrader generate_assignment {name}\n"
    "Then: https://nbgrader.readthedocs.io/en/stable/user_guide/"
    "creating_and_grading_assignments.html",
    "otter": "Next, in {out}: otter assign {name}.ipynb dist\n"
    "Then: https://otter-grader.readthedocs.io/en/latest/otter_assign/",
    "gradescope": "Next: upload {out}/autograder.zip as the autograder of a programming "
    "assignment\nThen: https://gradescope-autograders.readthedocs.io/",
}


def run_class(options, network, version):
    """Judge a class, write the report and the marks, and return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
    network : dict or None
        Keywords of ``bpcourse.diagnose``; None to check a step.
    version : str
        That of this package, for the report.

    Returns
    -------
    int
    """
    begin = time.time()
    options.seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    assignment, tasks = _asked(options, network)
    class_, names = _handed_in(options, assignment)
    out = _place(options, assignment)
    class_, changes = _adjusted(options, assignment, class_, Path(out).parent)
    with _signals() as ignore:
        results, number = _judged(options, class_, tasks, assignment)
        ignore()
        asked = (options, version, assignment, tasks, begin)
        return _written(*asked, out, (class_, names, changes), results) or number


def _written(options, version, assignment, tasks, begin, out, handed_in, results):
    """Write the report and the marks, and say so; return the exit status."""
    class_, names, changes = handed_in
    facts = _facts(options, tasks, results, assignment, time.time() - begin)
    facts["With"] = f"bpcourse {version}, {facts['With']}"
    outcomes = [each for group in results for each in group]
    notices = _not_judged(options, names, class_) | _missing(outcomes) | _by_hand(changes)
    marked = marks.marked(assignment, class_, results, changes) if assignment else []
    sheet = _sheet(assignment, marked) if assignment else None
    more = {"sheet": sheet, "notices": notices, "code": {e.name: _code(e) for e in class_}}

    def write_all(place):
        paths = report.write_report(place, outcomes, facts, **more)
        if assignment:
            extra = {"export": options.export, "adjustments": changes}
            paths += write_marks(Path(place).parent, assignment, class_, results, **extra)
        return paths

    try:
        paths = write_all(out)
    except OSError as error:
        return _rescue(write_all, outcomes, error)
    _summary(outcomes, paths, time.time() - begin, assignment, marked, len(class_))
    for heading, said in notices.items():
        _say(printable(f"{heading}: {said}"))
    return 0


def _adjusted(options, assignment, class_, folder):
    """Return the submissions and what was decided by hand; what can't be meant ends the program."""
    if assignment is None:
        return class_, adjustments.Adjustments()
    try:
        changes = adjustments.read(folder / adjustments.NAME, assignment)
        return adjustments.with_late(class_, changes), changes
    except ValueError as error:
        options.parser.error(str(error))
    return class_, None


def _by_hand(changes):
    """Return a notice of how much was decided by hand."""
    number = len(changes)
    what = "1 decision" if number == 1 else f"{number} decisions"
    return {"Set by hand": f"{what}, in {adjustments.NAME}"} if number else {}


def _missing(outcomes):
    """Return a notice of what submissions import and this machine does not have."""
    titles = {
        finding["title"]: None
        for each in outcomes
        for finding in each.findings
        if finding["cause"] == "missing_module"
    }
    return {"Missing on this machine": "; ".join(titles)} if titles else {}


def _code(submission):
    """Return the program of a submission, its parts one below the other."""
    units = submission.source.get("units", ())
    if len(units) == 1:
        return units[0][1]
    return "\n\n".join(f"# {name}\n{text}" for name, text in units)


def _asked(options, network):
    """Return the assignment, if there is one, and the tasks; a wrong option ends the program."""
    try:
        if options.exercises:
            from bpcourse.exercises import own

            own.read(options.exercises)
        if options.assignment:
            if given := _for_one_question(options):
                raise ValueError(
                    f"{', '.join(given)}: for one question; the assignment has keys for its own"
                )
            made = read_assignment(options.assignment)
            made = replace(made, hint=options.hint or made.hint)
            return made, [replace(task, seed=options.seed) for task in made.tasks]
        if options.export:
            raise ValueError("--export needs an --assignment, which says what a question is worth")
        limits = {"seconds": options.timeout, "memory": options.memory}
        task = Task(options.function, options.step, network, **limits, seed=options.seed)
        task.verify()
    except (ValueError, TypeError) as error:
        options.parser.error(str(error))
    return None, [task]


def _for_one_question(options):
    """Return the options that were given and that an assignment answers for each question."""
    names = ("step", "function", "timeout", "memory", "activation", "output", "cost", "layout")
    names += ("labels", "order", "reduction", "weight_decay", "training_size", "one_example")
    names += ("biases", "sizes")
    usual = {name: options.parser.get_default(name) for name in names}
    usual["memory"] = size(usual["memory"])
    given = [name for name in names if getattr(options, name) != usual[name]]
    return ["--no-biases" if name == "biases" else f"--{name.replace('_', '-')}" for name in given]


def _handed_in(options, assignment):
    """Return the submissions, which are read here, before the first one runs."""
    if options.jobs is not None and options.jobs < 1:
        options.parser.error(f"--jobs is {options.jobs}, want 1 or more")
    try:
        given = sources.Given(assignment.exercises, unit.slug(assignment)) if assignment else None
        names = sources.find(options.directory, options.pattern, given=given)
        extra = {"by_student": True, "given": given} if assignment else {}
        return sources.submissions(options.directory, names, **extra), names
    except ValueError as error:
        options.parser.error(str(error))
    return None


def _place(options, assignment):
    """Return the name of the report; a place that can't be written ends the program at once."""
    out = options.out or ("marks" if assignment else "report")
    out = str(Path(out) / "report") if assignment else out
    try:
        for ending in (".csv", ".html"):
            verify_writable(f"{out}{ending}")
    except OSError as error:
        options.parser.error(f"the report can't be written: {error}")
    return out


def _judged(options, class_, tasks, assignment):
    """Return the outcomes of all submissions, and the exit status; what has run is kept."""
    done, number = {}, 0
    progress = _Progress(len(class_), done, tasks)
    files = [*(assignment.exercises if assignment else ()), *filter(None, [options.exercises])]
    extra = {"jobs": options.jobs, "progress": progress, "exercises": files}
    try:
        run_all(class_, tasks, **extra)
    except KeyboardInterrupt as error:
        number = 128 + error.number if isinstance(error, _Terminated) else INTERRUPTED
        sys.stderr.write("Stopped. The report holds what has run.\n")
    never = [[stopped(each.name)] * len(tasks) for each in class_]
    return [done.get(each.name, no) for each, no in zip(class_, never, strict=True)], number


@contextlib.contextmanager
def _signals():
    """Let the signals that end a program end the work only, once: a report is written after it."""
    known = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    known = [each for each in known if signal.getsignal(each) is not signal.SIG_IGN]  # nohup

    def ignore():  # whoever presses Ctrl-C again wants the report, too
        with contextlib.suppress(ValueError):
            for each in known:
                signal.signal(each, signal.SIG_IGN)

    def end(number, _):
        before.clear()  # the program ends after its report: more of them may come until then
        ignore()
        raise KeyboardInterrupt if number == signal.SIGINT else _Terminated(number)

    before = {}
    with contextlib.suppress(ValueError):  # not in the main thread
        for each in known:
            before[each] = signal.signal(each, end)
    try:
        yield ignore
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Progress:
    """One line for each submission, or a bar where somebody watches."""

    def __init__(self, number, done, tasks):
        self._number, self._done, self._tasks, self._begin = number, done, tasks, time.time()

    def __call__(self, submission, outcomes):
        self._done[submission.name] = outcomes
        if sys.stderr.isatty():
            self._bar()
            return
        told = "; ".join(self._told(t, o) for t, o in zip(self._tasks, outcomes, strict=True))
        seconds = sum(each.seconds for each in outcomes)
        line = f"[{len(self._done)}/{self._number}] {submission.name}: {told} ({seconds:.1f} s)"
        sys.stderr.write(printable(line).replace("\n", " ") + "\n")
        sys.stderr.flush()

    def _told(self, task, outcome):
        head = f"{task.name} " if len(self._tasks) > 1 else ""
        return f"{head}{outcome.status}{', ' if outcome.title else ''}{outcome.title}"

    def _bar(self):
        done, number = len(self._done), self._number
        left = (time.time() - self._begin) / done * (number - done)
        full = 40 * done // number
        bar = "#" * full + "." * (40 - full)
        end = "\n" if done == number else ""
        sys.stderr.write(f"\r[{bar}] {done}/{number}, {left:.0f} s left   {end}")
        sys.stderr.flush()


def _sheet(assignment, marked):
    """Return the headings and the rows of the table of marks."""
    rows = [
        [each.student.name, marks.number(each.total), "late" if each.student.late else ""]
        for each in marked
    ]
    return [task.name for task in assignment.tasks], rows


def _facts(options, tasks, results, assignment, seconds):
    """Return what was run, for the head of the report."""
    task, outcomes = tasks[0], [each for group in results for each in group]
    limits = " or ".join(f"{each:g} s" for each in sorted({each.seconds for each in tasks}))
    memory = f"{memory_of(tasks) / 1024**2:,.0f} MiB" if memory_of(tasks) else "none"
    if assignment:
        what = "; ".join(f"{each.name} ({marks.number(each.points)})" for each in tasks)
        first = {"Assignment": f"{assignment.title}, {marks.number(assignment.points)} points"}
        first |= {"Deadline": assignment.deadline} if assignment.deadline else {}
        first |= {"Questions (points)": what}
    else:
        name = task.function or f"{task.step or 'backprop'}, or the only one of a file"
        what = f"the step {task.step}" if task.step else _arguments(task.options)
        first = {"Function": name, "Judged as": what}
    return {
        "Files": f"{options.pattern or '*.py, *.ipynb'} in {options.directory}",
        **first,
        "Limits": f"{limits}, memory {memory}",
        "Kept from": report.kept_from(outcomes),
        "Seed": f"{options.seed} (--seed {options.seed} draws the same networks and numbers)",
        "Run": f"{time.strftime('%Y-%m-%d %H:%M')}, in {seconds:.0f} s, "
        f"{options.jobs or all_jobs()} at a time",
        "With": f"Python {platform.python_version()}, NumPy {np.__version__}",
    }


def _arguments(options):
    """Return the keywords of ``diagnose`` as text, without those that ask for nothing."""
    shown = {k.replace("_", " "): v for k, v in options.items() if v and k != "batch"}
    text = ", ".join(f"{name} {value}" for name, value in shown.items())
    return text if options.get("batch", True) else f"{text}, one example at a time"


def _not_judged(options, names, class_):
    """Return what to say of files that the pattern does not fit, and of earlier attempts."""
    others = sources.left_out(options.directory, names)
    earlier = [name for each in class_ for name in each.earlier]
    return _listed("Not judged", others) | _listed("Earlier attempts, not judged", earlier)


def _listed(heading, files):
    if not files:
        return {}
    shown, more = ", ".join(files[:5]), f" and {len(files) - 5} more" if len(files) > 5 else ""
    return {heading: f"{shown}{more}"}


def _rescue(write_all, outcomes, error):
    """Write everything to another place where the wanted one has no room, and return 3."""
    sys.stderr.write(
        f"Not everything can be written: {error}. Each file there is the new one, whole, or as it "
        "was before.\n"
    )
    import tempfile

    folder = None
    try:
        folder = tempfile.mkdtemp(prefix="bpcourse-")
        paths = write_all(Path(folder) / "report")
        sys.stderr.write(f"All of it is here instead: {paths[1]}\n")
    except OSError:
        if folder:
            files.remove(folder)
        sys.stdout.write(report.as_csv(outcomes))
    return 3


def _summary(outcomes, paths, seconds, assignment, marked, number):
    counts = ", ".join(f"{n} {status}" for status, n in report.count(outcomes).items())
    what = f", {len(assignment.questions)} questions" if assignment else ""
    _say(f"{number} submissions{what} in {seconds:.0f} s: {counts}")
    for status, heading in (("wrong", "Mistakes"), ("cannot run", "What did not run")):
        found = misconceptions(outcomes, status)
        if found:
            _say(f"\n{heading}:")
        for each in found:
            _say(printable(f"{len(each.names):5}  {each.title}"))
    if marked:
        middle = marks.number(statistics.median(each.total for each in marked))
        _say(f"\nPoints: median {middle} of {marks.number(assignment.points)}")
    _say(f"\nThe report: {paths[1]} (for people), {paths[0]} (for programs)")
    if paths[2:]:
        _say(f"Marks and feedback: {', '.join(map(str, paths[2:]))}")
    _say("This was not a security sandbox: see --help.")


def _say(text):
    sys.stdout.write(text + "\n")


def size(text):
    """Return a size such as 512M as a number of bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size, want one such as 512M or 1G")
    return int(float(found[1]) * 1024 ** " KMG".index(found[2].upper() or " "))
