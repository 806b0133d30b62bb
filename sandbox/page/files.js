/** The files that wait in the box to be sent: chosen, pasted or dropped, each with a way to take it away. */
import { at, h, sizeOf } from "./dom.js";

const MEBIBYTE = 1048576;
const FILE_MIB_MOST = 10;
const TOGETHER_MIB_MOST = 25;
const MOST = 10;

/** Return why these files cannot be sent, in a sentence, or nothing. */
export function tooMuch(files) {
  const large = files.find((each) => each.size > FILE_MIB_MOST * MEBIBYTE);
  if (large) return `${large.name} is too large (${sizeOf(large.size)}). A file may have at most ${FILE_MIB_MOST} MB.`;
  if (files.length > MOST) return `A message carries at most ${MOST} files.`;
  const together = files.reduce((sum, each) => sum + each.size, 0);
  return together > TOGETHER_MIB_MOST * MEBIBYTE ? `Together these files have ${sizeOf(together)}; one message carries at most ${TOGETHER_MIB_MOST} MB.` : "";
}

/** Return files as the sandbox takes them: each under a name of its own. */
export const named = (files) => files.map((file) => ({ name: crypto.randomUUID(), file }));

/** Wire the ways in. `mayTake()` says whether files go here; `say(sentence)` tells why one did not. Return {all, put, take}. */
export function tray({ mayTake, say }) {
  let files = [];
  const draw = () => {
    at("tray").hidden = !files.length;
    at("tray").replaceChildren(...files.map((file) => card(file, () => put(files.filter((each) => each !== file)))));
  };
  const put = (wanted) => {
    const wrong = tooMuch(wanted);
    if (wrong) return say(wrong);
    files = wanted;
    draw();
    at("text").focus();
  };
  const add = (list) => { if (list.length && mayTake()) put([...files, ...list]); };

  at("attach").addEventListener("change", ({ target }) => {
    add([...target.files]);
    target.value = "";
  });
  at("text").addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  wireDrop(add);
  return {
    all: () => files,
    put: (wanted) => { files = wanted; draw(); },
    /** Return the files and forget them. */
    take: () => { const taken = files; files = []; draw(); return taken; },
  };
}

/** A file that is dropped anywhere on the channel waits in the box; the browser does not open it in the page's place. */
function wireDrop(add) {
  const place = document.querySelector("main");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  place.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    place.classList.add("dropping");
  });
  place.addEventListener("dragleave", ({ relatedTarget }) => { if (!place.contains(relatedTarget)) place.classList.remove("dropping"); });
  place.addEventListener("drop", (event) => {
    place.classList.remove("dropping");
    if (!hasFiles(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}

function card(file, remove) {
  const face = h("span", { class: "tray-face", "aria-hidden": "true" }, "📄");
  if (file.type.startsWith("image/")) preview(file, face);
  return h("li", { class: "tray-file", title: file.name }, face, h("span", { class: "grow" }, h("b", {}, file.name), h("small", {}, sizeOf(file.size))),
    h("button", { type: "button", "aria-label": `Remove ${file.name}`, title: "Remove", onclick: remove }, "✕"));
}

/** Show a picture by its data: addresses of blobs are not among what the page's policy lets in. */
function preview(file, face) {
  const reader = new FileReader();
  reader.onload = () => face.replaceChildren(h("img", { src: reader.result, alt: "" }));
  reader.readAsDataURL(file);
}
