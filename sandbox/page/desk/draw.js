/** Draws what is looked at again and again: only what has changed is touched, and focus stays where it is. */
import { h } from "../dom.js";

const drawn = new WeakMap();

/** Make the parent hold one element for each item, in this order. */
export function keyed(parent, items, keyOf, draw) {
  const known = drawn.get(parent) ?? new Map();
  const next = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const name = focused?.dataset.focus;
  for (const item of items) {
    const key = String(keyOf(item));
    const text = JSON.stringify(item);
    const old = known.get(key);
    next.set(key, old?.text === text ? old : { text, element: draw(item, old?.element) });
  }
  drawn.set(parent, next);
  const elements = [...next.values()].map((each) => each.element);
  elements.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
  while (parent.children.length > elements.length) parent.lastChild.remove();
  if (name && document.activeElement !== focused) parent.querySelector(`[data-focus="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}

/** Return a table that scrolls in itself, with `fill(rows)`, where a row is a list of cells. */
export function table(headings, empty) {
  const body = h("tbody");
  const nothing = h("p", { class: "nothing" }, empty);
  const grid = h("table", {}, h("thead", {}, h("tr", {}, headings.map((each) => h("th", { scope: "col" }, each)))), body);
  const element = h("div", {}, h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": headings.join(", ") }, grid), nothing);
  return {
    element,
    fill(rows) {
      nothing.hidden = rows.length > 0;
      element.firstChild.hidden = !rows.length;
      keyed(body, rows.map((cells, index) => ({ index, cells })), (row) => row.index, ({ cells }) => h("tr", {}, cells.map(cell)));
    },
  };
}

const cell = (value) => {
  const { text, mark = "", title } = typeof value === "object" && value ? value : { text: value };
  return h("td", { class: mark, title }, String(text ?? ""));
};

/** Return a bar that is filled to a share of 0 to 1, with its words. */
export function bar(share, words, mark = "") {
  const pct = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return h("div", { class: `bar ${mark}`, style: { "--share": `${pct}%` } }, h("span", {}, words));
}

/** Return a time of day, from epoch seconds or the bot's UTC text. */
export function clock(value) {
  if (value === null || value === undefined || value === "") return "";
  const date = new Date(typeof value === "number" ? value * 1000 : `${value.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? String(value) : date.toLocaleTimeString("en-GB");
}

/** Return a length of time in words. */
export function lasting(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s` : `${(seconds / 3600).toFixed(1)} h`;
}
