"""A stage's page without JupyterLab: the browser half is real, the test carries the post."""

from __future__ import annotations

import base64
import json

from playwright.sync_api import Page

from sgo_teach.stage import Stage
from sgo_teach.stage.frame import unpack

DESK = """
async ({code, css, traits}) => {
  const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const views = (texts) => Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, view(v)]));
  const read = (name, value) => ({scene: (v) => v, pages: views}[name] ?? view)(value);
  const state = {}, heard = {};
  const stage = await import(URL.createObjectURL(new Blob([code], {type: "text/javascript"})));
  document.head.append(Object.assign(document.createElement("style"), {textContent: css}));
  window.desk = {
    sent: [], keys: [], closers: [],
    set(traits) {
      for (const [name, value] of Object.entries(traits)) state[name] = read(name, value);
      for (const name of Object.keys(traits)) for (const f of heard["change:" + name] ?? []) f();
    },
    mount() {
      const el = document.createElement("div"); document.body.append(el);
      const model = {
        get: (name) => state[name], send: (message) => desk.sent.push(structuredClone(message)),
        on: (event, f) => (heard[event] ??= new Set()).add(f),
        off: (event, f) => heard[event].delete(f),
      };
      desk.closers.push(stage.default.render({model, el}));
    },
    listeners: () => Object.values(heard).reduce((sum, set) => sum + set.size, 0),
    collect() { const out = desk.sent; desk.sent = []; return out; },
  };
  addEventListener("keydown", (e) => desk.keys.push(e.key));
  desk.set(traits); desk.mount();
}
"""
PIXEL = """
([canvas, x, y]) => {
  const ratio = canvas.width / canvas.clientWidth, at = [x, y].map((v) => Math.round(v * ratio));
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
}
"""


def text(raw: bytes) -> str:
    """Write bytes so that they can be handed to the page."""
    return base64.b64encode(raw).decode()


class Desk:
    """A stage in Python, its view in the page, and the post between them in the test's hands."""

    def __init__(self, page: Page, stage: Stage):
        self.page, self.stage = page, stage
        traits = {"pages": {k: text(v) for k, v in stage.pages.items()}, **self.drawn()}
        page.goto("about:blank")
        page.set_default_timeout(10_000)
        page.evaluate(DESK, {"code": stage._esm, "css": stage._css, "traits": traits})
        page.wait_for_function("document.querySelector('.sgo-picture img').naturalWidth > 0")
        self.greetings = self.collect()

    def drawn(self) -> dict:
        """Return scene, backdrop and frame as the page takes them."""
        scene = json.loads(json.dumps(self.stage.scene))
        return {
            "scene": scene,
            "backdrop": text(self.stage.backdrop),
            "frame": text(self.stage.frame),
        }

    def stop_clock(self) -> None:
        """Let time in the page stand still; ``page.clock.run_for`` moves it on."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1000)

    def collect(self) -> list[dict]:
        """Take the messages that the page has sent since the last time."""
        return self.page.evaluate("() => desk.collect()")

    def answer(self, message: dict) -> bytes:
        """Let Python answer a message; the frame stays here."""
        try:
            self.stage._receive(self.stage, message, [])
        except ArithmeticError:
            return self.stage.frame  # the frame tells of it, which is what the tests look at
        return self.stage.frame

    def deliver(self, frame: bytes) -> None:
        """Bring a frame to the page, and let the screen show it."""
        self.page.evaluate("(frame) => desk.set({frame})", text(frame))
        self.page.wait_for_timeout(40)

    def post(self) -> int:
        """Carry messages and answers to and fro until there are none; return how many."""
        carried, rests = 0, 0
        while rests < 2:  # a message may wait for the next frame of the screen
            messages = self.collect()
            for message in messages:
                self.deliver(self.answer(message))
            carried += len(messages)
            rests = 0 if messages else rests + 1
            self.page.wait_for_timeout(40)
        return carried

    def find(self, selector: str):
        """Return the one element of the first view that `selector` names."""
        return self.page.locator(".sgo-stage").first.locator(selector)

    @property
    def words(self) -> str:
        """The read-out as it is shown."""
        return self.find(".sgo-say").inner_text()

    def color(self, x: float, y: float) -> list[int]:
        """Return the canvas's red, green, blue and alpha at a pixel of the stage."""
        canvas = self.find("canvas").element_handle()
        return self.page.evaluate(PIXEL, [canvas, x, y])

    def pixels(self, mark) -> list[list[float]]:
        """Return where a mark is on the stage, in the pixels of the last frame."""
        return unpack(self.stage.frame)[1][self.stage.marks.index(mark)].tolist()

    def on_screen(self, ax, x: float, y: float) -> tuple[float, float]:
        """Return where the page shows the data point (x, y) of `ax`."""
        box = self.find(".sgo-picture").bounding_box()
        assert box is not None
        width, height = self.stage.scene["size"]
        across, up = ax.transData.transform((x, y))
        return (
            box["x"] + across * box["width"] / width,
            box["y"] + (height - up) * box["height"] / height,
        )
