// A ship's logbook, on port 8000. Its entries are kept in /data/log.txt.
//
//   GET /ship/NAME    whose logbook it is
//   GET /note/WORDS   writes an entry
//   GET /log          all entries
const fs = require("node:fs");
const http = require("node:http");

const LOG = "/data/log.txt";

function answer(path) {
  const [, what, words = ""] = path.split("/").map(decodeURIComponent);
  if (what === "ship") return [200, `Logbook of the ${words}\n`];
  if (what === "log") return [200, fs.existsSync(LOG) ? fs.readFileSync(LOG, "utf8") : ""];
  if (what !== "note") return [404, "nothing here\n"];
  fs.appendFileSync(LOG, `${words}\n`);
  return [200, "noted\n"];
}

const server = http.createServer((request, response) => {
  let status, body;
  try {
    [status, body] = answer(request.url);
  } catch (error) {
    [status, body] = [500, `${error.message}\n`];
    console.error(error.message);
  }
  response.writeHead(status, { "Content-Type": "text/plain", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
});

process.on("SIGTERM", () => process.exit(0));
server.listen(8000, () => console.log(`the logbook is open, as user ${process.getuid()}`));
