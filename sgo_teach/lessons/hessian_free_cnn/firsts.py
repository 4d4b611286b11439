"""Who of a race is first at the goal, axis by axis, and what an update had to be worth for that."""

from __future__ import annotations

from math import isfinite
from statistics import median

from sgo_teach.lessons.hessian_free_cnn.standings import (
    AXES,
    GOAL,
    OURS,
    Histories,
    Standing,
    Table,
    spent_to,
)


def amounts(histories: Histories, field: str, goal: float = GOAL) -> dict[str, float]:
    """Median over the seeds of what each optimiser spent to the goal; inf if most never saw it."""
    return {
        name: median(spent_to(run, field, goal) for run in runs) for name, runs in histories.items()
    }


def first(histories: Histories, field: str, goal: float = GOAL) -> str | None:
    """Who spent least to the goal, in the median; None if nobody saw it."""
    spent = amounts(histories, field, goal)
    name = min(spent, key=lambda name: spent[name])
    return name if isfinite(spent[name]) else None


def first_at(title: str, histories: Histories, goal: float = GOAL) -> Table:
    """What each optimiser spent to the goal, a row for each way of counting, and who was first."""
    rows = []
    for words, field in AXES.items():
        spent = amounts(histories, field, goal)
        rows.append((words, *map(_amount, spent.values()), first(histories, field, goal) or "–"))
    head = (f"spent to {goal:.0%}, in", *histories, "first")
    below = f"Medians over the seeds; {NEVER} where most of them never saw {goal:.0%}."
    many = any(len(runs) > 1 for runs in histories.values())
    return Table(title, head, tuple(rows), below if many else "")


NEVER = "–"


def _amount(spent: float) -> str:
    if not isfinite(spent):
        return NEVER
    return f"{spent:,.0f}" if spent >= 10 else f"{spent:.2g}"


def price_and_worth(
    histories: Histories, rival: str, field: str, goal: float = GOAL, ours: str = OURS
) -> tuple[float, float]:
    """How many updates of a rival one of ours costs, and how many it stands in for on the way.

    Both from the medians of what was spent to the goal, so that ours is first by that axis exactly
    if its worth exceeds the price. Of one that never saw the goal, the updates of the whole race
    tell the price; the worth is then 0 if that is ours, else inf.
    """
    updates, spent = amounts(histories, "updates", goal), amounts(histories, field, goal)

    def cost(name: str) -> float:
        if isfinite(updates[name]):
            return spent[name] / updates[name]
        return Standing.of(name, histories[name], goal).price(field)

    price = cost(ours) / cost(rival)
    if not isfinite(updates[ours]):
        return price, 0.0
    return price, updates[rival] / updates[ours]


def when_it_pays(title: str, histories: Histories, goal: float = GOAL) -> Table:
    """For each rival: what an update of Hessian-free cost and was worth, in the rival's updates."""
    rows, wins = [], []
    for rival in histories:
        if rival == OURS:
            continue
        by_work, worth = price_and_worth(histories, rival, "gradient_equivalents", goal)
        by_time, _ = price_and_worth(histories, rival, "seconds", goal)
        wins += [rival] if worth > by_time else []
        pays = f"{'yes' if worth > by_work else 'no'} / {'yes' if worth > by_time else 'no'}"
        rows.append((rival, *map(_times, (by_work, by_time, worth)), pays))
    head = (
        "rival",
        "price, by gradients",
        "price, by seconds",
        "worth",
        "pays, by gradients / by seconds",
    )
    paid = " and ".join(wins) if wins else "none of them"
    below = (
        f"Price and worth of one update of Hessian-free, in updates of the rival, to {goal:.0%}. "
        f"By seconds it paid against {paid}."
    )
    return Table(title, head, tuple(rows), below)


def _times(ratio: float) -> str:
    return f"{ratio:.2g}" if isfinite(ratio) and ratio < 100 else _amount(ratio)
