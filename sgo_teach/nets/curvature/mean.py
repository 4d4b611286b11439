"""Products over data too large for one batch."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sgo_teach.nets.parameters import Product


class MeanProduct:
    """v ↦ Σ (N_b/N) C_b v, the curvature of the mean loss over all N = Σ N_b examples.

    Each C_b belongs to the mean loss of its own batch. Batches of 7 and 13 therefore weigh 7/20
    and 13/20, not a half each.

    Parameters
    ----------
    products : one v ↦ C_b v for each batch
    sizes : N_b, number of examples in each batch

    Raises
    ------
    ValueError
        If there is no batch, the lengths differ or a size is not positive.
    """

    def __init__(self, products: Sequence[Product], sizes: Sequence[int]) -> None:
        if not products or len(products) != len(sizes):
            raise ValueError(
                f"needs a size for each product, and at least one; got {len(products)} products "
                f"and {len(sizes)} sizes"
            )
        if not all(size > 0 for size in sizes):
            raise ValueError(f"sizes must be positive, not {list(sizes)}")
        self._products = tuple(products)
        self._shares = [size / sum(sizes) for size in sizes]

    def __call__(self, v: Tensor) -> Tensor:
        """Cv, (n,)."""
        first, *rest = (s * C(v) for s, C in zip(self._shares, self._products, strict=True))
        return sum(rest, first)
