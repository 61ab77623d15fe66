"""Prints labels for jars: a line for each word that it is given.

    python labels.py "Plum jam" "Sea salt"

It ends with 0; with 3 where a label was left out because it is longer than the paper; with 2 where there was
nothing to print.
"""

import sys

LONGEST = 30


def main(words):
    if not words:
        print("labels: nothing to print", file=sys.stderr)
        return 2
    status = 0
    for word in words:
        if len(word) > LONGEST:
            print(f"labels: longer than {LONGEST} characters: {word}", file=sys.stderr)
            status = 3
        else:
            print(f"| {word} |")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
