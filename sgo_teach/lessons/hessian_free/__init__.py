"""Lesson 11: the Hessian-free optimiser, put together from the learner's own parts."""
