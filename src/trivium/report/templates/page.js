"use strict";
// The page is complete without this script. It adds two comforts: tables that sort by a press on
// a column's heading, and the reader's place in the contents.

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

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
followReader([...document.querySelectorAll(".contents a")]);
