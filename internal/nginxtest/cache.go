package nginxtest

import (
	"testing"

	"mysecurity/internal/porttest"
)

// Cache runs nginx as somebody's careless cache in front of a portal: it keeps every
// answer with status 200 under its path alone, whoever asked, also one that sets a
// cookie or varies; of the answer's headers it heeds Cache-Control only. Its address,
// for plain HTTP, is in both fields; X-Cache of its answers is MISS or HIT.
func Cache(t testing.TB, portal string) *Proxy {
	t.Helper()
	address := porttest.FreeAddress(t)
	p := &Proxy{HTTPS: address, HTTP: address, dir: t.TempDir()}
	p.write(t, "nginx.conf", `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    access_log off; server_tokens off;
    proxy_cache_path cache keys_zone=all:1m;
    server {
        listen `+address+`;
        location / {
            proxy_pass http://`+portal+`;
            proxy_set_header Host $http_host;
            proxy_cache all;
            proxy_cache_key $uri;
            proxy_cache_valid 200 10m;
            proxy_ignore_headers Set-Cookie Vary Expires;
            add_header X-Cache $upstream_cache_status;
        }
    }
}
`)
	p.run(t)
	return p
}
