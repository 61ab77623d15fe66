"""A small weather service: GET /station/NAME?for=SOMEBODY on port 8000."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from app import environment, render

STATIONS = json.loads((environment.DATA / "stations.json").read_text(encoding="utf-8"))


class Weather(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        station = url.path.removeprefix("/station/")
        if station not in STATIONS:
            self.send_error(404)
            return
        reader = parse_qs(url.query).get("for", ["everybody"])[0]
        body = render.report(station, STATIONS[station], reader).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"{len(STATIONS)} stations on port {environment.PORT}", flush=True)
    ThreadingHTTPServer(("", environment.PORT), Weather).serve_forever()
