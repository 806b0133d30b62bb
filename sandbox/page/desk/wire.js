/** What crosses the wires, newest first: Discord's calls and events, SSH and SLURM commands, Azure's calls. */
import { h } from "../dom.js";
import { channelName } from "../main.js";
import { clock } from "./draw.js";
import { look } from "./net.js";

const KEPT = 500;
const PARTS = { discord: "Discord", slurm: "Cluster", azure: "Azure" };
const WAYS = { in: ["→", "from the bot"], out: ["←", "to the bot"], both: ["⇄", "a question and its answer"] };

/** Return the view. */
export function wireView() {
  const after = { discord: 0, slurm: 0, azure: 0 };
  const known = new Map();
  const hidden = new Set();
  let words = "";
  const list = h("ol", { class: "wire", "aria-label": "What crossed the wires, newest first" });
  const filters = Object.entries(PARTS).map(([part, name]) => h("button", { type: "button", class: `chip-button part-${part}`, "aria-pressed": "true", onclick: ({ currentTarget }) => {
    if (!hidden.delete(part)) hidden.add(part);
    currentTarget.setAttribute("aria-pressed", String(!hidden.has(part)));
    known.forEach(show);
  } }, name));
  const box = h("input", { type: "search", placeholder: "Filter, as in sbatch or PATCH", "aria-label": "Filter the wire", oninput: () => { words = box.value.toLowerCase(); known.forEach(show); } });
  const nothing = h("p", { class: "nothing" }, "Nothing has crossed the wires yet.");
  const element = h("div", {}, h("div", { class: "row filters" }, filters, box), nothing, list);

  const show = ({ entry, element: line }) => {
    const text = `${entry.kind} ${entry.what} ${entry.status} ${entry.sent} ${entry.answered}`.toLowerCase();
    line.hidden = hidden.has(entry.part) || !text.includes(words);
  };
  const put = (entry) => {
    const key = `${entry.part}:${entry.id}`;
    const old = known.get(key);
    const line = draw(entry, old?.element.firstChild.open ?? false);
    const hadFocus = old?.element.contains(document.activeElement);
    old?.element.remove();
    known.delete(key);
    known.set(key, { entry, element: line });
    list.prepend(line);
    if (hadFocus) line.querySelector("summary").focus({ preventScroll: true });
    show(known.get(key));
  };
  const forget = () => {
    for (const [key, { element: line }] of known) {
      if (known.size <= KEPT) return;
      line.remove();
      known.delete(key);
    }
  };
  const tick = async () => {
    const { entries } = await look(`wire?${new URLSearchParams(after)}`);
    for (const { part, version } of entries) after[part] = Math.max(after[part], version);
    entries.slice(-KEPT).forEach(put);  // a first look may bring more than are kept
    forget();
    nothing.hidden = known.size > 0;
  };
  return { element, tick };
}

function draw(entry, isOpen) {
  const [arrow, way] = WAYS[entry.way] ?? WAYS.both;
  const details = h("details", { open: isOpen }, h("summary", {},
    h("time", {}, clock(entry.at)), h("span", { class: `badge part-${entry.part}`, title: PARTS[entry.part] }, entry.kind),
    h("span", { title: way, "aria-label": way }, arrow), h("span", { class: "what" }, brief(entry)),
    entry.count > 1 ? h("span", { class: "faint", title: "the same again and again" }, `×${entry.count}`) : null,
    entry.status !== "" ? h("span", { class: entry.is_good ? "ok" : "bad" }, entry.status) : null,
    h("span", { class: "faint took" }, entry.took_ms === null ? "" : `${entry.took_ms < 10 ? entry.took_ms : Math.round(entry.took_ms)} ms`)));
  const fill = () => { if (details.open && details.children.length === 1) details.append(...bodies(entry)); };
  details.addEventListener("toggle", fill);
  fill();
  return h("li", {}, details);
}

/** Return a line that says what it is about: channels by name, and the headline or control in the body. */
function brief({ kind, what, sent }) {
  const line = what.replace(/\s+/g, " ").replace(/\/channels\/(\d+)(?:\/messages(?:\/\d+)?$)?/, (all, id) => `#${channelName(id) ?? id}`).replace(/\/interactions\/\d+\/•+/, "/interactions/…");
  if (kind === "gateway" && line === "INTERACTION_CREATE") return `${line} · ${found(sent, /"custom_id": "([^"]+)"/) || `/${found(sent, /"name": "([^"]+)"/)}`}`;
  const headline = ["rest", "gateway"].includes(kind) ? found(sent, /"content": "([^"\\]+)/) : "";
  return headline ? `${line} · ${headline.replace(/[#*_]+ ?/g, "").slice(0, 80)}` : line;
}

const found = (text, pattern) => pattern.exec(text)?.[1] ?? "";

function bodies({ what, sent, answered, way }) {
  const part = (name, text) => (text ? [h("small", {}, name), h("pre", { tabindex: "0" }, h("code", {}, text))] : []);
  const found = [...part(way === "both" ? "Sent" : "Body", sent), ...part("Answered", answered)];
  return [h("p", { class: "full" }, what), ...(found.length ? found : [h("small", {}, "It had no body.")])];
}
