"""A widget that shows whether the browser and Python hear each other."""

from __future__ import annotations

import platform

import anywidget

_SILENT = (
    "Widgets cannot be drawn on this page. In JupyterLab: was it started by <code>make lab</code> "
    "in the course's folder? Then reload the page. On an exported page that is normal."
)


class RoundTrip(anywidget.AnyWidget):
    """The browser calls five times; Python answers; the page shows the quickest round trip."""

    _esm = """
    function render({model, el}) {
      const line = document.createElement("p");
      line.setAttribute("role", "status"); line.className = "sgo-round-trip";
      line.textContent = "… The browser draws widgets; Python has not answered yet.";
      el.append(line);
      let left = 5, begun, best = Infinity;
      const call = () => { begun = performance.now(); model.send({call: left}); };
      const heard = ({answer, python}) => {
        if (answer !== left) return;
        best = Math.min(best, performance.now() - begun); left -= 1;
        line.textContent = `✓ The browser and Python ${python} hear each other: ` +
          `there and back in ${Math.max(1, Math.round(best))} ms.`;
        if (left) call();
      };
      const late = setTimeout(() => { if (best === Infinity) line.textContent =
        "✗ The browser draws widgets, but Python does not answer. Choose Restart Kernel in the " +
        "menu Kernel and run the cells from the top."; }, 30000);
      model.on("msg:custom", heard); call();
      return () => { clearTimeout(late); model.off("msg:custom", heard); };
    }
    export default {render};
    """

    def __init__(self):
        super().__init__()
        self.on_msg(self._answer)

    def _answer(self, _widget, message, _buffers) -> None:
        self.send({"answer": message.get("call"), "python": platform.python_version()})

    def _repr_mimebundle_(self, **kwargs):
        """Show the widget; where it cannot be drawn, HTML says what to do."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, more = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/html": f"<p>✗ {_SILENT}</p>", "text/plain": "RoundTrip()"}, more
