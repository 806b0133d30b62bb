"""A command of SLURM's as a program: asks the sandbox over its socket and repeats the answer.

Started by the small scripts in the sandbox's bin folder as `python -IS client.py SOCKET NAME ARGUMENTS...`.
"""

import json
import os
import socket
import sys


def reads_stdin(name: str, arguments: list[str]) -> bool:
    """Tell whether it is sbatch without a script and without --wrap."""
    is_given = any(word.startswith("--wrap") or os.path.exists(word) for word in arguments)  # noqa: PTH110 - quick start
    return name == "sbatch" and not is_given and "--version" not in arguments and not sys.stdin.isatty()


def main() -> int:
    """Ask and return the exit code."""
    path, name, *arguments = sys.argv[1:]
    call = {
        "name": name,
        "arguments": arguments,
        "directory": os.getcwd(),  # noqa: PTH109 - pathlib would double the start's time
        "environment": dict(os.environ),
        "stdin": sys.stdin.read() if reads_stdin(name, arguments) else "",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(path)
        except OSError as error:
            print(f"{name}: error: Unable to contact slurm controller (connect failure): {error}", file=sys.stderr)
            return 1
        line.sendall(json.dumps(call).encode() + b"\n")
        with line.makefile("rb") as answers:
            reply = json.loads(answers.readline() or b'{"output": "", "errors": "the sandbox has ended\\n", "code": 1}')
    sys.stderr.write(reply["errors"])
    sys.stderr.flush()
    sys.stdout.write(reply["output"])
    sys.stdout.flush()
    return int(reply["code"])


if __name__ == "__main__":
    sys.exit(main())
