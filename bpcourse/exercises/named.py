"""Results of several arrays, named in the order in which they are asked for."""


def named(*names):
    """Return what reads a result of several arrays, given one after another or by name.

    Parameters
    ----------
    names : str
        What the arrays are called, such as "grad_w_x", "grad_w_h", "grad_b".

    Returns
    -------
    callable
        From a learner's result to a dict; ValueError says what is wrong with the result.

    Examples
    --------
    >>> named("grad_w", "grad_b")((1.0, 2.0))
    {'grad_w': 1.0, 'grad_b': 2.0}
    """

    def unpack(result):
        if isinstance(result, dict) and set(result) == set(names):
            return {name: result[name] for name in names}
        if not isinstance(result, tuple | list) or len(result) != len(names):
            raise ValueError(f"a {type(result).__name__}, not {', '.join(names)}")
        return dict(zip(names, result, strict=True))

    return unpack


def each(function):
    """Return what applies a function to every array of a result of several.

    Examples
    --------
    >>> each(abs)((-1.0, 2.0))
    (1.0, 2.0)
    """
    return lambda results: tuple(map(function, results))
