"use strict";
// The page is complete without this script. It adds comforts: tables that sort by a press on a
// column's heading, the reader's place in the contents, figures that grow, and code that copies.

function compare(a, b) {
  const numbers = [Number(a), Number(b)];
  return numbers.some(Number.isNaN) ? a.localeCompare(b, "en", { numeric: true }) : numbers[0] - numbers[1];
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const asGiven = [...body.rows];
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();

  function order(column, direction) {
    if (direction === "none") return asGiven;
    const sign = direction === "ascending" ? 1 : -1;
    // What is missing has an empty key and stays last in either direction.
    return [...asGiven].sort((first, second) => {
      const [a, b] = [key(first, column), key(second, column)];
      return a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b);
    });
  }

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "none" };
      const direction = next[heading.getAttribute("aria-sort")] ?? "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      if (direction !== "none") heading.setAttribute("aria-sort", direction);
      body.append(...order(column, direction));
    });
  });
}

function followReader(links) {
  const linkOf = new Map(links.map((link) => [document.getElementById(link.hash.slice(1)), link]));
  const inView = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target);
    // A section and its subsection are in view together: the later one is the narrower.
    const current = [...linkOf].findLast(([section]) => inView.has(section))?.[1];
    for (const link of links) {
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-20% 0px -79% 0px" });
  for (const section of linkOf.keys()) observer.observe(section);
}

function button(className, text, label = text) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  if (label !== text) made.setAttribute("aria-label", label);
  return made;
}

// The picture itself moves into the dialog, not a copy: ids within it stay unique.
function makeLarge(figures) {
  const dialog = document.createElement("dialog");
  const close = button("close", "Close");
  const [back, on] = [button("turn", "←", "Previous figure"), button("turn", "→", "Next figure")];
  const [bar, stage, words] = ["div", "div", "p"].map((tag) => document.createElement(tag));
  bar.className = "bar";
  stage.className = "stage";
  words.id = "enlarged";
  words.setAttribute("aria-live", "polite");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-labelledby", words.id);
  bar.append(back, on, close);
  dialog.append(bar, stage, words);
  document.body.append(dialog);
  let shown = -1;

  function putBack() {
    if (shown >= 0) figures[shown].prepend(stage.firstElementChild);
    shown = -1;
  }
  function show(place) {
    putBack();
    shown = (place + figures.length) % figures.length;
    const caption = figures[shown].querySelector("figcaption").cloneNode(true);
    caption.querySelectorAll(".files, .grow").forEach((each) => each.remove());
    words.textContent = caption.textContent;
    stage.append(figures[shown].querySelector("svg"));
    if (!dialog.open) dialog.showModal();
  }

  figures.forEach((figure, place) => {
    const name = figure.querySelector("figcaption .title")?.textContent.replace(/\.$/, "") ?? "the figure";
    const grow = button("grow", "Enlarge", `Enlarge ${name}`);
    figure.querySelector("figcaption").append(" ", grow);
    grow.addEventListener("click", () => show(place));
    const svg = figure.querySelector("svg");
    svg.addEventListener("click", () => { if (!dialog.open) { grow.focus({ preventScroll: true }); show(place); } });
  });
  back.addEventListener("click", () => show(shown - 1));
  on.addEventListener("click", () => show(shown + 1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    const last = shown;
    putBack();
    figures[last].querySelector(".grow").focus();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    else if (event.key === "ArrowRight") show(shown + 1);
  });
}

function makeCopied(listing) {
  const [code, bar] = [listing.querySelector("code"), listing.querySelector(".bar")];
  const copy = button("copy", "Copy");
  copy.setAttribute("aria-live", "polite");
  bar.append(copy);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {  // not allowed here: mark the lines, for the reader's own keys
      getSelection().selectAllChildren(code);
      copy.textContent = "Marked: copy with your keys";
      return;
    }
    copy.textContent = "Copied";
  });
}

const pictures = [...document.querySelectorAll("figure.picture")];
if (pictures.length) makeLarge(pictures);
document.querySelectorAll(".listing").forEach(makeCopied);
document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
followReader([...document.querySelectorAll(".contents a")]);
