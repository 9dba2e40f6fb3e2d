"""The exercises on embedding and attention."""

import numpy as np

from bpcourse.exercises.named import each, named
from bpcourse.exercises.step import Case, Exercise, Mistake, numbers, scaled
from bpcourse.layers import attention as layers

_CHAPTER = ("attention", "ch-attention", "Attention, by the same four ideas")


def _embedding_cases():
    topic = "the numbers for texts with repeated tokens"
    return (
        Case("two texts of three tokens out of four",
             (numbers(800, 3, 2, 3), np.array([[1, 0, 1], [3, 1, 1]]), 4), topic),
        Case("three texts of three tokens out of three",
             (numbers(801, 3, 3, 3), np.array([[0, 0, 2], [1, 0, 0], [2, 2, 1]]), 3), topic),
        Case("one text of four tokens out of five",
             (numbers(802, 2, 1, 4), np.array([[4, 2, 4, 4]]), 5), topic),
    )  # fmt: skip


_embedding = layers.embedding_backward


def _assigned(delta, tokens, vocabulary, order=1):
    """Return the gradient with only one place of every token, over m."""
    grad = np.zeros((len(delta), vocabulary))
    columns, places = delta.reshape(len(delta), -1), tokens.ravel()
    for place in range(tokens.size)[::order]:
        grad[:, places[place]] = columns[:, place]
    return grad / len(tokens)


def _mean_of_places(delta, tokens, vocabulary):
    counts = np.maximum(np.bincount(tokens.ravel(), minlength=vocabulary), 1)
    return _embedding(delta, tokens, vocabulary) * len(tokens) / counts


_EMBEDDING_MISTAKES = (
    Mistake(
        "assigned",
        "assignment for addition",
        "Only one of a token's places counts. With an array of tokens as index, `+=` does not "
        "help: NumPy reads, adds and writes each column once.",
        "A token stands in a text three times. From how many places does its column get an error?",
        "Try it with a text of the same letter alone. Compare your column with what you would add "
        "up by hand.",
        "Use `np.add.at`, or a loop over the places with `+=`, or a product with one-hot columns.",
        (_assigned, lambda *args: _assigned(*args, order=-1)),
    ),
    Mistake(
        "mean_of_places",
        "the mean over the places of a token",
        "The places of a token were averaged; the gradient of a shared column is the sum of its "
        "uses.",
        "If a letter stands in the text twice as often, how much more does its column matter?",
        "By which number do you divide?",
        "Divide by m, the number of texts, and by nothing else.",
        (_mean_of_places,),
    ),
    Mistake(
        "mean_over_positions",
        "divided by the number of positions",
        "The sum was divided by the number of positions, as if each were an example.",
        "How many examples has the mini-batch?",
        "The errors delta know already what the cost averages over positions. What is left to "
        "divide by?",
        "Divide by `tokens.shape[0]`, the number of texts.",
        (
            lambda delta, tokens, v: _embedding(delta, tokens, v) / tokens.shape[1],
            lambda delta, tokens, v: _embedding(delta, tokens, v)
            * tokens.shape[0] / tokens.shape[1],
        ),
    ),
    Mistake(
        "sum",
        "the sum over the texts, not their mean",
        "The texts are added up; the cost of a mini-batch is their mean.",
        "Put every text into the mini-batch twice. Should the result change? Does yours?",
        "Divide your numbers by the wanted ones. Where have you seen the quotient?",
        "Divide by m, `tokens.shape[0]`.",
        (lambda delta, tokens, v: _embedding(delta, tokens, v) * len(tokens),),
    ),
    Mistake(
        "transposed",
        "a row for every token",
        "Each token has a row; in the table it has a column.",
        "What is the shape of the table, whose gradient this is?",
        "The first axis of delta counts the entries of a column. Where is it in your result?",
        "Turn it: `grad.T`.",
        (lambda *args: _embedding(*args).T,),
    ),
    Mistake(
        "not_scattered",
        "the columns of the text, not of the table",
        "The errors came back as they are, a column for each position of the texts.",
        "How many embeddings are there? How many do you return?",
        "The way forward picked columns of the table. Where does each error have to go?",
        "Begin with `np.zeros((n, vocabulary))`, and add every error to the column of its token.",
        (lambda delta, tokens, v: delta, lambda delta, tokens, v: delta / len(tokens)),
    ),
    *scaled(_embedding),
)  # fmt: skip


def _attention_cases():
    topic = "the numbers for one head and one text"
    return tuple(
        Case(
            label,
            (numbers(seed, d_v, T), numbers(seed + 1, d, T), numbers(seed + 2, d, T),
             numbers(seed + 3, d_v, T)),
            topic,
        )
        for label, d, d_v, T, seed in (
            ("queries of 3, values of 2, four positions", 3, 2, 4, 810),
            ("queries and values of 3, three positions", 3, 3, 3, 820),
            ("queries of 2, values of 2, two positions", 2, 2, 2, 830),
        )
    )  # fmt: skip


def _attention(delta, q, k, v):
    _, p = layers.attention(q, k, v)
    return layers.attention_backward(delta, q, k, v, p)


def _shares(q, k, *, causal=True, scale=True, axis=0):
    """Return how much each query takes from each key, with the parts given."""
    s = k.T @ q / (q.shape[0] ** 0.5 if scale else 1)
    if causal:
        s = np.where(np.triu(np.ones(s.shape, bool)), s, -np.inf)
    e = np.exp(s - s.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _jacobian(p, delta_p):
    return p * (delta_p - (p * delta_p).sum(axis=0, keepdims=True))


def _way_back(*, jacobian=_jacobian, scale=True, query=None, key=None, value=None, **shares):
    """Return the way back through attention, with the parts given."""
    query = query or (lambda k, s: k @ s)
    key = key or (lambda q, s: q @ s.T)
    value = value or (lambda delta, p: delta @ p.T)

    def backward(delta, q, k, v):
        p = _shares(q, k, **shares)
        delta_s = jacobian(p, v.T @ delta) / (q.shape[0] ** 0.5 if scale else 1)
        return query(k, delta_s), key(q, delta_s), value(delta, p)

    return backward


def _unscaled(delta, q, k, v, *, divide):
    """Return the way back with shares of scores that were not divided by sqrt(d)."""
    p = _shares(q, k, scale=False)
    delta_s = _jacobian(p, v.T @ delta) / (q.shape[0] ** 0.5 if divide else 1)
    return k @ delta_s, q @ delta_s.T, delta @ p.T


_ATTENTION_MISTAKES = (
    Mistake(
        "no_jacobian",
        "the Jacobian of softmax left out",
        "The errors of the shares p were taken for those of the scores: the softmax between them "
        "is missing.",
        "All shares of a query add up to 1. If one score grows, what happens to the other shares?",
        "Between the scores and the shares lies a function of whole columns. Where is its "
        "derivative?",
        "Go through it: `delta_s = p * (delta_p - (p * delta_p).sum(axis=0))`.",
        (_way_back(jacobian=lambda p, g: g), _way_back(jacobian=lambda p, g: np.triu(g))),
    ),
    Mistake(
        "half_jacobian",
        "half of the Jacobian of softmax",
        "Of the two terms of the softmax's derivative only the first, or its diagonal, is there.",
        "If every key offered the same value, would it matter which one is read? What does your "
        "error say?",
        "diag(p) - p p^T has two terms. What does the second one do to an error?",
        "Subtract the weighted mean: `p * (delta_p - (p * delta_p).sum(axis=0))`.",
        (
            _way_back(jacobian=lambda p, g: p * g),
            _way_back(jacobian=lambda p, g: p * (1 - p) * g),
        ),
    ),
    Mistake(
        "jacobian_axis",
        "the sum over queries instead of keys",
        "In the softmax's derivative the sum runs along the rows; the shares of a query are a "
        "column.",
        "Which of your numbers add up to 1?",
        "In p, a column belongs to a query. Along which axis did the way forward normalize?",
        "Sum with `axis=0, keepdims=True`.",
        (_way_back(jacobian=lambda p, g: p * (g - (p * g).sum(axis=1, keepdims=True))),),
    ),
    Mistake(
        "missing_scale",
        "1 / sqrt(d) is missing on the way back",
        "The errors of queries and keys lack the factor 1 / sqrt(d) that the scores have.",
        "Your last result is right. Divide an entry of the first by the wanted one: what comes "
        "out?",
        "The scores are a product divided by a constant. What becomes of the constant when you "
        "differentiate?",
        "Divide `delta_s` by `np.sqrt(d)`, with d the number of rows of q.",
        (_way_back(scale=False),),
    ),
    Mistake(
        "unscaled_scores",
        "the scores are not divided by sqrt(d)",
        "The shares p were computed from scores without the factor 1 / sqrt(d).",
        "How are the shares of a query made? Print them.",
        "Compare your scores with the formula, symbol by symbol.",
        "Write `s = k.T @ q / np.sqrt(d)`.",
        (
            lambda *args: _unscaled(*args, divide=True),
            lambda *args: _unscaled(*args, divide=False),
        ),
    ),
    Mistake(
        "missing_mask",
        "no causal mask",
        "The shares p were computed over all keys; a query reads itself and what stands before it.",
        "The first query: how many keys may it read?",
        "Print p. Which of its entries should be 0?",
        "Set the scores of later keys to -inf before the softmax: `np.triu` keeps the others.",
        (_way_back(causal=False),),
    ),
    Mistake(
        "no_transpose_keys",
        "no transpose in the error of the keys",
        "The error of the keys came as q delta_s; key i collects from all the queries that read "
        "it.",
        "Who reads the third position? Do all of them have a say in your result?",
        "delta_s has a row for each key and a column for each query. Which one must meet the "
        "columns of q?",
        "Write `q @ delta_s.T`.",
        (_way_back(key=lambda q, s: q @ s),),
    ),
    Mistake(
        "transpose_queries",
        "a transpose too many in the error of the queries",
        "The error of the queries came as k delta_s^T; the scores have a column for each query "
        "already.",
        "What does the third position read? Does all of that have a say in your result?",
        "delta_s has a row for each key. Which axis must meet the columns of k?",
        "Write `k @ delta_s`.",
        (_way_back(query=lambda k, s: k @ s.T),),
    ),
    Mistake(
        "no_transpose_values",
        "no transpose in the error of the values",
        "The error of the values came as delta p; value i collects from all the queries that read "
        "it.",
        "A value is read by several queries. Over what do you sum its errors?",
        "p has a column for each query. Which axis must meet the columns of delta?",
        "Write `delta @ p.T`.",
        (_way_back(value=lambda delta, p: delta @ p),),
    ),
    Mistake(
        "exchanged",
        "queries and keys exchanged",
        "The first result belongs to the keys and the second to the queries.",
        "In which order are the three results wanted?",
        "The error of a factor holds the other factor. Which one stands in your first result?",
        "Return the error of the queries first: it is `k @ delta_s`.",
        (lambda *args: (lambda a, b, c: (b, a, c))(*_attention(*args)),),
    ),
    *(
        Mistake(
            mistake.name, mistake.title, mistake.sentence, *mistake.hints,
            (lambda *args, f=factor: each(lambda g: f * g)(_attention(*args)),),
        )
        for mistake, factor in zip(scaled(_attention), (-1, 2, 0.5), strict=True)
    ),
)  # fmt: skip


EXERCISES = (
    Exercise(
        "embedding_backward",
        "embedding_backward(delta, tokens, vocabulary)",
        "the gradient of the table, of shape (n, vocabulary); delta is (n, m, T), tokens (m, T) "
        "whole numbers, m the number of texts",
        "The way forward copied columns of the table. To which column does each error belong?",
        _embedding_cases(),
        _embedding,
        _EMBEDDING_MISTAKES,
        _CHAPTER,
    ),
    Exercise(
        "attention_backward",
        "attention_backward(delta, q, k, v)",
        "(delta_q, delta_k, delta_v) of one head of causal attention on one text: a = v p with p "
        "the softmax of every column of k^T q / sqrt(d); q and k are (d, T), v and delta (d_v, T)",
        "Compute p first, with the mask. Then go back through the last product, a = v p.",
        _attention_cases(),
        _attention,
        _ATTENTION_MISTAKES,
        _CHAPTER,
        unpack=named("delta_q", "delta_k", "delta_v"),
    ),
)
