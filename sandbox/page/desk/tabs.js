/** Tabs as the keyboard expects them: arrows move, one panel is shown, and the choice is kept. */
import { h } from "../dom.js";

/** Return the list of tabs, their panels, and `chosen()`; `changed` is called after a choice. */
export function tabs(label, views, memory, changed = () => {}) {
  let chosen = views.find(([key]) => key === localStorage.getItem(memory))?.[0] ?? views[0][0];
  const panels = views.map(([key, name, view]) => h("div", { role: "tabpanel", id: `panel-${key}`, class: "panel", "aria-label": name }, view.element));
  const buttons = views.map(([key, name]) => h("button", { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}`, onclick: () => choose(key) }, name));
  const list = h("div", { role: "tablist", "aria-label": label, class: "tabs", onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = (views.findIndex(([key]) => key === chosen) + step + views.length) % views.length;
    choose(views[index][0]);
    buttons[index].focus();
  } }, buttons);
  const choose = (key) => {
    chosen = key;
    localStorage.setItem(memory, key);
    draw();
    changed();
  };
  const draw = () => views.forEach(([key], index) => {
    buttons[index].setAttribute("aria-selected", String(key === chosen));
    buttons[index].tabIndex = key === chosen ? 0 : -1;
    panels[index].hidden = key !== chosen;
  });
  draw();
  return { list, panels, choose, chosen: () => views.find(([key]) => key === chosen)[2], key: () => chosen };
}
