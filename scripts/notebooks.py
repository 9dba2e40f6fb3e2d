"""Execute notebooks and save them in place, so that a second run changes nothing.

    python scripts/notebooks.py                      every notebook of the book
    python scripts/notebooks.py book/a.ipynb ...     these

Saved: sources, outputs, execution counts, the metadata that the author wrote. Not saved: times,
the Python version, the path and the name of the kernel on this machine.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What Jupyter's front ends add to a cell's metadata.
NOT_OURS = ("ExecuteTime", "collapsed", "execution", "jupyter", "scrolled", "trusted", "vscode")


def main(names):
    """Run the notebooks called ``names``, or all; return the exit status."""
    paths = [Path(name) for name in names] or sorted((ROOT / "book").glob("*.ipynb"))
    failures = [path for path in paths if not run(path)]
    return 1 if failures else 0


def run(path):
    """Execute the notebook at ``path`` and save it; leave it as it was if a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    # One thread: sums then have one order, whatever the number of processors.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND=INLINE)
    os.environ["BPCOURSE_BOOK"] = ""  # messages name pages, wherever the book is published
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path}: FAILED\n{error}", file=sys.stderr)
        return False
    save(clean(notebook), path)
    print(f"{path}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells run")
    return True


INLINE = "module://matplotlib_inline.backend_inline"


def clean(notebook):
    """Return ``notebook`` without anything that another machine or another day would change."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for number, cell in enumerate(notebook.cells):
        for key in NOT_OURS:
            cell.metadata.pop(key, None)
        if re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", cell.id):
            cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs = joined_streams(cell.outputs)
        for output in cell.get("outputs", []):
            clean_output(output)
    return notebook


def joined_streams(outputs):
    """Join printed text that follows printed text: where it is cut is a matter of timing."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def clean_output(output):
    """Remove the address of objects and trailing blanks from one output."""
    for kind, text in output.get("data", {}).items():
        if isinstance(text, str):
            output.data[kind] = re.sub(r" at 0x[0-9a-f]+>", ">", text)


def save(notebook, path):
    """Write ``notebook`` to ``path`` with Unix line ends on every system."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
