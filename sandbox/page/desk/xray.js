/** The X-ray: four looks into the world, one at a time. */
import { h } from "../dom.js";
import { botView } from "./bot.js";
import { cloudView } from "./cloud.js";
import { clusterView } from "./cluster.js";
import { tabs } from "./tabs.js";
import { wireView } from "./wire.js";

/** Return the view. */
export function xrayView() {
  const looks = tabs("Look into", [["wire", "Wire", wireView()], ["cluster", "Cluster", clusterView()], ["cloud", "Cloud", cloudView()], ["bot", "Bot", botView()]], "xray-look");
  return { element: h("div", { class: "view" }, looks.list, ...looks.panels), tick: () => looks.chosen().tick() };
}
