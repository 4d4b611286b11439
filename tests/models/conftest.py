"""Theorems are tested with drawn numbers, and no time is asserted."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("theorems", deadline=None, max_examples=40)
settings.load_profile("theorems")
