/** The cloud as Azure's workspace sees it: endpoints, their deployments and where the traffic goes, models. */
import { h } from "../dom.js";
import { bar, keyed, table } from "./draw.js";
import { look } from "./net.js";

/** Return the view. */
export function cloudView() {
  const endpoints = h("div");
  const models = table(["Model", "Version", "Tags"], "No model has been registered yet.");
  const line = h("p", { class: "faint" });
  const element = h("div", {}, h("h3", {}, "Endpoints"), endpoints, line, h("h3", {}, "Models"), models.element);
  const tick = async () => {
    const state = await look("cloud");
    keyed(endpoints, Object.entries(state.endpoints).map(([name, endpoint]) => ({ name, ...endpoint })), (each) => each.name, drawEndpoint);
    line.textContent = `${Object.keys(state.endpoints).length ? "" : "No endpoint has been made yet. "}${state.requests} requests were answered, scoring included.`;
    models.fill(state.models.map((model) => [model.name, model.version, Object.entries(model.tags).map(([key, value]) => `${key}=${value}`).join(" ")]));
  };
  return { element, tick };
}

const drawEndpoint = (endpoint) => h("div", { class: "card whole" }, h("b", {}, endpoint.name), h("span", { class: endpoint.state === "Failed" ? "bad" : "faint" }, ` ${endpoint.state}`),
  Object.entries(endpoint.deployments).map(([name, one]) => {
    const pct = endpoint.traffic[name] ?? 0;
    return h("div", { class: "deployment" }, h("span", {}, name, h("span", { class: one.state === "Failed" ? "bad" : "faint" }, ` ${one.state} · ${one.instance_count} × ${one.instance_type}`)),
      bar(pct / 100, `${pct}% of the traffic`, pct ? "live" : ""));
  }));
