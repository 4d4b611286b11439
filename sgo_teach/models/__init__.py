"""Models with a loss to minimise, on numpy arrays."""
