"""Compiles `announce`: a program that prints its arguments, in one line.

    python compile.py OUTPUT [CPU]

The result is a static Linux program: it calls the kernel and nothing else, so it needs no library, no interpreter
and no shell. CPU is amd64 or arm64, as Docker names them, or what `uname -m` says; without one, the program is for
the CPU that compiles it.
"""

import os
import platform
import struct
import sys

# Machine code, assembled from: for each argument, write(1, argument), then write(1, " " or "\n"); exit(0).
CODE = {
    "x86_64": (
        62,
        "488b1c24488d6c241048ffcb7e44488b75004883c50831d2803c1600740548ffc2ebf5bf01000000b8010000000f05488d"
        "35250000004883fb01750348ffc6ba01000000bf01000000b8010000000f05ebb7b83c00000031ff0f05200a",
    ),
    "aarch64": (
        183,
        "f30340f9f4430091730600f16d020054818640f8020080d2236862386300003442040091fdffff17200080d2080880d201"
        "0000d4810100107f0600f14100005421040091220080d2200080d2080880d2010000d4edffff17000080d2a80b80d20100"
        "00d4200a",
    ),
}
BASE = 0x400000  # where the program is put in memory


def program(machine):
    number, code = CODE[machine]
    code = bytes.fromhex(code)
    start = 64 + 56  # after the file's header and its one program header
    size = start + len(code)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<16sHHIQQQIHHHHHH", identity, 2, number, 1, BASE + start, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    return header + segment + code


if __name__ == "__main__":
    names = {"amd64": "x86_64", "arm64": "aarch64"}
    cpu = sys.argv[2] if len(sys.argv) > 2 else platform.machine()
    machine = names.get(cpu, cpu)
    if len(sys.argv) not in (2, 3) or machine not in CODE:
        sys.exit(f"usage: python compile.py OUTPUT [CPU]   (CPU: amd64 or arm64; this is {cpu!r})")
    with open(sys.argv[1], "wb") as file:
        file.write(program(machine))
    os.chmod(sys.argv[1], 0o755)
