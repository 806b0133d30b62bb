/** Draws a forum: its posts as a list, the latest first, each with its tags, how it begins, and whether there is news in it. */
import { h } from "./dom.js";
import { reuse } from "./keep.js";
import { time } from "./markdown.js";
import { beginning, nameOf } from "./message.js";

/** Return the rows of a forum's posts; `list` holds the rows of before. Archived ones come last. */
export function drawPosts(world, forum, list) {
  const posts = world.channels.filter((each) => each.parent_id === forum.id).map((channel) => ({ channel, messages: world.messages[channel.id] ?? [] }));
  return posts.sort(later).map(({ channel, messages }) => {
    const [isUnread, first, answers] = [world.unread.has(channel.id), messages[0], Math.max(0, messages.length - 1)];
    const begins = first ? `${nameOf(first.author, world)}: ${beginning(first, world)}` : "";
    const post = { id: channel.id, name: channel.name, tags: channel.tags, archived: channel.archived, at: messages.at(-1)?.timestamp, isUnread, begins, answers };
    return reuse(list, post, () => row(post, world.open));
  });
}

const later = (a, b) => a.channel.archived - b.channel.archived || Number(newest(b) - newest(a));
const newest = ({ channel, messages }) => BigInt(messages.at(-1)?.id ?? channel.id);

function row(post, open) {
  const facts = [post.answers === 1 ? "1 answer" : `${post.answers} answers`, post.at ? time(Math.floor(new Date(post.at) / 1000), "R") : null, post.archived ? "archived" : null];
  return h("li", { class: "post" }, h("button", { type: "button", class: `post-face ${post.isUnread ? "unread" : ""}`, "data-custom": post.id, onclick: () => open(post.id) },
    h("span", { class: "post-head" }, h("span", { class: "post-title" }, post.name),
      post.isUnread ? h("span", { class: "dot" }, h("span", { class: "unseen" }, "unread")) : null,
      post.tags.map((tag) => h("span", { class: "post-tag" }, tag))),
    post.begins ? h("span", { class: "post-begins" }, post.begins) : null,
    h("small", {}, facts.filter(Boolean).flatMap((fact, index) => (index ? [" · ", fact] : [fact])))));
}
