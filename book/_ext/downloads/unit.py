"""The unit for teachers as one archive, with the wheel that its students install."""

import zipfile

UNIT = "six-exercises.zip"


def unit_archive(root, folder, wheel):
    """Put ``classroom/six-exercises`` of the repository and the wheel into an archive."""
    source = root / "classroom" / "six-exercises"
    paths = sorted(p for p in source.rglob("*") if p.is_file() and p.suffix != ".whl")
    with zipfile.ZipFile(folder / UNIT, "w", zipfile.ZIP_DEFLATED) as made:
        for path in paths:
            made.write(path, f"{source.name}/{path.relative_to(source).as_posix()}")
        made.write(folder / wheel, f"{source.name}/{wheel}")
