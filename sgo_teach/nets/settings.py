"""The settings of the Hessian-free optimiser and their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioning import EMPIRICAL_FISHER, OWN

Groups = Sequence[dict[str, Any]]
PER_GROUP = ("lr", "weight_decay")
OUTPUT_LOSSES = (None, "cross_entropy", "binary_cross_entropy", "squared_error")


def check_settings(setting: dict[str, Any]) -> None:
    """Raise ValueError with the name, the requirement and the value of one out of range."""
    requirements = {
        "lr": (setting["lr"] > 0, "positive"),
        "weight_decay": (setting["weight_decay"] >= 0, "at least 0"),
        "damping": (setting["damping"] >= 0, "at least 0"),
        "curvature": (setting["curvature"] in ("ggn", "hessian"), "'ggn' or 'hessian'"),
        "output_loss": (
            setting["output_loss"] in OUTPUT_LOSSES,
            "'cross_entropy', 'binary_cross_entropy', 'squared_error' or None",
        ),
        "cg_stop": (
            setting["cg_stop"] == "martens"
            or (not isinstance(setting["cg_stop"], str) and 0 < setting["cg_stop"] < 1),
            "'martens' or a relative residual between 0 and 1",
        ),
        "max_cg_steps": (setting["max_cg_steps"] >= 1, "at least 1"),
        "warm_start": (0 <= setting["warm_start"] <= 1, "between 0 and 1"),
        "probes": (setting["probes"] >= 1, "at least 1"),
        "preconditioner": (
            setting["preconditioner"] in (False, EMPIRICAL_FISHER, OWN),
            "False, True, 'empirical_fisher' or an object with a method build",
        ),
    }
    for name, (met, wanted) in requirements.items():
        if not met:
            raise ValueError(f"{name} must be {wanted}, not {setting[name]!r}")


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
