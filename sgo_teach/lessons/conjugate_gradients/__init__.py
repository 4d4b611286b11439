"""Lesson 08: conjugate gradients, a linear system solved from products with its matrix alone."""
