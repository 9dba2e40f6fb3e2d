"""Judge a class: each submission in a process of its own, and what comes of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bpcourse.classroom import judging, process, sources
from bpcourse.classroom.bench import Pool
from bpcourse.classroom.bench import jobs as all_jobs
from bpcourse.submission import obstacles
from bpcourse.submission.outcome import Outcome, failure, title
from bpcourse.submission.task import Task


@dataclass(frozen=True)
class Misconception:
    """A mistake, and who makes it.

    Attributes
    ----------
    title : str
        The mistake in a few words: "BP2: sigma' is missing".
    sentence : str
        The mistake in a sentence, as one of the submissions was told it.
    hints : list of str
        The one to give first, and more direct ones.
    names : list of str
        The submissions.
    """

    title: str
    sentence: str
    hints: list[str]
    names: list[str]


def examine(
    path: str | Path, task: Task, *, name: str | None = None, directory: str | Path | None = None
) -> Outcome:
    """Judge one submission of one's own in a process of its own.

    It runs in a directory of one's choice, and may use the files beside it. For the submissions of
    others there is :func:`run`.

    Parameters
    ----------
    path : path
    task : Task
    name : str, optional
        What to call it; by default the path as given.
    directory : path, optional
        Where it runs; by default here.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> from bpcourse.classroom import Task
    >>> outcome = examine("no_such_file.py", Task())
    >>> outcome.status, outcome.title
    ('cannot run', "the file can't be read")
    """

    def start():
        limits = {"seconds": task.seconds, "memory": task.memory}
        return process.start_alone(directory, closed=process.is_closed([task]), **limits)

    (answer,) = judging.judge(sources.load(path), [task], start)
    return outcome(name or str(path), answer)


def run(
    directory: str | Path,
    names: Sequence[str],
    task: Task,
    *,
    jobs: int | None = None,
    progress: Callable[[Outcome], object] | None = None,
) -> list[Outcome]:
    """Judge all submissions, each in a process and a temporary directory of its own.

    Parameters
    ----------
    directory : path
    names : list of str
        From :func:`find`.
    task : Task
    jobs : int, optional
        How many at a time; by default one per processor.
    progress : callable, optional
        Called with each Outcome as soon as it is there.

    Returns
    -------
    list of Outcome
        One for each name, in the order of the names.
    """

    def one(_, outcomes):
        if progress:
            progress(outcomes[0])

    handed_in = sources.submissions(directory, names)
    return [each[0] for each in run_all(handed_in, [task], jobs=jobs, progress=one)]


def run_all(
    handed_in: Sequence[sources.Submission],
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
    progress: Callable[[sources.Submission, list[Outcome]], object] | None = None,
    exercises: Sequence[str | Path] = (),
) -> list[list[Outcome]]:
    """Ask all questions of all submissions.

    Parameters
    ----------
    handed_in : list of Submission
        From :func:`~bpcourse.classroom.sources.submissions`: they have been read already.
    tasks : list of Task
    jobs : int, optional
        How many submissions at a time; by default one per processor.
    progress : callable, optional
        Called with the submission and its list of Outcomes as soon as they are there.
    exercises : list of path
        Files of exercises of one's own.

    Returns
    -------
    list of list of Outcome
        For each submission one Outcome for each task.
    """
    came = {}
    pool = Pool(tasks, jobs or all_jobs(), exercises)
    answers = pool.run([each.source for each in handed_in])
    try:
        for place, answer in answers:
            came[place] = [outcome(handed_in[place].name, each) for each in answer]
            if progress:
                progress(handed_in[place], came[place])
    finally:
        answers.close()
    return [came[place] for place in range(len(handed_in))]


def misconceptions(outcomes: Iterable[Outcome], status: str = "wrong") -> list[Misconception]:
    """Return what a class gets wrong, the most frequent mistake first.

    Parameters
    ----------
    outcomes : list of Outcome
    status : {"wrong", "cannot run"}
        Which submissions to look at.

    Returns
    -------
    list of Misconception
        A submission with two mistakes counts for both.
    """
    found = {}
    for each in outcomes:
        for finding in each.findings if each.status == status else ():
            name = title(finding["equation"], finding["title"])
            hints = list(dict.fromkeys(finding["hints"]))
            new = Misconception(name, finding["sentence"], hints, [])
            names = found.setdefault(name, new).names
            if each.name not in names:
                names.append(each.name)
    return sorted(found.values(), key=lambda each: (-len(each.names), each.title))


def stopped(name: str) -> Outcome:
    """Return the outcome of a submission that was not run."""
    return outcome(name, failure(Path(name).name, obstacles.not_run()))


def outcome(name, answer):
    """Return the outcome for what the judging process answered."""
    made = Outcome(name, answer["diagnosis"], tuple(answer["texts"]), answer.get("seconds", 0.0))
    isolated = tuple(answer.get("isolated", ()))
    output, printed = answer.get("output", ""), answer.get("printed", 0)
    return replace(made, output=output, printed=printed, isolated=isolated)
