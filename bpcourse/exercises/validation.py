"""The exercises on validation: when to stop, and folds."""

import numpy as np

from bpcourse.exercises.step import Case, Exercise, Mistake

_EARLY = ("overfitting", "overfitting-early", "Early stopping, and why two copies are kept")
_KFOLD = ("overfitting", "overfitting-kfold", "When there is nothing to set aside")


def _stopping(better, enough, answer):
    """Return a loop over the costs with its parts given; ``answer(costs, best, last)``."""

    def stop(costs, patience):
        best, k = 0, 0
        for k in range(1, len(costs)):
            if better(costs, k, best):
                best = k
            elif enough(k - best, patience):
                break
        return answer(costs, best, k)

    return stop


def _lower(costs, k, best):
    return costs[k] < costs[best]


def _spent(waited, patience):
    return waited >= patience


def _against_the_last(costs, patience):
    """Compare with the epoch before instead of the best one."""
    worse = 0
    for k in range(1, len(costs)):
        worse = worse + 1 if costs[k] >= costs[k - 1] else 0
        if worse >= patience:
            return k - patience
    return len(costs) - 1


def _where_it_ends(costs, patience, otherwise):
    """Return the epoch at which patience runs out; if it never does, ``otherwise``."""
    best = 0
    for k in range(1, len(costs)):
        if costs[k] < costs[best]:
            best = k
        elif k - best >= patience:
            return k
    return otherwise(costs, patience)


_right_stopping = _stopping(_lower, _spent, lambda costs, best, k: best)

_EARLY_STOPPING = (
    Mistake(
        "stopped",
        "the epoch at which training ended",
        "The answer is the epoch at which the patience ran out; the network to keep is older.",
        "Which of all the networks that were seen is the one to use?",
        "Two networks are kept in memory. Which one do you return?",
        "Return the epoch of the lowest cost so far: `best`.",
        (
            _stopping(_lower, _spent, lambda costs, best, k: k),
            _stopping(_lower, _spent, lambda costs, best, k: k + 1),
            lambda costs, patience: _where_it_ends(costs, patience, _right_stopping),
            lambda costs, patience: _where_it_ends(costs, patience, lambda costs, _: len(costs)),
            lambda costs, patience: _where_it_ends(costs, patience, lambda costs, _: -1),
        ),
    ),
    Mistake(
        "last",
        "the end of the history",
        "The answer is the last entry of the history, whatever the costs say.",
        "Does your answer depend on the costs?",
        "Which of the networks generalizes best?",
        "Return the epoch of the lowest cost before the patience ran out.",
        (lambda costs, patience: len(costs) - 1,),
    ),
    Mistake(
        "no_patience",
        "patience is ignored",
        "The answer is the lowest cost of the whole history; but training would have stopped "
        "before it got there.",
        "Does every one of the arguments have an influence on your result?",
        "At which epoch does the loop have to give up waiting?",
        "Leave the loop as soon as `k - best >= patience`.",
        (lambda costs, patience: int(np.argmin(costs)),),
    ),
    Mistake(
        "one_longer",
        "waits too long",
        "Training goes on for one epoch more than patience allows.",
        "Suppose that a single disappointing epoch ends the training: when does your loop end?",
        "Look at the comparison that ends the loop, and at the place where you count.",
        "Stop as soon as `k - best >= patience`.",
        (_stopping(_lower, lambda w, p: w > p, lambda costs, best, k: best),),
    ),
    Mistake(
        "one_shorter",
        "gives up too early",
        "Training stops one epoch before patience has run out.",
        "Suppose that a single disappointing epoch ends the training: when does your loop end?",
        "Look at the comparison that ends the loop, and at the place where you count.",
        "Stop as soon as `k - best >= patience`.",
        (_stopping(_lower, lambda w, p: w >= p - 1, lambda costs, best, k: best),),
    ),
    Mistake(
        "epoch_before",
        "compared with the neighbor",
        "Each cost is compared with the one just before it; it has to beat the lowest so far.",
        "What exactly must happen for the waiting to start again?",
        "A curve can fall from one epoch to the next and still be far above its minimum.",
        "Compare with the lowest cost so far: `costs[k] < costs[best]`.",
        (_against_the_last,),
    ),
    Mistake(
        "largest",
        "the maximum",
        "The highest cost was looked for; a validation cost should be low.",
        "Is a high validation cost good or bad?",
        "Look at the direction of your comparison.",
        "Keep the smallest: `costs[k] < costs[best]`.",
        (
            _stopping(
                lambda costs, k, best: costs[k] > costs[best],
                _spent,
                lambda costs, best, k: best,
            ),
            lambda costs, patience: int(np.argmax(costs)),
        ),
    ),
    Mistake(
        "from_one",
        "counted from 1",
        "The answer is one too large: the first entry of the history is epoch 0.",
        "Which number has the first entry?",
        "Use your answer as an index: is this the cost that you meant?",
        "Count from 0: the epoch is the index into `costs`.",
        (lambda costs, patience: _right_stopping(costs, patience) + 1,),
    ),
    Mistake(
        "the_cost",
        "a value instead of an index",
        "The lowest cost came back; wanted is where it is.",
        "Which could pick a network out of a list: your answer, or the wanted one?",
        "Look at what you remember when a new minimum is found.",
        "Remember and return the index.",
        (lambda costs, patience: costs[_right_stopping(costs, patience)],),
    ),
)

_STOP = Exercise(
    "early_stopping",
    "early_stopping(costs, patience)",
    "the epoch to keep, an index into costs: that of the lowest cost before training stops, which "
    "it does when patience epochs in a row have brought no new minimum",
    "Go through the costs and remember the index of the lowest one so far.",
    tuple(
        Case(f"costs {costs}, patience {patience}", (costs, patience), "the epoch to keep")
        for costs, patience in (
            ([1.0, 0.8, 0.6, 0.7, 0.65, 0.62, 0.5], 3),
            ([0.9, 0.7, 0.8, 0.6, 0.65, 0.7, 0.75, 0.3], 2),
            ([0.9, 0.5, 0.6, 0.55], 5),
            ([0.9, 0.8, 0.7, 0.4], 2),
        )
    ),
    _right_stopping,
    _EARLY_STOPPING,
    _EARLY,
)


def _folds_of(result):
    """Return the folds; of pairs (the others, the fold) the second parts."""
    if not hasattr(result, "__iter__") or isinstance(result, str | dict):
        raise ValueError(f"a {type(result).__name__}, not a list of folds")
    folds = list(result)
    if folds and all(isinstance(fold, tuple) and len(fold) == 2 for fold in folds):
        second = [fold[1] for fold in folds]
        folds = second if all(np.ndim(each) == 1 for each in second) else folds
    return [np.asarray(fold) for fold in folds]


def _unpack_folds(result):
    """Return what doesn't depend on the way in which the examples are dealt."""
    folds = _folds_of(result)
    sizes = np.sort([fold.size for fold in folds])
    indices = np.concatenate([fold.ravel() for fold in folds]) if folds else np.zeros(0)
    if indices.dtype.kind not in "iu":
        raise ValueError(f"folds of dtype {indices.dtype}, not of whole numbers")
    return {"number of folds": len(folds), "sizes": sizes, "all indices": np.sort(indices)}


def _right_folds(n, k):
    return np.array_split(np.arange(n), k)


def _fault(n, k, number, sizes, indices):
    """Return the name of what is wrong with folds of these sizes that hold these indices."""
    found, counts = np.unique(indices, return_counts=True)
    inside = ((found >= 0) & (found < n)).all()
    if np.array_equal(found, np.arange(1, n + 1)):
        return "from_one"
    if not inside:
        return "outside"
    if (counts > 1).any():
        return "overlap"
    if number != k:
        return "wrong_number"
    return "dropped" if found.size < n else "uneven"


def _shows(name):
    """Return whether every attempt that fails shows this fault."""

    def shown(attempts):
        results = [(each.case.args, each.came.parts) for each in attempts if not each.passed]
        return all(parts and _fault(*args, *parts.values()) == name for args, parts in results)

    return shown


_KFOLD_MISTAKES = (
    Mistake(
        "overlap",
        "overlap",
        "Some examples stand in more than one fold: they are trained on and judged by.",
        "Write all folds in one line. How often does each index appear?",
        "Where does one fold end, and where does the next one begin?",
        "Deal every index once: `np.array_split(np.random.permutation(n), k)` does it.",
        when=_shows("overlap"),
    ),
    Mistake(
        "from_one",
        "counted from 1",
        "The indices run from 1 to n; they index arrays, so they run from 0 to n - 1.",
        "What is the index of the very first example?",
        "Use your largest index on an array of n entries. What happens?",
        "Begin with `np.arange(n)`.",
        when=_shows("from_one"),
    ),
    Mistake(
        "wrong_number",
        "another number of folds",
        "There are not k folds.",
        "How many parts did the caller ask for? How many do you return?",
        "What happens to the examples that are left over when n is not a multiple of k?",
        "Give one more example to some of the k folds: `np.array_split(indices, k)` does it.",
        when=_shows("wrong_number"),
    ),
    Mistake(
        "dropped",
        "examples left out",
        "The remainder of n / k is in no fold: these examples never judge.",
        "Write all folds in one line. Is anybody missing?",
        "What happens to your loop when n is not a multiple of k?",
        "Give one more example to some of the folds: `np.array_split(indices, k)` does it.",
        when=_shows("dropped"),
    ),
    Mistake(
        "uneven",
        "sizes too different",
        "The folds cover everything once, but their sizes differ by more than one.",
        "How large is the largest of your folds, and how large the smallest?",
        "What happens to the examples that are left over when n is not a multiple of k?",
        "Spread the remainder, one example to a fold: `np.array_split(indices, k)` does it.",
        when=_shows("uneven"),
    ),
)

_FOLDS = Exercise(
    "kfold",
    "kfold(n, k)",
    "a list of k arrays of indices that cover 0 to n - 1 once, in any order, with sizes that "
    "differ by at most one",
    "Begin with all indices in one array. How is it cut into k parts?",
    tuple(
        Case(f"n = {n}, k = {k}", (n, k), "the folds")
        for n, k in ((12, 4), (11, 3), (10, 4), (7, 7))
    ),
    _right_folds,
    _KFOLD_MISTAKES,
    _KFOLD,
    unpack=_unpack_folds,
)


EXERCISES = (_STOP, _FOLDS)
