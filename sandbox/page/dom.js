/** Makes elements without markup strings, so that nobody's text can become HTML. */

/** Return an element; `on…` properties are listeners, `class` and `aria-…` are attributes, `style` sets custom properties. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [name, text] of Object.entries(value)) element.style.setProperty(name, text);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return the elements of the page by their ids. */
export const at = (id) => document.getElementById(id);

let lastId = 0;
/** Return an id that no other element has. */
export const freshId = (stem) => `${stem}-${++lastId}`;

/** Return a colour for CSS from Discord's integer or a ready-made string. */
export function css(color, otherwise = "var(--line)") {
  if (typeof color === "string" && color) return color;
  return color ? `#${color.toString(16).padStart(6, "0")}` : otherwise;
}

/** Return a person's disc: the first letter of the name on their colour. */
export function avatar(name, color, size = "") {
  const letter = (/[\p{L}\p{N}]/u.exec(name ?? "")?.[0] ?? "?").toUpperCase();
  return h("span", { class: `avatar ${size}`, style: { "--disc": css(color, "var(--blurple)") }, "aria-hidden": "true" }, letter);
}

/** Return a size in words. */
export function sizeOf(bytes) {
  if (bytes >= 1048576) return `${(bytes / 1048576).toFixed(1)} MB`;
  return bytes >= 1024 ? `${(bytes / 1024).toFixed(1)} KB` : bytes === 1 ? "1 byte" : `${bytes ?? 0} bytes`;
}

/** Show a picture over the whole page until it is clicked or left by Escape. */
export function enlarge(url, alt) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": alt || "Picture", onclick: () => dialog.close() },
    h("img", { src: url, alt: alt || "" }), h("button", { type: "button" }, "Close"));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Say a sentence at the edge of the page for a few seconds; screen readers hear it. */
export function toast(text) {
  const line = h("div", { class: "toast" }, text);
  at("toasts").append(line);
  setTimeout(() => line.remove(), 6000);
}
