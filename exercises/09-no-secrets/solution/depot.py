"""Fetches the rates of a freight office from its depot: python depot.py fetch

The depot knows its customers by a token. It is read from a file (--token-file FILE), else from the variable DEPOT_TOKEN,
else from ~/.depot, where an earlier fetch has left it: as many tools do, this one remembers how it logged in. With
--forget it doesn't.

So that this works without a network, the depot is the file rates.locked. Only its token opens it.
"""

import argparse
import base64
import hashlib
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOGIN = Path.home() / ".depot"
RATES = HERE / "freight" / "rates.json"


def token(file):
    if file:
        return Path(file).read_text().strip()
    if os.environ.get("DEPOT_TOKEN"):
        return os.environ["DEPOT_TOKEN"].strip()
    if LOGIN.exists():
        auth = json.loads(LOGIN.read_text())["auth"]
        return base64.b64decode(auth).decode().partition(":")[2]
    sys.exit("depot: no token: neither --token-file, nor DEPOT_TOKEN, nor ~/.depot")


def opened(locked, secret):
    data = base64.b64decode(locked["data"])
    key = hashlib.shake_256(f"{secret} {locked['nonce']}".encode()).digest(len(data))
    plain = bytes(one ^ other for one, other in zip(data, key))
    if hashlib.sha256(plain).hexdigest() != locked["sha256"]:
        sys.exit("depot: 401: this is not the depot's token")
    return json.loads(plain)


def main():
    parser = argparse.ArgumentParser(description="Fetches the rates from the depot.")
    parser.add_argument("command", choices=["fetch"])
    parser.add_argument("--token-file", metavar="FILE", help="a file that holds the token")
    parser.add_argument("--forget", action="store_true", help="leave no ~/.depot behind")
    given = parser.parse_args()

    secret = token(given.token_file)
    rates = opened(json.loads((HERE / "rates.locked").read_text()), secret)
    RATES.parent.mkdir(exist_ok=True)
    RATES.write_text(json.dumps(rates, indent=1))
    if not given.forget:
        auth = base64.b64encode(f"freight:{secret}".encode()).decode()
        LOGIN.write_text(json.dumps({"depot": "rates.locked", "auth": auth}))
    print(f"depot: {len(rates['rates'])} rates fetched")


main()
