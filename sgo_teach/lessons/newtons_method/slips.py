"""What several exercises of lesson 03 share: how a slip is told by the formula it amounts to."""

from __future__ import annotations

import numpy as np


def equals(formula, message):
    """A slip for an answer that is what another formula gives."""

    def when(case, got, want):
        other = formula(*case)
        if np.shape(got) == np.shape(other) and np.allclose(got, other, rtol=1e-9, atol=1e-12):
            return message

    return when
