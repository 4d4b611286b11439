"""Lesson 02: gradient descent seen mode by mode, momentum, rescaling, finite differences."""
