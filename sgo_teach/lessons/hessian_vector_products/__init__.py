"""Lesson 09: the Hessian times a vector in three ways, what it costs, and what it tells."""
