/** Select menus: one button that opens a list of options, for messages and forms, by mouse and keyboard. */
import { freshId, h } from "./dom.js";
import { dutyOf } from "./world.js";

const SELECTS = { 3: "string", 5: "user", 6: "role", 7: "mentionable", 8: "channel" };

/** Return whether the component is a select menu. */
export const isSelect = (component) => component.type in SELECTS;

/** Return the options of a select: its own, or people, roles and channels. */
export function optionsOf(component, world) {
  const people = () => world.people.map((each) => ({ value: each.id, label: each.name, description: dutyOf(each) }));
  const roles = () => (world.roles ?? []).filter((each) => each.name !== "@everyone")
    .map((each) => ({ value: each.id, label: `@${each.name}` }));
  const channels = () => world.channels.filter((each) => (component.channel_types?.length ? component.channel_types.includes(each.type) : each.type !== 4))
    .map((each) => ({ value: each.id, label: `#${each.name}` }));
  const sources = { 5: people, 6: roles, 7: () => [...people(), ...roles()], 8: channels };
  return sources[component.type]?.() ?? component.options ?? [];
}

/** Return a menu; `chosen(values)` is called with what was picked. Its `values` is what stands now; `resume(state)` goes on where another was left. */
export function menu(component, world, chosen) {
  const options = optionsOf(component, world);
  const [least, most] = [component.min_values ?? 1, Math.min(component.max_values ?? 1, options.length || 1)];
  const preset = (component.default_values ?? []).map((each) => each.id);
  let values = options.filter((each) => each.default || preset.includes(each.value)).map((each) => each.value);
  const id = freshId("menu");
  const face = h("button", { type: "button", class: "menu-face", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false",
    "aria-controls": id, "aria-label": component.placeholder || "Choose", disabled: component.disabled, "data-custom": component.custom_id });
  const list = h("div", { id, class: "menu-list", role: "listbox", "aria-multiselectable": most > 1 ? "true" : null, hidden: true });
  const element = h("div", { class: "menu" }, face, list);

  const labels = () => options.filter((each) => values.includes(each.value)).map((each) => each.label).join(", ");
  const show = () => {
    face.replaceChildren(h("span", { class: values.length ? "" : "faint" }, labels() || component.placeholder || "Make a selection"), h("span", { class: "arrow" }, "▾"));
    for (const row of list.children) row.setAttribute("aria-selected", String(values.includes(row.dataset.value)));
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    face.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    (list.querySelector("[aria-selected=true]") ?? list.firstElementChild)?.focus();
    list.scrollIntoView({ block: "nearest" });
  };
  const before = () => JSON.stringify(values);
  let opened = "";
  const close = () => {
    if (list.hidden) return;
    open(false);
    if (most > 1 && before() !== opened && values.length >= least) chosen(values);
  };
  const pick = (value) => {
    if (most === 1) {
      values = values.includes(value) && least === 0 ? [] : [value];
      show();
      open(false);
      face.focus();
      chosen(values);
      return;
    }
    if (values.includes(value)) values = values.filter((each) => each !== value);
    else if (values.length < most) values = [...values, value];
    show();
  };
  list.append(...options.map((each) => row(each, pick)));
  if (!options.length) list.append(h("p", { class: "sub" }, "There is nothing to choose from."));
  face.addEventListener("click", () => {
    opened = before();
    if (list.hidden) open(true);
    else close();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget && !element.contains(relatedTarget)) close(); });
  element.addEventListener("keydown", (event) => keys(event, { list, face, close }));
  const resume = (state) => {
    [values, opened] = [state.values.filter((value) => options.some((each) => each.value === value)), state.opened];
    show();
    open(true);
  };
  Object.defineProperties(element, { values: { get: () => values }, isOpen: { get: () => !list.hidden }, state: { get: () => ({ values, opened }) }, resume: { value: resume } });
  show();
  return element;
}

function row(option, pick) {
  return h("button", { type: "button", class: "menu-row", role: "option", tabindex: -1, "data-value": option.value, onclick: () => pick(option.value) },
    option.emoji?.name ? h("span", { "aria-hidden": "true" }, option.emoji.name) : null,
    h("span", { class: "grow" }, option.label, option.description ? h("small", {}, option.description) : null),
    h("span", { class: "tick", "aria-hidden": "true" }, "✓"));
}

function keys(event, { list, face, close }) {
  if (list.hidden) {
    if (event.key === "ArrowDown" && event.target === face) { event.preventDefault(); face.click(); }
    return;
  }
  const rows = [...list.querySelectorAll("[role=option]")];
  const here = rows.indexOf(document.activeElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    face.focus();
    close();
  }
}
