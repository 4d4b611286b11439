// The stage knows pixels only: it draws the marks of a frame and reports hands and keys.
const MARKER = {
  circle: (c, r) => c.arc(0, 0, r, 0, 7),
  square: (c, r) => c.rect(-r, -r, 2 * r, 2 * r),
  triangle: (c, r) => { c.moveTo(0, -r); c.lineTo(r, r); c.lineTo(-r, r); c.closePath(); },
  diamond: (c, r) => { c.moveTo(0, -r); c.lineTo(r, 0); c.lineTo(0, r); c.lineTo(-r, 0); c.closePath(); },
  cross: (c, r) => { c.moveTo(-r, -r); c.lineTo(r, r); c.moveTo(r, -r); c.lineTo(-r, r); },
};
const DRAW = {
  line(c, m, p) {
    c.beginPath();
    for (let i = 0, pen = false, x, y; i < p.length; i += 2) {
      if (p[i] !== p[i]) { pen = false; continue; }
      const inner = pen && i + 2 < p.length && p[i + 2] === p[i + 2];
      if (inner && Math.abs(p[i] - x) + Math.abs(p[i + 1] - y) < 2) continue; // finer than the pen, and dear to draw
      [x, y] = [p[i], p[i + 1]];
      if (pen) c.lineTo(x, y); else c.moveTo(x, y);
      pen = true;
    }
    if (m.fill) c.fill(); else c.stroke();
  },
  points(c, m, p) {
    for (let i = 0; i < p.length; i += 2) {
      if (p[i] !== p[i]) continue;
      c.save(); c.translate(p[i], p[i + 1]); c.beginPath(); MARKER[m.marker](c, m.size / 2);
      c.lineWidth = m.marker === "cross" ? 3 : 2;
      if (m.hollow) c.fillStyle = "#fff";
      if (m.marker !== "cross") c.fill();
      if (m.hollow || m.marker === "cross") c.stroke();
      c.restore();
    }
  },
  arrows(c, m, p) {
    for (let i = 0; i < p.length; i += 4) {
      const [x0, y0, x1, y1] = p.subarray(i, i + 4), length = Math.hypot(x1 - x0, y1 - y0);
      if (!(length > 0.5)) continue;
      const head = Math.min(12, length), ux = (x1 - x0) / length, uy = (y1 - y0) / length;
      c.beginPath(); c.moveTo(x0, y0); c.lineTo(x1 - 0.8 * head * ux, y1 - 0.8 * head * uy); c.stroke();
      c.beginPath(); c.moveTo(x1, y1);
      c.lineTo(x1 - head * ux - 0.45 * head * uy, y1 - head * uy + 0.45 * head * ux);
      c.lineTo(x1 - head * ux + 0.45 * head * uy, y1 - head * uy - 0.45 * head * ux); c.fill();
    }
  },
  bars(c, m, p) {
    for (let i = 0; i < p.length; i += 4) c.fillRect(p[i], p[i + 1], p[i + 2] - p[i], p[i + 3] - p[i + 1]);
  },
  text(c, m, p, words) {
    c.font = `${m.size}px system-ui, sans-serif`; c.textAlign = m.align; c.textBaseline = "middle";
    for (let i = 0; i < words.length; i++) c.fillText(words[i], p[2 * i] + m.offset[0], p[2 * i + 1] + m.offset[1]);
  },
  image(c, m, p, _, classes, [rows, columns]) {
    const small = new OffscreenCanvas(columns, rows), s = small.getContext("2d"), data = s.createImageData(columns, rows);
    const ink = Uint32Array.from(m.palette, (hex) => parseInt("ff" + hex.slice(5, 7) + hex.slice(3, 5) + hex.slice(1, 3), 16));
    new Uint32Array(data.data.buffer).set(Uint32Array.from(classes, (k) => ink[k]));
    s.putImageData(data, 0, 0); c.imageSmoothingEnabled = false;
    c.translate(p[0], p[1]); c.scale((p[2] - p[0]) / columns, (p[3] - p[1]) / rows); c.drawImage(small, 0, 0);
  },
};
function decode(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const size = new DataView(view.buffer, view.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const count = head.lengths.reduce((a, b) => a + b, 0), end = 4 + size + 4 * count;
  return {head, numbers: new Float32Array(bytes.slice(4 + size, end).buffer), classes: bytes.subarray(end)};
}
function tag(name, className, parent, more = {}) {
  const e = Object.assign(document.createElement(name), more);
  e.className = className; parent.append(e); return e;
}
function paint(c, scene, {head, numbers, classes}) {
  const ratio = Math.min(2, window.devicePixelRatio || 1), width = Math.round(scene.size[0] * ratio);
  if (c.canvas.width !== width) { c.canvas.width = width; c.canvas.height = Math.round(scene.size[1] * ratio); }
  c.setTransform(ratio, 0, 0, ratio, 0, 0); c.clearRect(0, 0, ...scene.size);
  let from = 0, used = 0;
  scene.marks.forEach((m, i) => {
    const p = numbers.subarray(from, from += head.lengths[i]), shape = head.images[i] ?? [0, 0];
    const own = classes.subarray(used, used += shape[0] * shape[1]);
    if (!p.length) return;
    c.save(); c.beginPath(); c.rect(...m.clip); c.clip();
    c.strokeStyle = c.fillStyle = m.color; c.globalAlpha = m.alpha; c.lineWidth = m.width ?? 2; c.lineJoin = "round";
    c.setLineDash(m.dash ?? []); DRAW[m.kind](c, m, p, head.words[i] ?? [], own, shape); c.restore();
  });
  for (const box of scene.legends) c.clearRect(...box); // legends are on the backdrop and stay readable
}
// which position of its control a value is: flipbook pages are named by positions
const position = (s, v) => s.type === "choice" ? s.options.indexOf(v) : s.type !== "slider" ? Number(v)
  : Math.round(((s.log ? Math.log10(Math.max(v, 1e-300)) : v) - s.low) / s.step);
// Latest value wins. In flight are as many updates as the line holds without queueing: how long an update
// travels alone, over how fast answers follow each other, and one more. What gets lost is given up.
const LOST = 4000; // ms
function sender(model, silence) {
  let seq = Math.floor(Math.random() * 2 ** 40), waiting = null, travel = 30, pace = 16, sent = 0, heard = 0, soon, timer;
  const flying = new Map();
  const push = () => {
    if (!waiting || flying.size >= Math.min(8, 1 + Math.round(travel / pace))) return;
    const now = performance.now(), alone = !flying.size, early = sent + 0.7 * pace - now;
    clearTimeout(soon);
    if (!alone && early > 1) { soon = setTimeout(push, early); return; } // two in one screen frame would be one lost
    if (alone) { heard = now; pace = 16; }
    flying.set(seq += 1, {sent: sent = now, alone}); clearTimeout(timer); timer = setTimeout(lost, LOST);
    const set = waiting; waiting = null; model.send({seq, set});
  };
  const lost = () => { if (flying.size) { flying.clear(); silence(); push(); } };
  return {
    set(changes) {
      for (const [name, value] of Object.entries(changes)) {
        const nudge = value?.nudge && waiting?.[name]?.nudge; // key presses add up
        waiting = {...waiting, [name]: nudge ? {nudge: value.nudge.map((v, i) => v + nudge[i])} : value};
      }
      push();
    },
    answered(done) { // true if this view had asked
      if (!flying.has(done)) return false;
      const now = performance.now(), {sent: left, alone} = flying.get(done);
      if (alone) travel = now - left; else pace = Math.max(16, 0.8 * pace + 0.2 * (now - heard));
      heard = now;
      for (const s of flying.keys()) if (s <= done) flying.delete(s);
      push(); return true;
    },
    busy: () => waiting !== null || flying.size > 0,
  };
}
const BUILD = {
  slider(s, box, change) {
    const range = tag("input", "", box, {type: "range", min: 0, max: s.last, step: 1, title: s.label});
    const entry = tag("input", "", box, {type: "number", step: "any"});
    entry.setAttribute("aria-label", `${s.label}, typed`); range.setAttribute("aria-label", s.label);
    const at = (i) => { const v = s.low + i * s.step; return Number((s.log ? 10 ** v : v).toPrecision(12)); };
    const show = (v) => { range.value = position(s, v); range.setAttribute("aria-valuetext", Number(v.toPrecision(5)));
      if (document.activeElement !== entry) entry.value = Number(v.toPrecision(5)); };
    const go = (i) => { const v = at(Math.min(s.last, Math.max(0, i))); show(v); change(v); return v; };
    const take = () => { // what is half typed gives way to the number that holds
      const v = entry.valueAsNumber, i = Number.isFinite(v) ? position(s, v) : range.valueAsNumber;
      entry.value = Number((i === range.valueAsNumber ? at(i) : go(i)).toPrecision(5)); };
    range.oninput = () => go(range.valueAsNumber);
    entry.onchange = take; entry.onblur = () => show(at(range.valueAsNumber));
    entry.addEventListener("keydown", (e) => { const way = {ArrowUp: 1, ArrowDown: -1}[e.key];
      if (way) { e.preventDefault(); entry.value = Number(go(range.valueAsNumber + way).toPrecision(5)); } });
    return show;
  },
  choice(s, box, change) {
    const list = tag("select", "", box, {title: s.label});
    for (const option of s.options) tag("option", "", list, {textContent: option});
    list.setAttribute("aria-label", s.label); list.onchange = () => change(s.options[list.selectedIndex]);
    return (v) => { list.selectedIndex = s.options.indexOf(v); };
  },
  check(s, box, change) {
    const tick = tag("input", "", box, {type: "checkbox", title: s.label});
    tick.setAttribute("aria-label", s.label); tick.onchange = () => change(tick.checked);
    return (v) => { tick.checked = v; };
  },
  button(s, box, change) {
    const button = tag("button", "", box, {textContent: s.label, title: s.label}); let count = 0;
    button.onclick = () => change(count + 1);
    return (v) => { count = v; };
  },
  handle(s, picture, change, scene) {
    const knob = tag("button", "sgo-handle", picture, {title: `${s.label}: drag, click, or use the arrow keys`});
    knob.style.setProperty("--ink", s.color);
    knob.onkeydown = (e) => {
      const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[e.key];
      if (way) { e.preventDefault(); change({nudge: way.map((v) => v * (e.shiftKey ? 10 : 1))}); }
    };
    const show = (h) => { // moved by a transform, which needs no new layout; cqw is a hundredth of the picture's width
      show.now = h; knob.style.transform = `translate(${100 * h.at[0] / scene.size[0]}cqw, ${100 * h.at[1] / scene.size[1]}cqh)`;
      knob.setAttribute("aria-label", `${s.label}: ${h.say}`); };
    return Object.assign(show, {knob, change, jump: s.jump});
  },
};
function hands(picture, scene, handles) {
  let held = null, finger = null, r = null;
  const place = (e) => [(e.clientX - r.left) * scene.size[0] / r.width, (e.clientY - r.top) * scene.size[1] / r.height];
  picture.onpointerdown = (e) => {
    if (held || e.button) return;
    r = picture.getBoundingClientRect(); // once a drag: asking again would lay the page out at every move
    const [x, y] = place(e), gap = (h) => Math.hypot(h.now.at[0] - x, h.now.at[1] - y);
    const inside = ({now: {reach: [left, top, right, bottom]}}) => x >= left && x <= right && y >= top && y <= bottom;
    held = handles.filter((h) => h.knob === e.target || (h.jump && inside(h))).sort((a, b) => gap(a) - gap(b))[0];
    if (!held) return;
    e.preventDefault(); picture.setPointerCapture(finger = e.pointerId); held.knob.focus({preventScroll: true});
    if (e.target !== held.knob) held.change([x, y]);
  };
  picture.onpointermove = (e) => { if (held && e.pointerId === finger) held.change(place(e)); };
  picture.onlostpointercapture = (e) => { if (e.pointerId === finger) held = null; }; // up, cancelled or taken away
  picture.style.touchAction = handles.length ? "none" : "auto";
}
function render({model, el}) {
  const scene = model.get("scene"), root = tag("div", "sgo-stage", el), values = {}, show = {};
  // JupyterLab would take plain keys for its own commands; those with Ctrl, and Shift+Enter, are meant for it
  root.onkeydown = (e) => { if (!e.ctrlKey && !e.metaKey && !(e.shiftKey && e.key === "Enter")) e.stopPropagation(); };
  const bar = tag("div", "sgo-controls", root), picture = tag("div", "sgo-picture", root), say = tag("div", "sgo-say", root);
  say.setAttribute("role", "status"); say.setAttribute("aria-live", "polite");
  const back = tag("img", "", picture, {alt: scene.alt, draggable: false}), canvas = tag("canvas", "", picture);
  canvas.setAttribute("aria-hidden", "true");
  root.style.maxWidth = `${scene.size[0] + 16}px`; picture.style.aspectRatio = scene.size.join(" / ");
  const c = canvas.getContext("2d"), pages = () => model.get("pages") ?? {};
  const send = sender(model, () => { say.textContent = "No answer from the kernel: it is busy, or it was stopped. Then run this cell again."; });
  let last = -1, resting, shown = false, next = null;
  for (const s of scene.controls) {
    const change = (value) => { values[s.name] = value;
      const page = pages()[scene.controls.map((o) => position(o, values[o.name])).join()];
      clearTimeout(resting);
      if (!page) { send.set({[s.name]: value}); return; }
      next = null; use(decode(page), false); resting = setTimeout(() => send.set(values), 200); }; // the kernel hears where it ended
    const box = s.type === "handle" ? picture : tag("label", "sgo-control", bar);
    if (!["handle", "button"].includes(s.type)) tag("span", "", box, {textContent: s.label});
    show[s.name] = BUILD[s.type](s, box, change, scene);
  }
  const use = (frame, sync = true) => {
    const {head} = frame; paint(c, model.get("scene"), frame);
    if (say.textContent !== head.say) say.textContent = head.say; // a read-out that stays is not read again
    say.classList.toggle("trouble", head.trouble);
    for (const [name, h] of Object.entries(head.handles)) show[name](h);
    if (sync && !send.busy()) for (const [name, v] of Object.entries(head.values))
      if (values[name] !== v) { values[name] = v; show[name](v); }
  };
  // each picture gets a frame of the screen to itself: a second one waits for the next, and a third takes its place
  const present = (frame) => {
    if (shown) { next = frame; return; }
    use(frame); shown = true; requestAnimationFrame(() => next ? requestAnimationFrame(follow) : follow());
  };
  const follow = () => { const frame = next; next = null; shown = false; if (frame) use(frame); };
  const update = () => {
    const frame = decode(model.get("frame")), mine = send.answered(frame.head.seq);
    if (frame.head.count <= last) return;
    last = frame.head.count;
    if (!mine || frame.head.trouble || !Object.keys(pages()).length) present(frame); // a page was shown already
  };
  const redraw = () => {
    const url = URL.createObjectURL(new Blob([model.get("backdrop")], {type: "image/png"}));
    back.onload = () => URL.revokeObjectURL(url); back.src = url;
  };
  redraw(); update(); hands(picture, scene, Object.values(show).filter((s) => s.knob));
  model.on("change:frame", update); model.on("change:backdrop", redraw);
  model.send({seq: 0, set: {}}); // ipykernel 7 lets the first message wait for running cells: better this one than a hand's
  return () => { clearTimeout(resting); model.off("change:frame", update); model.off("change:backdrop", redraw); };
}
export default {render};
