"""Run every chapter's cells in its built page, and compare what comes with the stored outputs.

    make book
    python scripts/run_in_page.py                    every chapter whose page runs Python
    python scripts/run_in_page.py four-equations     these

It takes some minutes, and so is no part of `make test`. It needs Chromium. Python, NumPy and
matplotlib of the page are older than those that made the outputs; what differs is listed, with the
cell. Of figures the words are compared: matplotlib moves its axes a little from version to version.
"""

import functools
import http.server
import json
import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIMIT = 900  # seconds for one chapter
TEXT = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)

RUN = """async () => {
  await bpPython.withFigures();
  const found = [];
  for (const item of (await bpPython.order()).filter(each => each.run !== false)) {
    const came = [], code = item.shown ? item.shown.code : item.code, began = performance.now();
    const args = [code, `cell ${item.number}`, false, Boolean(item.quiet), false];
    const { ok } = await bpPython.ask("run", args, (kind, text) => came.push([kind, text]));
    found.push({ number: item.number, ok, came, seconds: (performance.now() - began) / 1000 });
    window.bpFound = found;
  }
  window.bpDone = true;
}"""


def main(names):
    """Compare chapters; return 1 if any differs."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)))
    names = names or sorted(path.stem for path in (BUILT / "_static/python/pages").glob("*.js"))
    handler = functools.partial(Quiet, directory=str(BUILT))
    bad = []
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in names:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/book/{name}.html")
            found = outcomes(page)
            page.close()
            bad += [name] if report(name, found) else []
        browser.close()
        server.shutdown()
    print(f"{len(names) - len(bad)} of {len(names)} chapters give what is stored")
    return 1 if bad else 0


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that does not report each request."""

    def log_message(self, *_):
        """Say nothing."""


def outcomes(page):
    """Run a page's cells and return what came; after the time limit, of the cells so far."""
    page.evaluate(f"void ({RUN})()")
    end = time.monotonic() + LIMIT
    while not page.evaluate("window.bpDone") and time.monotonic() < end:
        page.wait_for_timeout(500)
    return page.evaluate("window.bpFound ?? []")


def report(name, found):
    """Print how a chapter went; return whether anything differs."""
    notebook = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = {i: c for i, c in enumerate(notebook["cells"]) if c["cell_type"] == "code"}
    said = []
    for each in found:
        said += differences(cells[each["number"]], each)
    if len(found) < len(cells):
        said.append(f"  {len(cells) - len(found)} cells were not run within {LIMIT} s")
    seconds = sum(each["seconds"] for each in found)
    slowest = max((each["seconds"] for each in found), default=0)
    print(f"{name}: {len(found)} cells, {seconds:.0f} s, the slowest {slowest:.0f} s;", end=" ")
    print("\n".join([f"{len(said)} differences", *said]) if said else "as stored", flush=True)
    return bool(said)


def differences(cell, each):
    """Return what differs in one cell, a line each."""
    place = f"  cell {each['number']} (id {cell['id']})"
    if not each["ok"]:
        return [f"{place} fails: {text_of(each['came'], 'error')[-200:]!r}"]
    if "nbval-ignore-output" in cell["metadata"].get("tags", []):
        return []
    pairs = {
        kind: (text_of(stored_outputs(cell), kind), text_of(each["came"], kind))
        for kind in ("text", "html", "svg")
    }
    return [
        f"{place}, {kind}: stored {first(stored, came)!r}, came {first(came, stored)!r}"
        for kind, (stored, came) in pairs.items()
        if stored != came
    ]


def stored_outputs(cell):
    """Return a cell's stored outputs as the page would send them."""
    found = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if output["output_type"] == "stream":
            found.append(("text", "".join(output["text"])))
        elif "image/svg+xml" in data:
            found.append(("svg", "".join(data["image/svg+xml"])))
        elif "text/html" in data:
            found.append(("html", "".join(data["text/html"])))
        elif "text/latex" in data:
            found.append(("math", "".join(data["text/latex"])))
        elif "text/plain" in data:
            found.append(("text", "".join(data["text/plain"]) + "\n"))
    return found


def text_of(came, kind):
    """Return all outputs of a kind as one text; of figures their words."""
    texts = [text for each, text in came if each == kind]
    if kind == "svg":
        texts = [f"figure: {' '.join(map(words, TEXT.findall(text)))}\n" for text in texts]
    return "".join(texts).strip()


def words(text):
    """Return what a text of a figure says, without its marks of type and place."""
    return "".join(re.sub(r"<[^>]*>", "", text).split())


def first(text, other):
    """Return a text from shortly before the first difference on."""
    at = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    return text[max(0, at - 30) : at + 60]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
