/** The bot's own facts, as its database has them: events, effects, cards due, schedules, readings. */
import { h } from "../dom.js";
import { clock, table } from "./draw.js";
import { look } from "./net.js";

/** Return the view. */
export function botView() {
  const line = h("p", { role: "status" });
  const parts = {
    facts: ["Facts", table(["#", "At", "Thing", "Event", "By", "Details"], "No fact yet: nobody has decided anything.")],
    effects: ["Effects (what facts call for)", table(["Effect", "For", "Stands", "Tries", "Due", "Last error"], "No effect yet.")],
    cards_due: ["Cards due to be drawn", table(["Card", "Channel", "Not before", "Attempts", "Last error"], "Every card shows the newest facts.")],
    schedules: ["Schedules", table(["Name", "Job", "Cron", "Next"], "Nothing is scheduled.")],
    readings: ["Readings (the newest value only)", table(["At", "Thing", "Reading", "Value"], "No reading yet.")],
  };
  const sections = Object.values(parts).map(([name, grid]) => h("section", { "aria-label": name }, h("h3", {}, name), grid.element));
  const element = h("div", {}, line, sections);
  const tick = async () => {
    const state = await look("bot");
    line.className = state.is_running && !state.unread ? "ok" : "bad";
    line.textContent = `The bot's process is ${state.is_running ? "running" : "not running"}. ${state.unread ?? said(state.counts)}`;
    sections.forEach((section) => { section.hidden = Boolean(state.unread); });
    if (state.unread) return;
    const names = Object.fromEntries(Object.entries(state.people).map(([key, id]) => [id, key]));
    for (const [key, [, grid]] of Object.entries(parts)) grid.fill((state[key] ?? []).map((row) => ROWS[key](row, names)));
  };
  return { element, tick };
}

const said = ({ facts, effects, cards }) => `${facts ?? "?"} facts, ${effects ?? "?"} effects under way, ${cards ?? "?"} cards.`;
const thing = ({ kind, number }) => `${kind}-${number}`;
const brief = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? {});
  return { text: text === "{}" ? "" : text.slice(0, 80) + (text.length > 80 ? "…" : ""), title: text.slice(0, 1000) };
};
const standing = (one) => {
  if (one.done_at) return { text: `done ${clock(one.done_at)}`, mark: "ok" };
  if (one.given_up_at) return { text: `given up ${clock(one.given_up_at)}`, mark: "bad" };
  return one.lease_until ? "being done" : "waits";
};
const ROWS = {
  facts: (row, names) => [row.sequence, clock(row.at), thing(row), row.event, names[row.by] ?? (row.by ? row.by : "the bot"), brief(row.details)],
  effects: (row) => [row.effect, thing(row), standing(row), row.attempts, clock(row.due_at), { ...brief(row.last_error ?? ""), mark: "bad" }],
  cards_due: (row) => [thing(row), row.channel ? `#${row.channel}` : "", clock(row.not_before), row.attempts, { ...brief(row.last_error ?? ""), mark: "bad" }],
  schedules: (row) => [row.name, row.job, `${row.cron} ${row.zone}`, `${row.next_at}`.slice(0, 16)],
  readings: (row) => [clock(row.at), thing(row), row.name, brief(row.value)],
};
