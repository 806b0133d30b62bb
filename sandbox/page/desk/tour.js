/** The guided tour: each stop with who, what and why; one goes there, or has it done. */
import { avatar, h, toast } from "../dom.js";
import { everyone, go } from "../main.js";
import { keyed } from "./draw.js";
import { ask, look } from "./net.js";

const SIGNS = { done: "✓", doing: "…", failed: "!", open: "" };

/** Return the view; `progress(done, of)` is told how far one is, `leave()` is called when one is taken somewhere. */
export function tourView({ progress, leave }) {
  const rows = h("tbody");
  const head = h("p", { class: "lead" }, "From a wish to a watched model, in eleven stops. Do them by hand, or have them done; a stop is ticked when it is seen in Discord.");
  const people = h("p", { class: "lead" }, "Be any of the six people at the top; Nok, the sixth, has no duties and is refused what needs one. ",
    h("span", { class: "windows" }, "Ctrl- or ⌘-click opens one in a second window: so you are two at once."));
  const element = h("div", { class: "view" }, head, people, h("table", { class: "tour" },
    h("thead", { class: "unseen" }, h("tr", {}, ["Stop", "Who does what, and why"].map((each) => h("th", { scope: "col" }, each)))), rows));
  let opened = null, goal = null, place = null, isAsking = false, shown = { stops: [], doing: null };

  const draw = () => {
    const next = shown.doing ?? shown.stops.find((each) => each.state !== "done")?.key;
    const items = shown.stops.map((stop, index) => ({ ...stop, number: index + 1, person: everyone().find((each) => each.key === stop.who) ?? { name: stop.who }, isOpen: (opened ?? next) === stop.key, isBusy: isAsking || Boolean(shown.doing) }));
    keyed(rows, items, (stop) => stop.key, row);
  };
  const row = (stop) => {
    return h("tr", { class: stop.state, "data-stop": stop.key },
      h("td", {}, h("span", { class: "tick-mark" }, h("span", { "aria-hidden": "true" }, SIGNS[stop.state] || String(stop.number)), h("span", { class: "unseen" }, stop.state))),
      h("td", {}, h("button", { type: "button", class: "stop-title", "aria-expanded": String(stop.isOpen), "data-focus": `title-${stop.key}`, onclick: () => toggle(stop) },
        h("b", {}, stop.title), h("span", { class: "faint" }, avatar(stop.person.name, stop.person.color, "tiny"), ` ${stop.person.name.split(" ")[0]} in #${stop.channel}`)),
      stop.isOpen ? more(stop) : null));
  };
  const more = (stop) => h("div", { class: "stop-more" }, h("p", {}, stop.what), h("p", { class: "faint" }, h("b", {}, "Why: "), stop.why),
    stop.failure ? h("p", { class: "failure" }, stop.failure.split("\n")[0]) : null,
    h("div", { class: "row" },
      h("button", { type: "button", class: "button", "data-focus": `go-${stop.key}`, onclick: () => there(stop) }, "Take me there"),
      stop.state === "done" ? null : h("button", { type: "button", class: "button primary", disabled: stop.isBusy, "aria-busy": stop.state === "doing" ? "true" : null,
        "data-focus": `do-${stop.key}`, onclick: () => begin(stop) }, stop.state === "doing" ? "Doing it" : "Do it for me")),
    stop.before.length && stop.state !== "done" ? h("p", { class: "faint" }, `Also does what comes before: ${stop.before.join(", ")}.`) : null);
  const toggle = (stop) => { opened = stop.isOpen ? "" : stop.key; draw(); };
  const there = (stop) => {
    leave();
    return go({ person: stop.who, channel: stop.channel, command: stop.command }).catch((problem) => toast(problem.message));
  };
  const begin = async (stop) => {
    if (isAsking) return;
    [opened, isAsking] = [null, true];
    draw();
    const answer = await ask(`tour/${stop.key}`).finally(() => { isAsking = false; });
    if (!answer.ok) {
      draw();
      return toast(answer.error);
    }
    [goal, place] = [stop, null];
    return tick();
  };
  /** Whoever had something done is shown where it is done, stop by stop. */
  const follow = async () => {
    if (!goal) return;
    const now = shown.stops.find((each) => each.key === shown.doing) ?? goal;
    if (!shown.doing) goal = null;
    if (place === now.key) return;
    place = goal && now.key;
    await go({ person: now.who, channel: now.channel });
  };
  const tick = async () => {
    shown = await look("tour");
    progress(shown.stops.filter((each) => each.state === "done").length, shown.stops.length);
    draw();
    await follow();
  };
  return { element, tick };
}
