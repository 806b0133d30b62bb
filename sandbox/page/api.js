/** Speaks to the sandbox's Discord: one snapshot, one stream of events, one way to act. */

/** Return the people one can be. */
export const people = async () => (await fetch("/_client/people")).json();

/** Return everything that this person may see. */
export async function snapshot(as) {
  const answer = await fetch(`/_client/state?as=${encodeURIComponent(as)}`);
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}.`);
  return answer.json();
}

/** Do one thing as this person; the answer is {ok, error?, interaction?, result?}, also when the sandbox is gone. */
export async function act(as, op, fields, files = []) {
  const request = { as, op, ...fields };
  try {
    const answer = await fetch("/_client/act", files.length ? form(request, files) : json(request));
    return await answer.json();
  } catch {
    return { ok: false, error: "The sandbox cannot be reached. Is it still running?" };
  }
}

const json = (request) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request) });

function form(request, files) {
  const body = new FormData();
  body.append("payload_json", JSON.stringify(request));
  files.forEach(({ name, file }) => body.append(name, file, file.name));
  return { method: "POST", body };
}

/** Listen to what happens; `opened`, `lost` and `back` say how the line is. Return a function that stops it. */
export function listen(as, { heard, opened, lost, back }) {
  let source, timer, wasLost = false;
  const open = () => {
    source = new EventSource(`/_client/events?as=${encodeURIComponent(as)}`);
    source.onopen = () => {
      if (wasLost) back();
      else opened();
      wasLost = false;
    };
    source.onmessage = ({ data }) => heard(JSON.parse(data));
    source.onerror = () => {
      if (!wasLost) opened();
      wasLost = true;
      lost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
    };
  };
  open();
  return () => { clearTimeout(timer); source.close(); };
}
