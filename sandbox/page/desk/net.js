/** Speaks to the desk: what there is, and what shall be done. */

/** Return the JSON at the path. */
export async function look(path) {
  const answer = await fetch(`/_world/${path}`);
  if (!answer.ok) throw new Error(`The desk answered ${answer.status}.`);
  return answer.json();
}

/** Ask for something to be done; the answer is {ok, error?, said?}, also when the desk is gone. */
export async function ask(path, body = {}) {
  try {
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    return await (await fetch(`/_world/${path}`, request)).json();
  } catch {
    return { ok: false, error: "The sandbox cannot be reached. Is it still running?" };
  }
}
