"""How somebody's program is read, and what its process gets: surroundings and limits."""

import contextlib
import io
import tokenize

# One thread per process; figures are drawn to nowhere; the same run gives the same result.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",
}


def decoded(source):
    """Return a file's bytes as text, in the encoding that it declares."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:
        source.decode("utf-8")  # if this is what fails, it says which byte
        raise
    return io.TextIOWrapper(io.BytesIO(source), encoding).read()


def limit(*, seconds, memory, file_size):
    """Limit this process's processor time in seconds, and memory and size of files in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": file_size, "RLIMIT_CORE": 0}
    if memory:
        limits["RLIMIT_AS"] = memory
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses a limit of memory
            resource.setrlimit(kind, (value, value))
