"""Lesson 03: Newton's method, from a root to a minimum, and the ways in which it fails."""
