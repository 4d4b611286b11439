"""The quadratic model of the loss around θ, and the steps that conjugate gradients draw from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sgo_teach.nets.parameters import Product
from sgo_teach.solvers.cg import (
    NEGATIVE_CURVATURE,
    CGResult,
    CGStep,
    cg,
    geometric_spacing,
    martens_rule,
    residual_rule,
)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A step that CG proposes.

    Attributes
    ----------
    k : number of the CG iterate
    x : (n,) tensor, the iterate, or the point beyond it
    slope : gᵀΔ
    change : m(Δ) where φ of CG tells it; None where it takes a product
    step_size : number or (n,) tensor
    beyond : whether x lies beyond the iterate, along a direction of negative curvature
    """

    k: int
    x: Tensor
    slope: float
    change: float | None = None
    step_size: float | Tensor = 1.0
    beyond: bool = False

    @property
    def delta(self) -> Tensor:
        """Δ = step_size·x, (n,); made when it is tried, as all of them would fill the memory."""
        return self.step_size * self.x


class LocalModel:
    """m(Δ) = gᵀΔ + ½ΔᵀCΔ, and its damped form φ(Δ) = m(Δ) + ½λ‖Δ‖².

    Parameters
    ----------
    gradient : (n,) tensor, g
    product : v ↦ Cv
    damping : λ

    Attributes
    ----------
    products : how many have been taken
    """

    def __init__(self, gradient: Tensor, product: Product, damping: float) -> None:
        self.gradient, self.damping = gradient, damping
        self._product, self.products = product, 0

    def product(self, v: Tensor) -> Tensor:
        """Cv, (n,)."""
        self.products += 1
        return self._product(v)

    def damped(self, v: Tensor) -> Tensor:
        """(C + λI)v, (n,)."""
        return self.product(v) + self.damping * v

    def change(self, delta: Tensor) -> float:
        """m(Δ), the undamped model, measured from θ; costs one product."""
        return float(self.gradient @ delta + 0.5 * (delta @ self.product(delta)))

    def promised(self, candidate: Candidate) -> float:
        """m(Δ) of a candidate, by a product only where CG does not tell it."""
        return self.change(candidate.delta) if candidate.change is None else candidate.change

    @torch.no_grad()
    def solve(
        self,
        start: Tensor | None,
        preconditioner: Product | None,
        stop: str | float,
        max_steps: int,
    ) -> CGResult:
        """Lower φ by conjugate gradients.

        Parameters
        ----------
        start : (n,) tensor or None for zero
        preconditioner : r ↦ M⁻¹r, or None
        stop : "martens" or a relative residual
        max_steps : products at most
        """
        rule = martens_rule() if stop == "martens" else residual_rule(float(stop))
        return cg(
            self.damped,
            -self.gradient,
            start,
            preconditioner,
            stop=rule,
            max_steps=max_steps,
            keep=geometric_spacing(),
        )

    def candidates(
        self, result: CGResult, step_size: float | Tensor, backtracking: bool
    ) -> list[Candidate]:
        """The steps to try, last CG iterate last; just that one without backtracking.

        Parameters
        ----------
        result : of `solve`
        step_size : number or (n,) tensor that multiplies every step
        """
        candidates = [self._candidate(i.k, i.x, step_size, i.model_value) for i in result.iterates]
        if result.reason == NEGATIVE_CURVATURE and (point := _beyond(result.last)) is not None:
            last = self._candidate(result.iterates[-1].k, point, step_size)
            candidates.append(replace(last, beyond=True))
        return candidates if backtracking else candidates[-1:]

    def _candidate(
        self, k: int, x: Tensor, step_size: float | Tensor, phi: float | None = None
    ) -> Candidate:
        slope = float(self.gradient @ (step_size * x))
        if phi is None or isinstance(step_size, Tensor):
            return Candidate(k, x, slope, None, step_size)
        # φ(x) = gᵀx + ½xᵀCx + ½λ‖x‖² is known to CG, and so is xᵀCx.
        bend = 2 * (phi - float(self.gradient @ x)) - self.damping * float(x @ x)
        return Candidate(k, x, slope, slope + 0.5 * step_size**2 * bend, step_size)


def _beyond(last: CGStep) -> Tensor | None:
    """x + τp along the direction p of negative curvature: down the slope, never over a ridge.

    φ falls along p without end, so the exact step has no meaning. The length τ = rᵀp/|pᵀAp| is
    that of a model bent upwards as sharply as this one bends down.
    """
    tau = float(last.r @ last.p) / abs(last.curvature) if last.curvature else 0.0
    step = last.x + tau * last.p
    return step if tau and bool(torch.isfinite(step).all()) else None
