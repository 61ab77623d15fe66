"""Prints which spices are in the kitchen: python -m kitchen"""

from importlib import import_module
from importlib.metadata import distributions

shelf = {found.metadata["Name"]: found.version for found in distributions()}
print("Kitchen of the ferry Aurora")
for name in sorted(shelf):
    if name.startswith("spice-"):
        run = import_module(name.replace("-", "_")).RUN
        print(f"{name} {shelf[name]}, ground in run {run}")
