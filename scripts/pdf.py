"""Set the whole book on A4 with XeLaTeX: _build/pdf/backpropagation-computed.pdf.

    python scripts/pdf.py

Sphinx writes one LaTeX file, XeLaTeX sets it until the page numbers stand still, and then the
result is checked: references, letters, fonts, links, lines that are too long.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import check_pdf
import cover
import matplotlib
import take_home
from editions import BUILD, NAME, ROOT, fail, sphinx, title_and_author, year
from fontTools.ttLib import TTFont

import bpcourse

OUT = BUILD / "pdf"
TEX = OUT / "tex"
# The packages of Debian and Ubuntu with what is needed: programs, and files that TeX must find.
PROGRAMS = {
    "xelatex": "texlive-xetex",
    "makeindex": "texlive-binaries",
    "rsvg-convert": "librsvg2-bin",
    "pdffonts": "poppler-utils",
}
TEX_FILES = {
    "texgyrepagella-regular.otf": "fonts-texgyre",
    "texgyrepagella-math.otf": "fonts-texgyre-math",
    "newunicodechar.sty": "texlive-latex-extra",
}
# matplotlib brings the fonts of the figures, and one for code.
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
STYLES = "BoldFont=*-Bold,ItalicFont=*-Oblique,BoldItalicFont=*-BoldOblique"
MOST_PASSES = 6
CONTENTS = (
    r"\renewcommand{\contentsname}{Contents}{\hypersetup{linkcolor=bpink}\sphinxtableofcontents}"
)
SETUP = (
    r"hmargin={28mm,28mm},vmargin={26mm,28mm},HeaderFamily=\rmfamily\bfseries,"
    "VerbatimColor={HTML}{F4F6F8},VerbatimBorderColor={HTML}{F4F6F8},"
    "verbatimhintsturnover=false,TitleColor={HTML}{1F2933},InnerLinkColor={HTML}{0B62A8},OuterLinkColor={HTML}{0B62A8}"
)


def main():
    """Build and check the book on paper; return the exit status."""
    missing = missing_packages()
    if missing:
        fail(f"This needs programs that are not here. On Debian or Ubuntu:\n  {install(missing)}")
    shutil.rmtree(OUT, ignore_errors=True)
    if sphinx("latex", TEX, settings=settings()):
        fail("The book was not set: see the warnings above.")
    cover.main(TEX / "cover.pdf")
    add_missing_letters(TEX / f"{NAME}.tex")
    typeset()
    shutil.copy2(TEX / f"{NAME}.pdf", OUT)
    print(f"The book on paper: {(OUT / f'{NAME}.pdf').as_uri()}")
    take_home.main()
    return check_pdf.main(OUT / f"{NAME}.pdf", TEX / f"{NAME}.log", TEX / "output.txt")


def missing_packages():
    """Return the packages that hold what this machine lacks."""
    missing = {package for name, package in PROGRAMS.items() if not shutil.which(name)}
    return sorted(missing | {package for name, package in TEX_FILES.items() if not where(name)})


def install(packages):
    """Return the command that installs the packages."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def where(name):
    """Return the path at which TeX finds a file, or ""."""
    if not shutil.which("kpsewhich"):
        return ""
    found = subprocess.run(["kpsewhich", name], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def title_pages():
    """Return the LaTeX code of the cover and of the page behind it."""
    told = (*title_and_author(), bpcourse.__version__, year())
    return r"\bptitlepages" + "".join(f"{{{text}}}" for text in told)


def settings():
    """Return what Sphinx is told for paper."""
    return {
        "latex_engine": "xelatex",
        "latex_documents": [("book/intro", f"{NAME}.tex", *title_and_author(), "manual", True)],
        "latex_use_xindy": False,
        "latex_domain_indices": False,
        "latex_show_urls": "footnote",
        "latex_elements": {
            "papersize": "a4paper",
            "pointsize": "11pt",
            "extraclassoptions": "openany,oneside",
            "fncychap": "",
            "fontpkg": fonts(),
            "preamble": (ROOT / "book" / "_ext" / "paper.tex").read_text(encoding="utf-8"),
            "sphinxsetup": SETUP,
            "figure_align": "htb",
            "maketitle": title_pages(),
            "tableofcontents": CONTENTS,
        },
    }


def fonts():
    """Return the LaTeX code that chooses the letters."""
    text = "BoldFont=*-bold,ItalicFont=*-italic,BoldItalicFont=*-bolditalic"
    return "\n".join(
        (
            rf"\setmainfont{{texgyrepagella}}[Extension=.otf,UprightFont=*-regular,{text}]",
            rf"\setsansfont{{DejaVuSans}}[Path={FONTS}/,Extension=.ttf,Scale=0.85,{STYLES}]",
            rf"\setmonofont{{DejaVuSansMono}}[Path={FONTS}/,Extension=.ttf,Scale=0.8,{STYLES}]",
        )
    )


def add_missing_letters(path):
    """Let the font of the code stand in for letters that the font of the text lacks."""
    code = path.read_text(encoding="utf-8")
    known = TTFont(where("texgyrepagella-regular.otf")).getBestCmap()
    missing = sorted(c for c in set(code) if ord(c) > 0xA0 and ord(c) not in known)
    rules = [
        rf"\newunicodechar{{{c}}}{{{{\ttfamily\upshape\symbol{{{ord(c)}}}}}}}" for c in missing
    ]
    begin = r"\begin{document}"
    path.write_text(code.replace(begin, "\n".join([*rules, begin]), 1), encoding="utf-8")


def typeset():
    """Run XeLaTeX until the numbers of the pages no longer change."""
    before = None
    for _ in range(MOST_PASSES):
        xelatex("-no-pdf")
        after = [(TEX / f"{NAME}{end}").read_bytes() for end in (".aux", ".toc", ".idx")]
        if after == before:
            break
        before = after
        run("makeindex", "-q", "-s", "python.ist", f"{NAME}.idx")
    else:
        fail(f"The page numbers still change after {MOST_PASSES} passes.")
    xelatex()


def xelatex(*options):
    """Run XeLaTeX once, with its output kept in a file."""
    run("xelatex", *options, "-interaction=nonstopmode", "-halt-on-error", f"{NAME}.tex")


def run(*command):
    """Run a program in the folder of the LaTeX file; end if it fails."""
    with (TEX / "output.txt").open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command, cwd=TEX, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        last = (TEX / "output.txt").read_text(encoding="utf-8", errors="replace")[-2000:]
        fail(f"{command[0]} failed:\n{last}")


if __name__ == "__main__":
    sys.exit(main())
