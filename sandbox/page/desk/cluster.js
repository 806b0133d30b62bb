/** The cluster as its controller sees it: nodes and what is used of them, the queue, the jobs. */
import { h } from "../dom.js";
import { bar, clock, keyed, lasting, table } from "./draw.js";
import { look } from "./net.js";

const GOOD = ["RUNNING", "COMPLETED"];
const GIB = 1024;

/** Return the view. */
export function clusterView() {
  const nodes = h("div", { class: "cards" });
  const jobs = table(["Job", "State", "Where or why", "Asked for", "Time", "Exit"], "No job has been submitted yet.");
  const line = h("p", { class: "faint" });
  const element = h("div", {}, h("h3", {}, "Nodes"), nodes, line, h("h3", {}, "Queue and jobs"), jobs.element);
  const tick = async () => {
    const state = await look("cluster");
    keyed(nodes, state.nodes, (node) => node.node, drawNode);
    const lines = `${state.connections} SSH connection${state.connections === 1 ? "" : "s"} open.`;
    line.textContent = `${state.controller_down ? "The controller is down. " : ""}${state.line_cut ? "SSH connections are cut. " : ""}${lines}`;
    jobs.fill(state.jobs.toReversed().map(rowOf));
  };
  return { element, tick };
}

const drawNode = (node) => h("div", { class: "card" }, h("b", {}, node.node), h("span", { class: node.state === "down" ? "bad" : "faint" }, ` ${node.state}${node.reason ? ` (${node.reason})` : ""}`),
  bar(node.used_gpus / node.gpus, `${node.used_gpus} of ${node.gpus} GPUs`), bar(node.used_cpus / node.cpus, `${node.used_cpus} of ${node.cpus} CPUs`),
  bar(node.used_memory_mib / node.memory_mib, `${Math.round(node.used_memory_mib / GIB)} of ${Math.round(node.memory_mib / GIB)} GiB`));

function rowOf(job) {
  const isWaiting = job.state === "PENDING";
  const time = job.started_at ? lasting((job.ended_at ?? Date.now() / 1000) - job.started_at) : `since ${clock(job.submitted_at)}`;
  return [{ text: job.job, title: job.name }, { text: job.state.toLowerCase().replaceAll("_", " "), mark: GOOD.includes(job.state) ? "ok" : isWaiting ? "" : "bad" },
    isWaiting ? job.reason : job.nodes.join(", ") || job.reason, `${job.gpus} GPU, ${job.cpus} CPU, ${Math.round(job.memory_mib / GIB)} GiB`, time, job.ended_at ? job.exit : ""];
}
