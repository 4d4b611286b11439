// Helpers inside the page of JupyterLab: run notebooks, gather troubles, and see when pictures change.
window.lab = (() => {
  let panel = null, heard = [];
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const cells = () => [...panel.content.model.cells].filter((cell) => cell.type === "code");
  // callbacks fail on iopub only; JupyterLab asks for a comm before ipywidgets is there, which is no trouble
  const hear = (_, {header, content}) => {
    if (header.msg_type === "error") heard.push(`${content.ename}: ${content.evalue}`);
    if (header.msg_type === "stream" && content.name === "stderr" && !/^No such comm/.test(content.text)) heard.push(content.text);
  };
  async function open(path) {
    panel = await jupyterapp.commands.execute("docmanager:open", {path, factory: "Notebook"});
    await panel.context.ready; await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    heard = []; panel.sessionContext.iopubMessage.connect(hear);
  }
  async function runAll() {
    await jupyterapp.commands.execute("notebook:run-all-cells");
    while (panel.sessionContext.session.kernel.status !== "idle") await sleep(20);
  }
  // every cell is brought into view, and then nothing changes for a while
  async function settled() {
    for (const cell of panel.content.widgets) { cell.node.scrollIntoView(); await sleep(20); }
    for (let i = 0, last = -1; i < 40; i++) {
      const size = panel.content.node.querySelectorAll("*").length;
      if (size === last && !panel.node.textContent.includes("Loading widget")) return;
      last = size; await sleep(250);
    }
  }
  async function ask(code) {
    const future = panel.sessionContext.session.kernel.requestExecute({code: "", silent: true, user_expressions: {answer: code}});
    const {answer} = (await future.done).content.user_expressions;
    return answer.status === "ok" ? answer.data["text/plain"] : `${answer.ename}: ${answer.evalue}`;
  }
  function troubles() {
    const out = heard.map((text) => `callback or cell: ${text}`);
    for (const cell of cells()) for (const o of cell.outputs.toJSON())
      if (o.output_type === "error") out.push(`cell ${cell.id}: ${o.ename}: ${o.evalue}`);
    for (const dialog of document.querySelectorAll(".jp-Dialog-content")) out.push(`dialog: ${dialog.textContent}`);
    for (const words of ["Loading widget", "Error displaying widget", "Error creating widget", "could not be updated"])
      if ([...panel.node.querySelectorAll(".jp-OutputArea-output")].some((o) => o.textContent.includes(words))) out.push(`shown: ${words}`);
    return out;
  }
  async function close() {
    const leaving = panel; panel = null;
    leaving.sessionContext.iopubMessage.disconnect(hear);
    await leaving.sessionContext.shutdown(); leaving.context.model.dirty = false; leaving.dispose();
  }
  // the cells whose id begins with `kind`: what they show and their source
  const cellsNamed = (kind) => panel.content.widgets.filter(({model}) => model.id.startsWith(kind))
    .map(({node, model}) => ({node, source: model.sharedModel.getSource()}));
  return {cellsNamed, open, runAll, settled, ask, troubles, close, panel: () => panel, sleep};
})();

// When did the picture change?  Canvas drawing and image loading are noticed as they happen, which costs
// nothing; the picture is then reduced to a small hash once per screen frame in which something was drawn.
window.eye = (() => {
  let root = null, log = [], due = false, input = null;
  const small = new OffscreenCanvas(216, 108), c = small.getContext("2d", {willReadFrequently: true});
  function hash() {
    let h = 2166136261;
    for (const e of root.querySelectorAll(".sgo-say")) for (const letter of e.textContent) h = Math.imul(h ^ letter.codePointAt(0), 16777619) >>> 0;
    c.fillStyle = "#fff"; c.fillRect(0, 0, 216, 108);
    for (const e of root.querySelectorAll("img, canvas")) if (e.tagName === "CANVAS" || e.naturalWidth) c.drawImage(e, 0, 0, 216, 108);
    for (const v of new Uint32Array(c.getImageData(0, 0, 216, 108).data.buffer)) h = Math.imul(h ^ v, 16777619) >>> 0;
    return h;
  }
  function seen() {
    due = false; if (!root) return;
    const now = performance.now(), h = hash();
    if (h !== log[log.length - 1][1]) log.push([now, h, performance.now() - now]);
  }
  const notice = (e) => { if (root && !due && root.contains(e)) { due = true; requestAnimationFrame(seen); } };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) { clear.apply(this, box); notice(this.canvas); };
  document.addEventListener("load", (e) => { if (e.target.tagName === "IMG") notice(e.target); }, true);
  for (const kind of ["keydown", "pointermove", "pointerdown"])
    addEventListener(kind, (e) => { if (root && (kind !== "pointermove" || e.buttons)) { input = e.timeStamp; inputs.push(input); } }, true);
  let inputs = [];
  return {
    hash(e) { const before = root; root = e; const h = hash(); root = before; return h; },
    begin(e) { root = e; input = null; inputs = []; log = [[performance.now(), hash(), 0]]; },
    forget() { input = null; log = log.slice(-1); },
    end() { const out = {log, inputs}; root = null; return out; },
    // the milliseconds from the last input to the first frame that showed another picture, or null
    async answer(limit) {
      for (const from = performance.now(); ; await lab.sleep(10)) {
        const first = input === null ? null : log.slice(1).find(([t]) => t >= input);
        if (first) return first[0] - input;
        if (performance.now() - from >= limit) return null;
      }
    },
  };
})();
