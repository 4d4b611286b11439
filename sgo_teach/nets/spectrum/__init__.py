"""What the spectrum of a matrix looks like when only its products with vectors are known.

For numpy arrays and one-dimensional torch tensors alike. With torch, give products whose results
carry no graph, as those of `sgo_teach.nets.curvature`.
"""

from sgo_teach.nets.spectrum.density import SpectralDensity, spectral_density
from sgo_teach.nets.spectrum.lanczos import LanczosRun, lanczos
from sgo_teach.nets.spectrum.power import CONVERGED, MAX_STEPS, PowerStep, power_iteration
from sgo_teach.nets.spectrum.trace import TraceEstimate, hutch_plus_plus, hutchinson_trace
from sgo_teach.nets.spectrum.vectors import gaussian, rademacher

__all__ = [
    "CONVERGED",
    "MAX_STEPS",
    "LanczosRun",
    "PowerStep",
    "SpectralDensity",
    "TraceEstimate",
    "gaussian",
    "hutch_plus_plus",
    "hutchinson_trace",
    "lanczos",
    "power_iteration",
    "rademacher",
    "spectral_density",
]
