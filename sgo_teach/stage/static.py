"""What a stage leaves behind where no kernel answers: a still picture, or a live flipbook."""

from __future__ import annotations

import base64
import html
import io
import json
import uuid

STARTER = """
const data = JSON.parse(document.getElementById("%(id)s-data").textContent);
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const traits = {scene: data.scene, backdrop: bytes(data.backdrop), frame: bytes(data.frame),
  pages: Object.fromEntries(Object.entries(data.pages).map(([key, page]) => [key, bytes(page)]))};
const model = {get: (name) => traits[name], on() {}, off() {}, send() {}};
const code = new Blob([data.code], {type: "text/javascript"});
const stage = await import(URL.createObjectURL(code));
const el = document.getElementById("%(id)s");
el.replaceChildren();
stage.default.render({model, el});
"""


def still_png(stage) -> str:
    """Draw backdrop and marks with matplotlib; return the PNG as base64 text."""
    drawn = [artist for mark in stage.marks if len(mark.xy) for artist in mark.artist()]
    drawn += [artist for control in stage.controls.values() for artist in _handle_artists(control)]
    try:
        png = io.BytesIO()
        stage.fig.savefig(png, format="png", dpi=110)
    finally:
        for artist in drawn:
            artist.remove()
    return base64.b64encode(png.getvalue()).decode()


def _handle_artists(control):
    if not hasattr(control, "shown"):
        return []
    x, y = control.shown or control.value
    return control.ax.plot(x, y, "o", color=control.color, markersize=9, markeredgecolor="white")


def flipbook_html(stage, png: str) -> str:
    """Return HTML that shows the PNG at first and comes alive where scripts may run."""
    name = f"stage-{uuid.uuid4().hex[:8]}"
    text = lambda raw: base64.b64encode(raw).decode()  # noqa: E731
    data = {
        "code": stage._esm,
        "scene": stage.scene,
        "backdrop": text(stage.backdrop),
        "frame": text(stage.frame),
        "pages": {key: text(page) for key, page in stage.pages.items()},
    }
    payload = json.dumps(data).replace("<", "\\u003c")  # no tag can end the script
    alt = html.escape(f"{stage.alt}. {stage.words}", quote=True)
    return (
        f"<style>{stage._css}</style>"
        f'<div id="{name}"><img src="data:image/png;base64,{png}" alt="{alt}"></div>'
        f'<script type="application/json" id="{name}-data">{payload}</script>'
        f'<script type="module">{STARTER % {"id": name}}</script>'
    )
