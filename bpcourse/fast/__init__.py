"""The same numbers with nothing allocated, and all differences of a network at once."""

from bpcourse.fast import in_place, low_rank

__all__ = ["in_place", "low_rank"]
