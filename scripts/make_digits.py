"""Regenerate bpcourse/data/digits.npz from scikit-learn's copy of the data set.

    pip install scikit-learn
    python scripts/make_digits.py

Provenance and licence: bpcourse/data/README.md.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parent.parent / "bpcourse" / "data" / "digits.npz"


def main():
    """Write the 1,797 images as unsigned bytes 0..16 and their labels."""
    images, labels = load_digits(return_X_y=True)
    if images.shape != (1797, 64) or not np.array_equal(images, images.astype(np.uint8)):
        raise SystemExit(f"not the expected data: shape {images.shape}")
    np.savez_compressed(TARGET, images=images.astype(np.uint8), labels=labels.astype(np.uint8))


if __name__ == "__main__":
    main()
