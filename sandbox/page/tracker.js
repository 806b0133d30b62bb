/** Follows what one has begun until the bot has answered: lines of commands, busy buttons, open forms. */
import { openModal } from "./modal.js";

const KEPT = 200;
const NO_ANSWER = { slash: "The application did not respond", component: "This interaction failed", modal: "Something went wrong. Try again." };

/** Return a tracker; `changed(origin)` is called when a channel is to be drawn anew. */
export function tracker({ changed, world, act }) {
  let tracks = [];
  const early = new Map();

  const settle = (track, { state, error, modal }) => {
    if (state === "waiting") return;
    track.state = state;
    if (state === "failed") fail(track, error);
    else {
      drop(track);
      if (track.origin.kind === "modal") track.origin.form.close();
      if (state === "modal") open(modal, track);
    }
    changed(track.origin);
  };
  const fail = (track, error) => {
    track.state = "failed";
    track.error = error && error !== NO_ANSWER.component ? error : NO_ANSWER[track.origin.kind];
    if (track.origin.kind === "modal") {
      track.origin.form.fail(track.error);
      drop(track);
    }
  };
  const open = (modal, track) => {
    const form = openModal(modal, world(), (values, files) => {
      act("submit", { modal: modal.id ?? track.id, values }, files, { kind: "modal", form, channel: track.origin.channel });
    });
  };
  const drop = (track) => { tracks = tracks.filter((each) => each !== track); };

  return {
    drop,
    clear: () => { tracks = []; early.clear(); },
    /** Begin to follow what was just asked for; an older failure at the same message is forgotten. */
    begin(origin) {
      tracks = tracks.filter((each) => origin.kind !== "component" || each.origin.message !== origin.message);
      const track = { origin, text: origin.text, state: "waiting", error: "", id: null };
      tracks.push(track);
      changed(origin);
      return track;
    },
    /** The server has taken the act, or refused it. The bot's answer may have been heard before. */
    answered(track, { ok, error, interaction, result }) {
      track.id = typeof interaction === "object" && interaction ? interaction.id : interaction;
      if (!ok) settle(track, { state: "failed", error });
      else if (early.has(track.id)) settle(track, early.get(track.id));
      else if (result?.state) settle(track, result);
      else if (!track.id) settle(track, { state: "answered" });
    },
    heard(event) {
      const track = tracks.find((each) => each.id === event.id);
      if (track) settle(track, event);
      else if (event.state !== "waiting") early.set(event.id, event);
      if (early.size > KEPT) early.delete(early.keys().next().value);
    },
    /** Return the lines of commands without an answer in a channel. */
    lines: (channel) => tracks.filter((each) => each.origin.kind === "slash" && each.origin.channel === channel),
    /** Return the control of a message that waits, and what it failed with. */
    on(message) {
      const track = tracks.find((each) => each.origin.kind === "component" && each.origin.message === message);
      return { busy: track?.state === "waiting" ? track.origin.custom_id : null, failure: track?.state === "failed" ? track.error : null };
    },
  };
}
