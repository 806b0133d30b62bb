/** Draws the left column of channels and the strip of people one can be. */
import { at, avatar, h } from "./dom.js";
import { dutyOf, signOf, tree } from "./world.js";

/** Draw the channels with their unread marks, the guild's name, and who one is. */
export function drawSide(world, current, open) {
  at("guild").textContent = world.guild?.name ?? "Sandbox";
  at("channels").replaceChildren(...tree(world).map(({ channel, depth, isHeading }) => {
    if (isHeading) return h("li", { class: "heading" }, channel.name);
    const isUnread = world.unread.has(channel.id);
    return h("li", {}, h("button", { type: "button", class: `channel ${isUnread ? "unread" : ""}`, style: { "--depth": String(depth) },
      "aria-current": channel.id === current.id ? "page" : null, onclick: () => open(channel.id) },
      h("span", { class: "sign", "aria-hidden": "true" }, signOf(channel)), h("span", { class: "grow" }, channel.name),
      isUnread ? h("span", { class: "dot" }, h("span", { class: "unseen" }, "unread")) : null));
  }));
  const me = world.known(world.me.id) ?? world.me;
  at("me").replaceChildren(avatar(me.name, me.color), h("span", { class: "grow" }, h("b", {}, me.name), h("small", {}, dutyOf(me) || "no duty")));
}

/** Draw the people as chips; a press becomes one of them. */
export function drawPeople(world, become) {
  const hadFocus = at("people").contains(document.activeElement);
  at("people").replaceChildren(...world.people.map((person) => {
    const isMe = person.id === world.me.id;
    const duty = dutyOf(person);
    return h("button", { type: "button", class: "person", "aria-pressed": String(isMe), title: `Be ${person.name}${duty ? `, ${duty}` : ""}`,
      "aria-label": `Be ${person.name}${duty ? `, ${duty}` : ""}`, onclick: () => { if (!isMe) become(person); } },
      avatar(person.name, person.color, "small"), h("span", {}, h("b", {}, person.name.split(" ")[0]), h("small", {}, duty || "no duty")));
  }));
  if (hadFocus) at("people").querySelector("[aria-pressed=true]")?.focus();
}
