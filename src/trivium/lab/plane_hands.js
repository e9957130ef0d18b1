// What a hand does to the plane: the second half of the module that begins in plane.js.

const PAUSE = 20; // milliseconds from one move that is told to the next
const STEP = 0.02; // of a side, by an arrow key
const REACH = { touch: 22, pen: 16, mouse: 11 }; // pixels from a hand to the point it means
const EDITS = ["move", "add", "remove", "relabel"];
const AWAITED = [...EDITS, "hover"]; // Python answers these by a picture
const LAST_ALONE = ["move", "hover", "select", "tool", "class"]; // the last of a run says it all
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const number = (value) => String(Number(value.toPrecision(4))).replace("-", "−");
const within = (value) => Math.min(1, Math.max(0, value));
const inside = ({ x, y }) => x === within(x) && y === within(y);

class Plane extends Drawing {
  tell(event, now = !["move", "hover"].includes(event.kind)) {
    const before = this.queue.at(-1);
    const again = LAST_ALONE.includes(event.kind) && before?.kind === event.kind;
    if (again && (event.kind !== "move" || before.row === event.row)) this.queue.pop();
    this.told += 1;
    // Of which rows it tells: Python drops what was done to those that it has replaced.
    this.queue.push({ ...event, serial: this.told, origin: this.origin });
    this.root.dataset.told = this.told;
    if (AWAITED.includes(event.kind)) this.root.dataset.asked = this.told;
    this.apply(event);
    if (!event.quiet) this.say(event);
    this.draw();
    this.send(now);
  }

  // Send what is unanswered, unless a picture is on its way: then its arrival sends the rest.
  send(now) {
    clearTimeout(this.timer);
    const latest = this.queue.at(-1)?.serial ?? 0;
    if (latest <= this.last || (!now && this.awaited > this.answered)) return;
    const rest = this.sentAt + PAUSE - performance.now();
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

  // End a drag where the hand was last: whatever else is done to rows may renumber them.
  letGo() {
    const { drag } = this;
    this.drag = null;
    if (drag?.last) drag.carry(drag, drag.last, true);
  }

  select(row) {
    this.letGo();
    this.selected = row;
    if (row !== null) this.cross = this.share(this.rows[row]);
    this.tell({ kind: "select", row });
  }

  say({ kind, row, code }) {
    const place = kind === "add" ? this.rows.length - 1 : row;
    const it = this.rows[place];
    const [across, up] = this.look.names;
    const where = it && `${across} = ${number(it.x)}, ${up} = ${number(it.y)}`;
    const name = `class ${this.look.classes[it?.code ?? code]}`;
    const text = {
      move: () => ` moved to ${where}`,
      add: () => ` added: ${name}, ${where}`,
      select: () => `: ${name}, ${where}${this.company(it)}`,
      relabel: () => ` is now of ${name}`,
    }[kind];
    const count = this.rows.length;
    if (kind === "remove") this.status.textContent = `Point ${row + 1} deleted, ${count} left`;
    else if (kind === "class") this.status.textContent = `Points are given ${name}`;
    else if (text && it) this.status.textContent = `Point ${place + 1} of ${count}${text()}`;
  }

  company({ x, y }) {
    const others = this.rows.filter((row) => row.x === x && row.y === y).length - 1;
    return others > 0 ? `; ${others} more at this place` : "";
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
    const place = ({ clientX, clientY }) => {
      const { left, top } = svg.getBoundingClientRect();
      return { x: (clientX - left - this.left) / this.side, y: 1 - (clientY - top - TOP) / this.side };
    };
    const under = (at, kind) => this.nearest(at, (REACH[kind] ?? REACH.mouse) / this.side);
    const on = (name, call, options) => svg.addEventListener(name, call, options);
    const carry = (drag, event, done) => {
      if (!this.rows[drag.row] || drag.origin !== this.origin) return;
      const at = place(event);
      this.cross = { x: within(at.x + drag.x), y: within(at.y + drag.y) };
      this.tell({ kind: "move", row: drag.row, ...this.units(this.cross), panel, done }, done);
    };
    // A finger that means a point does not scroll the page; anywhere else it does.
    const held = (event) => {
      const at = place(event.touches[0]);
      const means = this.tool === "add" ? inside(at) : under(at, "touch") !== null;
      if (means && event.touches.length === 1) event.preventDefault();
    };
    on("touchstart", held, { passive: false });
    on("pointerdown", (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      svg.focus({ preventScroll: true, focusVisible: false });
      const at = place(event);
      const row = this.tool === "add" ? null : under(at, event.pointerType);
      if (this.tool === "add" && inside(at)) this.add(at, panel);
      else if (row === null) this.select(null);
      else if (this.tool === "remove") this.remove(row, panel);
      else if (this.tool === "relabel") this.relabel(row, this.code, panel);
      else {
        this.select(row);
        const { pointerId: pointer } = event;
        const off = { x: this.cross.x - at.x, y: this.cross.y - at.y };
        this.drag = { row, origin: this.origin, ...off, last: null, pointer, carry };
        svg.setPointerCapture(event.pointerId);
      }
    });
    on("pointermove", (event) => {
      const at = place(event);
      const { drag } = this;
      if (drag?.pointer === event.pointerId) carry(drag, (drag.last = event), false);
      else if (this.look.hover && inside(at))
        this.tell({ kind: "hover", ...this.units(at), panel });
    });
    // A pointer that is taken away has no place of its own: the last one counts.
    for (const name of ["pointerup", "pointercancel"])
      on(name, (event) => {
        if (this.drag?.pointer !== event.pointerId) return;
        if (this.drag.last && name === "pointerup") this.drag.last = event;
        this.letGo();
      });
    on("pointerleave", () => {
      if (this.look.hover && !this.drag) this.tell({ kind: "hover", x: null, y: null, panel }, true);
    });
    on("dblclick", (event) => {
      const at = place(event);
      if (this.tool === "move" && inside(at) && under(at, "mouse") === null) this.add(at, panel);
    });
    on("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.press(event, panel)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  add(at, panel) {
    this.letGo();
    this.selected = this.rows.length;
    this.cross = { x: within(at.x), y: within(at.y) };
    this.tell({ kind: "add", ...this.units(this.cross), code: this.code, panel });
    this.tell({ kind: "select", row: this.selected, quiet: true });
  }

  remove(row, panel) {
    this.letGo();
    this.selected = null;
    this.tell({ kind: "remove", row, panel });
  }

  relabel(row, code, panel) {
    this.letGo();
    this.selected = row;
    this.tell({ kind: "relabel", row, code, panel });
  }

  // Do what a key means here; whether it means anything.
  press({ key, shiftKey, repeat }, panel) {
    const { selected, rows } = this;
    const letter = key.toLowerCase();
    const digit = key >= "1" && key <= "9" ? Number(key) - 1 : Infinity;
    const step = letter === "n" ? 1 : -1;
    const far = shiftKey ? STEP / 10 : STEP;
    if (key in ARROWS) this.step(ARROWS[key].map((way) => way * far), repeat, panel);
    else if (["n", "p"].includes(letter) && rows.length)
      this.select(((selected ?? (step > 0 ? -1 : 0)) + step + rows.length) % rows.length);
    else if (key === " ") this.select(this.nearest(this.cross, Infinity));
    else if (letter === "a") {
      const aside = selected === null ? 0 : STEP;
      this.add({ x: this.cross.x + aside, y: this.cross.y + aside }, panel);
    } else if (digit < this.look.classes.length && selected === null) {
      this.pick("code", digit);
      this.choose({});
    } else if (selected === null) return false;
    else if (digit < this.look.classes.length) this.relabel(selected, digit, panel);
    else if (key === "Escape") this.select(null);
    else if (key === "Enter")
      this.relabel(selected, (rows[selected].code + 1) % this.look.classes.length, panel);
    else if (key === "Delete" || key === "Backspace") this.remove(selected, panel);
    else return false;
    return true;
  }

  step([across, up], repeat, panel) {
    const { selected } = this;
    const from = selected === null ? this.cross : this.share(this.rows[selected]);
    this.cross = { x: within(from.x + across), y: within(from.y + up) };
    const at = { ...this.units(this.cross), panel };
    if (selected !== null) this.tell({ kind: "move", row: selected, ...at }, !repeat);
    else if (this.look.hover) this.tell({ kind: "hover", ...at });
    else this.draw();
  }
}

function render({ model, el }) {
  const plane = new Plane(model, el);
  return () => plane.close();
}

export default { render };
