// A tide gauge in a harbour, on port 3000.
//
//   GET /tide?at=PLACE   the water level
//   GET /health          200 while the sensor works, 503 when it doesn't
//
// For drills:
//
//   GET /drill/sick      the sensor fails: /health answers 503, everything else goes on
//   GET /drill/stuck     the service hangs: it accepts connections, and never answers again
const http = require("node:http");

let sick = false;
let stuck = false;

function answer(url) {
  switch (url.pathname) {
    case "/":
      return [200, "Tide gauge: ask /tide?at=PLACE\n"];
    case "/tide":
      return [200, `${url.searchParams.get("at") ?? "here"}: 2.4 m\n`];
    case "/health":
      return sick ? [503, "the sensor is silent\n"] : [200, "ok\n"];
    case "/drill/sick":
      sick = true;
      return [200, "drill: the sensor fails\n"];
    case "/drill/stuck":
      stuck = true;
      return [200, "drill: the service hangs\n"];
    default:
      return [404, "nothing here\n"];
  }
}

const server = http.createServer((request, response) => {
  if (stuck) return;
  const [status, body] = answer(new URL(request.url, "http://gauge"));
  response.writeHead(status, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
});

process.on("SIGTERM", () => process.exit(0));
server.listen(3000, () => console.log("the gauge listens on port 3000"));
