# /usr/local becomes a virtual environment of Debian's Python: pip then installs there without
# --break-system-packages. It sees "system" packages (there are none) so that `pip install --user` works too.
set -eu
python3.13 -m venv --system-site-packages --without-pip /usr/local
/usr/local/bin/python3.13 -m ensurepip --default-pip --upgrade >/dev/null
rm -f /usr/local/bin/[Aa]ctivate*
ln -sf python3.13 /usr/local/bin/python3
ln -sf python3.13 /usr/local/bin/python
printf '#!/bin/sh\nexec python3.13 -m pydoc "$@"\n' >/usr/local/bin/pydoc3
chmod +x /usr/local/bin/pydoc3
find /usr/local/lib -name __pycache__ -type d -prune -exec rm -rf {} +
