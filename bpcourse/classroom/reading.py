"""A file that was handed in, as what is sent to the process that judges."""

import json
from pathlib import Path

from bpcourse.submission.program import decoded


def read(name, data, *, path=None):
    """Return a file as what is sent to the process that judges.

    Parameters
    ----------
    name : str
    data : bytes or str
        Its bytes, or why it can't be read.
    path : path, optional
        Where it lies, for a learner's own file that may use its neighbors.

    Returns
    -------
    dict
        "file"; "units", pairs of a name and a text; "labels", what each is called: "cell 3", or ""
        for a file; "whole", whether they run as an import would;
        "path" and "folder", where the file says that it is; "problem", why there is no text.
    """
    file = name.rpartition("/")[2] if path is None else Path(path).name
    made = {"file": file, "units": [], "labels": [], "whole": True, "problem": None, "notes": []}
    made |= {"path": str(path) if path else "submission.py"}
    made["folder"] = str(Path(path).parent) if path else None
    if isinstance(data, str):
        return {**made, "problem": problem("unreadable", file, data)}
    if file.endswith(".ipynb"):
        return _notebook(made, data)
    try:
        text = decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return {**made, "problem": problem("syntax", file, error, data)}
    return {**made, "units": [[made["path"], text]], "labels": [""]}


def _notebook(made, data):
    """Return a notebook's code cells, each a text of its own."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
        sheets = notebook.get("worksheets", [notebook])  # sheets: before 2014
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        codes = (c for c in cells if c.get("cell_type") == "code")
        sources = [_text(c["input"] if "input" in c else c["source"]) for c in codes]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {**made, "problem": problem("notebook", made["file"], error)}
    units = [[f"{made['path']}[cell {k}]", text] for k, text in enumerate(sources, 1)]
    labels = [f"cell {k}" for k in range(1, len(units) + 1)]
    return {**made, "units": units, "labels": labels, "whole": False}


def _text(source):
    return (
        "" if source is None else source if isinstance(source, str) else "".join(map(str, source))
    )


def problem(kind, file, reason, data=b""):
    """Return what is said about a file that is no program, as the arguments of a finding."""
    line = ""
    if kind == "syntax" and isinstance(reason, UnicodeDecodeError):
        number = data.count(b"\n", 0, reason.start) + 1
        reason, line = (
            f"byte 0x{data[reason.start]:02x} is not {reason.encoding}",
            f" in line {number}",
        )
    said = f"The file {file} can't be read: {reason}."
    nudge, solution = (
        "Is it there, is it a file, and may you read it?",
        "Save it again, as a plain file.",
    )
    title = "the file can't be read"
    if kind == "syntax":
        said, title = f"Python can't read the file: {reason}{line}.", "syntax error"
        nudge, solution = "In which encoding was it saved?", "Save it as UTF-8."
    if kind == "notebook":
        said = f"{file} is no notebook: {type(reason).__name__}: {str(reason)[:200]}."
        nudge = "Does it open in Jupyter?"
        kind, title = "unreadable", "no notebook"
    if kind == "nothing_handed_in":
        said, title = f"There is nothing to judge: {reason}.", "no .py or .ipynb handed in"
        nudge = "Which file holds your functions?"
        solution = "Hand in the notebook (.ipynb) or the Python file (.py) itself."
    return {"cause": kind, "title": title, "sentence": said, "nudge": nudge, "solution": solution}


def nothing(source, reason):
    """Return a source with nothing to judge in it: "no .py or .ipynb was handed in"."""
    found = problem("nothing_handed_in", source["file"], reason)
    return {**source, "units": [], "labels": [], "problem": found}
