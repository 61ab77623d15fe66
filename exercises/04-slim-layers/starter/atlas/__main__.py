"""Says what a chart shows, and counts who asked: python -m atlas NUMBER

Reads index.json in the working directory, and writes state/visits there.
"""

import json
import os
import sys
from pathlib import Path

index = json.loads(Path("index.json").read_text())
number = sys.argv[1] if len(sys.argv) > 1 else min(index)
visits = Path("state/visits")
with visits.open("a") as file:
    file.write(f"{number}\n")
print(f"Chart {number}: {index[number]['title']}, {len(index[number]['shallowest'])} shallows")
print(f"visit {len(visits.read_text().splitlines())}, by user {os.getuid()}")
