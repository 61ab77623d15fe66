"""The little of PostgreSQL's protocol that the guest book needs: log in with a password, ask, read one value."""

import base64
import hashlib
import hmac
import secrets
import socket
import struct


class Refused(Exception):
    """What the server says no with."""


def ask(host, password, question):
    with socket.create_connection((host, 5432), timeout=3) as server, server.makefile("rb") as answers:
        _log_in(server, answers, password)
        server.sendall(_message(b"Q", question.encode() + b"\0"))
        found = ""
        while (answer := _read(answers))[0] != b"Z":
            if answer[0] == b"D":
                found = answer[1][6:].decode()
        return found


def _log_in(server, answers, password):
    hello = b"user\0postgres\0database\0postgres\0\0"
    server.sendall(struct.pack("!ii", len(hello) + 8, 196608) + hello)
    nonce = base64.b64encode(secrets.token_bytes(18)).decode()
    while (answer := _read(answers))[0] != b"Z":
        kind = struct.unpack("!i", answer[1][:4])[0] if answer[0] == b"R" else 0
        if kind == 10:  # SCRAM-SHA-256: the password itself is never sent
            first = f"n,,n=,r={nonce}".encode()
            server.sendall(_message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
        elif kind == 11:
            server.sendall(_message(b"p", _proof(password, nonce, answer[1][4:].decode())))
        elif kind not in (0, 12):
            raise Refused("the server wants the password in another way")


def _proof(password, nonce, challenge):
    said = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(said["s"]), int(said["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    last = f"c=biws,r={said['r']}"
    signed = f"n=,r={nonce},{challenge},{last}".encode()
    signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
    proof = bytes(one ^ other for one, other in zip(key, signature))
    return f"{last},p={base64.b64encode(proof).decode()}".encode()


def _message(kind, content):
    return kind + struct.pack("!i", len(content) + 4) + content


def _read(answers):
    kind, size = struct.unpack("!ci", answers.read(5))
    content = answers.read(size - 4)
    if kind == b"E":
        words = [part[1:].decode() for part in content.split(b"\0") if part[:1] == b"M"]
        raise Refused(" ".join(words))
    return kind, content
