// Prints the board: node src/board.js [HH:MM]
const timetable = require("timetable");
const edition = require("./edition");

const clock = process.argv[2] ?? "17:00";
console.log(`Ferries after ${clock}, ${edition} edition`);
for (const [time, port] of timetable.after(clock).slice(0, 4)) {
  console.log(`  ${time}  ${port}`);
}
console.log(`timetable ${timetable.version}, compiled in run ${timetable.run}`);
