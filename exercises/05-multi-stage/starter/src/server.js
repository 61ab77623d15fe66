// GET /ticket/NAME prints a ticket, GET /season names the season. Port 8080.
const { createServer } = require("node:http");
const { price } = require("tariff");
const season = require("./season");

createServer((request, response) => {
  const name = decodeURIComponent(request.url).replace(/^\/ticket\//, "");
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  if (request.url === "/season") {
    response.end(`${season}\n`);
  } else if (request.url.startsWith("/ticket/") && name) {
    response.end(`One ticket for ${name}: ${price(name)}\n`);
  } else {
    response.writeHead(404).end("Not here.\n");
  }
}).listen(8080, () => console.log("ticket office opens on port 8080"));

process.on("SIGTERM", () => process.exit(0));
