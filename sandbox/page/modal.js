/** Forms: a modal as a native dialog, its fields with labels, counters and errors beside them. */
import { freshId, h, sizeOf } from "./dom.js";
import { named, tooMuch } from "./files.js";
import { markdown } from "./markdown.js";
import { isSelect, menu } from "./menu.js";

const PARAGRAPH = 2;

/** Open a modal. `submit(values, files)` is called with what was filled in; return {fail(error), close()}. */
export function openModal(modal, world, submit) {
  const title = freshId("title");
  const fields = [];
  const body = (modal.components ?? []).map((each) => part(each, world, fields));
  const problem = h("p", { class: "failure", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: "button primary" }, "Submit");
  const form = h("form", { method: "dialog", novalidate: true }, h("header", {}, h("h2", { id: title }, modal.title)),
    h("div", { class: "fields-list" }, body), problem,
    h("footer", {}, h("button", { type: "button", class: "button plain", onclick: () => dialog.close() }, "Cancel"), go));
  const dialog = h("dialog", { class: "modal", "aria-labelledby": title }, form);
  const busy = (isBusy) => { go.disabled = isBusy; go.setAttribute("aria-busy", String(isBusy)); };
  const fail = (error) => {
    busy(false);
    problem.hidden = false;
    problem.textContent = error || "Something went wrong. Try again.";
    problem.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.hidden = true;
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) return wrong[0].control.focus();
    busy(true);
    const files = new Map(fields.map((each) => [each, named(each.files?.() ?? [])]));
    const valueOf = (each) => (each.files ? files.get(each).map(({ name }) => name) : each.value());
    submit(Object.fromEntries(fields.map((each) => [each.id, valueOf(each)])), [...files.values()].flat());
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.control.focus();
  return { fail, close: () => dialog.close() };
}

function part(component, world, fields) {
  if (component.type === 10) return h("div", { class: "text" }, markdown(component.content, world));
  if (component.type === 1) return component.components.map((each) => labelled(each, { label: each.label ?? each.placeholder ?? "" }, world, fields));
  if (component.type === 18) return labelled(component.component, component, world, fields);
  return labelled(component, { label: component.label ?? "" }, world, fields);
}

/** Draw one field with its label, its description and the place for its error. */
function labelled(component, { label, description }, world, fields) {
  const id = freshId("field");
  const isRequired = component.required !== false && component.type !== 23;
  const problem = h("span", { class: "failure", id: `${id}-problem`, role: "alert" });
  const make = isSelect(component) ? select : MAKE[component.type];
  if (!make) return h("p", { class: "sub" }, `(A field of type ${component.type}, which this page does not draw.)`);
  const field = { id: component.custom_id, ...make(component, { id, isRequired, world, label }) };
  field.check = () => {
    const wrong = field.wrong(isRequired);
    problem.textContent = wrong ?? "";
    field.control.setAttribute("aria-invalid", String(Boolean(wrong)));
    return !wrong;
  };
  field.control.setAttribute("aria-describedby", `${id}-problem`);
  field.element.addEventListener("input", () => { if (problem.textContent) field.check(); });
  fields.push(field);
  if (component.type === 23) return h("div", { class: "field-box" }, field.element, description ? h("small", {}, description) : null, problem);
  const isGroup = component.type === 21 || component.type === 22;
  return h(isGroup ? "fieldset" : "div", { class: "field-box" },
    h(isGroup ? "legend" : "label", isGroup ? {} : { for: id }, label, isRequired ? h("span", { class: "star", title: "required" }, " *") : null),
    description ? h("small", {}, description) : null, field.element, problem);
}

const MAKE = { 4: textInput, 19: upload, 21: radios, 22: checks, 23: checkbox };
const NEEDED = "This field is required.";

function textInput(component, { id }) {
  const isLong = component.style === PARAGRAPH;
  const most = component.max_length ?? 4000;
  const control = h(isLong ? "textarea" : "input", { id, placeholder: component.placeholder, maxlength: most, rows: isLong ? 4 : null,
    type: isLong ? null : "text", autocomplete: "off", value: component.value ?? "" });
  const counter = h("span", { class: "counter", "aria-hidden": "true" });
  const count = () => { counter.textContent = `${[...control.value].length} / ${most}`; };
  control.addEventListener("input", count);
  count();
  const wrong = (isRequired) => {
    const length = [...control.value].length;
    if (!length) return isRequired ? NEEDED : null;
    return length < (component.min_length ?? 0) ? `Write at least ${component.min_length} characters.` : null;
  };
  return { control, element: h("div", {}, control, component.max_length || isLong ? counter : null), value: () => control.value, wrong };
}

function select(component, { id, world, label }) {
  const element = menu(component, world, () => element.dispatchEvent(new Event("input")));
  const control = element.querySelector(".menu-face");
  control.id = id;
  control.setAttribute("aria-label", `${label}: ${component.placeholder ?? "choose"}`);
  return { control, element, value: () => element.values, wrong: (isRequired) => amount(component, element.values.length, isRequired) };
}

/** Say what is wrong with how many were chosen. */
function amount({ min_values, max_values }, count, isRequired) {
  if (!count) return isRequired && (min_values ?? 1) > 0 ? NEEDED : null;
  if (count < (min_values ?? 0)) return `Choose at least ${min_values}.`;
  return count > (max_values ?? 25) ? `Choose at most ${max_values}.` : null;
}

const choice = (type, name, option) => h("label", { class: "choice" }, h("input", { type, name, value: option.value, checked: option.default }),
  h("span", {}, option.label, option.description ? h("small", {}, option.description) : null));

function radios(component, { id }) {
  const element = h("div", { role: "radiogroup" }, component.options.map((each) => choice("radio", id, each)));
  const value = () => element.querySelector("input:checked")?.value ?? null;
  return { control: element.querySelector("input"), element, value, wrong: (isRequired) => (isRequired && !value() ? NEEDED : null) };
}

function checks(component, { id }) {
  const element = h("div", {}, component.options.map((each) => choice("checkbox", id, each)));
  const value = () => [...element.querySelectorAll("input:checked")].map((each) => each.value);
  return { control: element.querySelector("input"), element, value, wrong: (isRequired) => amount(component, value().length, isRequired) };
}

function checkbox(component, { id, label }) {
  const element = choice("checkbox", id, { label, default: component.default });
  const control = element.querySelector("input");
  return { control, element, value: () => control.checked, wrong: () => null };
}

function upload(component, { id }) {
  const most = component.max_values ?? 1;
  const control = h("input", { id, type: "file", multiple: most > 1 });
  const list = h("small", {});
  control.addEventListener("input", () => { list.textContent = [...control.files].map((each) => `${each.name} (${sizeOf(each.size)})`).join(", "); });
  const wrong = (isRequired) => amount(component, control.files.length, isRequired) ?? (tooMuch([...control.files]) || null);
  return { control, element: h("div", { class: "upload" }, control, list), files: () => [...control.files], wrong };
}
