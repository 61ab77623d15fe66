"""Makes the index of a folder of charts: python index.py CHARTS INDEX

Large charts are sorted on disk, in a folder named work/ beside INDEX. It is left there, as such tools do.
"""

import json
import sys
from pathlib import Path

charts, index = Path(sys.argv[1]), Path(sys.argv[2])
work = index.parent / "work"
work.mkdir(parents=True, exist_ok=True)
found = {}
for chart in sorted(charts.glob("*.txt")):
    title, *soundings = chart.read_text().splitlines()
    run = work / f"{chart.stem}.run"
    run.write_text("\n".join(sorted(soundings)))
    found[chart.stem] = {"title": title, "shallowest": run.read_text().splitlines()[:1000]}
index.write_text(json.dumps(found, indent=1))
print(f"{len(found)} charts in {index}")
