"""Lesson 04: Newton made safe by damping, trust regions and line searches; BFGS."""
