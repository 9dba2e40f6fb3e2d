"""Marks: what was decided by hand, what gradebooks take, what a second run leaves."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bpcourse.classroom import adjustments, gradebooks, report
from bpcourse.classroom.assignment import Assignment, Question, read_assignment
from bpcourse.classroom.commands import _by_hand, _missing
from bpcourse.classroom.marks import html, markdown, marked
from bpcourse.classroom.marks_folder import write_marks
from bpcourse.classroom.outcomes import misconceptions
from bpcourse.classroom.sources import Student, Submission
from bpcourse.submission.outcome import Outcome
from bpcourse.submission.task import Task

TASKS = [Task(step="bp1", name="bp1", points=2), Task(step="bp2", name="bp2", points=3)]
WEEK = Assignment("Week 3", tuple(map(Question, TASKS)), late_penalty=0.1)
CANVAS = "ada_LATE_11_900_week 3.ipynb"
MOODLE = "Bea_Ann Bo_22_assignsubmission_file_/bp.py"


def outcome(name, status="right", **finding):
    known = {"equation": "bp2", "cause": "sign", "title": "the sign", "sentence": "Said.",
             "hints": ["Which?", "Look.", "Turn."], **finding}  # fmt: skip
    findings = [] if status == "right" else [known]
    texts = ('Wrong.\n\nMore: print(bp.check("bp2", bp2).hint(2))\n',) * 3
    return Outcome(name, {"status": status, "findings": findings}, texts)


def handed_in(*names):
    who = {
        CANVAS: Student("11", "ada", late=True, platform="canvas"),
        MOODLE: Student("22", "Bea_Ann Bo", platform="moodle"),
    }
    return [Submission(n, who.get(n, Student(n, n)), {"units": [["c", "x = 1"]]}) for n in names]


def results(class_):
    return [[outcome(e.name), outcome(e.name, "wrong")] for e in class_]


def one(name, text=""):
    """Return one submission with its points, under adjustments as they stand in a file."""
    class_ = handed_in(name)
    made = adjustments.Adjustments()
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows:
        adjustments._add(made, dict(zip(adjustments.COLUMNS, row, strict=True)), "here", WEEK)
    class_ = adjustments.with_late(class_, made)
    return marked(WEEK, class_, results(class_), made)[0]


# By hand


def test_points_set_by_hand_count_and_the_student_reads_why():
    each = one(CANVAS, "11,bp2,1.5,,we talked <about> it")
    assert each.points == [2, 1.5] and each.total == pytest.approx(0.9 * 3.5)
    for page in (markdown(WEEK, each), html(WEEK, each)):
        assert "set by hand" in page and "1.5 of 3" in page, "nobody is told"
    assert "&lt;about&gt;" in html(WEEK, each), "a reason is no HTML"


def test_both_pages_say_what_a_late_submission_loses():
    for page in (markdown(WEEK, one(CANVAS)), html(WEEK, one(CANVAS))):
        said = page.replace("\\", "")
        assert "1.8 of 5 points. Handed in late: 2 points for the answers, 10% less." in said


def test_late_is_decided_by_hand_both_ways():
    each = one(CANVAS, "11,,,no,the bus")
    assert each.total == 2 and "Not counted as late (the bus)" in html(WEEK, each)
    each = one(MOODLE, "22,,,yes,")
    assert each.total == pytest.approx(1.8) and "Handed in late" in html(WEEK, each)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,points\n", "has the columns 'who,points', want id,question"),
        ("id,question,points\n11,bp3,1\n", "line 2: no question is called 'bp3', only bp1, bp2"),
        ("id,question,points\n11,bp2,-1\n", "points is '-1', want a number"),
        ("id,question,points\n11,bp2,\n", "want an id, and a question with its points, or late"),
        ("id,late\n11,maybe\n", "late is 'maybe', want yes, no or nothing"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)):
        adjustments.read(tmp_path / "a.csv", WEEK)


def test_what_a_spreadsheet_saves_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffid;question;points;late;reason\n11;bp2;1,5;;\n;;;;\n", encoding="utf-8")
    assert adjustments.read(path, WEEK).points == {("11", "bp2"): (1.5, "")}
    assert len(adjustments.read(tmp_path / "none.csv", WEEK)) == 0


def test_a_decision_about_nobody_is_refused():
    made = adjustments.Adjustments({("99", "bp2"): (1, "")}, {})
    with pytest.raises(ValueError, match="speaks of 99, of whom there is no submission"):
        adjustments.with_late(handed_in(CANVAS), made)
    assert _by_hand(made) == {"Set by hand": "1 decision, in adjustments.csv"}


# Gradebooks


def test_moodle_finds_the_columns_that_it_looks_for():
    (row,) = csv.DictReader(io.StringIO(gradebooks.moodle(WEEK, [one(MOODLE)])))
    assert row["Identifier"] == "Participant 22" and row["Grade"] == "2"
    when = datetime.strptime(row["Last modified (grade)"], "%Y-%m-%d %H:%M:%S UTC")
    assert abs(datetime.now(UTC) - when.replace(tzinfo=UTC)).total_seconds() < 60
    comment = row["Feedback comments"]
    assert comment.startswith("<h1>") and "<pre>" in comment and "hint(2)" not in comment


def test_moodle_finds_the_participant_in_the_name_of_a_feedback_file():
    (name,) = gradebooks.moodle_files(WEEK, [one(MOODLE), one(CANVAS)])
    # As its importer reads it: the second part is a number, then come the plugin's two names.
    _, number, *plugin, file = name.split("_", 4)
    assert (number, plugin, file) == ("22", ["assignfeedback", "file"], "feedback.html")


def test_canvas_finds_student_and_attachment_and_the_file_opens():
    pdf = replace(one(CANVAS), submission=replace(one(CANVAS).submission, name="x_11_901_a.pdf"))
    members = gradebooks.canvas_files(WEEK, [one(MOODLE), one(CANVAS), pdf])
    ((name, text),) = members.items()
    assert [part for part in name.split("_") if part.isdigit()][:2] == ["11", "900"]
    (cell,) = json.loads(text)["cells"]
    assert cell["cell_type"] == "markdown" and "# Week 3" in cell["source"], "it is an .ipynb"


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("hall_11_901_homework.zip/week-3.ipynb", []),
        ("hall_11_901_old.ipynb, hall_11_902_new.ipynb", ["hall_11_902_new.ipynb"]),
    ],
)
def test_canvas_gets_no_file_that_nobody_has_handed_in(file, named):
    each = replace(one(CANVAS), submission=replace(one(CANVAS).submission, name=file))
    assert list(gradebooks.canvas_files(WEEK, [each])) == named


def test_a_folder_of_the_name_of_a_unit_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "six-exercises").mkdir()  # as `assignment six-exercises --out six-exercises` makes
    assert read_assignment("six-exercises").points == 12


def test_gradescope_is_told_no_call_that_a_student_cannot_make():
    made = json.loads(gradebooks.gradescope(WEEK, one(CANVAS)))
    assert "hint(2)" not in json.dumps(made) and made["tests"][1]["max_score"] == 3


def test_a_second_run_leaves_nothing_of_the_first(tmp_path):
    (tmp_path / "adjustments.csv").write_text("mine")
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "notes.md").write_text("mine")
    class_ = handed_in(CANVAS, MOODLE)
    write_marks(tmp_path, WEEK, class_, results(class_), export="canvas")
    with zipfile.ZipFile(tmp_path / "feedback-canvas.zip") as archive:
        assert archive.namelist() == [CANVAS]
    write_marks(tmp_path, WEEK, class_[:1], results(class_[:1]), export="gradescope")
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {
        ".bpcourse-files", "adjustments.csv", "marks.csv", "feedback/notes.md",
        "feedback/11.html", "feedback/11.md", "gradescope/11/results.json",
    }, "a student who is gone has feedback, or a teacher's file is lost"  # fmt: skip


# The file


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("deadline = 2030-03-14", "2030-03-14"),
        ('deadline = "2030-03-14"', "2030-03-14"),
        ("deadline = 2030-03-14T23:59:00", "2030-03-14 23:59"),
        ('deadline = "2030-03-14 23:59"', "2030-03-14 23:59"),
        ("deadline = 2030-03-14T23:59:00+01:00", "2030-03-14 23:59 UTC+0100"),
    ],
)
def test_a_deadline_is_a_date(tmp_path, line, told):
    (tmp_path / "w.toml").write_text(line + '\n[[question]]\nstep = "bp2"\n')
    assert read_assignment(tmp_path / "w.toml").deadline == told


@pytest.mark.parametrize("deadline", ['"next Friday"', "23:59:00", "7", '""'])
def test_a_deadline_that_is_none_is_refused(tmp_path, deadline):
    (tmp_path / "w.toml").write_text(f'deadline = {deadline}\n[[question]]\nstep = "bp2"\n')
    with pytest.raises(ValueError, match="want a date, or a date and time, such as"):
        read_assignment(tmp_path / "w.toml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('step = "bp2"\npartial = true', "bp2 is one part"),
        ('step = "backprop"\npartial = "yes"', "partial is 'yes', want true or false"),
        ('step = "bp2"\ncheck = 0', "check is 0, want true or false"),
    ],
)
def test_a_key_that_cannot_be_meant_is_refused(tmp_path, lines, said):
    (tmp_path / "w.toml").write_text(f"[[question]]\n{lines}\n")
    with pytest.raises(ValueError, match=said):
        read_assignment(tmp_path / "w.toml")


def test_what_holds_for_all_questions_gives_a_step_no_parts(tmp_path):
    text = '[judging]\npartial = true\nseconds = 3\n[[question]]\nstep = "bp2"\n[[question]]\n'
    (tmp_path / "w.toml").write_text(text)
    step, whole = read_assignment(tmp_path / "w.toml").tasks
    assert (step.partial, whole.partial, step.seconds, whole.seconds) == (False, True, 3, 3)


# The report


def page(class_, came, **more):
    flat = [each for group in came for each in group]
    wrong, failures = misconceptions(flat), misconceptions(flat, "cannot run")
    sheet = [t.name for t in TASKS], [[e.student.name, "1", ""] for e in class_]
    return report.as_html(flat, wrong, failures, {}, sheet=sheet, **more)


def test_the_report_names_students_and_says_what_is_counted():
    class_ = handed_in(CANVAS, MOODLE)
    text = page(class_, results(class_), code={CANVAS: "x = '<b>'\n" * 9_000})
    assert "4 answers: 2 submissions, 2 questions" in text
    assert re.search(r'<span class="name">ada</span>', text), "not the name of a file"
    assert 'data-part="bp2">bp2: BP2: the sign</span>' in text, "a badge says of which question"
    assert "The code (9,000 lines)" in text and "characters more" in text
    assert "x = &#x27;&lt;b&gt;&#x27;" in text and len(text) < 90_000, "escaped, and bounded"
    assert re.search(r"2 of 2.*?ada</a>, <a [^>]*>Bea_Ann Bo</a>", text), "who, for paper too"


def test_a_sentence_about_one_students_line_is_not_told_of_all():
    class_ = handed_in("a.py", "b.py")
    own = [[outcome(e.name), outcome(e.name, "wrong", sentence=f"Line {e.name}")] for e in class_]
    table = lambda text: text.partition("Who got what")[0]  # noqa: E731
    assert "Line a.py" not in table(page(class_, own)), "b.py has no such line"
    assert "Said." in table(page(class_, results(class_)))


def test_rare_mistakes_wait_and_packages_that_are_missing_are_told():
    class_ = handed_in(*(f"{k}.py" for k in range(6)))
    came = [[outcome(e.name), outcome(e.name, "wrong", title=e.name)] for e in class_]
    text = page(class_, came, notices={"Missing on this machine": "needs <scipy>"})
    assert text.count('<tr class="first">') == 3 and text.count('<tr class="rest">') == 3
    assert "Show 3 more, made by one student each" in text and "needs &lt;scipy&gt;" in text
    assert text.index("Missing on this") < text.index("What the class gets wrong")
    flat = [outcome("a.py", "cannot run", cause="missing_module", title="needs scipy")] * 2
    assert _missing(flat) == {"Missing on this machine": "needs scipy"}
