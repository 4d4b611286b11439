"""Lesson 10: the Gauss–Newton matrix, the Fisher matrix, and the natural gradient."""
