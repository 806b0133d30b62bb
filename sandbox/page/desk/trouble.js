/** Trouble on purpose: switches and pushes, each with what one should see then. */
import { h, toast } from "../dom.js";
import { keyed } from "./draw.js";
import { ask, look } from "./net.js";

/** Return the view. */
export function troubleView() {
  const groups = h("div");
  const bot = h("span", { role: "status" });
  const lift = h("button", { type: "button", class: "button success", onclick: () => act("troubles/lift") }, "Lift all");
  const element = h("div", { class: "view" },
    h("p", { class: "lead" }, "Break the world for real and watch the bot bear it. A switch stays on until it is lifted."),
    h("div", { class: "row between" }, bot, lift), groups);
  const busy = new Set();
  let shown = [];

  const act = async (path, body, key) => {
    busy.add(key ?? "all");
    draw();
    const answer = await ask(path, body);
    busy.delete(key ?? "all");
    if (!answer.ok) toast(answer.error);
    await tick();
  };
  const draw = () => {
    lift.setAttribute("aria-busy", String(busy.has("all")));
    const parts = [...new Set(shown.map((each) => each.part))];
    keyed(groups, parts.map((part) => ({ part, rows: shown.filter((each) => each.part === part).map((each) => ({ ...each, isBusy: busy.has(each.key) })) })),
      (group) => group.part, ({ part, rows }) => h("section", { "aria-label": part }, h("h3", {}, part), rows.map(row)));
  };
  const row = (one) => h("div", { class: `trouble ${one.is_on ? "on" : ""}`, "data-trouble": one.key },
    h("div", { class: "row between" }, h("b", { id: `trouble-${one.key}` }, one.title), one.is_switch ? toggle(one) : push(one)),
    h("p", {}, h("span", { class: "faint" }, "What you should see: "), one.expect),
    one.said && !one.isBusy ? h("p", { class: "said" }, one.said) : null);
  const toggle = (one) => h("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(one.is_on), "aria-labelledby": `trouble-${one.key}`,
    "aria-busy": String(one.isBusy), disabled: one.isBusy, "data-focus": one.key, onclick: () => act(`troubles/${one.key}`, { on: !one.is_on }, one.key) }, one.is_on ? "On" : "Off");
  const push = (one) => h("button", { type: "button", class: "button", "aria-describedby": `trouble-${one.key}`, "aria-label": `Do it: ${one.title}`,
    "aria-busy": String(one.isBusy), disabled: one.isBusy, "data-focus": one.key, onclick: () => act(`troubles/${one.key}`, { on: true }, one.key) }, "Do it");
  const tick = async () => {
    const found = await look("troubles");
    shown = found.troubles;
    bot.textContent = found.bot_online ? "The bot is online." : "The bot is offline.";
    bot.className = found.bot_online ? "ok" : "bad";
    draw();
  };
  return { element, tick };
}
