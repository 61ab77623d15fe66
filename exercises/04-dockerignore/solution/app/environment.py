"""What the service is told by its environment."""

import os
from pathlib import Path

PORT = int(os.environ.get("WEATHER_PORT", "8000"))
DATA = Path(os.environ.get("WEATHER_DATA") or Path(__file__).resolve().parents[1] / "data")
