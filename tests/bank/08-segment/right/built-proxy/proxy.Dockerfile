FROM nginx:1.26
COPY proxy.conf /etc/nginx/conf.d/default.conf
