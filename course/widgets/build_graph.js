// One box a step, placed below what it needs. Boxes are kept from update to update, so that focus stays.
const WIDTH = 180;
const HEIGHT = 46;
const GAP_X = 16;
const GAP_Y = 16;
const HEAD = 26;
const WORDS = { waiting: "waiting", running: "running", cached: "from the cache", done: "done", failed: "failed", cancelled: "cancelled" };
const MARKS = { waiting: "○", running: "▶", cached: "≡", done: "✓", failed: "✗", cancelled: "–" };

// Each step one row below the lowest of its inputs, and below the one before it in its column.
function layout(steps, last) {
  const used = [...new Set(steps.map((step) => step.column))].sort((a, b) => a - b);
  const free = {};
  const rows = new Map();
  const places = new Map();
  for (const step of steps) {
    const below = Math.max(-1, ...step.inputs.map((id) => rows.get(id) ?? -1)) + 1;
    // What makes the image names no inputs, but comes after everything.
    const floor = step.column === last && !step.inputs.length ? Math.max(0, ...rows.values()) : 0;
    const row = Math.max(below, free[step.column] ?? floor);
    free[step.column] = row + 1;
    rows.set(step.id, row);
    places.set(step.id, { x: used.indexOf(step.column) * (WIDTH + GAP_X), y: HEAD + row * (HEIGHT + GAP_Y), row });
  }
  const lowest = Math.max(0, ...rows.values()) + 1;
  return { places, used, width: used.length * (WIDTH + GAP_X) - GAP_X, height: HEAD + lowest * (HEIGHT + GAP_Y) };
}

function edges(steps, places) {
  const paths = [];
  for (const step of steps) {
    const to = places.get(step.id);
    for (const id of step.inputs) {
      const from = places.get(id);
      if (!from) continue;
      const [x1, y1, x2, y2] = [from.x + WIDTH / 2, from.y + HEIGHT, to.x + WIDTH / 2, to.y];
      const bend = Math.min(40, (y2 - y1) / 2 + 6);
      paths.push(`M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 1}`);
    }
  }
  return paths;
}

const word = (state, ended) => (ended && state === "waiting" ? "not run" : WORDS[state]);

function summary(steps, ended, error) {
  const count = (state) => steps.filter((step) => step.state === state).length;
  const parts = ["done", "cached", "running", "waiting", "failed", "cancelled"]
    .filter((state) => count(state))
    .map((state) => `${MARKS[state]} ${count(state)} ${word(state, ended)}`);
  const lead = error ? "The build failed." : ended ? "The build is done." : steps.length ? "The build runs." : "The build begins …";
  return [lead, parts.join(" · ")].filter(Boolean).join(" ");
}

function details(model, step) {
  const box = node("div", "", "course-graph-details");
  const where = step.line ? `Dockerfile line ${step.line}` : "BuildKit's own work, of no Dockerfile line";
  box.append(node("p", `${step.name}`, "course-graph-name"));
  box.append(node("p", [where, word(step.state, model.get("ended")), seconds(step.seconds), step.critical ? "on the critical path" : ""].filter(Boolean).join(" · "), "course-faint"));
  const lines = model.get("dockerfile").split("\n");
  if (step.line && lines[step.line - 1] !== undefined) {
    const code = node("pre", "", "course-graph-source");
    for (let number = Math.max(1, step.line - 1); number <= Math.min(lines.length, step.line + 1); number += 1) {
      code.append(node(number === step.line ? "strong" : "span", `${number === step.line ? "▸" : " "} ${number}  ${lines[number - 1]}\n`));
    }
    box.append(code);
  }
  const log = model.get("logs")[step.id];
  if (step.error) box.append(node("p", step.error, "course-graph-error"));
  box.append(log ? node("pre", log, "course-graph-log") : node("p", step.state === "cached" ? "No log: it did not run." : "No log.", "course-faint"));
  return box;
}

function render({ model, el }) {
  const box = frame("course-graph", "Build graph");
  const heading = node("h4", model.get("heading"));
  const status = node("p", "", "course-graph-status");
  status.setAttribute("role", "status");
  const scroll = node("div", "", "course-graph-scroll");
  const plane = node("div", "", "course-graph-plane");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const panel = node("div");
  panel.setAttribute("aria-live", "polite");
  scroll.append(plane);
  box.append(heading, status, scroll, panel);
  const boxes = new Map();
  const since = new Map(); // a running step's id → when this page first saw it run
  let titles = [];

  const select = (id) => {
    model.set("selected", model.get("selected") === id ? "" : id);
    model.save_changes();
  };

  function make(id) {
    const made = button("", "", () => select(id));
    made.append(node("span", "", "course-graph-label"), node("span", "", "course-graph-note"));
    boxes.set(id, made);
    plane.append(made);
    return made;
  }

  function fill(step, place) {
    const made = boxes.get(step.id) ?? make(step.id);
    made.className = `course-graph-step course-${step.state}${step.critical ? " course-critical" : ""}`;
    made.style.left = `${place.x}px`;
    made.style.top = `${place.y}px`;
    made.title = step.name;
    if (step.state !== "running") since.delete(step.id);
    else if (!since.has(step.id)) since.set(step.id, performance.now());
    const time = step.state === "running" ? step.seconds + (performance.now() - since.get(step.id)) / 1000 : step.seconds;
    const note = [`${MARKS[step.state]} ${word(step.state, model.get("ended"))}`, step.state === "cached" ? "" : seconds(time), step.line ? `line ${step.line}` : ""];
    const [label, below] = made.children;
    if (label.textContent !== step.name) label.textContent = step.name;
    below.textContent = note.filter(Boolean).join(" · ");
    made.setAttribute("aria-expanded", String(model.get("selected") === step.id));
  }

  function draw() {
    const steps = model.get("steps");
    const { places, used, width, height } = layout(steps, model.get("columns").length - 1);
    plane.style.width = `${Math.max(0, width)}px`;
    plane.style.height = `${steps.length ? height : 0}px`;
    titles.forEach((title) => title.remove());
    titles = used.map((column, position) => {
      const title = node("span", model.get("columns")[column], "course-graph-column");
      title.style.left = `${position * (WIDTH + GAP_X)}px`;
      plane.append(title);
      return title;
    });
    const known = new Set(steps.map((step) => step.id));
    boxes.forEach((made, id) => known.has(id) || (made.remove(), boxes.delete(id)));
    steps.forEach((step) => fill(step, places.get(step.id)));
    svg.setAttribute("width", Math.max(0, width));
    svg.setAttribute("height", height);
    svg.replaceChildren(...edges(steps, places).map((d) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      return path;
    }));
    if (svg.parentNode !== plane) plane.prepend(svg);
    const words = summary(steps, model.get("ended"), model.get("error"));
    if (status.textContent !== words) status.textContent = words;
    open();
  }

  function open() {
    const step = model.get("steps").find((one) => one.id === model.get("selected"));
    boxes.forEach((made, id) => made.setAttribute("aria-expanded", String(step?.id === id)));
    const log = panel.querySelector(".course-graph-log");
    const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 8;
    const top = log?.scrollTop ?? 0;
    panel.replaceChildren(...(step ? [details(model, step)] : model.get("error") ? [node("pre", model.get("error"), "course-graph-error")] : []));
    const now = panel.querySelector(".course-graph-log");
    if (now) now.scrollTop = atEnd ? now.scrollHeight : top;
  }

  // Arrow keys go to the nearest step in that direction; Enter and Space are the button's own.
  plane.addEventListener("keydown", (event) => {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const here = event.target.closest(".course-graph-step");
    if (event.key === "Escape" && model.get("selected")) select(model.get("selected"));
    if (!way || !here) return;
    event.preventDefault();
    const away = (made) => [made.offsetLeft - here.offsetLeft, made.offsetTop - here.offsetTop];
    const cost = (made) => {
      const [x, y] = away(made);
      return Math.abs(x) + Math.abs(y) + (way[0] ? Math.abs(y) : Math.abs(x)) * 2;
    };
    const ahead = [...boxes.values()].filter((made) => away(made)[0] * way[0] + away(made)[1] * way[1] > 0);
    ahead.sort((one, other) => cost(one) - cost(other))[0]?.focus();
  });

  const clock = setInterval(() => {
    const steps = model.get("steps");
    const { places } = since.size ? layout(steps, model.get("columns").length - 1) : { places: null };
    if (places) steps.filter((step) => step.state === "running").forEach((step) => fill(step, places.get(step.id)));
  }, 200);
  draw();
  const stop = listen(model, { "change:steps": draw, "change:ended": draw, "change:logs": open, "change:error": draw, "change:selected": open });
  el.replaceChildren(box);
  return () => {
    clearInterval(clock);
    stop();
  };
}

export default { render };
