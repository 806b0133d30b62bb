/** What this person sees: the snapshot, changed by events; and names by id. */

const CATEGORY = 4;
const FORUM = 15;
const THREADS = [10, 11, 12];

/** Return the world of a snapshot, with look-ups and `apply`. */
export function worldOf(snapshot) {
  const world = { ...snapshot, unread: new Set(), typing: new Map() };
  for (const channel of world.channels) if (channel.unread) world.unread.add(channel.id);
  const byId = (list) => (id) => (list() ?? []).find((each) => each.id === String(id));
  world.channel = byId(() => world.channels);
  world.role = byId(() => world.roles);
  world.known = byId(() => world.people);
  world.person = (id) => world.known(id) ?? authorOf(world, String(id));
  return world;
}

/** Bots are not among the people. */
function authorOf(world, id) {
  if (world.bot?.id === id) return { id, name: world.bot.global_name ?? world.bot.username };
  const author = Object.values(world.messages).flat().find((each) => each.author?.id === id)?.author;
  return author && { id, name: author.global_name ?? author.username };
}

/** Change the world by one event and return what of it is to be drawn anew: a channel's id, "frame", "snapshot", or null. */
export function apply(world, event) {
  const change = CHANGES[event.type];
  return change ? change(world, event) : null;
}

const CHANGES = {
  message_create: (world, { message }) => put(world, message),
  message_update: (world, { message }) => put(world, message),
  message_delete: (world, { id, channel_id }) => {
    world.messages[channel_id] = (world.messages[channel_id] ?? []).filter((each) => each.id !== id);
    return channel_id;
  },
  typing: (world, { channel_id, user_id }) => {
    const name = world.person(user_id)?.name ?? "Somebody";
    world.typing.set(channel_id, { name, until: Date.now() + 10000 });
    return channel_id;
  },
  bot_status: (world, { online }) => {
    world.bot_online = online;
    return "frame";
  },
  commands: (world, { commands }) => {
    world.commands = commands;
    return "frame";
  },
  channel: (world, { channel }) => {
    const known = world.channel(channel.id);
    if (!known) return "snapshot";
    Object.assign(known, channel);
    return "frame";
  },
  snapshot: () => "snapshot",
};

/** Put a message in its place; snowflakes grow with time. */
function put(world, message) {
  const list = (world.messages[message.channel_id] ??= []);
  const index = list.findIndex((each) => each.id === message.id);
  if (index >= 0) list[index] = message;
  else {
    list.push(message);
    list.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    world.typing.delete(message.channel_id);
  }
  return world.channel(message.channel_id) ? message.channel_id : "snapshot";
}

/** Return the channels in the order of the left column, each with its depth; a category is a heading. */
export function tree(world) {
  const under = (parent) => world.channels
    .filter((each) => (each.parent_id ?? null) === parent || (parent === null && each.parent_id && !world.channel(each.parent_id)))
    .sort((a, b) => rank(a) - rank(b) || (a.position ?? 0) - (b.position ?? 0));
  const walk = (parent, depth) => under(parent).flatMap((channel) => [
    { channel, depth, isHeading: channel.type === CATEGORY },
    ...walk(channel.id, channel.type === CATEGORY ? depth : depth + 1),
  ]);
  return walk(null, 0);
}

const rank = (channel) => (channel.type === CATEGORY ? 1 : 0);

/** Return the sign before a channel's name. */
export const signOf = ({ type }) => (isThread({ type }) ? "↳" : type === FORUM ? "≡" : "#");

/** Return whether the channel is a thread, or a forum's post. */
export const isThread = ({ type }) => THREADS.includes(type);

/** Return whether the channel holds threads instead of messages. */
export const isForum = (channel) => channel?.type === FORUM;

/** Return a name or description in the person's language, if the bot has brought it. */
export const said = (thing, key, locale) => thing[`${key}_localizations`]?.[locale] ?? thing[key] ?? "";

/** Return the slash commands as a flat list: groups become the words before the name; `label` is in the person's language. */
export function flat(commands, locale) {
  const walk = (command, words, labels) => {
    const [path, label] = [[...words, command.name], [...labels, said(command, "name", locale)]];
    const below = (command.options ?? []).filter((each) => each.type === 1 || each.type === 2);
    if (below.length) return below.flatMap((each) => walk(each, path, label));
    return [{ path: path.join(" "), label: label.join(" "), description: said(command, "description", locale), options: command.options ?? [] }];
  };
  return commands.filter((each) => (each.type ?? 1) === 1).flatMap((each) => walk(each, [], [])).sort((a, b) => a.path.localeCompare(b.path));
}

/** Return a person's duties in words, or nothing. */
export const dutyOf = (person) => [person.duty].flat().filter(Boolean).join(", ").replaceAll("_", " ");
