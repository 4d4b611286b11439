"""Lesson 12: a convolutional network trained by Hessian-free, beside Adam and SGD."""
