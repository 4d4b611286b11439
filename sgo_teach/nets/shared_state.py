"""The state of an optimiser with one model for all its parameters, and how it is saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch.optim import Optimizer

from sgo_teach.nets.preconditioner.chosen import OWN
from sgo_teach.nets.settings import PER_GROUP, check_settings
from sgo_teach.nets.step_record import HessianFreeStep


class SharedState(Optimizer):
    """A torch optimiser with one λ, one count of steps and one record of the last of them.

    Parameters
    ----------
    params : parameters or groups of them
    settings : defaults of the groups
    preconditioner : an object of the user's whose state is saved with the rest, or None

    Raises
    ------
    ValueError
        If a setting lies outside its range or differs between groups where it must not.
    """

    _OURS: tuple[str, ...] = ("_preconditioner", "_last_step")

    def __init__(
        self, params: Iterable[Any], settings: dict[str, Any], preconditioner: Any = None
    ) -> None:
        self._preconditioner = preconditioner
        self._last_step: HessianFreeStep | None = None
        super().__init__(params, settings)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; ``lr`` and ``weight_decay`` may differ from the others.

        Raises
        ------
        ValueError
            If a setting lies outside its range, or one other than these differs: there is one
            model and one λ for all parameters.
        """
        for name, value in param_group.items():
            if name in self.defaults and name not in PER_GROUP and value != self.defaults[name]:
                raise ValueError(
                    f"{name} must be the same for all parameters, {self.defaults[name]!r}, but a "
                    f"group asks for {value!r}; only lr and weight_decay may differ"
                )
        check_settings({**self.defaults, **param_group})
        super().add_param_group(param_group)

    @property
    def last_step(self) -> HessianFreeStep:
        """How the last step came about.

        Raises
        ------
        RuntimeError
            If no step has been taken yet.
        """
        if self._last_step is None:
            raise RuntimeError("there is no last step yet; call step(closure) first")
        return self._last_step

    @property
    def damping(self) -> float:
        """λ of the next step.

        Raises
        ------
        ValueError
            If it is set to what is no finite number ≥ 0.
        """
        return self._shared().get("damping", self.param_groups[0]["damping"])

    @damping.setter
    def damping(self, value: float) -> None:
        check_settings({**self.defaults, "damping": value})
        self._shared()["damping"] = float(value)

    def __getstate__(self) -> dict[str, Any]:
        """What ``copy`` and ``pickle`` take along; torch's own part leaves out what is ours."""
        return {**super().__getstate__(), **{name: getattr(self, name) for name in self._OURS}}

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs: settings, λ, warm start, means, your preconditioner."""
        saved = super().state_dict()
        if hasattr(self._preconditioner, "state_dict"):
            saved["preconditioner"] = self._preconditioner.state_dict()
        return saved

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises
        ------
        ValueError
            If it belongs to other parameters, or to a preconditioner that is not there.
        """
        names = {group.get("preconditioner") for group in state_dict["param_groups"]}
        if (OWN in names) != (self._preconditioner is not None):
            raise ValueError(
                "a state must be loaded with a preconditioner of the kind that it was saved with, "
                f"and here one of the two is an object of yours: saved with {names}; make "
                "HessianFree(preconditioner=...) as it was made then"
            )
        super().load_state_dict(state_dict)
        if "preconditioner" in state_dict:
            self._preconditioner.load_state_dict(state_dict["preconditioner"])

    @property
    def _k(self) -> int:
        """Number of the next step, from 0."""
        return self._shared().get("k", 0)

    def _shared(self) -> dict[str, Any]:
        """What belongs to no single parameter; kept with the first of them, to be saved."""
        return self.state[self.param_groups[0]["params"][0]]
