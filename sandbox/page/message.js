/** Draws one message: who, when, by which command, what, with which components, and for whose eyes. */
import { avatar, h } from "./dom.js";
import { drawAll, embed, fileChip, image } from "./components.js";
import { markdown, plain } from "./markdown.js";

const EPHEMERAL = 64;
const LOADING = 128;
const SILENT = 4096;
const LAYOUT = 32768;
const TEXT = 10;
const GROUP_MS = 7 * 60 * 1000;

/** Return whether only one person can see the message. */
export const isEphemeral = (message) => Boolean(message.ephemeral_to || message.flags & EPHEMERAL);

/** Return whether the message goes on from the one before, without its author being said again. */
export function continues(message, before) {
  return Boolean(before) && before.author?.id === message.author?.id && !usedCommand(message) && !message.message_reference
    && isEphemeral(before) === isEphemeral(message) && !isEphemeral(message)
    && new Date(message.timestamp) - new Date(before.timestamp) < GROUP_MS;
}

/** Return the element of a message; `at` is {world, message, does, busy, failure}. */
export function drawMessage(given, isContinued) {
  const { message } = given;
  const at = { ...given, world: { ...given.world, callsEveryone: message.mention_everyone } };
  const { world } = at;
  const person = world.known(message.author?.id);
  const name = nameOf(message.author, world);
  const classes = ["message", isContinued ? "continued" : "", isEphemeral(message) ? "ephemeral" : "", mentions(message, world) ? "mentioned" : ""];
  return h("li", { class: classes.join(" ").trim(), id: `m${message.id}`, tabindex: -1 },
    isContinued ? h("span", { class: "gutter" }, shortTime(message.timestamp)) : avatar(name, person?.color),
    h("article", { class: "body", "aria-label": `${name}, ${shortTime(message.timestamp)}` },
      isContinued ? null : [origin(message, world), heading(message, name)],
      content(at),
      at.failure ? h("p", { class: "failure", role: "alert" }, at.failure) : null,
      isEphemeral(message) ? ephemeralFooter(at) : null),
    !isEphemeral(message) && mayDelete(message, world) ? tools(at) : null);
}

/** Return how the author is called here. */
export const nameOf = (author, world) => world.known(author?.id)?.name ?? author?.global_name ?? author?.username ?? "Unknown";

/** Return how a message begins, in one plain line; a card begins with its first text. */
export function beginning(message, world) {
  const texts = (components) => (components ?? []).flatMap((each) => (each.type === TEXT ? [each.content] : texts(each.components)));
  const said = [message.content, ...texts(message.components), ...(message.embeds ?? []).map((each) => each.title), ...(message.attachments ?? []).map((each) => each.filename)];
  return plain(said.find(Boolean) ?? "a message", world);
}

/** Whether the message calls this person: by name, by a role of theirs, or as everyone. */
function mentions(message, { me }) {
  const isNamed = message.mentions?.some((each) => each.id === me.id);
  return isNamed || message.mention_everyone || message.mention_roles?.some((role) => me.roles?.includes(role));
}

const mayDelete = (message, world) => message.author?.id === world.me.id || world.channel(message.channel_id)?.may_manage;

function usedCommand(message) {
  const by = message.interaction_metadata ?? message.interaction;
  return by?.type === 2 && !message.message_reference ? by : null;
}

function origin(message, world) {
  const by = usedCommand(message);
  const name = by?.name ?? message.interaction?.name;
  if (by) return h("p", { class: "origin" }, h("b", {}, nameOf(by.user ?? by, world)), " used ", h("span", { class: "mention" }, name ? `/${name}` : "a command"));
  const to = message.referenced_message ?? world.messages[message.channel_id]?.find((each) => each.id === message.message_reference?.message_id);
  if (!to || message.type === 21) return null;
  return h("button", { type: "button", class: "origin", onclick: () => world.open(to.channel_id, to.id) }, h("b", {}, nameOf(to.author, world)), ` ${beginning(to, world)}`);
}

function heading(message, name) {
  return h("header", {}, h("b", { class: "name" }, name), message.author?.bot ? h("span", { class: "tag" }, "APP") : null,
    h("time", { datetime: message.timestamp, title: new Date(message.timestamp).toLocaleString() }, longTime(message.timestamp)),
    message.flags & SILENT ? h("span", { title: "Sent without a notification", class: "faint" }, "silent") : null);
}

const shortTime = (timestamp) => new Date(timestamp).toLocaleTimeString(undefined, { timeStyle: "short" });

function longTime(timestamp) {
  const [then, now] = [new Date(timestamp), new Date()];
  const isToday = then.toDateString() === now.toDateString();
  return isToday ? `Today at ${shortTime(timestamp)}` : then.toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

function content(at) {
  const { message, world } = at;
  if (message.flags & LOADING) return h("p", { class: "thinking", role: "status" }, h("i"), h("i"), h("i"), ` ${nameOf(message.author, world)} is thinking…`);
  const isLayout = message.flags & LAYOUT;
  const files = isLayout ? [] : loose(message);
  const mark = message.edited_timestamp ? edited(message) : null;
  return [
    message.content ? h("div", { class: "text" }, markdown(message.content, world), mark) : null,
    files.map((each) => (each.content_type?.startsWith("image/") ? image({ url: each.url, alt: each.description || each.filename }) : fileChip(each))),
    isLayout ? null : (message.embeds ?? []).map((each) => embed(each, at)),
    drawAll(message.components, at),
    message.content ? null : mark,
    message.thread ? h("button", { type: "button", class: "mention", onclick: () => world.open(message.thread.id) }, `↳ ${message.thread.name}`) : null,
  ];
}

/** Return the attachments that no embed shows: those that one shows stand in it and nowhere else. */
function loose({ attachments, embeds }) {
  const shown = (embeds ?? []).flatMap((each) => [each.image?.url, each.thumbnail?.url]);
  return (attachments ?? []).filter((each) => !shown.includes(each.url));
}

function edited(message) {
  return h("span", { class: "edited", title: new Date(message.edited_timestamp).toLocaleString() }, "(edited)");
}

function ephemeralFooter(at) {
  return h("p", { class: "sub" }, "Only you can see this · ",
    h("button", { type: "button", class: "as-link", onclick: () => at.does("delete", { message: at.message.id }) }, "Dismiss message"));
}

/** A press on Delete asks once more on the same button. */
function tools(at) {
  const remove = h("button", { type: "button", "aria-label": "Delete message" }, "Delete");
  let isSure = false;
  remove.addEventListener("click", () => {
    if (isSure) at.does("delete", { message: at.message.id });
    isSure = true;
    remove.textContent = "Really delete?";
  });
  remove.addEventListener("blur", () => { isSure = false; remove.textContent = "Delete"; });
  return h("div", { class: "tools" }, remove);
}
