"""Write the addresses of book and repository into the files that can't read _config.yml.

    python scripts/addresses.py

They are set once, there. The files are the package's metadata, the citation, the README and what
the package index shows. An address that is not set leaves no trace. A test compares.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def settings():
    """Return the addresses of the book and of the repository; empty where not set."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    repository_url = config["repository_url"].rstrip("/").removesuffix(".git")
    return config["book_url"].rstrip("/"), repository_url


def texts(book_url, repository_url):
    """Return what the files must hold: {name: text}."""
    made = {}
    for name, write in WRITERS.items():
        made[name] = write((ROOT / name).read_text(encoding="utf-8"), book_url, repository_url)
    return made


def project(text, book_url, repository_url):
    """Return pyproject.toml with the project's addresses, from which messages take the book's."""
    urls = {"Documentation": book_url, "Source": repository_url}
    if repository_url:
        urls["Changelog"] = f"{repository_url}/blob/main/CHANGELOG.md"
    lines = "".join(f'{name} = "{url}"\n' for name, url in urls.items() if url)
    text = re.sub(r"\[project\.urls\]\n(?:.+\n)*\n", "", text)
    table = f"[project.urls]\n{lines}\n" if lines else ""
    return text.replace("[project.scripts]\n", f"{table}[project.scripts]\n")


def citation(text, book_url, repository_url):
    """Return CITATION.cff with the addresses."""
    text = re.sub(r"^(?:url|repository-code): .*\n", "", text, flags=re.MULTILINE)
    lines = f'url: "{book_url}"\n' if book_url else ""
    lines += f'repository-code: "{repository_url}"\n' if repository_url else ""
    return text.replace("license:\n", f"{lines}license:\n")


def page(text, book_url, repository_url):
    """Return a Markdown file with a line that leads to the book, below its title."""
    text = re.sub(r"^The book: <.*>\n\n", "", text, flags=re.MULTILINE)
    title, rest = text.split("\n\n", 1)
    return f"{title}\n\nThe book: <{book_url}>\n\n{rest}" if book_url else text


WRITERS = {
    "pyproject.toml": project,
    "CITATION.cff": citation,
    "README.md": page,
    "PACKAGE.md": page,
}


def main():
    """Write the files."""
    for name, text in texts(*settings()).items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
