"""Findings on what keeps a program from being judged, or its answer from counting."""

import difflib
import re
import signal

from bpcourse.diagnosis.findings import Finding

_LONG, _WIDTH = 1_000, 76


def obstacle(cause, title, sentence, nudge, solution, equation="call"):
    """Return the finding for what keeps a function from being judged."""
    return Finding(equation, (), cause, title, sentence, (nudge, solution, solution))


def unreadable(file, reason):
    """Return the finding for a file that can't be read."""
    return obstacle(
        "unreadable",
        "the file can't be read",
        f"The file {file} can't be read: {reason}.",
        "Is it there, is it a file, and may you read it?",
        "Save it again, as a plain file with the ending .py.",
    )


def no_python(said, where="", shown="", part="the file"):
    """Return the finding for a text that isn't Python, with the line: " in line 12"."""
    shown = shown.strip()[:_WIDTH]
    advice = "Run the file itself, `python my_file.py`: Python marks the place. Save it as UTF-8."
    if part != "the file":
        advice = "Run the cell: Python marks the place."
    return obstacle(
        "syntax",
        "syntax error",
        f"Python can't read {part}: {said}{where}{': ' + shown if shown else '.'}",
        "Look at this line, and at the one before it: is a bracket or a quote still open?",
        advice,
    )


def fails(raised, said, where, text, when="when it is loaded", part="the file"):
    """Return the finding for what a submission raised, with the line: " in line 12"."""
    where = f",{where}: {text}" if where else "."
    cause, title = "exception", f"raises {raised} {when}"
    if raised == "SystemExit":
        cause, title = "exit", f"ends Python {when}"
    if raised == "MemoryError":
        cause, title = "memory", f"needs too much memory {when}"
    return obstacle(
        cause,
        title,
        f"{part[0].upper()}{part[1:]} raises {raised}{f' ({said})' if said else ''} {when}{where}",
        "What stands outside of all functions runs when a file is loaded. Is all of it needed?",
        'Keep imports and functions outside; put the rest under `if __name__ == "__main__":`.',
    )


_SCRIPT = (
    "A script without such a function is judged by the values that it ends with: --vars "
    "x=X,y=Y,weights=W1:W2,biases=b1:b2,grads=dW1:db1:dW2:db2."
)


def missing(file, answer, *, at_home=False):
    """Return the finding for a function that isn't there, with those that are.

    At home, the terminal takes classes and scripts as well.
    """
    name, own = answer["missing"], answer["own"]
    said = f"{name} is no function but a {answer['kind']}" if answer["kind"] else ""
    lower = {each.lower(): each for each in own}
    close = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)
    close += [each for each in lower if name.lower() in each and each not in close]
    parts = [f"{said or f'{file} has no function {name}'}."]
    if close:
        parts.append(f"Did you mean {' or '.join(lower[each] for each in close)}?")
    elif answer["classes"]:
        parts.append(f"{name} is a method of the class {answer['classes'][0]}.")
    parts.append(f"The functions of the file: {', '.join(own) or 'none'}.")
    if defined := answer.get("defined"):
        parts.append(f"Its classes: {', '.join(defined)}.")
    if at_home and not close and not answer["classes"]:
        parts.append(_SCRIPT)
    if at_home:
        rename = f"Rename the function, or name it behind a colon: {file}:the_function"
        advice = f"{rename}, {file}:TheClass, {file}:TheClass.method."
    else:
        advice = f"Call the function {name}, as the task does."
        advice = _method(name, answer["classes"][0]) if answer["classes"] else advice
    return obstacle(
        "no_function",
        f"no function {name}",
        " ".join(parts),
        "Is it the right file, and is the name spelled as in the task?",
        advice,
    )


def _method(name, kind):
    return (
        f"Add a function that makes an object of {kind}, puts the given weights and biases into it "
        f"and returns what its {name} returns. A class by itself is judged at home: "
        "bp.diagnose takes it."
    )


def missing_module(module, name="", where=""):
    """Return the finding for an answer that needs a package which is not there."""
    what = f"{name}, which it uses, comes from {module}" if name else f"It imports {module}"
    near = difflib.get_close_matches(module, ("numpy", "math", "bpcourse", "matplotlib"), 1, 0.7)
    meant = f" Did you mean {near[0]}?" if near else ""
    return obstacle(
        "missing_module",
        f"needs {module}, which is not here",
        f"{what}{where}: no package of this name is installed on the machine on which the class "
        f"is judged, and no such file was handed in.{meant}",
        "Is the name spelled right, and can it be written with NumPy alone?",
        f"A teacher who allows it installs {module} there, and judges once more. A file of your "
        "own is handed in beside the notebook.",
    )


def given_away(module, name):
    """Return the finding for an answer that is imported from a file of the assignment."""
    return obstacle(
        "given",
        "taken from a file of the assignment",
        f"{name} comes from {module}, which belongs to the assignment. The answer must be your "
        "own.",
        "Which lines of your own compute it?",
        f"Write {name} yourself; {module} is there for the check alone.",
    )


def other_language(name, where, magic):
    """Return the finding for an answer in a cell that is not run as Python."""
    return obstacle(
        "cell_magic",
        f"{name} stands in a cell that is no Python",
        f"{where[0].upper()}{where[1:]}, which would define {name}, begins with {magic}: such a "
        "cell is not run.",
        f"What does {magic} do with the rest of its cell?",
        f"Remove the line {magic}.",
    )


def measured(subject, digits, *, whole):
    """Return the finding for derivatives that are differences; of the ``whole`` of a network."""
    what, values = "no derivative found by a rule", "a function"
    if whole:
        what, values = "not backpropagation", "the cost"
    return obstacle(
        "finite_differences",
        "finite differences",
        f"The results of {subject} are finite differences: right to about {digits} digits, but "
        f"{what}. They are {values} at two points close by, subtracted, and divided by the "
        "distance.",
        "Which of your lines follows from the chain rule?",
        "Write the derivative as a formula. Differences are good for checking it.",
        "return",
    )


def late(seconds, line):
    """Return the finding for a submission that was stopped."""
    return obstacle(
        "timeout",
        f"no answer within {seconds:g} s",
        f"It was stopped after {seconds:g} s{line}.",
        "Is there a loop whose condition never changes, or one that waits for something?",
        "Print what the condition of the loop depends on, every time around.",
    )


def ended(code, line, broken):
    """Return the finding for a process that gave no answer."""
    if broken:
        return obstacle(
            "broken",
            "its answer is broken",
            "What came back is no result: something wrote into the channel over which results "
            "come back, or replaced functions of Python's own that carry them.",
            "What writes into files that it did not open (os.write), or changes other modules?",
            "Remove it: the function returns its result, and print does no harm.",
        )
    if code is not None and code < 0:
        name = _signal_name(-code)
        return obstacle(
            "signal",
            f"crashed ({name})",
            f"The process was ended by the signal {name}{line}.",
            "Python itself does not crash. Is there C code (ctypes), os.abort or os.kill? SIGKILL "
            "may stand for a lack of memory, SIGXCPU for one of processor time.",
            "Remove it: the function needs NumPy alone.",
        )
    if code is None:
        return obstacle(
            "exit",
            "gives no answer any more",
            "The process closed the channel over which results come back, and gave no result.",
            "What closes files that it did not open (os.close, os.closerange)?",
            "Remove it: the function returns its result.",
        )
    return obstacle(
        "exit",
        f"ended the process (exit status {code})",
        f"The process ended itself with exit status {code} before there was a result.",
        "Is there an os._exit, or something that closes files that it did not open?",
        "Remove it: the function returns its result.",
    )


def swollen():
    """Return the finding for a submission whose processes together hold too much memory."""
    return obstacle(
        "memory",
        "needs too much memory",
        "It was stopped: its processes together held more memory than the limit allows.",
        "Why does it start processes (os.fork, a pool), and what does each of them hold?",
        "Remove them: the function computes with NumPy alone.",
    )


def crowded():
    """Return the finding for a submission that starts processes without end."""
    return obstacle(
        "processes",
        "starts too many processes",
        "It was stopped: it had started more processes than any exercise needs.",
        "What does os.fork, or a pool of workers, do in a function that is called many times?",
        "Remove it: the function computes with NumPy alone.",
    )


def too_large(size):
    """Return the finding for a result that is not sent."""
    size = f"{size:,} bytes" if isinstance(size, int) else "something else"
    return obstacle(
        "too_large",
        "a result that is far too large",
        f"The result is no pair of gradients but {size}.",
        "Which shape should each array have, and which one has yours?",
        "Print the shapes before you return.",
    )


def not_started(error):
    """Return the finding for a process that could not be started."""
    return obstacle(
        "not_started",
        "could not be started",
        f"The submission could not be started: {type(error).__name__}: {error}.",
        "Is there room in memory and on the disk? Is the number of processes limited?",
        "Run it again, with fewer --jobs.",
    )


def not_run():
    """Return the finding for a submission whose turn never came."""
    reason = "It was not run: the work was stopped before its turn came."
    return obstacle("not_run", "not run", reason, "Run the class again.", reason)


def fault(error):
    """Return the finding for a fault of this package."""
    said = f"{type(error).__name__}: {error}"[:_LONG]
    advice = "Please report it, with the file."
    sentence = f"bpcourse itself failed: {said}"
    return obstacle("judge", "could not be judged", sentence, advice, advice)


def borrowed(subject, places):
    """Return the finding for an answer that somebody else's program computed."""
    return obstacle(
        "borrowed",
        "computed by another program",
        f"{subject} gives the right numbers, but it has them computed: it calls {places}.",
        "Which of the lines are the ones that the exercise asks you to write?",
        "Write the computation yourself, with NumPy's products and sums.",
        "return",
    )


def asked(subject, places):
    """Return the finding for a function that asks the course for its answer."""
    return obstacle(
        "asked",
        "asks the course for the answer",
        f"{subject} calls {places}. Where a submission is judged, what the course itself computes "
        "is not there: the function has to compute its answer.",
        "Which of the lines are the ones that the exercise asks you to write?",
        "Write the computation yourself, with NumPy's products and sums.",
        "return",
    )


def starts_program(subject, how):
    """Return the finding for a function that starts a program, where that is possible."""
    return obstacle(
        "borrowed",
        "starts another program",
        f"{subject} gives the right numbers, but it starts another program ({how}), and what that "
        "one computes can't be seen.",
        "What is this line for?",
        "Remove it; the exercise needs NumPy alone.",
        "return",
    )


def out_of_sight(subject, what):
    """Return the finding for a function that hides what it calls."""
    return obstacle(
        "out_of_sight",
        "hides what it calls",
        f"{subject} gives the right numbers, but hides where it has them from: {what}.",
        "What is this line for?",
        "Remove what steers Python itself; the exercise needs NumPy alone.",
        "return",
    )


def fixed_depth(subject, sentence):
    """Return the finding for a function that is written for one number of layers."""
    return obstacle(
        "fixed_depth",
        "works for one hidden layer only",
        f"{subject} works for a network with one hidden layer only, and was judged there; the "
        f"task asks for any number of layers. Elsewhere: {sentence}",
        "How many arrays of weights does your program expect, and how many can there be?",
        "Let a loop go over the weights, however many there are, and keep z and a in lists.",
        "return",
    )


def some_only(subject, sentence):
    """Return the finding for what is right on some networks only."""
    return obstacle(
        "some_settings",
        "right in some settings only",
        f"{subject} is right on some networks and wrong on others. {sentence}",
        "Does a number of this one network, or of this one mini-batch, stand in your program?",
        "Let every size come from the shapes of the arguments, and every result from all of them.",
        "return",
    )


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"number {number}"


def last_line(trace, names, texts):
    """Return where a submission was when it was ended, from what it wrote down itself."""
    for place, name in enumerate(names):
        found = re.search(rf'File "{re.escape(name)}", line (\d+)', trace)
        if found:
            lines = texts[place].splitlines()
            number = int(found[1])
            code = lines[number - 1].strip()[:80] if 0 < number <= len(lines) else ""
            return f", in line {number}{f' ({code})' if code else ''}"
    return ""
