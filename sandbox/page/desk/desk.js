/** The desk beside the page: tour, X-ray and trouble in a drawer that can be closed. */
import { at, h } from "../dom.js";
import { tabs } from "./tabs.js";
import { tourView } from "./tour.js";
import { troubleView } from "./trouble.js";
import { xrayView } from "./xray.js";

const EVERY_MS = 1000;
const BADGE_EVERY_MS = 5000;
const NARROW = matchMedia("(max-width: 1100px)");

const badge = h("span", { class: "faint" });
const tour = tourView({ progress: (done, of) => { badge.textContent = ` ${done}/${of}`; }, leave: () => { if (NARROW.matches) stepAside(); } });
const views = tabs("Desk", [["tour", "Tour", tour], ["xray", "X-ray", xrayView()], ["trouble", "Trouble", troubleView()]], "desk-tab", () => { frame(); tick(); });
const close = h("button", { type: "button", class: "desk-close", "aria-label": "Close the desk", onclick: () => { show(false); knob.focus(); } }, "✕");
const desk = h("aside", { id: "desk", "aria-label": "Desk: tour, X-ray, trouble" }, h("header", {}, views.list, close), ...views.panels);
const knob = h("button", { type: "button", id: "knob", "aria-controls": "desk", onclick: () => show(desk.hidden, true) },
  h("span", { class: "long" }, "Tour, X-ray, trouble"), h("span", { class: "short" }, "Desk"), badge);

let isAsking = false;

/** Ask for what the open view shows; nothing is asked while nobody looks, and never twice at once. */
async function tick() {
  if (isAsking || document.hidden || desk.hidden) return;
  isAsking = true;
  const view = views.chosen();
  try {
    await view.tick();
    desk.classList.remove("lost");
  } catch {
    desk.classList.add("lost");
  } finally {
    isAsking = false;
  }
  if (views.chosen() !== view) tick();
}

function show(isShown, isWanted = false) {
  desk.hidden = !isShown;
  if (isWanted || !isShown) localStorage.setItem("desk", isShown ? "open" : "closed");
  frame();
  tick();
  if (isShown && isWanted) at(`tab-${views.key()}`).focus();
}

/** Give way where the desk lies over the page; whoever wants it open where there is room still has it so. */
function stepAside() {
  desk.hidden = true;
  frame();
}

function frame() {
  knob.setAttribute("aria-expanded", String(!desk.hidden));
  document.body.classList.toggle("desk-open", !desk.hidden);
  document.body.classList.toggle("desk-wide", views.key() === "xray");
}

document.body.classList.add("with-desk");
at("bot").after(knob);
document.body.append(desk);
desk.addEventListener("keydown", (event) => { if (event.key === "Escape" && NARROW.matches) close.click(); });
document.addEventListener("visibilitychange", tick);
const wish = localStorage.getItem("desk");
show(NARROW.matches ? false : wish !== "closed");
setInterval(tick, EVERY_MS);
const count = () => { if (!document.hidden && (desk.hidden || views.key() !== "tour")) tour.tick().catch(() => {}); };
setInterval(count, BADGE_EVERY_MS);
count();
