/** Draws the left column of channels and the strip of people one can be. */
import { at, avatar, h } from "./dom.js";
import { holding, reuse, sync } from "./keep.js";
import { dutyOf, signOf, tree } from "./world.js";

/** Draw the channels with their unread marks, the guild's name, and who one is. */
export function drawSide(world, current, open) {
  at("guild").textContent = world.guild?.name ?? "Sandbox";
  const list = at("channels");
  const back = holding(list);
  sync(list, tree(world).map(({ channel, depth, isHeading }) => {
    const [isUnread, isCurrent] = [world.unread.has(channel.id), channel.id === current.id];
    const facts = [channel.id, channel.name, channel.type, depth, isHeading, isUnread, isCurrent];
    return reuse(list, facts, () => (isHeading ? h("li", { class: "heading" }, channel.name) : channelRow({ channel, depth, isUnread, isCurrent }, open)));
  }));
  back();
  const me = world.known(world.me.id) ?? world.me;
  at("me").replaceChildren(avatar(me.name, me.color), h("span", { class: "grow" }, h("b", {}, me.name), h("small", {}, dutyOf(me) || "no duty")));
}

function channelRow({ channel, depth, isUnread, isCurrent }, open) {
  return h("li", {}, h("button", { type: "button", class: `channel ${isUnread ? "unread" : ""}`, style: { "--depth": String(depth) },
    "data-custom": channel.id, "aria-current": isCurrent ? "page" : null, onclick: () => open(channel.id) },
    h("span", { class: "sign", "aria-hidden": "true" }, signOf(channel)), h("span", { class: "grow" }, channel.name),
    isUnread ? h("span", { class: "dot" }, h("span", { class: "unseen" }, "unread")) : null));
}

/** Draw the people as chips; a press becomes one of them, and as links they open in a second window too. */
export function drawPeople(world, current, become) {
  const strip = at("people");
  const back = holding(strip);
  sync(strip, world.people.map((person) => {
    const isMe = person.id === world.me.id;
    return reuse(strip, [person.id, person.name, person.duty, person.color, isMe, current.id], () => personChip(person, { isMe, channel: current.id }, become));
  }));
  back();
}

function personChip(person, { isMe, channel }, become) {
  const duty = dutyOf(person);
  const name = `Be ${person.name}${duty ? `, ${duty}` : ""}`;
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!isMe) become(person);
  };
  return h("a", { class: "person", href: `?${new URLSearchParams({ as: person.id, channel })}`, "data-custom": person.id, "aria-current": isMe ? "true" : null,
    title: `${name}. With Ctrl or the middle button: a second window as ${person.name}.`, "aria-label": name, onclick: press },
    avatar(person.name, person.color, "small"), h("span", {}, h("b", {}, person.name.split(" ")[0]), h("small", {}, duty || "no duty")));
}
