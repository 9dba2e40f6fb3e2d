"""Judge one submission: send arguments, compare what comes, and run none of it here."""

import linecache
import re
import textwrap
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from bpcourse.classroom import loading, stand_ins
from bpcourse.classroom.given import BENEATH, GIVEN
from bpcourse.classroom.process import Crowded, Ended, Late, Swollen
from bpcourse.classroom.wording import for_a_class
from bpcourse.diagnosis.calling import recognized
from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.diagnosis.findings import Diagnosis
from bpcourse.diagnosis.grain import note
from bpcourse.diagnosis.trouble import Trouble
from bpcourse.exercises.check import check, exercise, topic
from bpcourse.submission import obstacles
from bpcourse.submission.outcome import answer, failure, share

_WIDTH = 76  # of a line of text, as in a diagnosis
_PATIENCE = 4  # so many time limits may all calls for one question take together
# What may be used of the course itself for an answer, as far as the exercise does not ask for it.
_FREE = GIVEN | BENEATH | {"__init__"}
# What may not be used, by the page of exercises; engines never.
_HOMES = {
    "activations": {"activations"},
    "costs": {"costs"},
    "networks": {"network", "parameters"},
    "validation": {"datasets"},
}
# The functions in the course's file of activations that give an answer; the others may be used.
_ASKED = {
    "sigmoid": {"_sigmoid", "_softplus_prime"},
    "sigmoid_prime": {"_sigmoid_prime"},
    "tanh": {"_tanh"},
    "tanh_prime": {"_tanh_prime"},
    "relu": {"_relu"},
    "relu_prime": {"_relu_prime"},
    "softmax": {"_softmax"},
    "softmax_jacobian": {"_softmax_prime"},
    "softmax_vjp": {"_softmax_prime"},
}


def judge(source, tasks, start):
    """Return an answer for each task, whatever the submission does.

    Parameters
    ----------
    source : dict
        As from :func:`bpcourse.classroom.sources.read`.
    tasks : list of Task
    start : callable
        ``start()`` returns a new :class:`~bpcourse.classroom.process.Child`.

    Returns
    -------
    list of dict
        With "diagnosis", "texts", "seconds", "output", "printed", "isolated".
    """
    session = Session(source, start, max(task.seconds for task in tasks))
    try:
        answers = [_timed(session, task) for task in tasks]
        _second_chance(session, tasks, answers)
    finally:
        session.close()
        session.forget()
    output, printed = session.output.decode("utf-8", "replace"), session.printed
    shared = {"output": output, "printed": printed, "isolated": session.isolated}
    return [{**each, **shared} for each in answers]


def _second_chance(session, tasks, answers):
    """Judge what builds on other steps once more, with right ones in the place of wrong ones."""
    status = [each["diagnosis"]["status"] for each in answers]
    causes = [{f["cause"] for f in each["diagnosis"]["findings"]} for each in answers]
    names = [t.step for t, s in zip(tasks, status, strict=True) if t.step and s != "right"]
    for place, task in enumerate(tasks):
        given = [name for name in names if name != task.step and exercise(name).right]
        if not (task.replace_steps and given and status[place] != "right"):
            continue
        if causes[place] & {"borrowed", "asked", "out_of_sight"}:
            continue  # that is no mistake of another step
        once_more = _timed(session, task, given)
        found = once_more["diagnosis"]
        if _worth(found) > _worth(answers[place]["diagnosis"]):
            found["notes"].append(_replaced(given))
            once_more["texts"] = [
                f"{text}\n\n{textwrap.fill('Note: ' + found['notes'][-1], _WIDTH)}"
                for text in once_more["texts"]
            ]
            answers[place] = once_more


def _worth(found):
    """Return what tells the better of two diagnoses: its share of the points, and that it ran."""
    kept = share(found["findings"], partial=True, right=found.get("right"))
    return kept, found["status"] != "cannot run"


def _replaced(given):
    names = f"{', '.join(given[:-1])} and {given[-1]}" if len(given) > 1 else given[0]
    have = "have questions of their own" if len(given) > 1 else "has a question of its own"
    return f"Judged with the course's {names} in place of yours, which {have}."


def _timed(session, task, given=()):
    begin, session.seconds = time.perf_counter(), task.seconds
    try:
        made = answer(_question(session, task, given))
    except stand_ins.Stopped as error:
        made = failure(task.function or session.file, error.finding)
    except OSError as error:
        made = failure(task.function or session.file, obstacles.not_started(error))
    except Exception as error:  # a fault of this package costs one row
        made = failure(task.function or session.file, obstacles.fault(error))
    return {**made, "seconds": time.perf_counter() - begin}


def _question(session, task, given):
    """Return the diagnosis of one function."""
    function, notes = session.function(task.function, task.step or "backprop", given)
    if task.step and task.step != "backprop":
        rng = None if task.seed is None else np.random.default_rng([task.seed, 1])
        found = check(task.step, function, rng=rng)
    else:
        found = _on_networks(function, task)
    found = session.explained(found)
    told = [text for name, text in session.notes if name in ("", task.function or "backprop")]
    found = replace(found, notes=(*told, *notes, *session.passed_over(found), *found.notes))
    found = _derived(_own_work(found, session.seen(), task), task)
    return for_a_class(found, task.options)


def _derived(found, task):
    """Return a diagnosis in which right numbers that were measured are no answer."""
    if not found.measured or not {each.equation for each in found.findings} <= {"inputs"}:
        return found
    finding = obstacles.measured(
        found.subject, found.measured, whole=task.step in (None, "backprop")
    )
    notes = tuple(each for each in found.notes if each != note(found.measured))
    return replace(found, findings=(finding, *found.findings), right=(), notes=notes)


# Networks


def _on_networks(function, task):
    """Return the diagnosis on the first network on which the function is not right."""
    options = task.options or {}
    if task.seed is None:
        return diagnose(function, **options)
    rng = np.random.default_rng([task.seed, 0])
    sizes, other = _settings(options, _layers(function), rng)
    first = diagnose(function, **{**options, "sizes": sizes, "rng": rng})
    if first.status == "cannot run":
        return _on_fewer_layers(function, options, first, rng) or first
    if first.status != "right" or first.measured:
        return first
    later = diagnose(function, **{**options, "sizes": other, "rng": rng})
    return first if later.status == "right" else _some_only(first, later, other)


_ONE_HIDDEN = 3  # layers


def _on_fewer_layers(function, options, first, rng):
    """Return the diagnosis of a function that is written for one hidden layer; or None."""
    if options.get("sizes") or len(first.sizes) == _ONE_HIDDEN:
        return None
    sizes = _different(_ONE_HIDDEN, rng)
    found = diagnose(function, **{**options, "sizes": sizes, "rng": rng})
    if found.status == "cannot run":
        return None
    finding = obstacles.fixed_depth(first.subject, first.findings[0].sentence)
    return replace(found, findings=(finding, *found.findings))


def _layers(function):
    """Return the number of layers that the form of a function is written for, or None."""
    try:
        return recognized(function).layers
    except Trouble:  # the diagnosis says what is the matter
        return None


def _settings(options, layers, rng):
    """Return the widths of a network with all layers different, and of a square one.

    It has another depth, if the depth is free. Mini-batches of many sizes, and layers of equal
    width, are tried by each diagnosis.
    """
    given = options.get("sizes")
    free = not given and layers is None
    depth = len(given) if given else (layers or 3) + 1
    other = int(rng.choice([3, 5])) if free else depth
    return list(given or _different(depth, rng)), [int(rng.integers(3, 6))] * other


def _different(depth, rng):
    """Return so many widths that differ from each other, and from the size of a mini-batch."""
    pool = [3, 4, 5, 6, 8, 9]
    widths = rng.permutation(pool)[: min(depth, len(pool))].tolist()
    return widths + rng.integers(3, 7, depth - len(widths)).tolist()


def _some_only(first, later, sizes):
    """Return the diagnosis of what is right on one network and not on another."""
    where = f"On a network of {', '.join(map(str, sizes))} neurons: "
    said = later.findings[0].sentence if later.findings else later.status
    finding = obstacles.some_only(first.subject, where + said)
    return replace(
        later, findings=(finding, *later.findings), right=first.right, not_judged=(), within=""
    )


# Whose work it is


def _own_work(found, noticed, task):
    """Add what was noticed: as a finding where somebody else's program gave the right numbers."""
    used, hidden = _borrowed(noticed, task), [w for where, w in noticed if where == "out of sight"]
    asked = ", ".join(dict.fromkeys(what for where, what in noticed if where == "closed"))
    if asked and found.status != "right" and not found.right:
        return replace(found, findings=(obstacles.asked(found.subject, asked),), right=())
    programs = [what for where, what in noticed if where == "a program"]
    helpers = {where for where, _ in noticed if re.match("bpcourse/(?!_)", where)}
    helpers = sorted(helpers - set(used))
    notes = [f"The function uses {_dotted(helpers)}."] if helpers else []
    notes += [f"The function calls {asked}, which is not there and gives nothing."] if asked else []
    if found.status == "right" and (used or programs):
        finding = (
            obstacles.borrowed(found.subject, _dotted(used))
            if used
            else obstacles.starts_program(found.subject, programs[0])
        )
        return replace(found, findings=(finding,), right=(), notes=(*found.notes, *notes))
    if found.status == "right" and hidden:
        finding = obstacles.out_of_sight(found.subject, ", ".join(dict.fromkeys(hidden)))
        return replace(found, findings=(finding,), right=(), notes=(*found.notes, *notes))
    return replace(found, notes=(*found.notes, *notes)) if notes else found


def _dotted(files):
    names = [each.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for each in files]
    return ", ".join(dict.fromkeys(names))


def _borrowed(noticed, task):
    """Return the files whose functions may not be used for this question."""
    found = []
    for where, what in noticed:
        if where in ("a program", "out of sight", "closed") or where in found:
            continue
        name = where.removeprefix("bpcourse/").removesuffix(".py")
        own = where.startswith("bpcourse/")
        free = own and name in _FREE - _homes(task.step)
        free = free or (name == "activations" and what not in _ASKED.get(task.step, {what}))
        if not free and not any(_dotted([where]).startswith(each) for each in task.allow):
            found.append(where)
    return found


def _homes(step):
    return _HOMES.get(topic(step), set()) if step and step != "renumbered" else set()


# A submission, loaded

# What an answer must hold, and of which type; an answer that is no such thing is broken.
_FORMS = {
    "load": [{"failures": list}],
    "find": [
        {"missing": str, "kind": str, "own": list, "classes": list},
        {
            "name": str, "parameters": list | None, "home": str, "own": bool, "methods": list,
            "words": list, "returned": list,
        },
    ],
    "replace": [{}],
    "call": [{"result": object, "changed": dict}, {"raised": str, "bases": list}, {"error": str}],
    "expression": [{"data": list, "grads": list}, {"raised": str, "bases": list}],
}  # fmt: skip


_OF_TEXTS = ("own", "classes", "methods", "words", "returned", "bases", "names")


def _has_form(kind, answer):
    """Say whether an answer can be one to this kind of question."""
    fits = any(
        all(name in answer and isinstance(answer[name], type_) for name, type_ in form.items())
        for form in _FORMS[kind]
    )
    return fits and _of_texts(answer) and all(map(_is_failure, answer.get("failures", ())))


def _of_texts(answer):
    """Say whether the lists of names hold names."""
    lists = [answer[name] for name in _OF_TEXTS if isinstance(answer.get(name), list)]
    return all(isinstance(each, str) for names in lists for each in names)


def _is_failure(each):
    known = isinstance(each, dict) and all(
        isinstance(each.get(name), type_)
        for name, type_ in (("raised", str), ("said", str), ("bases", list), ("names", list))
    )
    return (
        known
        and _of_texts(each)
        and isinstance(each.get("line"), int)
        and isinstance(each.get("unit"), int)
    )


class Session:
    """A submission in its process: started when it is needed, and again if it has ended.

    ``seconds`` is the limit of the question that is asked; loading has the longest of all.
    """

    def __init__(self, source, start, seconds):
        self._source, self._start = source, start
        self.seconds = self._longest = seconds
        self.file = source["file"]
        self._names = [name for name, _ in source["units"]]
        self._texts = [text for _, text in source["units"]]
        self._labels, self.notes = source.get("labels", []), source.get("notes", [])
        self._own_modules = source.get("given", [])
        self._child, self._failures, self._given, self._hidden = None, [], [], []
        self.output, self.printed, self.isolated = b"", 0, []
        for name, text in source["units"]:  # for the messages, which quote the line
            lines = [f"{line}\n" for line in loading.lines_of(text)]
            linecache.cache[name] = (len(text), None, lines, name)
        name = self._names[0] if self._names else self.file
        self.code = SimpleNamespace(co_filename=name)

    def function(self, name, preferred, given):
        """Return a stand-in for a function, and notes on it."""
        self._load()
        self._child.spent = 0.0
        self._given = []
        if given:
            names = {each: exercise(each).right for each in given}
            self.ask({"do": "replace", "names": names})
            self._given = list(names.values())
        answer = self.ask({"do": "find", "function": name, "preferred": preferred})
        if "missing" in answer:
            raise stand_ins.Stopped(self._not_there(answer))
        notes = [] if answer["own"] or not answer["home"] else [
            f"The function comes from {answer['home']}, not from this file."
        ]  # fmt: skip
        self.noticed.clear()  # of earlier questions; what was hidden at loading is kept elsewhere
        make = stand_ins.ValueClass if preferred == "Value" else stand_ins.Function
        return make(self, answer), notes

    @property
    def noticed(self):
        """Whose functions it has called."""
        return self._child.noticed if self._child else []

    def seen(self):
        """Return what it has called for this question, and what it hid when it was loaded."""
        return [*self._hidden, *self.noticed]

    def ask(self, request, seconds=None):
        """Return the submission's answer, or raise Stopped."""
        seconds = self.seconds if seconds is None else seconds
        left = _PATIENCE * seconds - self._child.spent
        try:
            if left <= 0:
                raise Late
            answer = self._child.ask(request, self._given, seconds=min(seconds, left))
            if _has_form(request["do"], answer):
                return answer
            finding = obstacles.ended(None, "", True)
        except Late:
            finding = obstacles.late(seconds, self._line(self._child.where()))
        except Crowded:
            finding = obstacles.crowded()
        except Swollen:
            finding = obstacles.swollen()
        except Ended:
            code = self._child.wait()
            line = self._line(self._child.trace)
            finding = obstacles.ended(code, line, self._child.broken)
        except Exception as error:  # no exception of the submission: it must not look like one
            finding = obstacles.fault(error)
        self.close()
        raise stand_ins.Stopped(finding)

    _never, _lacked = None, ""

    def throw(self, answer):
        """Raise what the submission raised, in its line of its file."""
        error = stand_ins.exception(answer)
        self._lacked = str(answer.get("module", "")) or self._lacked
        if not isinstance(error, Exception | SystemExit):
            raise stand_ins.stopped_by(answer, self._texts)
        place, line = answer.get("unit", -1), answer.get("line", 0)
        if not stand_ins.line_of(self._texts, place, line):
            raise error
        # The same exception, as if this line of that file had raised it.
        code = compile("\n" * (line - 1) + "raise error", self._names[place], "exec")
        exec(code, {"error": error})

    def close(self):
        """End the process, and keep what it printed."""
        if self._child is None:
            return
        self._child.close()
        self.output = self._child.output or self.output
        self.printed += self._child.printed
        self.isolated = self._child.isolated or self.isolated
        self._child = None

    def forget(self):
        """Let the text of the submission go."""
        for name in self._names:
            linecache.cache.pop(name, None)

    def _load(self):
        """Start the process and load the submission, unless it is there already."""
        if self._source["problem"]:
            raise stand_ins.Stopped(obstacles.obstacle(**self._source["problem"]))
        if self._never is not None:
            raise stand_ins.Stopped(self._never)
        if self._child is not None:
            return
        self._child, self._given = self._start(), []
        request = {name: self._source[name] for name in ("path", "units", "folder", "whole")}
        try:
            request |= {"do": "load", "seconds": self._longest}
            self._failures = self.ask(request, self._longest)["failures"]
        except stand_ins.Stopped as error:  # it would be the same for the next question
            self._never = error.finding
            raise
        # What was done out of sight when it was loaded can act in every call.
        self._hidden = [each for each in self.noticed if each[0] == "out of sight"]
        if self._failures and self._source["whole"]:
            self._never = self._load_failure(self._failures[0])
            self.close()
            raise stand_ins.Stopped(self._never)

    def _load_failure(self, each):
        bases, line = each.get("bases", ()), each.get("line", 0)
        text = stand_ins.line_of(self._texts, each.get("unit", -1), line)
        part = self._part(each.get("unit", -1)) if text else "the file"
        where = f" in line {line}" if text else ""
        if "module" in each:
            shown = f" ({part},{where}: {text})" if text else ""
            return obstacles.missing_module(str(each["module"]), where=shown)
        if "SyntaxError" in bases or "null bytes" in each["said"]:
            said = re.sub(r" \([^()]*, line \d+\)$", "", each["said"]) or each["raised"]
            return obstacles.no_python(said, where, text, part)
        if each["raised"] in ("MemoryError", "RecursionError") and not line:
            return obstacles.no_python(each["said"] or each["raised"])
        return obstacles.fails(each["raised"], each["said"], where, text, part=part)

    def _part(self, unit):
        """Return how a part of the submission is called: "cell 3"."""
        return (self._labels[unit] if 0 <= unit < len(self._labels) else "") or "the file"

    def _not_there(self, answer):
        """Return why a function is not there: its cell has failed, or it has another name."""
        for each in self._failures:
            if answer["missing"] in each.get("names", ()):
                return self._without(answer["missing"], each)
        return obstacles.missing(self.file, answer)

    def _without(self, name, each):
        """Return why a name is not there, from what failed when it was loaded."""
        if each["raised"] == "NotPython":
            return obstacles.other_language(name, self._part(each.get("unit", -1)), each["said"])
        if "module" in each and str(each["module"]) in self._own_modules:
            return obstacles.given_away(each["module"], name)
        if "module" in each:
            return obstacles.missing_module(str(each["module"]), name)
        return self._load_failure(each)

    def explained(self, found):
        """Return a diagnosis whose first finding names the package that isn't there."""
        if not found.findings or found.findings[0].cause != "exception":
            return found
        said, subject = found.findings[0].sentence, found.subject
        finding = next(
            (
                self._without(name, each)
                for each in self._failures
                if "module" in each
                for name in each.get("names", ())
                if re.search(rf"NameError: name '{re.escape(str(name))}' ", said)
            ),
            None,
        )
        if finding is None and "ModuleNotFoundError" in said and self._lacked:
            finding = self._without(subject, {"raised": "", "module": self._lacked})
        return found if finding is None else Diagnosis(subject, (finding,), notes=found.notes)

    def passed_over(self, found):
        """Return notes on what failed when it was loaded, for an answer that misses its names."""
        said = " ".join(each.sentence for each in found.findings)
        return [
            f"{name} is not there: {self._failed(each)}."
            for each in self._failures
            for name in each.get("names", ())
            if "module" not in each and re.search(rf"'{re.escape(str(name))}'", said)
        ]

    def _failed(self, each):
        part = self._part(each.get("unit", -1))
        if each["raised"] == "NotPython":
            return f"{part} begins with {each['said']}, and was not run"
        return f"its statement in {part} raised {each['raised']}: {each['said'][:100]}"

    def _line(self, trace):
        return obstacles.last_line(trace, self._names, self._texts)
