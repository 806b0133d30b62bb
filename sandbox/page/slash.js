/** The options of a slash command: one chip each, with its type, limits, choices and live completion. */
import { at, h } from "./dom.js";
import { named, tooMuch } from "./files.js";
import { dutyOf, said } from "./world.js";

const NAMES = { 3: "text", 4: "whole number", 5: "True or False", 6: "person", 7: "channel", 8: "role", 9: "person or role", 10: "number", 11: "file" };
const COMPLETE_AFTER_MS = 120;
const SHOWN_OPTIONAL = 2;

/** Put the chips of a command into the composer. `session` is {world, channel, does, list, leave, send}. */
export function openChips(command, session) {
  const row = at("chips");
  const locale = session.world.me.locale;
  const chips = command.options.map((option) => chipOf(option, locale));
  const form = { command, chips, session, row };
  row.replaceChildren(h("span", { class: "command" }, `/${command.label}`), ...chips.map((chip) => chip.element), ...tucked(chips));
  for (const chip of chips) wire(chip, form);
  row.hidden = false;
  at("text").hidden = true;
  const start = chips.find((chip) => chip.option.required) ?? chips[0];
  if (start?.option.required) start.focus();
  else idle(form);
  return form;
}

/** Put many optional chips behind one button that brings them out. */
function tucked(chips) {
  const optional = chips.filter((chip) => !chip.option.required);
  if (optional.length <= SHOWN_OPTIONAL) return [];
  for (const chip of optional) chip.element.hidden = true;
  const more = h("button", { type: "button", class: "chip more", onclick: () => {
    for (const chip of optional) chip.element.hidden = false;
    more.remove();
    optional[0].focus();
  } }, `+ ${optional.length} optional`);
  return [more];
}

/** A command whose options are all filled or optional waits for Enter on its name. */
function idle(form) {
  const name = form.row.firstChild;
  name.tabIndex = 0;
  name.setAttribute("role", "button");
  name.setAttribute("aria-label", `Send /${form.command.path}`);
  name.onkeydown = (event) => keys(event, form);
  name.onclick = () => send(form);
  name.onfocus = () => form.session.list.show({ items: [], hint: `${form.command.description} Enter sends.`, of: name, pick: () => {} });
  name.focus();
}

function chipOf(option, locale) {
  const isFile = option.type === 11;
  const input = h("input", { class: "chip-input", type: isFile ? "file" : "text", autocomplete: "off", spellcheck: "false", role: isFile ? null : "combobox",
    "aria-label": `${said(option, "name", locale)}${option.required ? " (required)" : ""}`, "aria-autocomplete": "list", "aria-controls": "suggest-list", "aria-describedby": "suggest-hint",
    "aria-expanded": isFile ? null : "false" });
  const element = h("label", { class: `chip ${option.required ? "required" : "optional"}` }, h("span", { class: "chip-name" }, said(option, "name", locale)), input);
  const chip = { option, locale, input, element, picked: undefined, ticket: 0 };
  chip.focus = () => input.focus();
  return chip;
}

function wire(chip, form) {
  const { input } = chip;
  const widen = () => { if (input.type === "text") input.size = Math.max(4, Math.min(40, [...input.value].length + 1)); };
  widen();
  input.addEventListener("input", () => {
    chip.picked = undefined;
    chip.element.classList.remove("wrong");
    widen();
    offer(chip, form);
  });
  chip.widen = widen;
  input.addEventListener("focus", () => offer(chip, form));
  input.addEventListener("blur", () => form.session.list.hide());
  input.addEventListener("change", () => { if (input.type === "file") next(form); });
  input.addEventListener("keydown", (event) => keys(event, form, chip));
}

function keys(event, form, chip) {
  const { list } = form.session;
  if (list.key(event)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    form.session.leave("");
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (!chip || chip.picked !== undefined || !list.pick()) next(form, true);
  } else if (event.key === "Tab" && !event.shiftKey && chip && chip.picked === undefined && (chip.input.value || chip.option.required)) {
    if (list.pick()) event.preventDefault();
  } else if (event.key === "Backspace" && !(chip?.input.value) && (!chip || chip === form.chips[0])) {
    event.preventDefault();
    form.session.leave(`/${form.command.path}`);
  }
}

/** Show what fits this chip now. */
async function offer(chip, form) {
  const { option, input } = chip;
  const ticket = ++chip.ticket;
  if (!option.autocomplete) return show(chip, form, fitting(option, input.value, form.session.world));
  show(chip, form, [], "Loading options…");
  await new Promise((done) => setTimeout(done, COMPLETE_AFTER_MS));
  if (ticket !== chip.ticket) return undefined;
  const answer = await form.session.complete({ command: form.command.path, option: option.name, value: input.value, options: filled(form, chip) });
  if (ticket !== chip.ticket || document.activeElement !== input || chip.picked !== undefined) return undefined;
  if (!answer.ok) return show(chip, form, [], "Loading options failed.");
  const choices = answer.result?.choices ?? [];
  return show(chip, form, choices, choices.length ? "" : "No options match your search.");
}

function show(chip, form, choices, remark = "") {
  if (document.activeElement !== chip.input) return;
  const items = (chip.picked === undefined ? choices : []).slice(0, 25)
    .map((choice) => ({ label: said(choice, "name", chip.locale), note: choice.note, detail: String(choice.name).toLowerCase() === String(choice.value).toLowerCase() || choice.note ? "" : String(choice.value), item: choice }));
  const hint = [h("b", {}, said(chip.option, "name", chip.locale)), ` ${said(chip.option, "description", chip.locale)} `, h("span", { class: "faint" }, `${limits(chip.option)} ${remark}`)];
  form.session.list.show({ items, hint: h("span", {}, hint), of: chip.input, pick: (choice) => take(chip, choice, form), first: chip.input.value || chip.option.required ? 0 : -1 });
}

function take(chip, choice, form) {
  chip.picked = choice.value;
  chip.input.value = said(choice, "name", chip.locale);
  chip.widen();
  chip.element.classList.remove("wrong");
  next(form);
}

/** Go to the next required chip that is empty; when there is none, stay, or send if that was asked for. */
function next(form, isSending = false) {
  const empty = form.chips.find((chip) => chip.option.required && !chip.input.value);
  if (empty && (!isSending || document.activeElement !== empty.input)) return empty.focus();
  if (isSending) return send(form);
  form.session.list.hide();
  const here = form.chips.find((chip) => chip.input === document.activeElement);
  return here ? show(here, form, [], "Enter sends.") : undefined;
}

/** Return the choices that fit what was typed. */
function fitting(option, typed, world) {
  const people = () => world.people.map((each) => ({ name: each.name, value: each.id, note: dutyOf(each) || " " }));
  const roles = () => (world.roles ?? []).map((each) => ({ name: `@${each.name}`, value: each.id, note: " " }));
  const sources = {
    5: () => [{ name: "True", value: true }, { name: "False", value: false }],
    6: people, 8: roles, 9: () => [...people(), ...roles()],
    7: () => world.channels.filter((each) => (option.channel_types?.length ? option.channel_types.includes(each.type) : each.type !== 4)).map((each) => ({ name: `#${each.name}`, value: each.id, note: " " })),
  };
  const all = option.choices ?? sources[option.type]?.() ?? [];
  return all.filter((each) => String(each.name).toLowerCase().includes(typed.trim().toLowerCase()));
}

function limits(option) {
  return `(${[NAMES[option.type] ?? "value", span(option), option.required ? "" : "optional"].filter(Boolean).join(", ")})`;
}

/** Return the limits of a value in words, or nothing. */
function span({ min_value, max_value, min_length, max_length }) {
  const [low, high, unit] = [min_value ?? min_length, max_value ?? max_length, (min_length ?? max_length) === undefined ? "" : " characters"];
  if (low === undefined && high === undefined) return "";
  if (low === undefined || high === undefined) return (low === undefined ? `at most ${high}` : `at least ${low}`) + unit;
  return `${low} to ${high}${unit}`;
}

/** Return the values of the chips that can be read, for the completion of another. */
function filled(form, except) {
  const pairs = form.chips.filter((chip) => chip !== except && chip.input.value).map((chip) => [chip.option.name, read(chip, form.session.world)]);
  return Object.fromEntries(pairs.filter(([, { value }]) => value !== undefined).map(([name, { value }]) => [name, value]));
}

/** Return {value} or {wrong: a sentence} for a chip. */
function read({ option, input, picked }, world) {
  const typed = input.value.trim();
  if (!typed) return option.required ? { wrong: "This option is required." } : {};
  if (picked !== undefined) return { value: picked };
  const isClosed = option.choices || [5, 6, 7, 8, 9].includes(option.type);
  if (isClosed) {
    const exact = fitting(option, typed, world).find((each) => String(each.name).toLowerCase() === typed.toLowerCase());
    return exact ? { value: exact.value } : { wrong: "Choose one from the list." };
  }
  return option.type === 4 || option.type === 10 ? number(option, typed) : text(option, typed);
}

function number(option, typed) {
  const value = Number(typed);
  if (Number.isNaN(value) || (option.type === 4 && !Number.isInteger(value))) return { wrong: `This must be a ${NAMES[option.type]}.` };
  if (value < option.min_value || value > option.max_value) return { wrong: `This must be ${span(option)}.` };
  return { value };
}

function text(option, typed) {
  const length = [...typed].length;
  return length < (option.min_length ?? 0) || length > (option.max_length ?? 6000) ? { wrong: `This must be ${span(option)}.` } : { value: typed };
}

function send(form) {
  const files = [];
  const options = {};
  for (const chip of form.chips) {
    const [file] = named([...chip.input.files ?? []]);
    if (file) files.push(file);
    const { value, wrong } = file ? { value: file.name, wrong: tooMuch(files.map((each) => each.file)) } : read(chip, form.session.world);
    if (wrong) {
      chip.element.classList.add("wrong");
      chip.focus();
      form.session.list.show({ items: [], hint: h("span", { role: "alert", class: "failure" }, `${chip.option.name}: ${wrong}`), of: chip.input, pick: () => {} });
      return;
    }
    if (value !== undefined) options[chip.option.name] = value;
  }
  form.session.send(form.command, options, files);
}
