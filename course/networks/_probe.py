"""Runs inside a side container, in the network of the caller: tries each door and prints what came of it.

Imported by nobody: its text is the container's program. It needs Python and nothing else.
"""

import errno
import json
import socket
import sys
import threading

PATIENCE = 2.0  # seconds for an answer
NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


def attempt(host: str, port: int, owners: list[str]) -> str:
    """One word: connected, refused, no-answer, no-route or unknown."""
    try:
        found = sorted({str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except OSError:
        return "unknown"
    if owners and not set(found) & set(owners):
        return "unknown"  # some DNS answers to everything; this name isn't known to be theirs
    words = [connect(address, port) for address in found]
    return next((word for word in ("connected", "refused", "no-answer") if word in words), words[0])


def connect(address: str, port: int) -> str:
    """The same for one address."""
    try:
        socket.create_connection((address, port), PATIENCE).close()
    except TimeoutError:
        return "no-answer"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return "no-route" if error.errno in NO_ROUTE else "no-answer"
    return "connected"


def main() -> None:
    """Tries the doors of the first argument, all at once, and prints a list of words in their order."""
    doors = json.loads(sys.argv[1])
    words = [""] * len(doors)

    def run(place: int) -> None:
        words[place] = attempt(*doors[place])

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(doors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(words))


if __name__ == "__main__":
    main()
