/** Draws Discord's markdown as elements: the subset that messages of ours and of people use. */
import { css, h } from "./dom.js";

/** Return the nodes of a text; `names` finds people, roles and channels by id. */
export function markdown(text, names) {
  return blocks((text ?? "").split("\n"), names);
}

const FENCE = /^```(\w*)\s*$/;
const ITEM = /^(\s*)([-*]|\d+\.)\s+(.*)$/;

function blocks(lines, names) {
  const nodes = [];
  let paragraph = [];
  const flush = () => {
    if (paragraph.join("").trim()) nodes.push(h("p", {}, inline(paragraph.join("\n").replace(/^\n+|\n+$/g, ""), names)));
    paragraph = [];
  };
  for (let at = 0; at < lines.length;) {
    const found = block(lines, at, names);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.next;
    } else paragraph.push(lines[at++]);
  }
  flush();
  return nodes;
}

/** Return the block that starts at this line and the line after it, or null for plain text. */
function block(lines, at, names) {
  const line = lines[at];
  if (line.startsWith("```")) return fence(lines, at);
  if (line.startsWith(">>> ")) return quote([line.slice(4), ...lines.slice(at + 1)], lines.length, names);
  if (line.startsWith("> ")) {
    const end = endOf(lines, at, (each) => each.startsWith("> "));
    return quote(lines.slice(at, end).map((each) => each.slice(2)), end, names);
  }
  const heading = /^(#{1,3})\s+(.+)$/.exec(line);
  if (heading) return { node: h(`h${heading[1].length + 2}`, { class: `h${heading[1].length}` }, inline(heading[2], names)), next: at + 1 };
  if (line.startsWith("-# ")) return { node: h("p", { class: "sub" }, inline(line.slice(3), names)), next: at + 1 };
  if (!ITEM.test(line)) return null;
  const [, indent, mark] = ITEM.exec(line);
  const isSame = (each) => !each || /\d/.test(each[2]) === /\d/.test(mark) || each[1].length > indent.length;
  const end = endOf(lines, at, (each) => (ITEM.test(each) && isSame(ITEM.exec(each))) || /^\s{2,}\S/.test(each));
  return { node: list(lines.slice(at, end), names), next: end };
}

function endOf(lines, at, belongs) {
  let end = at;
  while (end < lines.length && belongs(lines[end])) end++;
  return end;
}

const quote = (lines, next, names) => ({ node: h("blockquote", {}, blocks(lines, names)), next });

function fence(lines, at) {
  const oneLine = /^```(.+?)```$/.exec(lines[at]);
  if (oneLine) return { node: h("pre", { tabindex: 0 }, h("code", {}, oneLine[1])), next: at + 1 };
  const close = lines.findIndex((line, index) => index > at && line.trimEnd().endsWith("```"));
  if (close < 0) return null;
  const opening = FENCE.exec(lines[at]) ? [] : [lines[at].slice(3)];
  const last = lines[close].trimEnd().slice(0, -3);
  const body = [...opening, ...lines.slice(at + 1, close), ...(last ? [last] : [])].join("\n");
  return { node: h("pre", { tabindex: 0 }, h("code", {}, body)), next: close + 1 };
}

function list(lines, names) {
  const [, indent, mark] = ITEM.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const [, deep, , text] = ITEM.exec(line) ?? [];
    if (text !== undefined && deep.length <= indent.length) items.push({ text, below: [] });
    else items.at(-1).below.push(line.trimEnd());
  }
  const isNumbered = /\d/.test(mark);
  return h(isNumbered ? "ol" : "ul", isNumbered ? { start: parseInt(mark, 10) } : {},
    items.map(({ text, below }) => h("li", {}, inline(text, names), below.length ? blocks(below.map(dedent(below)), names) : null)));
}

const dedent = (lines) => (line) => line.slice(Math.min(...lines.map((each) => each.search(/\S|$/))));

/* The order matters: what comes first wins at the same place. */
const RULES = [
  [/\\([^0-9A-Za-z\s])/, (m) => m[1]],
  [/``(.+?)``|`([^`\n]+)`/, (m) => h("code", {}, m[1] ?? m[2])],
  [/<@!?(\d+)>/, (m, names) => mention("@", names.person(m[1])?.name ?? "unknown-user")],
  [/<@&(\d+)>/, (m, names) => mention("@", names.role(m[1])?.name ?? "unknown-role", names.role(m[1])?.color)],
  [/@(everyone|here)\b/, (m, names) => (names.callsEveryone ? mention("@", m[1]) : m[0])],
  [/<#(\d+)>/, (m, names) => channelLink(m[1], names)],
  [/<\/([^:>]+):\d+>/, (m) => h("span", { class: "mention" }, `/${m[1]}`)],
  [/<a?:(\w+):\d+>/, (m) => `:${m[1]}:`],
  [/<t:(-?\d+)(?::([tTdDfFsSR]))?>/, (m) => time(Number(m[1]), m[2] ?? "f")],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?(?:\s+"[^"]*")?\)/, (m, names) => link(m[2], inline(m[1], names), names)],
  [/<(https?:\/\/[^\s>]+)>/, (m, names) => link(m[1], m[1], names)],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?'")\]]/, (m, names) => link(m[0], m[0], names)],
  [/\*\*\*([^\n]+?)\*\*\*/, (m, names) => h("strong", {}, h("em", {}, inline(m[1], names)))],
  [/\*\*([\s\S]+?)\*\*(?!\*)/, (m, names) => h("strong", {}, inline(m[1], names))],
  [/__([\s\S]+?)__/, (m, names) => h("u", {}, inline(m[1], names))],
  [/\*(?!\s)([^*\n]+?)\*/, (m, names) => h("em", {}, inline(m[1], names))],
  [/(?<!\w)_([^_\n]+?)_(?!\w)/, (m, names) => h("em", {}, inline(m[1], names))],
  [/~~([\s\S]+?)~~/, (m, names) => h("s", {}, inline(m[1], names))],
  [/\|\|([\s\S]+?)\|\|/, (m, names) => spoiler(inline(m[1], names))],
];

/** Return the nodes of a text without blocks, as in a field's name. */
export function inline(text, names) {
  const nodes = [];
  let rest = text ?? "";
  while (rest) {
    const [rule, match] = earliest(rest);
    if (!match) break;
    if (match.index) nodes.push(rest.slice(0, match.index));
    nodes.push(rule[1](match, names));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...nodes, rest].flat();
}

/** Return the first words of a text as one plain line, with what is hidden in it still hidden. */
export function plain(text, names, most = 90) {
  const covered = text.replace(/\|\|[\s\S]+?\|\|/g, "▇▇▇").replace(/\s+/g, " ");
  const line = h("span", {}, inline(covered.replace(/^(?:#{1,3}|-#|>|[-*]) /, ""), names)).textContent;
  const words = [...new Intl.Segmenter().segment(line)].map((each) => each.segment);
  return words.length > most ? `${words.slice(0, most).join("")}…` : line;
}

function earliest(text) {
  let best = [null, null];
  for (const rule of RULES) {
    const match = rule[0].exec(text);
    if (match && (!best[1] || match.index < best[1].index)) best = [rule, match];
  }
  return best;
}

function mention(sign, name, color) {
  return h("span", { class: "mention", style: color ? { color: css(color) } : {} }, sign + name);
}

function channelLink(id, names) {
  const channel = names.channel(id);
  if (!channel) return mention("#", "no-access");
  return h("button", { type: "button", class: "mention", onclick: () => names.open(id) }, `#${channel.name}`);
}

function spoiler(children) {
  const cover = h("button", { type: "button", class: "spoiler", "aria-label": "Spoiler: press to read" }, h("span", {}, children));
  cover.addEventListener("click", () => cover.replaceWith(h("span", { class: "revealed" }, ...cover.firstChild.childNodes)));
  return cover;
}

/** Return a link; one to a message of this server stays on the page. */
export function link(url, children, names) {
  const jump = /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/\d+\/(\d+)(?:\/(\d+))?/.exec(url);
  if (!jump) return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, children);
  const text = children === url ? `#${names.channel(jump[1])?.name ?? "no-access"} › message` : children;
  return h("button", { type: "button", class: "mention", onclick: () => names.open(jump[1], jump[2]) }, text);
}

const FORMATS = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" }, S: { dateStyle: "short", timeStyle: "medium" },
};

/** Return a moment as Discord shows it; relative ones are kept fresh by `refreshTimes`. */
export function time(unix, format) {
  const moment = new Date(unix * 1000);
  const full = moment.toLocaleString(undefined, FORMATS.F);
  const text = format === "R" ? relative(unix) : moment.toLocaleString(undefined, FORMATS[format]);
  return h("time", { datetime: moment.toISOString(), title: full, class: "stamp", "data-relative": format === "R" ? unix : null }, text);
}

/** Write the relative moments of the page anew. */
export function refreshTimes() {
  for (const each of document.querySelectorAll("time[data-relative]")) each.textContent = relative(Number(each.dataset.relative));
}

const SPANS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function relative(unix) {
  const seconds = Math.round(unix - Date.now() / 1000);
  const [unit, length] = SPANS.find(([, each]) => Math.abs(seconds) >= each) ?? SPANS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}
