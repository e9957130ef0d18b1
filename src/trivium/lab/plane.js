// Labelled points over panels, moved by mouse, touch and keyboard: an anywidget without a build.
// Python owns `look`, `rows` and `picture`; what a hand does goes back in `events`, a list of what
// is not answered yet. Until then it is drawn ahead of Python's rows, which it is replayed upon.

const [LEFT, TOP, SIDE, WIDTH, HEIGHT] = [50, 8, 380, 440, 434];
const PAUSE = 20; // milliseconds from one move that is told to the next
const REACH = { touch: 22, pen: 16, mouse: 11 }; // pixels from a hand to the point it means
const TOOLS = { move: "Move", add: "Add", remove: "Delete", relabel: "Relabel" };
const EDITS = ["move", "add", "remove", "relabel"];
const AWAITED = [...EDITS, "hover"]; // Python answers these by a picture
const LAST_ALONE = ["move", "hover", "select", "tool", "class"]; // the last of a run says it all
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const HELP = [
  ["drag", "move a point"],
  ["double click", "add one; or choose Add, Delete or Relabel above"],
  ["N, P", "next, previous point; Space: the nearest to the cross; Escape: none"],
  ["arrows", "move the point, or the cross where none is chosen; a tenth as far with Shift"],
  ["A", "add a point at the cross"],
  ["1 … 9", "give the point that class, or choose the class to add; Enter: the next class"],
  ["Delete", "delete the point"],
];

const outline = (points) =>
  `M${points.map((at) => at.map((value) => value.toFixed(2)).join(" ")).join("L")}Z`;
const regular = (corners, size, turn = 0) =>
  outline(
    Array.from({ length: corners }, (_, i) => {
      const angle = (2 * Math.PI * i) / corners - Math.PI / 2 + turn;
      return [size * Math.cos(angle), size * Math.sin(angle)];
    }),
  );
const MARKS = {
  o: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
  "^": regular(3, 1.4),
  ">": regular(3, 1.4, Math.PI / 2),
  v: regular(3, 1.4, Math.PI),
  "<": regular(3, 1.4, -Math.PI / 2),
  s: regular(4, 1.3, Math.PI / 4),
  D: regular(4, 1.35),
  p: regular(5, 1.15),
  h: regular(6, 1.15),
  d: outline([[0, -1.4], [0.8, 0], [0, 1.4], [-0.8, 0]]),
  P: "M-.45-1.2H.45V-.45H1.2V.45H.45V1.2H-.45V.45H-1.2V-.45H-.45Z",
};

// An element of the parent's kind, HTML or SVG. Text is always text, never markup.
function make(parent, tag, attributes = {}, text = null) {
  const space = tag === "svg" ? "http://www.w3.org/2000/svg" : parent.namespaceURI;
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return parent.appendChild(made);
}

function change(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function decoded({ xy, codes }) {
  const bytes = Uint8Array.from(atob(xy), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const value = (place) => view.getFloat64(8 * place, true);
  return codes.map((code, row) => ({ x: value(2 * row), y: value(2 * row + 1), code }));
}

const number = (value) => String(Number(value.toPrecision(4))).replace("-", "−");
const within = (value) => Math.min(1, Math.max(0, value));

class Plane {
  constructor(model, el) {
    // NiceGUI's model sends back, at each save, every attribute that can be enumerated.
    for (const name of Object.keys(model.attributes ?? {})) {
      const value = model.attributes[name];
      const hidden = { value, writable: true, configurable: true, enumerable: name === "events" };
      Object.defineProperty(model.attributes, name, hidden);
    }
    this.model = model;
    this.id = `plane-${Math.random().toString(36).slice(2)}`;
    this.root = make(el, "div", { class: "trivium-plane", "data-lm-suppress-shortcuts": "true" });
    this.queue = [];
    this.rows = [];
    this.panels = [];
    this.told = this.awaited = this.answered = this.last = 0;
    this.tool = "move";
    this.code = 0;
    this.selected = null;
    this.cross = { x: 0.5, y: 0.5 };
    for (const event of model.get("events") ?? []) this.told = Math.max(this.told, event.serial);
    this.told = Math.max(this.told, model.get("picture").serial);
    this.listeners = {
      "change:look": () => this.build(),
      "change:rows": () => this.settle(),
      "change:picture": () => this.repaint(),
      "change:choice": () => this.choose(this.model.get("choice")),
    };
    for (const [name, call] of Object.entries(this.listeners)) model.on(name, call);
    this.build();
  }

  close() {
    clearTimeout(this.timer);
    for (const [name, call] of Object.entries(this.listeners)) this.model.off(name, call);
  }

  // What Python shows ----------------------------------------------------------------------------

  build() {
    this.look = this.model.get("look");
    this.root.replaceChildren();
    if (this.look.tools) this.makeTools();
    this.row = make(this.root, "div", { class: "trivium-panels" });
    this.panels = [];
    this.status = make(this.root, "p", { class: "trivium-status", role: "status" });
    const help = this.look.tools
      ? make(this.root, "details", { class: "trivium-help" })
      : make(this.root, "div", { class: "trivium-unseen" });
    if (this.look.tools) make(help, "summary", {}, "Keys and gestures");
    const list = make(help, "dl", { id: `${this.id}-help` });
    for (const [keys, meaning] of HELP) {
      make(list, "dt", {}, keys);
      make(list, "dd", {}, meaning);
    }
    this.settle();
    this.repaint();
  }

  makeTools() {
    const bar = make(this.root, "div", { class: "trivium-tools" });
    const choice = (legend, kind, entries) => {
      const field = make(bar, "fieldset");
      make(field, "legend", {}, legend);
      for (const [value, text, place] of entries) {
        const label = make(field, "label");
        const name = `${this.id}-${kind}`;
        const input = make(label, "input", { type: "radio", name, value });
        input.checked = String(this[kind]) === String(value);
        input.addEventListener("change", () => this.pick(kind, value));
        if (place !== undefined) this.makeMark(label, place);
        make(label, "span", {}, text);
      }
    };
    choice("Tool", "tool", Object.entries(TOOLS));
    choice("Class", "code", this.look.classes.map((name, place) => [place, name, place]));
  }

  makeMark(parent, place) {
    const mark = { d: MARKS[this.look.markers[place]] ?? MARKS.o, fill: this.look.colors[place] };
    const hidden = { viewBox: "-1.6 -1.6 3.2 3.2", "aria-hidden": "true" };
    make(make(parent, "svg", hidden), "path", mark);
  }

  makePanel(place) {
    const id = `${this.id}-${place}`;
    const section = make(this.row, "div", { class: "trivium-panel", role: "group" });
    section.setAttribute("aria-labelledby", `${id}-title`);
    const title = make(section, "div", { class: "trivium-title", id: `${id}-title` });
    const svg = make(section, "svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      tabindex: "0",
      role: "application",
      "aria-describedby": `${id}-said ${this.id}-help`,
    });
    this.makeAxes(svg);
    const box = make(svg, "svg", { x: LEFT, y: TOP, width: SIDE, height: SIDE });
    const fill = { width: SIDE, height: SIDE, preserveAspectRatio: "none" };
    const image = make(box, "image", { class: "shading", ...fill });
    const lines = make(box, "g", { class: "lines", transform: `scale(${SIDE / 1000})` });
    const others = make(box, "g", { class: "others" });
    const marks = make(box, "g", { class: "marks" });
    const halo = make(box, "path", { class: "near" });
    const ring = make(box, "circle", { class: "chosen", r: 9 });
    const cross = make(box, "path", { class: "cross", d: "M-9 0H9M0-9V9" });
    make(svg, "rect", { class: "frame", x: LEFT, y: TOP, width: SIDE, height: SIDE });
    const legend = make(section, "div", { class: "trivium-legend" });
    const note = make(section, "p", { class: "trivium-note" });
    const said = make(section, "p", { class: "trivium-unseen", id: `${id}-said` });
    this.listen(svg, place);
    return { section, title, svg, image, lines, others, marks, halo, ring, cross, legend, note, said };
  }

  makeAxes(svg) {
    const [across, up] = this.look.ticks;
    const axes = make(svg, "g", { class: "axes", "aria-hidden": "true" });
    const base = TOP + SIDE;
    for (const { at, text } of across) {
      const x = LEFT + at * SIDE;
      make(axes, "path", { d: `M${x} ${base}v4` });
      make(axes, "text", { x, y: base + 16, "text-anchor": "middle" }, text);
    }
    for (const { at, text } of up) {
      const y = base - at * SIDE;
      make(axes, "path", { d: `M${LEFT} ${y}h-4` });
      make(axes, "text", { x: LEFT - 7, y: y + 4, "text-anchor": "end" }, text);
    }
    const [name, upward] = this.look.names;
    const middle = { "text-anchor": "middle", class: "name" };
    make(axes, "text", { x: LEFT + SIDE / 2, y: HEIGHT - 6, ...middle }, name);
    const turned = `translate(12 ${TOP + SIDE / 2}) rotate(-90)`;
    make(axes, "text", { transform: turned, ...middle }, upward);
  }

  settle() {
    const told = this.model.get("rows");
    this.rows = decoded(told);
    this.others = decoded(told.others);
    this.queue = this.queue.filter((event) => event.serial > told.serial);
    for (const event of this.queue) this.apply(event);
    if (this.selected !== null && !this.rows[this.selected]) this.selected = null;
    this.draw();
  }

  repaint() {
    const { panels, serial } = this.model.get("picture");
    while (this.panels.length > panels.length) this.panels.pop().section.remove();
    while (this.panels.length < panels.length) this.panels.push(this.makePanel(this.panels.length));
    panels.forEach((shown, place) => this.paint(this.panels[place], shown));
    this.draw();
    this.queue = this.queue.filter((event) => event.serial > serial);
    this.answered = Math.max(this.answered, serial);
    this.root.dataset.answered = this.answered;
    this.send(false);
  }

  paint(panel, shown) {
    panel.shown = shown;
    panel.title.textContent = shown.title;
    const names = this.look.names.join(" and ");
    change(panel.svg, "aria-label", `${shown.title}: ${this.rows.length} points of ${names}`);
    change(panel.image, "href", shown.image);
    panel.image.style.display = shown.image ? "" : "none";
    while (panel.lines.childElementCount > shown.lines.length) panel.lines.lastChild.remove();
    shown.lines.forEach(({ kind, name, path }, place) => {
      const line = panel.lines.children[place] ?? make(make(panel.lines, "path"), "title").parentNode;
      change(line, "class", kind);
      change(line, "d", path);
      line.firstChild.textContent = name;
    });
    panel.note.textContent = shown.failure || shown.note;
    panel.note.classList.toggle("failure", Boolean(shown.failure));
    const lines = shown.lines.map((line) => line.name).filter(Boolean);
    panel.said.textContent = [shown.description, ...lines, shown.failure].filter(Boolean).join(". ");
    const { text, low, high, color } = shown.legend ?? {};
    panel.legend.replaceChildren();
    if (!shown.legend) return;
    make(panel.legend, "span", {}, text);
    make(panel.legend, "span", {}, low);
    make(panel.legend, "span", { class: "ramp", "aria-hidden": "true" }).style.color = color;
    make(panel.legend, "span", {}, high);
  }

  // Points ---------------------------------------------------------------------------------------

  share({ x, y }) {
    const [left, right, bottom, top] = this.look.window;
    return { x: (x - left) / (right - left), y: (y - bottom) / (top - bottom) };
  }

  units({ x, y }) {
    const [left, right, bottom, top] = this.look.window;
    return { x: left + x * (right - left), y: bottom + y * (top - bottom) };
  }

  pixels(row) {
    const { x, y } = this.share(row);
    return [(x * SIDE).toFixed(1), ((1 - y) * SIDE).toFixed(1)];
  }

  draw() {
    const radius = this.rows.length > 1000 ? 2.6 : this.rows.length > 400 ? 3.4 : 4.4;
    const chosen = this.rows[this.selected];
    for (const panel of this.panels) {
      const { sizes, rows } = panel.shown;
      this.drawMarks(panel.marks, this.rows, (row) =>
        sizes ? radius * (0.6 + (1.9 * (sizes[row] ?? 0)) / 100) : radius,
      );
      this.drawMarks(panel.others, this.others, () => radius * 0.8);
      const near = rows.filter((row) => this.rows[row]).map((row) => this.pixels(this.rows[row]));
      change(panel.halo, "d", near.map(([x, y]) => `M${x - 7} ${y}a7 7 0 1 1 14 0a7 7 0 1 1-14 0`).join(""));
      panel.ring.style.display = chosen ? "" : "none";
      const [x, y] = this.pixels(chosen ?? { x: 0, y: 0 });
      change(panel.ring, "cx", x);
      change(panel.ring, "cy", y);
      panel.cross.style.display = chosen ? "none" : "";
      const at = `translate(${this.cross.x * SIDE} ${(1 - this.cross.y) * SIDE})`;
      change(panel.cross, "transform", at);
    }
  }

  drawMarks(group, rows, radius) {
    while (group.childElementCount > rows.length) group.lastChild.remove();
    let mark = group.firstChild;
    rows.forEach((row, place) => {
      mark ??= make(group, "path");
      const [x, y] = this.pixels(row);
      const transform = `translate(${x} ${y}) scale(${radius(place).toFixed(2)})`;
      if (mark.transformed !== transform) mark.setAttribute("transform", transform);
      mark.transformed = transform;
      if (mark.code !== row.code) {
        mark.setAttribute("d", MARKS[this.look.markers[row.code]] ?? MARKS.o);
        mark.setAttribute("fill", this.look.colors[row.code]);
      }
      mark.code = row.code;
      mark = mark.nextSibling;
    });
  }

  // What a hand does -----------------------------------------------------------------------------

  apply({ kind, row, x, y, code }) {
    if (kind === "add") this.rows.push({ x, y, code });
    if (!this.rows[row]) return;
    if (kind === "move") Object.assign(this.rows[row], { x, y });
    if (kind === "relabel") this.rows[row].code = code;
    if (kind === "remove") this.rows.splice(row, 1);
  }

  tell(event, now = !["move", "hover"].includes(event.kind)) {
    const before = this.queue.at(-1);
    const again = LAST_ALONE.includes(event.kind) && before?.kind === event.kind;
    if (again && (event.kind !== "move" || before.row === event.row)) this.queue.pop();
    this.told += 1;
    this.queue.push({ ...event, serial: this.told });
    this.root.dataset.told = this.told;
    if (AWAITED.includes(event.kind)) this.root.dataset.asked = this.told;
    this.apply(event);
    if (EDITS.includes(event.kind)) this.say(event);
    this.draw();
    this.send(now);
  }

  // Send what is unanswered, unless a picture is on its way: then its arrival sends the rest.
  send(now) {
    clearTimeout(this.timer);
    const latest = this.queue.at(-1)?.serial ?? 0;
    if (latest <= this.last || (!now && this.awaited > this.answered)) return;
    const rest = (this.sentAt ?? -PAUSE) + PAUSE - performance.now();
    if (!now && rest > 0) {
      this.timer = setTimeout(() => this.send(false), rest);
      return;
    }
    this.last = latest;
    this.sentAt = performance.now();
    const awaited = this.queue.findLast(({ kind }) => AWAITED.includes(kind));
    this.awaited = Math.max(this.awaited, awaited?.serial ?? 0);
    this.model.set("events", this.queue.map((event) => ({ ...event })));
    this.model.save_changes();
  }

  pick(kind, value) {
    this[kind] = value;
    this.tell(kind === "tool" ? { kind, tool: value } : { kind: "class", code: value });
  }

  choose(choice) {
    for (const kind of ["tool", "code", "selected"]) if (kind in choice) this[kind] = choice[kind];
    for (const input of this.root.querySelectorAll("input"))
      input.checked = [`tool ${this.tool}`, `code ${this.code}`].includes(
        `${input.name.split("-").at(-1)} ${input.value}`,
      );
    this.draw();
  }

  select(row) {
    this.selected = row;
    if (row !== null) {
      this.cross = this.share(this.rows[row]);
      this.say({ kind: "select", row });
    }
    this.tell({ kind: "select", row });
  }

  say({ kind, row = this.rows.length - 1, x, y }) {
    const verb = { move: "moved to", add: "added at", relabel: "now", select: "" }[kind];
    const it = this.rows[row];
    if (kind === "remove") this.status.textContent = `Point ${row + 1} deleted, ${this.rows.length} left`;
    else if (it) {
      const [across, up] = this.look.names;
      const place = `${across} = ${number(x ?? it.x)}, ${up} = ${number(y ?? it.y)}`;
      const what = kind === "relabel" ? "" : `, ${place}`;
      const named = `${this.look.classes[it.code]}${what}`;
      this.status.textContent = `Point ${row + 1} of ${this.rows.length} ${verb} ${named}`;
    }
  }

  nearest(at, reach) {
    let [best, found] = [reach, null];
    this.rows.forEach((row, place) => {
      const { x, y } = this.share(row);
      const away = Math.hypot(x - at.x, y - at.y);
      if (away <= best) [best, found] = [away, place];
    });
    return found;
  }

  listen(svg, panel) {
    const side = () => (svg.getBoundingClientRect().width * SIDE) / WIDTH;
    const place = ({ clientX, clientY }) => {
      const { left, top, width } = svg.getBoundingClientRect();
      const scale = WIDTH / width;
      const x = ((clientX - left) * scale - LEFT) / SIDE;
      return { x, y: 1 - ((clientY - top) * scale - TOP) / SIDE };
    };
    const under = (at, kind) => this.nearest(at, (REACH[kind] ?? REACH.mouse) / side());
    const inside = ({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
    let drag = null;
    const moved = (event, done) => {
      const at = place(event);
      const to = { x: within(at.x + drag.x), y: within(at.y + drag.y) };
      this.cross = to;
      this.tell({ kind: "move", row: drag.row, ...this.units(to), panel, done }, done);
    };
    // A finger that means a point does not scroll the page; anywhere else it does.
    svg.addEventListener("touchstart", (event) => {
      const at = place(event.touches[0]);
      const means = this.tool === "add" ? inside(at) : under(at, "touch") !== null;
      if (means && event.touches.length === 1) event.preventDefault();
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      svg.focus({ preventScroll: true });
      const at = place(event);
      const row = this.tool === "add" ? null : under(at, event.pointerType);
      if (this.tool === "add" && inside(at)) this.add(at, panel);
      else if (row === null) this.select(null);
      else if (this.tool === "remove") this.remove(row, panel);
      else if (this.tool === "relabel") this.relabel(row, this.code, panel);
      else {
        this.select(row);
        const held = this.share(this.rows[row]);
        drag = { row, x: held.x - at.x, y: held.y - at.y, moved: false };
        svg.setPointerCapture(event.pointerId);
      }
    });
    svg.addEventListener("pointermove", (event) => {
      if (drag && this.rows[drag.row]) {
        drag.moved = true;
        moved(event, false);
      } else if (this.look.hover && inside(place(event)))
        this.tell({ kind: "hover", ...this.units(place(event)), panel });
    });
    for (const name of ["pointerup", "pointercancel"])
      svg.addEventListener(name, (event) => {
        if (drag?.moved && this.rows[drag.row]) {
          const { x, y } = this.rows[drag.row];
          if (name === "pointerup") moved(event, true);
          else this.tell({ kind: "move", row: drag.row, x, y, panel }, true);
        }
        drag = null;
      });
    svg.addEventListener("pointerleave", () => {
      if (this.look.hover && !drag) this.tell({ kind: "hover", x: null, y: null, panel }, true);
    });
    svg.addEventListener("dblclick", (event) => {
      const at = place(event);
      if (this.tool === "move" && inside(at) && under(at, "mouse") === null) this.add(at, panel);
    });
    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.press(event, panel)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  add(at, panel) {
    const where = { x: within(at.x), y: within(at.y) };
    this.selected = this.rows.length;
    this.cross = where;
    this.tell({ kind: "add", ...this.units(where), code: this.code, panel });
    this.tell({ kind: "select", row: this.selected });
  }

  remove(row, panel) {
    this.selected = null;
    this.tell({ kind: "remove", row, panel });
  }

  relabel(row, code, panel) {
    this.selected = row;
    this.tell({ kind: "relabel", row, code, panel });
  }

  // Whether a key means something here.
  press({ key, shiftKey, repeat }, panel) {
    const { selected, rows } = this;
    const step = shiftKey ? 0.002 : 0.02;
    const count = this.look.classes.length;
    const letter = key.toLowerCase();
    if (key in ARROWS) {
      const [across, up] = ARROWS[key];
      const from = selected === null ? this.cross : this.share(rows[selected]);
      this.cross = { x: within(from.x + across * step), y: within(from.y + up * step) };
      const at = { ...this.units(this.cross), panel };
      if (selected !== null) this.tell({ kind: "move", row: selected, ...at }, !repeat);
      else if (this.look.hover) this.tell({ kind: "hover", ...at });
      else this.draw();
    } else if ((letter === "n" || letter === "p") && rows.length) {
      const start = selected ?? (letter === "n" ? -1 : 0);
      this.select((start + (letter === "n" ? 1 : -1) + rows.length) % rows.length);
    } else if (key === " ") this.select(this.nearest(this.cross, Infinity));
    else if (letter === "a") {
      const shift = selected === null ? 0 : 0.02;
      this.add({ x: this.cross.x + shift, y: this.cross.y + shift }, panel);
    } else if (key === "Escape" && selected !== null) this.select(null);
    else if (key === "Enter" && selected !== null)
      this.relabel(selected, (rows[selected].code + 1) % count, panel);
    else if (key >= "1" && key <= "9" && Number(key) <= count) {
      if (selected !== null) this.relabel(selected, Number(key) - 1, panel);
      else {
        this.pick("code", Number(key) - 1);
        this.choose({});
        this.status.textContent = `Class to add: ${this.look.classes[this.code]}`;
      }
    } else if ((key === "Delete" || key === "Backspace") && selected !== null)
      this.remove(selected, panel);
    else return false;
    return true;
  }
}

function render({ model, el }) {
  const plane = new Plane(model, el);
  return () => plane.close();
}

export default { render };
