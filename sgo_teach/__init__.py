"""Second-order optimisation by hand: the package behind the notebooks.

Nothing is imported here, so a lesson starts as fast as the parts it needs.
"""

__version__ = "0.1.0"
