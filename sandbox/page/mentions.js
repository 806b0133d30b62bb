/** Mentions in the box: `@` and `#` offer people, roles and channels; what is sent carries their ids. */
import { dutyOf } from "./world.js";

const BEGUN = /(?:^|[\s(])([@#])([^\s@#][^@#\n]{0,40})?$/;
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const SHOWN_MOST = 25;
const CATEGORY = 4;

/** Return what a mention begun just before the caret can become: {start, items} for the list of suggestions, or null. */
export function begunMention(world, channel, before) {
  const found = BEGUN.exec(before);
  if (!found) return null;
  const [, sign, typed = ""] = found;
  const want = typed.toLowerCase();
  const rank = ({ text }) => [text.toLowerCase().indexOf(want, 1), text];
  const fitting = mentionable(world, channel, sign).filter(({ text, note }) => text.toLowerCase().slice(1).includes(want) || (note ?? "").toLowerCase().startsWith(want));
  const sorted = want ? fitting.sort((a, b) => order(rank(a), rank(b))) : fitting;
  const items = sorted.slice(0, SHOWN_MOST).map((each) => ({ label: each.text, note: each.note, item: each }));
  return items.length ? { start: before.length - typed.length - 1, items } : null;
}

const order = ([a, one], [b, other]) => (a < 0 ? 99 : a) - (b < 0 ? 99 : b) || one.localeCompare(other);

/** Return everything that a sign can mention: {text, code, note}. */
function mentionable(world, channel, sign) {
  if (sign === "#") return world.channels.filter((each) => each.type !== CATEGORY).map((each) => ({ text: `#${each.name}`, code: `<#${each.id}>`, note: each.topic }));
  const bot = world.bot ? [{ text: `@${world.bot.global_name ?? world.bot.username}`, code: `<@${world.bot.id}>`, note: "the bot" }] : [];
  const people = world.people.map((each) => ({ text: `@${each.name}`, code: `<@${each.id}>`, note: dutyOf(each) }));
  const roles = (world.roles ?? []).filter((each) => each.mentionable && each.name !== "@everyone").map((each) => ({ text: `@${each.name}`, code: `<@&${each.id}>`, note: "Everyone with this role" }));
  const all = channel.may_mention_everyone ? [{ text: "@everyone", code: "@everyone", note: "Everyone who sees this channel" }] : [];
  return [...people, ...bot, ...roles, ...all];
}

/** Return the text with each name of somebody or something replaced by its id, but not in code; longer names come first. */
export function withIds(world, channel, text) {
  const all = ["@", "#"].flatMap((sign) => mentionable(world, channel, sign)).sort((a, b) => b.text.length - a.text.length);
  const codes = new Map(all.map(({ text: name, code }) => [name.toLowerCase(), code]));
  const names = new RegExp(`(?<![\\w<])(?:${all.map((each) => each.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})(?![\\p{L}\\p{N}])`, "giu");
  return text.split(CODE).map((part, index) => (index % 2 ? part : part.replace(names, (name) => codes.get(name.toLowerCase()) ?? name))).join("");
}
