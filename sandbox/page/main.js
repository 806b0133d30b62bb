/** Starts the page: who one is, which channel is open, what is drawn when something happens. */
import { act, listen, people, snapshot } from "./api.js";
import { composer, pendingLine } from "./composer.js";
import { at, h, toast } from "./dom.js";
import { drawPosts } from "./forum.js";
import { holding, sync } from "./keep.js";
import { refreshTimes } from "./markdown.js";
import { continues, drawMessage } from "./message.js";
import { drawSide, drawPeople } from "./side.js";
import { tracker } from "./tracker.js";
import { welcome } from "./welcome.js";
import { apply, isForum, isThread, signOf, worldOf } from "./world.js";

let world = null, current = null, stop = () => {}, visit = 0, isAtEnd = true, held = null;
const drawn = new Map();

const tracks = tracker({ changed: (origin) => redraw(origin), world: () => world, act: (...rest) => does(...rest) });
const box = composer({ world: () => world, channel: () => current, does, hint: toast });

/** Do something as the present person; what comes of it is shown where it was begun. */
async function does(op, fields, files = [], origin = { kind: op === "click" || op === "select" ? "component" : op, ...fields }) {
  const isTracked = ["slash", "component", "modal"].includes(origin.kind);
  const track = isTracked ? tracks.begin({ channel: current.id, ...origin }) : null;
  const answer = await act(world.me.id, op, fields, files);
  if (track) tracks.answered(track, answer);
  else if (!answer.ok && op !== "autocomplete") toast(answer.error ?? "That did not work.");
  if (op === "delete" && answer.ok) hear({ type: "message_delete", id: fields.message, channel_id: current.id });
  return answer;
}

function hear(event) {
  if (held) return held.push(event);
  if (event.type === "interaction") return tracks.heard(event);
  const change = apply(world, event);
  if (change === "snapshot") return refresh().catch(sorry);
  if (!change) return null;
  const isNews = event.type === "message_create";
  if (isNews && change === current.id) act(world.me.id, "read", { channel: change });
  else if (isNews) world.unread.add(change);
  if (change === "frame" || (isNews && change !== current.id)) drawFrame();
  return isShown(change) ? drawMessages() : null;
}

/** A forum shows of each of its posts what stands in it; an empty channel whether the bot is there. */
const isShown = (change) => change === "frame" || change === current.id || (isForum(current) && world.channel(change)?.parent_id === current.id);

/** Become a person: their events, then their snapshot. The channel stays if they may see it. */
async function become(id, channelId = current?.id) {
  const ours = ++visit;
  stop();
  box.reset();
  tracks.clear();
  held = [];
  await new Promise((opened) => { stop = listen(id, { heard: hear, opened, lost: () => at("bot").classList.add("lost"), back: () => refresh().catch(sorry) }); });
  if (ours === visit) await load(id, () => open(channelId ?? null));
}

/** Take a snapshot, then what was heard meanwhile, so that nothing falls between the two; a newer one goes before. */
async function load(id, draw) {
  const ours = ++visit;
  held = [];
  const fresh = await snapshot(id);
  if (ours !== visit) return;
  world = worldOf(fresh);
  world.open = open;
  drawn.clear();
  draw();
  const events = held ?? [];
  held = null;
  events.forEach(hear);
}

const refresh = () => load(world.me.id, () => {
  const place = world.channel(current.id);
  if (!place) {
    toast(`You can no longer see #${current.name}.`);
    return open(null);
  }
  current = place;
  drawFrame();
  return drawMessages();
});

const sorry = () => toast("The sandbox cannot be reached. Is it still running?");

const firstChannel = () => world.channels.find((each) => each.type === 0) ?? world.channels[0];

/** Show a channel, and one of its messages if asked for. */
function open(channelId, messageId) {
  const isSame = channelId === current?.id;
  current = world.channel(channelId) ?? firstChannel();
  if (world.unread.delete(current.id)) act(world.me.id, "read", { channel: current.id });
  at("side").classList.remove("open");
  at("drawer").setAttribute("aria-expanded", "false");
  const query = new URLSearchParams({ as: world.me.id, channel: current.id });
  if (location.search !== `?${query}`) history.pushState(null, "", `?${query}`);
  if (!isSame) box.reset();
  drawn.clear();
  drawFrame();
  drawMessages({ isFresh: true });
  const target = messageId && at(`m${messageId}`);
  if (!target) return;
  target.scrollIntoView({ block: "center" });
  target.focus();
  target.classList.add("found");
}

function drawFrame() {
  document.title = `${current.name} · ${world.guild?.name ?? "Sandbox"}`;
  const above = isThread(current) && world.channel(current.parent_id);
  at("title").replaceChildren(...above ? [h("button", { type: "button", class: "as-link", "data-custom": above.id, onclick: () => open(above.id) }, above.name), " "] : [],
    h("span", { class: "faint", "aria-hidden": "true" }, signOf(current)), ` ${current.name}`);
  at("topic").textContent = current.topic || current.tags.join(" · ");
  const bot = at("bot");
  bot.className = world.bot_online ? "online" : "offline";
  const name = world.bot?.username ?? "Bot";
  bot.replaceChildren(h("span", { class: "bot-name" }, `${name} `), world.bot_online ? "online" : "offline");
  bot.title = world.bot_online ? "Commands and buttons are answered." : "Nobody answers commands and buttons until the bot is started.";
  const note = isForum(current) ? "Posts hold the messages here" : "You may not write here";
  const mayWrite = current.may_write && !isForum(current);
  at("drawer").disabled = false;
  box.place(mayWrite ? "Write, or / for commands" : note, mayWrite);
  drawSide(world, current, open);
  drawPeople(world, current, (person) => become(person.id).catch(sorry));
  welcome(world, async (person, channel, command) => {
    if (person.id !== world.me.id) await become(person.id, channel?.id);
    else if (channel) open(channel.id);
    box.begin(command ? `/${command}` : "");
  });
}

/** Draw the messages of the open channel; an element stays as long as what it shows is the same. */
function drawMessages({ isFresh = false } = {}) {
  if (isFresh) isAtEnd = true;
  const back = holding(at("messages"));
  at("messages").classList.toggle("posts", isForum(current));
  const list = world.messages[current.id] ?? [];
  const rows = list.map((message, index) => rowOf(message, continues(message, list[index - 1])));
  for (const id of drawn.keys()) if (!list.some((each) => each.id === id)) drawn.delete(id);
  if (isForum(current)) rows.push(...drawPosts(world, current, at("messages")));
  const pending = tracks.lines(current.id).map((track) => pendingLine(track, () => { tracks.drop(track); drawMessages(); }));
  const children = [...(rows.length ? rows : [emptyState()]), ...pending];
  sync(at("messages"), children);
  back();
  if (isFresh && isForum(current)) at("scroll").scrollTop = 0;
  stick();
  drawTyping();
}

/** Whoever reads the end keeps reading the end, also when pictures load or the window changes; a forum begins at its top. */
function stick() {
  if (isAtEnd && !isForum(current)) at("scroll").scrollTop = at("scroll").scrollHeight;
}

function rowOf(message, isContinued) {
  const { busy, failure } = tracks.on(message.id);
  const key = JSON.stringify([message, isContinued, busy, failure]);
  const known = drawn.get(message.id);
  if (known?.key === key) return known.element;
  const element = drawMessage({ world, message, does, busy, failure }, isContinued);
  drawn.set(message.id, { key, element });
  return element;
}

function emptyState() {
  if (isForum(current)) return h("li", { class: "empty" }, h("b", {}, "No posts yet."), h("p", {}, "What is posted in this forum will be listed here, the latest first."));
  const why = world.bot_online ? "Type / below to see what the bot can do for you." : "The bot is offline; what it posts here will appear when it has started.";
  return h("li", { class: "empty" }, h("b", {}, "Nothing here yet."), h("p", {}, why));
}

function drawTyping() {
  const typing = world?.typing.get(current.id);
  const isNow = typing && typing.until > Date.now();
  at("typing").textContent = isNow ? `${typing.name} is typing…` : "";
}

function redraw(origin) {
  if (!origin || origin.channel === current?.id) drawMessages();
}

function wire() {
  at("drawer").addEventListener("click", () => {
    const isOpen = at("side").classList.toggle("open");
    at("drawer").setAttribute("aria-expanded", String(isOpen));
    if (isOpen) at("channels").querySelector("[aria-current], button")?.focus();
  });
  const scroll = at("scroll");
  let lastTop = 0;
  scroll.addEventListener("scroll", () => {
    const isNear = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    isAtEnd = isNear || (isAtEnd && scroll.scrollTop >= lastTop);  // only who goes up leaves the end, not who is outgrown by a picture
    lastTop = scroll.scrollTop;
  });
  const watch = new ResizeObserver(stick);
  watch.observe(scroll);
  watch.observe(at("messages"));
  at("shade").addEventListener("click", () => at("drawer").click());
  at("composer").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && at("side").classList.contains("open")) at("drawer").click();
    const isFree = !event.target.closest("input, textarea, dialog, [role=combobox]");
    if (event.key === "/" && isFree && world) { event.preventDefault(); box.begin("/"); }
  });
  window.addEventListener("popstate", () => {
    const query = new URLSearchParams(location.search);
    if (query.get("as") === world?.me.id) open(query.get("channel"));
    else become(query.get("as") ?? world.people[0].id, query.get("channel")).catch(sorry);
  });
  setInterval(() => { refreshTimes(); drawTyping(); }, 5000);
}

/** Return the people one can be; none before the page has loaded. */
export const everyone = () => world?.people ?? [];

/** Return a channel's name by its id, or nothing. */
export const channelName = (id) => world?.channel(id)?.name;

/** Be somebody in a channel, with a command begun in the box if there is one; what stands beside the page asks for it. */
export async function go({ person, channel, command = "" }) {
  const who = world?.people.find((each) => each.key === person);
  const place = world?.channels.find((each) => each.name === channel);
  if (!who) return;
  if (who.id !== world.me.id) await become(who.id, place?.id);
  else if (place) open(place.id);
  box.begin(command ? `/${command}` : "");
}

async function start() {
  const query = new URLSearchParams(location.search);
  const everyone = await people();
  const me = everyone.find((each) => each.id === query.get("as")) ?? everyone[0];
  wire();
  await become(me.id, query.get("channel"));
}

start().catch((problem) => at("messages").append(h("li", { class: "empty" }, h("b", {}, "The sandbox cannot be reached."), h("p", {}, String(problem.message)))));
