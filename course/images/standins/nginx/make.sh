set -eu
groupadd --system --gid 101 nginx
useradd --system --gid nginx --no-create-home --home-dir /nonexistent --comment "nginx user" --shell /bin/false --uid 101 nginx
. /ctx/shared/install-debs.sh
# Debian splits the configuration its own way; learners mount into conf.d and html.
rm -rf /etc/nginx/{sites-available,sites-enabled,modules-available,modules-enabled,snippets,conf.d} /var/www/html \
    /etc/nginx/{koi-utf,koi-win,win-utf,fastcgi.conf,proxy_params}
mkdir -p /etc/nginx/conf.d /var/cache/nginx /docker-entrypoint.d
cp /ctx/nginx.conf /etc/nginx/
cp /ctx/default.conf /etc/nginx/conf.d/
cp /ctx/*.html /usr/share/nginx/html/
install -m 755 /ctx/entrypoint.sh /docker-entrypoint.sh
mkdir -p /var/log/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
nginx -t
rm -f /run/nginx.pid
