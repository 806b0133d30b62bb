/** Keeps what one holds while things are drawn anew: elements that show the same, the focus, and menus that are open. */

/** Make the list hold these children, touching only those that differ, so that screen readers hear only news. */
export function sync(parent, children) {
  const wanted = new Set(children);
  for (const each of [...parent.children]) if (!wanted.has(each)) each.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** Return the child that shows exactly this already, or a new one: what stays can be pressed while the rest is drawn. */
export function reuse(parent, facts, make) {
  const shows = JSON.stringify(facts);
  return [...parent.children].find((each) => each.shows === shows) ?? Object.assign(make(), { shows });
}

/** Note the focus and the open menus of a place; return a function that brings them back after it was drawn anew. */
export function holding(place) {
  const focus = place.contains(document.activeElement) ? document.activeElement : null;
  const focused = focus && describe(focus);
  const menus = [...place.querySelectorAll(".menu")].filter((menu) => menu.isOpen)
    .map((menu) => ({ menu, face: describe(menu.querySelector(".menu-face")), state: menu.state }));
  return () => {
    for (const { menu, face, state } of menus) if (!menu.isConnected) find(place, face)?.closest(".menu").resume(state);
    if (focus && !focus.isConnected) find(place, focused)?.focus({ preventScroll: true });
  };
}

/** Return what tells an element from the others of its place: its row, its id or its menu's, its value, else its words. */
function describe(element) {
  const custom = element.dataset.custom ?? element.closest(".menu")?.querySelector(".menu-face").dataset.custom;
  const words = custom ? null : element.getAttribute("aria-label") ?? element.textContent;
  return { tag: element.tagName, row: element.closest(".message")?.id, custom, value: element.dataset.value, words };
}

function find(place, described) {
  const wanted = JSON.stringify(described);
  return [...place.querySelectorAll(described.tag)].find((each) => JSON.stringify(describe(each)) === wanted);
}
