"""Work a stage in JupyterLab as a learner's hand does, and see whether its picture follows."""

from __future__ import annotations

import time
from dataclasses import dataclass

from playwright.sync_api import ElementHandle, Page

PATIENCE = 8.0  # seconds until a picture that has not changed is taken not to change


@dataclass
class StageOnPage:
    """One stage on the page; `times` gathers the milliseconds from input to picture."""

    page: Page
    root: ElementHandle
    times: dict[str, list[float]]

    def find(self, selector: str) -> list[ElementHandle]:
        """Return the elements of this stage that `selector` names."""
        return self.root.query_selector_all(selector)

    @property
    def words(self) -> str:
        """The read-out."""
        return self.find(".sgo-say")[0].text_content() or ""

    def shown(self) -> tuple[int, str]:
        """Return the picture's hash and the read-out."""
        return self.page.evaluate("(e) => eye.hash(e)", self.root), self.words

    def still(self, quiet: float = 0.25) -> tuple[int, str]:
        """Wait until nothing changes for `quiet` seconds; return what is shown then."""
        end = time.monotonic() + PATIENCE
        last, since = self.shown(), time.monotonic()
        while time.monotonic() - since < quiet and time.monotonic() < end:
            time.sleep(0.05)
            if (now := self.shown()) != last:
                last, since = now, time.monotonic()
        return last

    def changes(self, name: str, act, seconds: float = PATIENCE) -> bool:
        """Do `act` and say whether picture or read-out changed; record how soon the picture did."""
        before = self.still()
        self.page.evaluate("(e) => eye.begin(e)", self.root)
        act()
        end = time.monotonic() + seconds
        while (changed := self.shown() != before) is False and time.monotonic() < end:
            time.sleep(0.03)
        soon = self.page.evaluate("() => eye.answer(0)")
        self.page.evaluate("() => eye.end()")
        if soon is not None:
            self.times.setdefault(name, []).append(round(soon, 1))
        return changed

    def type_into(self, entry: ElementHandle, text: str) -> None:
        """Replace a number by typing."""
        entry.focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")  # without it a refused first character would keep it
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        entry.evaluate("(e) => e.blur()")

    def drag(self, start, *stops) -> None:
        """Drag the mouse from `start` over `stops`, and let go."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        for stop in stops:
            self.page.mouse.move(*stop)
            time.sleep(0.02)
        self.page.mouse.up()


def centre(element: ElementHandle) -> tuple[float, float]:
    """Return the middle of an element in pixels of the window."""
    box = element.bounding_box()
    assert box is not None, "the element is not shown"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def label(element: ElementHandle) -> str:
    """Return what a screen reader says of an element."""
    return element.get_attribute("aria-label") or element.inner_text()
