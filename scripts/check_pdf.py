"""Check the book on paper: what TeX complained of, the fonts, the pages.

    python scripts/check_pdf.py BOOK.pdf BOOK.log OUTPUT.txt

The log is that of the last run of XeLaTeX, OUTPUT.txt what it and its PDF driver printed.
"""

import re
import subprocess
import sys
from pathlib import Path

A4 = "595.28 x 841.89"
# Longer than this beyond the margin is seen. (TeX's points; 3 are a millimeter.)
VISIBLE = 3.0
COMPLAINTS = {
    "a reference leads nowhere": re.compile(
        r"(?:Reference|Hyper reference|Citation) `.*?undefined"
    ),
    "a label stands twice": re.compile(r"Label `.*?' multiply defined"),
    "no font has a letter": re.compile(r"Missing character: .*"),
    "a box is too high for its page": re.compile(r"Float too large.*"),
}
OVERFULL = re.compile(r"Overfull \\hbox \((\d+\.\d+)pt too wide\)(.*)")
DRIVER = re.compile(r"xdvipdfmx:warning: .*")


def problems(log, printed, fonts, info):
    """Return what is wrong, one sentence each.

    >>> overfull = "Overfull " + chr(92) + "hbox (9.5pt too wide) in paragraph"
    >>> problems(overfull, "", "", "Page size: 595.28 x 841.89")
    ['9.5 points beyond the margin: in paragraph']
    """
    log = re.sub(r"(?<=.{79})\n", "", log)  # TeX breaks its lines at 79 characters
    found = [
        f"{what}: {hit[0]}" for what, pattern in COMPLAINTS.items() for hit in pattern.finditer(log)
    ]
    wide = [(float(hit[1]), hit[2].strip()) for hit in OVERFULL.finditer(log)]
    found += [f"{size} points beyond the margin: {where}" for size, where in wide if size > VISIBLE]
    found += [hit[0] for hit in DRIVER.finditer(printed)]
    found += [
        f"a font is not embedded: {line}" for line in fonts.splitlines()[2:] if not embedded(line)
    ]
    if A4 not in info:
        found.append(f"the pages are not A4: {info}")
    return found


def embedded(line):
    """Say whether a line of pdffonts tells of an embedded font."""
    return line.split()[-5] == "yes"


def main(pdf, log, output):
    """Print the problems; return the exit status."""
    texts = [Path(path).read_text(encoding="utf-8", errors="replace") for path in (log, output)]
    info = tool("pdfinfo", pdf)
    found = problems(*texts, tool("pdffonts", pdf), info)
    for problem in dict.fromkeys(found):
        print(problem, file=sys.stderr)
    pages = re.search(r"Pages:\s+(\d+)", info)[1]
    size = Path(pdf).stat().st_size / 1e6
    print(f"{pages} pages, {size:.1f} MB, {len(found)} problem(s)")
    return 1 if found else 0


def tool(*command):
    """Return what a program of poppler's prints."""
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
