"""How a sample is shared out over tables."""

from __future__ import annotations

from collections.abc import Sequence


def shares(sizes: Sequence[int], rows: int) -> list[int]:
    """How many rows of each table a sample of so many has: half shared alike, half by size; of each at least one."""
    if sum(sizes) <= rows:
        return list(sizes)
    alike = max(1, rows // 2 // sum(size > 0 for size in sizes))
    first = [min(size, alike) for size in sizes]
    left, rest = max(0, rows - sum(first)), sum(sizes) - sum(first)
    return [share + left * (size - share) // rest for size, share in zip(sizes, first, strict=True)]
