"""Marks and feedback in the forms that Canvas, Moodle and Gradescope take."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime

from bpcourse.classroom import marks
from bpcourse.classroom.files import write, write_bytes
from bpcourse.classroom.marks import number
from bpcourse.classroom.text import as_csv


def export(folder, platform, assignment, marked, names):
    """Write what a platform takes, and return the files.

    Parameters
    ----------
    folder : path
    platform : {"canvas", "moodle", "gradescope"}
    assignment : Assignment
    marked : list of Marked
    names : list of str
        A file name for each student.
    """
    if platform == "gradescope":
        return [
            write(folder / "gradescope" / name / "results.json", gradescope(assignment, each))
            for name, each in zip(names, marked, strict=True)
        ]
    make = {"canvas": canvas, "moodle": moodle}[platform]
    paths = [write(folder / f"{platform}.csv", make(assignment, marked))]
    members = {"canvas": canvas_files, "moodle": moodle_files}[platform](assignment, marked)
    if members:
        paths.append(write_bytes(folder / f"feedback-{platform}.zip", zipped(members)))
    return paths


def canvas(assignment, marked):
    """Return a table that Canvas imports into its gradebook."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title]]
    rows.append(["    Points Possible", "", "", "", "", number(assignment.points)])
    for each in marked:
        who = each.student
        known = who.platform == "canvas"
        number_of, login = (who.id, "") if known else ("", who.id)
        rows.append([who.name, number_of, "", login, "", number(each.total)])
    return as_csv(rows)


def canvas_files(assignment, marked):
    """Return the feedback under the names by which Canvas knows the submissions.

    Canvas finds student and attachment by the numbers in a file's name, and shows the student the
    file under the name that they gave it. So a notebook is answered by a notebook, and what has
    neither ending, or came in an archive, not at all. Of several files the last one is answered.
    """
    members = {}
    for each in marked:
        file = each.submission.name.split(", ")[-1]
        name, text = file.rpartition("/")[2], marks.markdown(assignment, each)
        if each.student.platform != "canvas" or ".zip/" in file:
            continue
        if name.endswith(".ipynb"):
            cell = {"cell_type": "markdown", "metadata": {}, "source": text, "id": "feedback"}
            notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            members[name] = json.dumps(notebook, indent=1)
        elif name.endswith(".py"):
            members[name] = "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
    return members


def moodle(assignment, marked):
    """Return a grading worksheet that Moodle takes back.

    It looks for the columns Identifier, Grade and Last modified (grade), by their English names,
    and leaves a grade alone that was changed after that time.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    heads = ["Identifier", "Full name", "Status", "Grade", "Maximum grade"]
    rows = [[*heads, "Last modified (grade)", "Feedback comments"]]
    for each in marked:
        who = each.student
        name = f"Participant {who.id}" if who.platform == "moodle" else who.id
        comment = marks.fragment(assignment, each)
        whole = number(each.total), number(assignment.points)
        rows.append([name, who.name, "", *whole, now, comment])
    return as_csv(rows)


def moodle_files(assignment, marked):
    """Return the feedback pages under names in which Moodle finds the participant's number."""
    return {
        f"{re.sub(r'[_/]+', ' ', each.student.name)}_{each.student.id}_assignfeedback_file_"
        "feedback.html": marks.html(assignment, each)
        for each in marked
        if each.student.platform == "moodle"
    }


def gradescope(assignment, each):
    """Return the results.json of one submission, as a Gradescope autograder writes it."""
    tests = [
        {
            "name": task.name,
            "score": round(given, 4),
            "max_score": task.points,
            "status": "passed" if outcome.status == "right" else "failed",
            "output": marks.told(outcome, assignment.hint),
        }
        for task, outcome, given in zip(assignment.tasks, each.outcomes, each.points, strict=True)
    ]
    whole = {"score": round(each.total, 4), "visibility": "visible"}
    return json.dumps({**whole, "tests": tests}, indent=2) + "\n"


def zipped(members):
    """Return an archive of texts or bytes by name; the same members give the same archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if content[:2] in ("#!", b"#!") else 0o644) << 16
            archive.writestr(info, content)
    return stream.getvalue()
