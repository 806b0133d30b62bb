/** The slim hint for a first visit: what to try as which person. */
import { at, avatar, h } from "./dom.js";

/* In this order a model comes to life: [duty, channel, command, what to do]. */
const ROAD = [
  ["analyst", "requirements", "requirement file", ""],
  ["creator", "requirements", "", "claims it"],
  ["creator", "training", "train launch", ""],
  ["auditor", "audit", "", "approves"],
  ["creator", "deployments", "deploy propose", ""],
  ["operator", "deployments", "", "approves"],
  ["data_analyst", "monitoring", "", "measures"],
];

/** Show the hint unless it was closed before; `become(person, channel, command)` makes ready for one of its steps. */
export function welcome(world, become) {
  const box = at("welcome");
  const steps = ROAD.map(([duty, place, command, what]) => ({ who: world.people.find((each) => each.duty === duty),
    channel: world.channels.find((each) => each.name === place), command, what })).filter((each) => each.who);
  if (localStorage.getItem("welcome") === "closed" || !steps.length) {
    box.hidden = true;
    return;
  }
  box.replaceChildren(h("b", {}, "Try: "), h("ol", {}, steps.map((step) => h("li", {}, chip(step, become)))),
    h("button", { type: "button", class: "as-link", "aria-label": "Close the hint", onclick: () => {
      localStorage.setItem("welcome", "closed");
      box.hidden = true;
    } }, "✕"));
  box.hidden = false;
}

function chip({ who, channel, command, what }, become) {
  return h("button", { type: "button", class: "step", title: `Be ${who.name} in #${channel?.name ?? "this channel"}`, onclick: () => become(who, channel, command) },
    avatar(who.name, who.color, "tiny"), h("span", {}, `${who.name.split(" ")[0]} `, command ? h("span", { class: "mention" }, `/${command}`) : what));
}
