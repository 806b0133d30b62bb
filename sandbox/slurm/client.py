"""A command of SLURM's as a program: asks the sandbox over its socket and repeats the answer.

Started by the small scripts in the sandbox's bin folder as `python -IS client.py SOCKET NAME ARGUMENTS...`. The bot
starts one each second, and to import `json` and `socket` takes longer than all the rest: so NUL parts the words.
"""

import _socket
import os
import sys

CHUNK_BYTES = 2**16


def reads_stdin(name: str, arguments: list[str]) -> bool:
    """Tell whether it is sbatch without a script and without --wrap."""
    is_given = any(word.startswith("--wrap") or os.path.exists(word) for word in arguments)  # noqa: PTH110 - quick start
    return name == "sbatch" and not is_given and "--version" not in arguments and not sys.stdin.isatty()


def main() -> int:
    """Ask and return the exit code."""
    path, name, *arguments = sys.argv[1:]
    environment = [f"{key}={value}" for key, value in os.environ.items()]
    folder = os.getcwd()  # noqa: PTH109 - pathlib would double the start's time
    words = [name, folder, str(len(arguments)), *arguments, str(len(environment)), *environment]
    given = sys.stdin.buffer.read() if reads_stdin(name, arguments) else b""
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        line.connect(path)
    except OSError as error:
        print(f"{name}: error: Unable to contact slurm controller (connect failure): {error}", file=sys.stderr)
        return 1
    line.sendall(os.fsencode("\0".join([*words, ""])) + given)
    line.shutdown(_socket.SHUT_WR)
    reply = b""
    while chunk := line.recv(CHUNK_BYTES):
        reply += chunk
    code, errors, output = reply.split(b"\0", 2) if reply else (b"1", b"the sandbox has ended\n", b"")
    sys.stderr.buffer.write(errors)
    sys.stderr.flush()
    sys.stdout.buffer.write(output)
    sys.stdout.flush()
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
