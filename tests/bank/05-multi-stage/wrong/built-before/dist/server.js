const { createServer } = require("node:http");
const { price } = require("tariff");

createServer((request, response) => {
  const name = decodeURIComponent(request.url).replace(/^\/ticket\//, "");
  response.end(request.url === "/season" ? "spring\n" : `One ticket for ${name}: ${price(name)}\n`);
}).listen(8080);
