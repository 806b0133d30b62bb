/** A list of suggestions above an input: arrows move, the chosen row is read out, the input keeps the focus. */
import { at, freshId, h } from "./dom.js";

/** Return the list that belongs to the page's one place for suggestions. */
export function suggestions() {
  const box = at("suggest");
  let rows = [], here = -1, input = null, picked = null;

  const mark = (index) => {
    here = index;
    rows.forEach((row, each) => row.element.setAttribute("aria-selected", String(each === here)));
    if (rows[here]) {
      input?.setAttribute("aria-activedescendant", rows[here].element.id);
      rows[here].element.scrollIntoView({ block: "nearest" });
    } else input?.removeAttribute("aria-activedescendant");
  };

  return {
    /** Show `items` ({label, note, detail, heading, item}) under a hint; `pick(item)` is called for the chosen one. */
    show({ items, hint = "", of, pick, first = 0 }) {
      [input, picked] = [of, pick];
      let last = null;
      rows = items.map((each) => ({ ...each, element: drawRow(each, () => pick(each.item)) }));
      box.replaceChildren(h("div", { class: "suggest-hint", id: "suggest-hint" }, hint), h("div", { role: "listbox", id: "suggest-list", "aria-label": "Suggestions" },
        rows.flatMap((row) => {
          const isNew = row.heading && row.heading !== last;
          last = row.heading;
          return [isNew ? h("div", { class: "suggest-heading", role: "presentation" }, row.heading) : null, row.element];
        })));
      box.hidden = !items.length && !hint;
      of.setAttribute("aria-expanded", String(items.length > 0));
      mark(items.length ? first : -1);
    },
    hide() {
      box.hidden = true;
      box.replaceChildren();
      rows = [];
      here = -1;
      input?.setAttribute("aria-expanded", "false");
      input?.removeAttribute("aria-activedescendant");
    },
    /** Take the keys of a list; return whether the key was one. */
    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (box.hidden || !rows.length || !step) return false;
      event.preventDefault();
      mark((here + step + rows.length) % rows.length);
      return true;
    },
    /** Pick the marked row; return whether there was one. */
    pick() {
      if (box.hidden || !rows[here]) return false;
      picked(rows[here].item);
      return true;
    },
  };
}

function drawRow({ label, note, detail }, pick) {
  const element = h("div", { class: "suggest-row", role: "option", id: freshId("row"), "aria-selected": "false" },
    h("span", { class: "grow" }, h("b", {}, label), note ? h("small", {}, note) : null), detail ? h("span", { class: "faint" }, detail) : null);
  element.addEventListener("mousedown", (event) => {
    event.preventDefault();
    pick();
  });
  return element;
}
