// Labelled points over panels: an anywidget without a build. This file draws what Python says,
// plane_hands.js moves points by mouse, touch and keyboard; Python joins the two to one module.
// Python owns `look`, `rows` and `picture`; what a hand does goes back in `events`, a list of what
// is not answered yet. Until then it is drawn ahead of Python's rows, which it is replayed upon.

const [TOP, RIGHT, BELOW] = [8, 10, 44]; // pixels round the square of a panel
const NAME = 23; // pixels left of it, for the axis's name and the gaps beside it
const FAR = 20; // sides beyond a panel, where no mark is seen
const LETTER = 6.6; // pixels, of an axis's name
const DIGIT = 7.7; // pixels, of an axis's numbers, in a wide font
const TOOLS = { move: "Move", add: "Add", remove: "Delete", relabel: "Relabel" };

// An element of its parent's kind, HTML or SVG. Text is always text, never markup.
function make(parent, tag, attributes = {}, text = null) {
  const space = tag === "svg" ? "http://www.w3.org/2000/svg" : parent.namespaceURI;
  const made = document.createElementNS(space, tag);
  set(made, attributes);
  if (text !== null) made.textContent = text;
  return parent.appendChild(made);
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

function decoded({ xy, codes }) {
  const bytes = Uint8Array.from(atob(xy), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const value = (place) => view.getFloat64(8 * place, true);
  return codes.map((code, row) => ({ x: value(2 * row), y: value(2 * row + 1), code }));
}

const short = (name, most) => (name.length <= most ? name : `${name.slice(0, most - 1)}…`);

class Drawing {
  constructor(model, el) {
    // NiceGUI's model sends back, at each save, every attribute that can be enumerated.
    for (const [name, value] of Object.entries(model.attributes ?? {})) {
      const hidden = { value, writable: true, configurable: true, enumerable: name === "events" };
      Object.defineProperty(model.attributes, name, hidden);
    }
    this.model = model;
    this.id = `plane-${Math.random().toString(36).slice(2)}`;
    el.style.width ||= "100%"; // its host may lay it out by its content, which has no width
    this.root = make(el, "div", { class: "trivium-plane", "data-lm-suppress-shortcuts": "true" });
    Object.assign(this, { queue: [], rows: [], panels: [], side: 360, left: 60 });
    Object.assign(this, { awaited: 0, answered: 0, last: 0, sentAt: -Infinity });
    Object.assign(this, { tool: "move", code: 0, selected: null, cross: { x: 0.5, y: 0.5 } });
    const serials = (model.get("events") ?? []).map((event) => event.serial);
    this.told = Math.max(model.get("picture").serial, ...serials);
    this.listeners = {
      "change:look": () => this.build(),
      "change:rows": () => this.settle(),
      "change:picture": () => this.repaint(),
      "change:choice": () => this.choose(this.model.get("choice")),
    };
    for (const [name, call] of Object.entries(this.listeners)) model.on(name, call);
    this.sizes = new ResizeObserver(() => this.resize());
    this.build();
  }

  close() {
    clearTimeout(this.timer);
    this.sizes.disconnect();
    for (const [name, call] of Object.entries(this.listeners)) this.model.off(name, call);
  }

  build() {
    this.look = this.model.get("look");
    this.drag = null;
    this.root.replaceChildren();
    if (this.look.tools) this.makeTools();
    this.band = make(this.root, "div", { class: "trivium-panels" });
    this.panels = [];
    const said = { class: "trivium-status", role: "status" };
    this.status = make(this.root, "p", said, this.look.tools ? this.look.hint : "");
    const list = this.look.tools
      ? make(this.root, "details", { class: "trivium-help" })
      : make(this.root, "div", { class: "trivium-unseen" });
    if (this.look.tools) make(list, "summary", {}, "Keys and gestures");
    const keys = make(list, "dl", { id: `${this.id}-help` });
    for (const [key, meaning] of this.look.help) {
      make(keys, "dt", {}, key);
      make(keys, "dd", {}, meaning);
    }
    this.sizes.disconnect();
    this.sizes.observe(this.band);
    this.settle();
    this.repaint();
  }

  makeTools() {
    const bar = make(this.root, "div", { class: "trivium-tools" });
    const choice = (legend, kind, entries) => {
      const field = make(bar, "fieldset");
      make(field, "legend", {}, legend);
      for (const [value, text] of entries) {
        const label = make(field, "label");
        const name = `${this.id}-${kind}`;
        const input = make(label, "input", { type: "radio", name, value });
        input.checked = this[kind] === value;
        input.addEventListener("change", () => this.pick(kind, value));
        if (kind === "code") {
          const box = { viewBox: "-1.6 -1.6 3.2 3.2", "aria-hidden": "true" };
          make(make(label, "svg", box), "path", this.mark(value));
        }
        make(label, "span", {}, text);
      }
    };
    choice("Tool", "tool", Object.entries(TOOLS));
    choice("Class", "code", this.look.classes.map((name, place) => [place, name]));
  }

  mark(code) {
    // Traits arrive one after the other: rows may have classes that the look has no more.
    return { d: this.look.marks[code] ?? "", fill: this.look.colors[code] ?? "none" };
  }

  makePanel(place) {
    const id = `${this.id}-${place}`;
    const group = { class: "trivium-panel", role: "group", "aria-labelledby": `${id}-title` };
    const section = make(this.band, "div", group);
    const title = make(section, "div", { class: "trivium-title", id: `${id}-title` });
    const described = { "aria-describedby": `${id}-said ${this.id}-help` };
    const svg = make(section, "svg", { tabindex: "0", role: "application", ...described });
    const axes = make(svg, "g", { class: "axes", "aria-hidden": "true" });
    const box = make(svg, "svg", { y: TOP });
    const image = make(box, "image", { class: "shading", preserveAspectRatio: "none" });
    const others = make(box, "g", { class: "others" });
    const marks = make(box, "g", { class: "marks" });
    const lines = make(box, "g", { class: "lines" }); // above points, which may be many
    const near = make(box, "path", { class: "near" });
    const ring = make(box, "circle", { class: "chosen", r: 9 });
    const cross = make(box, "path", { class: "cross", d: "M-9 0H9M0-9V9" });
    const frame = make(svg, "rect", { class: "frame", y: TOP });
    const legend = make(section, "div", { class: "trivium-legend" });
    const note = make(section, "p", { class: "trivium-note" });
    const said = make(section, "p", { class: "trivium-unseen", id: `${id}-said` });
    const parts = { section, title, svg, axes, box, image, lines, others, marks };
    this.listen(svg, place);
    return { ...parts, near, ring, cross, frame, legend, note, said };
  }

  // Bring the squares to the width there is; pixels stay pixels, so that text can be read.
  resize() {
    const wide = Math.max(5, ...this.look.ticks[1].map(({ text }) => text.length));
    this.left = Math.round(NAME + wide * DIGIT);
    this.root.style.setProperty("--trivium-left", `${this.left}px`);
    const width = Math.round(this.panels[0]?.section.clientWidth ?? 0) - this.left - RIGHT;
    if (width > 0) this.side = width;
    const square = { width: this.side, height: this.side };
    for (const { svg, axes, box, image, lines, frame } of this.panels) {
      set(svg, { width: this.left + this.side + RIGHT, height: TOP + this.side + BELOW });
      for (const each of [box, image, frame]) set(each, square);
      for (const each of [box, frame]) set(each, { x: this.left });
      set(lines, { transform: `scale(${this.side / 1000})` });
      this.drawAxes(axes);
    }
    this.draw();
  }

  drawAxes(axes) {
    axes.replaceChildren();
    const [across, up] = this.look.ticks;
    const base = TOP + this.side;
    const wide = DIGIT * (1 + Math.max(0, ...across.map(({ text }) => text.length)));
    const end = this.side * (1 - (across.at(-1)?.at ?? 0)) + RIGHT;
    const needed = wide + Math.max(0, wide / 2 - end); // the last one is brought inside
    const apart = this.side * Math.min(1, across[1]?.at - across[0]?.at || 1);
    const every = Math.ceil(needed / apart); // numbers that have no room are left out
    across.forEach(({ at, text }, place) => {
      const x = this.left + at * this.side;
      make(axes, "path", { d: `M${x} ${base}v4` });
      if (place % every) return;
      const written = make(axes, "text", { y: base + 16, "text-anchor": "middle" }, text);
      const half = written.getComputedTextLength() / 2;
      set(written, { x: Math.min(x, this.left + this.side + RIGHT - half - 1) });
    });
    for (const { at, text } of up) {
      const y = base - at * this.side;
      make(axes, "path", { d: `M${this.left} ${y}h-4` });
      make(axes, "text", { x: this.left - 7, y: y + 4, "text-anchor": "end" }, text);
    }
    const [name, upward] = this.look.names.map((each) => short(each, this.side / LETTER));
    const middle = { "text-anchor": "middle", class: "name" };
    make(axes, "text", { x: this.left + this.side / 2, y: base + BELOW - 8, ...middle }, name);
    const turned = `translate(12 ${TOP + this.side / 2}) rotate(-90)`;
    make(axes, "text", { transform: turned, ...middle }, upward);
  }

  settle() {
    const told = this.model.get("rows");
    const before = this.rows;
    this.rows = decoded(told);
    this.others = decoded(told.others);
    this.origin = this.root.dataset.origin = told.origin;
    this.queue = this.queue.filter((event) => event.serial > told.serial);
    for (const event of this.queue) if (event.origin === this.origin) this.apply(event);
    if (this.drag && !this.holds(before, told.serial)) this.drag = null;
    this.settled = told.serial;
    if (!this.rows[this.selected]) this.selected = null;
    this.draw();
  }

  // Whether rows that came are those before, but for the answer to where one is dragged.
  holds(before, serial) {
    const same = ({ x, y, code }, place) => {
      const row = this.rows[place];
      if (row.code !== code) return false;
      if (place === this.drag.row && serial > this.settled) return true;
      return row.x === x && row.y === y;
    };
    return before.length === this.rows.length && before.every(same);
  }

  repaint() {
    const { panels, serial } = this.model.get("picture");
    const before = this.panels.length;
    if (before !== panels.length) this.drag = null;
    while (this.panels.length > panels.length) this.panels.pop().section.remove();
    while (this.panels.length < panels.length) this.panels.push(this.makePanel(this.panels.length));
    panels.forEach((shown, place) => this.paint(this.panels[place], shown));
    this.queue = this.queue.filter((event) => event.serial > serial);
    this.answered = Math.max(this.answered, serial);
    if (before === panels.length) this.draw();
    else this.resize();
    this.root.dataset.answered = this.answered;
    this.send(false);
  }

  paint(panel, shown) {
    panel.shown = shown;
    panel.title.textContent = shown.title;
    const names = this.look.names.join(" and ");
    set(panel.svg, { "aria-label": `${shown.title}: ${this.rows.length} points of ${names}` });
    set(panel.image, { href: shown.image });
    panel.image.style.display = shown.image ? "" : "none";
    while (panel.lines.childElementCount > shown.lines.length) panel.lines.lastChild.remove();
    shown.lines.forEach(({ kind, name, path }, place) => {
      const line = panel.lines.children[place] ?? make(panel.lines, "path");
      set(line, { class: kind, d: path });
      (line.firstChild ?? make(line, "title")).textContent = name;
    });
    panel.note.textContent = shown.failure || shown.note;
    panel.note.classList.toggle("failure", Boolean(shown.failure));
    const words = [shown.description, ...shown.lines.map((line) => line.name), shown.failure];
    panel.said.textContent = words.filter(Boolean).join(". ");
    panel.legend.replaceChildren();
    if (!shown.legend) return;
    const { text, low, high, color } = shown.legend;
    for (const each of [text, low]) make(panel.legend, "span", {}, each);
    make(panel.legend, "span", { class: "ramp", "aria-hidden": "true" }).style.color = color;
    make(panel.legend, "span", {}, high);
  }

  share({ x, y }) {
    const [left, right, bottom, top] = this.look.window;
    return { x: (x - left) / (right - left), y: (y - bottom) / (top - bottom) };
  }

  units({ x, y }) {
    const [left, right, bottom, top] = this.look.window;
    return { x: left + x * (right - left), y: bottom + y * (top - bottom) };
  }

  // What lies far outside is brought nearer: SVG knows no number beyond float32.
  pixels(share) {
    const [x, y] = [share.x, 1 - share.y].map((at) => Math.max(-FAR, Math.min(1 + FAR, at)));
    return [(x * this.side).toFixed(1), (y * this.side).toFixed(1)];
  }

  draw() {
    const roomy = this.rows.length > 1000 ? 2.6 : this.rows.length > 400 ? 3.4 : 4.4;
    const radius = roomy * Math.min(1, Math.max(0.7, this.side / 340));
    const chosen = this.rows[this.selected];
    const [x, y] = this.pixels(chosen ? this.share(chosen) : this.cross);
    for (const { shown, marks, others, near, ring, cross } of this.panels) {
      const grown = (row) => radius * (0.6 + (1.9 * (shown.sizes[row] ?? 0)) / 100);
      this.drawMarks(marks, this.rows, shown.sizes ? grown : () => radius);
      this.drawMarks(others, this.others, () => radius * 0.8);
      const nearest = shown.rows.map((row) => this.rows[row]).filter(Boolean);
      set(near, { d: nearest.map((row) => this.circle(row)).join("") });
      set(ring, { cx: x, cy: y });
      set(cross, { transform: `translate(${x} ${y})` });
      ring.style.display = chosen ? "" : "none";
      cross.style.display = chosen ? "none" : "";
    }
  }

  circle(row) {
    const [x, y] = this.pixels(this.share(row));
    return `M${x - 7} ${y}a7 7 0 1 1 14 0a7 7 0 1 1-14 0`;
  }

  drawMarks(group, rows, radius) {
    while (group.childElementCount > rows.length) group.lastChild.remove();
    let mark = group.firstChild;
    rows.forEach((row, place) => {
      mark ??= make(group, "path");
      const at = this.pixels(this.share(row));
      const transform = `translate(${at}) scale(${radius(place).toFixed(2)})`;
      if (mark.transformed !== transform) mark.setAttribute("transform", transform);
      mark.transformed = transform;
      if (mark.code !== row.code) set(mark, this.mark(row.code));
      mark.code = row.code;
      mark = mark.nextSibling;
    });
  }

  apply({ kind, row, x, y, code }) {
    if (kind === "add") this.rows.push({ x, y, code });
    if (!this.rows[row]) return;
    if (kind === "move") Object.assign(this.rows[row], { x, y });
    if (kind === "relabel") this.rows[row].code = code;
    if (kind === "remove") this.rows.splice(row, 1);
  }

  choose(choice) {
    for (const kind of ["tool", "code", "selected"]) if (kind in choice) this[kind] = choice[kind];
    const chosen = [`${this.id}-tool ${this.tool}`, `${this.id}-code ${this.code}`];
    for (const input of this.root.querySelectorAll("input"))
      input.checked = chosen.includes(`${input.name} ${input.value}`);
    this.draw();
  }
}
