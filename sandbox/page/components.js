/** Draws message components: rows of buttons and selects, and the layout parts of Components V2. */
import { css, enlarge, h, sizeOf } from "./dom.js";
import { inline, link, markdown } from "./markdown.js";
import { isSelect, menu } from "./menu.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

const DRAW = {
  1: (each, at) => h("div", { class: "row" }, drawAll(each.components, at)),
  2: button,
  9: (each, at) => h("div", { class: "section" }, h("div", { class: "grow" }, drawAll(each.components, at)), draw(each.accessory, at)),
  10: (each, at) => h("div", { class: "text" }, markdown(each.content, at.world)),
  11: (each, at) => veil(each.spoiler, picture(each.media, each.description, at, "thumbnail")),
  12: (each, at) => h("div", { class: `gallery n${Math.min(each.items.length, 3)}` },
    each.items.map((item) => veil(item.spoiler, picture(item.media, item.description, at)))),
  13: (each, at) => veil(each.spoiler, fileChip(fileOf(each, at))),
  14: (each) => h("hr", { class: `gap${each.spacing ?? 1} ${each.divider === false ? "blank" : ""}` }),
  17: (each, at) => veil(each.spoiler, h("section", { class: "container", style: { "--accent": css(each.accent_color) } }, drawAll(each.components, at))),
};

/** Return the elements of a list of components; `at` is {world, message, does, busy}. */
export const drawAll = (components, at) => (components ?? []).map((each) => draw(each, at));

function draw(component, at) {
  if (!component) return null;
  if (isSelect(component)) {
    const element = menu(component, at.world, (values) => at.does("select", { message: at.message.id, custom_id: component.custom_id, values }));
    if (at.busy === component.custom_id) element.setAttribute("aria-busy", "true");
    return element;
  }
  const how = DRAW[component.type];
  return how ? how(component, at) : h("p", { class: "sub" }, `(A component of type ${component.type}, which this page does not draw.)`);
}

function button(each, at) {
  const label = [each.emoji?.name ? h("span", { "aria-hidden": "true" }, each.emoji.name) : null, each.label ? h("span", {}, each.label) : null];
  const face = `button ${STYLES[each.style] ?? "secondary"}`;
  if (each.url) {
    if (each.disabled) return h("button", { type: "button", class: face, disabled: true }, label);
    const element = link(each.url, [...label, h("span", { "aria-hidden": "true" }, "↗")], at.world);
    element.className = face;
    return element;
  }
  return h("button", { type: "button", class: face, disabled: each.disabled, "data-custom": each.custom_id,
    "aria-busy": at.busy === each.custom_id ? "true" : null, "aria-label": each.label ? null : each.emoji?.name ?? each.custom_id,
    onclick: () => { if (!at.busy) at.does("click", { message: at.message.id, custom_id: each.custom_id }); } }, label);
}

/** `attachment://name` means a file of the same message. */
function resolve(media, at) {
  const name = /^attachment:\/\/(.+)$/.exec(media?.url ?? "")?.[1];
  return (name && at.message.attachments?.find((each) => each.filename === name)) || media || {};
}

function picture(media, alt, at, kind = "") {
  const found = resolve(media, at);
  return image({ url: found.proxy_url && !found.url ? found.proxy_url : found.url, alt: alt || found.description || "", kind });
}

/** Return a picture that opens large when it is pressed; what cannot be loaded says so with its description. */
export function image({ url, alt, kind = "" }) {
  const picture = h("img", { src: url, alt, loading: "lazy" });
  const frame = h("button", { type: "button", class: `picture ${kind}`, title: alt, "aria-label": `Enlarge: ${alt || "picture"}`, onclick: () => enlarge(url, alt) }, picture);
  picture.addEventListener("error", () => frame.replaceChildren(h("span", { class: "lost" }, `Picture cannot be shown. ${alt}`)));
  return frame;
}

function fileOf(each, at) {
  const found = resolve(each.file, at);
  return { url: found.url, filename: each.name ?? found.filename ?? decodeURIComponent((found.url ?? "").split("/").pop().split("?")[0]), size: each.size ?? found.size };
}

/** Return a file to be downloaded. */
export function fileChip({ url, filename, size }) {
  return h("a", { class: "file", href: url, download: filename }, h("span", { class: "file-sign", "aria-hidden": "true" }, "⭳"),
    h("span", { class: "grow" }, filename, h("small", {}, size === undefined ? "" : sizeOf(size))));
}

/** Cover what is marked as a spoiler until it is pressed. */
function veil(isSpoiler, element) {
  if (!isSpoiler) return element;
  const cover = h("div", { class: "veiled" }, element, h("button", { type: "button", class: "button secondary", onclick: () => cover.replaceWith(element) }, "Spoiler"));
  element.inert = true;
  cover.lastChild.addEventListener("click", () => { element.inert = false; });
  return cover;
}

/** Return an embed: the older kind of card. */
export function embed(each, at) {
  const head = [
    each.author ? h("div", { class: "embed-author" }, each.author.url ? link(each.author.url, each.author.name, at.world) : each.author.name) : null,
    each.title ? h("div", { class: "embed-title" }, each.url ? link(each.url, inline(each.title, at.world), at.world) : inline(each.title, at.world)) : null,
    each.description ? h("div", { class: "text" }, markdown(each.description, at.world)) : null,
  ];
  const fields = (each.fields ?? []).map((field) => h("div", { class: `field ${field.inline ? "" : "wide"}` },
    h("div", { class: "field-name" }, inline(field.name, at.world)), h("div", { class: "text" }, markdown(field.value, at.world))));
  const footer = [each.footer?.text, each.timestamp ? new Date(each.timestamp).toLocaleString() : null].filter(Boolean).join(" • ");
  return h("article", { class: "container embed", style: { "--accent": css(each.color) } },
    h("div", { class: "section" }, h("div", { class: "grow" }, head), each.thumbnail ? picture(each.thumbnail, "", at, "thumbnail") : null),
    fields.length ? h("div", { class: "fields" }, fields) : null,
    each.image ? picture(each.image, each.image.description, at) : null,
    footer ? h("div", { class: "sub" }, footer) : null);
}
