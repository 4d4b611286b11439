"""Lesson 01: Taylor polynomials, the quadratic model and the Newton step."""
