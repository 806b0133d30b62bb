/** The box at the bottom: plain messages with mentions and files, and the palette of slash commands that `/` opens. */
import { at, h } from "./dom.js";
import { named, tray } from "./files.js";
import { begunMention, withIds } from "./mentions.js";
import { openChips } from "./slash.js";
import { suggestions } from "./suggest.js";
import { flat } from "./world.js";

/** Wire the box. `app` is {world(), channel(), does(op, fields, files, origin)}. Return {begin, reset}. */
export function composer(app) {
  const list = suggestions();
  const text = at("text");
  const waiting = tray({ mayTake: () => !at("attach").disabled, say: app.hint });

  const leave = (rest) => {
    at("chips").hidden = true;
    at("chips").replaceChildren();
    text.hidden = false;
    list.hide();
    text.value = rest;
    text.focus();
    grow();
    if (rest) palette();
  };
  const send = (command, options, files) => {
    leave("");
    app.does("slash", { channel: app.channel().id, command: command.path, options }, files, { kind: "slash", text: `/${command.label}` });
  };
  const choose = (command) => {
    const session = { get world() { return app.world(); }, list, leave, send, complete: (fields) => app.does("autocomplete", { channel: app.channel().id, ...fields }) };
    openChips(command, session);
  };
  const palette = () => {
    const typed = /^\/(.*)$/.exec(text.value)?.[1];
    if (typed === undefined) return mention();
    const all = flat(app.world().commands, app.world().me.locale);
    const found = ranked(all, typed);
    const exact = found.find((each) => `${each.path} ` === typed.toLowerCase());
    if (exact && found.every((each) => each === exact || !each.path.startsWith(`${exact.path} `))) return choose(exact);
    const hint = found.length ? "" : all.length ? "No command of yours begins like this." : "There are no commands yet. The bot brings them when it comes online.";
    const items = found.map((each) => ({ label: `/${each.label}`, note: each.description, heading: each.path.split(" ")[0], item: each }));
    return list.show({ items, hint, of: text, pick: choose });
  };
  const mention = () => {
    const begun = text.selectionStart === text.selectionEnd && begunMention(app.world(), app.channel(), text.value.slice(0, text.selectionEnd));
    if (!begun) return list.hide();
    return list.show({ items: begun.items, of: text, pick: (each) => {
      text.setRangeText(`${each.text} `, begun.start, text.selectionEnd, "end");
      list.hide();
    } });
  };
  const grow = () => {
    text.rows = Math.min(8, text.value.split("\n").length);
  };
  const say = async () => {
    const content = text.value.trim();
    if (content.startsWith("/")) return app.hint("No such command. Press Escape to start again, or choose one from the list.");
    if (!content && !waiting.all().length) return undefined;
    const files = waiting.take();
    text.value = "";
    grow();
    const sent = named(files);
    const answer = await app.does("say", { channel: app.channel().id, content: withIds(app.world(), app.channel(), content), files: sent.map(({ name }) => name) }, sent);
    return answer.ok ? undefined : restore(content, files);
  };
  /** What was refused comes back, before what was written meanwhile. */
  const restore = (content, files) => {
    text.value = [content, text.value].filter(Boolean).join("\n");
    waiting.put([...files, ...waiting.all()]);
    grow();
  };

  text.addEventListener("input", () => { grow(); palette(); });
  text.addEventListener("focus", palette);
  text.addEventListener("blur", () => list.hide());
  text.addEventListener("keydown", (event) => {
    if (list.key(event) || event.isComposing) return;
    if (event.key === "Escape") {
      if (text.value.startsWith("/")) text.value = "";
      list.hide();
    }
    const isChoosing = event.key === "Enter" || event.key === "Tab";
    if (isChoosing && !event.shiftKey && list.pick()) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); say(); }
  });
  return { begin: (start) => leave(start), reset: () => { if (!at("chips").hidden) leave(""); list.hide(); }, place: (name, mayWrite) => { text.placeholder = name; text.disabled = at("attach").disabled = !mayWrite; } };
}

/** Commands whose words begin as typed come first, then those that hold it anywhere. */
function ranked(commands, typed) {
  const want = typed.trim().toLowerCase();
  const score = ({ path, label, description }) => {
    if (path.startsWith(want) || label.startsWith(want)) return 0;
    if (want.split(/\s+/).every((word) => path.split(" ").some((each) => each.startsWith(word)))) return 1;
    return path.includes(want) || label.includes(want) ? 2 : description.toLowerCase().includes(want) ? 3 : 9;
  };
  return commands.map((each) => [score(each), each]).filter(([rank]) => rank < 9).sort(([a], [b]) => a - b).map(([, each]) => each);
}

/** Return the line that stands for a command until its answer is there. */
export function pendingLine({ text, state, error }, dismiss) {
  const said = state === "failed" ? h("span", { class: "failure", role: "alert" }, error || "The application did not respond") : h("span", { class: "faint" }, "Sending command…");
  return h("li", { class: "pending" }, h("span", { class: "mention" }, text), " ", said,
    state === "failed" ? [" · ", h("button", { type: "button", class: "as-link", onclick: dismiss }, "Dismiss")] : null);
}
