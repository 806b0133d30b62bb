/** The slim hint for a first visit: what to try as which person. */
import { at, avatar, h } from "./dom.js";

/* In this order a model comes to life: [duty, command, what it does]. */
const ROAD = [
  ["analyst", "requirement file", "ask for a model"],
  ["creator", "train launch", "train it on the cluster"],
  ["auditor", "", "press Approve on the audit card"],
  ["operator", "", "watch the alerts"],
];

/** Show the hint unless it was closed before; `become(person, command)` makes one of its steps. */
export function welcome(world, become) {
  const box = at("welcome");
  const steps = ROAD.map(([duty, command, what]) => ({ who: world.people.find((each) => duties(each).includes(duty)), command, what })).filter((each) => each.who);
  if (sessionStorage.getItem("welcome") === "closed" || !steps.length) {
    box.hidden = true;
    return;
  }
  box.replaceChildren(h("b", {}, "Try: "), h("ol", {}, steps.map((step) => h("li", {}, chip(step, become)))),
    h("button", { type: "button", class: "as-link", "aria-label": "Close the hint", onclick: () => {
      sessionStorage.setItem("welcome", "closed");
      box.hidden = true;
    } }, "✕"));
  box.hidden = false;
}

const duties = (person) => [person.duty].flat().filter(Boolean).map((each) => String(each).toLowerCase());

function chip({ who, command, what }, become) {
  return h("button", { type: "button", class: "step", onclick: () => become(who, command) }, avatar(who.name, who.color, "tiny"),
    h("span", {}, `${who.name.split(" ")[0]}: `, command ? h("span", { class: "mention" }, `/${command}`) : null, ` ${what}`));
}
