"""A recipe for tests that needs no torch: does what its spec says under `steps`, one after the other."""

import base64
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder = Path(spec["directory"])
stopping = {"s": 0.0, "code": 85}


def stop(number, _frame):
    """Say which signal came, as a recipe would save its checkpoint."""
    if stopping["s"]:
        time.sleep(stopping["s"])
        (folder / "saved").touch()
    sys.stdout.write(f"stopped by {signal.Signals(number).name}\n")
    sys.stdout.flush()
    sys.exit(int(stopping["code"]))


def digest(model):
    """Return the digest as recipes write it."""
    names = sorted(path.relative_to(model).as_posix() for path in model.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256((model / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGUSR1, stop)


def own(steps):
    """Yield the steps that are this rank's: those of all, and what stands as `on` for it alone."""
    for what, how in steps:
        if what != "on":
            yield what, how
        elif str(how[0]) == os.environ["RANK"]:
            yield how[1:]


def meet():
    """Return who came: the first rank hears the others where the batch script says that they meet."""
    import socket  # noqa: PLC0415 - few need it, and all would wait for it

    place, rank = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])), os.environ["RANK"]
    if rank != "0":
        while True:  # the first may not be there yet
            try:
                with socket.create_connection(place, timeout=20) as line:
                    line.sendall(rank.encode())
                    return [rank]
            except ConnectionRefusedError:
                time.sleep(0.05)
    came = [rank]
    with socket.create_server(place) as door:
        while len(came) < int(os.environ["WORLD_SIZE"]):
            with door.accept()[0] as line:
                came.append(line.makefile().read())
    return sorted(came)


for what, how in own(spec["steps"]):
    if what == "say":
        sys.stdout.buffer.write(base64.b64decode(how))
        sys.stdout.flush()
    elif what == "progress":
        with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write(how)
    elif what == "wait":
        while not (folder / how).exists():
            time.sleep(0.02)
    elif what == "eat_mib":
        eaten = bytearray(how * 2**20)
        eaten[::4096] = b"x" * len(eaten[::4096])
        time.sleep(60)
    elif what == "file":
        name, content = how
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    elif what == "result":
        result = {"format": 1, "digest": digest(folder / "model"), **how}
        (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    elif what == "tell":
        rank = os.environ.get("RANK", "0")
        told = {name: os.environ.get(name) for name in how} | {"cwd": str(Path.cwd()), "python": sys.prefix}
        (folder / f"told-{rank}.json").write_text(json.dumps(told), encoding="utf-8")
    elif what == "meet":
        (folder / f"met-{os.environ['RANK']}.json").write_text(json.dumps(meet()), encoding="utf-8")
    elif what == "save_slowly":
        stopping["s"] = how
    elif what == "leave_with":
        stopping["code"] = how
    elif what == "take":  # as code that does not know the signal, or does not heed it
        name, is_heeded = how
        signal.signal(getattr(signal, name), signal.SIG_DFL if is_heeded else signal.SIG_IGN)
    elif what == "kill":
        os.kill(os.getpid(), how)
    elif what == "exit":
        sys.exit(how)
