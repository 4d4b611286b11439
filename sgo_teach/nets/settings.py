"""The settings of the Hessian-free optimiser and their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan
from numbers import Integral, Real
from typing import Any, get_args

import torch
from torch import Tensor

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner.chosen import EMPIRICAL_FISHER, OWN

Groups = Sequence[dict[str, Any]]
PER_GROUP = ("lr", "weight_decay")
OUTPUT_LOSSES = (None, *get_args(OutputLoss))


def check_settings(setting: dict[str, Any]) -> None:
    """Raise ValueError with the name, the requirement and the value of one out of range."""
    requirements = {
        "lr": (_number(setting["lr"]) > 0, "positive and finite"),
        "weight_decay": (_number(setting["weight_decay"]) >= 0, "at least 0 and finite"),
        "damping": (_number(setting["damping"]) >= 0, "at least 0 and finite"),
        "curvature": (setting["curvature"] in ("ggn", "hessian"), "'ggn' or 'hessian'"),
        "output_loss": (
            setting["output_loss"] in OUTPUT_LOSSES,
            "'cross_entropy', 'binary_cross_entropy', 'squared_error' or None",
        ),
        "cg_stop": (
            setting["cg_stop"] == "martens" or 0 < _number(setting["cg_stop"]) < 1,
            "'martens' or a relative residual between 0 and 1",
        ),
        "max_cg_steps": (_whole(setting["max_cg_steps"]) >= 1, "a whole number, at least 1"),
        "warm_start": (0 <= _number(setting["warm_start"]) <= 1, "between 0 and 1"),
        "probes": (_whole(setting["probes"]) >= 1, "a whole number, at least 1"),
        "seed": (_whole(setting["seed"]) >= 0, "a whole number, at least 0"),
        "preconditioner": (
            setting["preconditioner"] in (False, EMPIRICAL_FISHER, OWN),
            "False, True, 'empirical_fisher' or an object with a method build",
        ),
    }
    for name, (met, wanted) in requirements.items():
        if not met:
            raise ValueError(f"{name} must be {wanted}, not {setting[name]!r}")


def _number(value: Any) -> float:
    """A finite number, or NaN, which lies in no range."""
    scalar = isinstance(value, Real) or (isinstance(value, Tensor) and value.numel() == 1)
    return float(value) if scalar and isfinite(value) else nan


def _whole(value: Any) -> float:
    return float(value) if isinstance(value, Integral) else nan


def per_parameter(groups: Groups, name: str, vector: ParameterVector) -> Tensor:
    """A setting of the groups as a vector (n,)."""
    setting = {p: float(group[name]) for group in groups for p in group["params"]}
    return vector.flatten([torch.full_like(p, setting[p]) for p in vector.tensors])


def common_or_per_parameter(groups: Groups, name: str, vector: ParameterVector) -> float | Tensor:
    """A setting as a number where all groups share it, as a vector (n,) where they differ."""
    values = {float(group[name]) for group in groups}
    return values.pop() if len(values) == 1 else per_parameter(groups, name, vector)


def weight_penalty(groups: Groups, vector: ParameterVector) -> float:
    """½ Σ cᵢθᵢ², what weight decay c adds to the loss."""
    if not any(group["weight_decay"] for group in groups):
        return 0.0
    theta = vector.read()
    return 0.5 * float((per_parameter(groups, "weight_decay", vector) * theta) @ theta)
