"""Lesson 00: how the course works, and whether everything it needs is here."""
