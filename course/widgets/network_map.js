// Bars for networks, buttons for containers below them, ports on the host's edge. Buttons are kept from update
// to update, so that focus stays.
const LABEL = 210;
const COLUMN = 164;
const ROW = 54;
const EDGE = 46; // above it: outside
const HEAD = 30;
const BOX = 62;
const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, className, text) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  if (className) made.setAttribute("class", className);
  if (text) made.textContent = text;
  return made;
}

const middle = (column) => LABEL + COLUMN * (column + 0.5);
const height = (row) => EDGE + HEAD + ROW * (row + 0.5);

function hatches() {
  const defs = shape("defs", {});
  const kinds = { internal: "M0 8L8 0", host: "M0 8L8 0M0 0L8 8", macvlan: "M4 0V8M0 4H8", null: "M3 4H5" };
  Object.entries(kinds).forEach(([kind, d]) => {
    const pattern = shape("pattern", { id: `course-map-${kind}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    pattern.append(shape("path", { d, stroke: "white", "stroke-width": 1.4 }));
    defs.append(pattern);
  });
  return defs;
}

// The lines: what a reader of the page's text has from the buttons' labels and the details.
function lines(networks, containers, width, bottom) {
  const found = [hatches()];
  found.push(shape("rect", { x: 1, y: EDGE, width: width - 2, height: bottom + BOX + 12 - EDGE, rx: 8 }, "course-map-host"));
  found.push(shape("text", { x: 8, y: EDGE - 8 }, "course-map-place", "outside"), shape("text", { x: 8, y: EDGE + 18 }, "course-map-place", "the engine's host"));
  networks.forEach((net, row) => {
    const bar = { x: LABEL, y: height(row) - 5, width: width - LABEL - 8, height: 10 };
    found.push(shape("rect", bar, `course-map-bar course-map-bar-${net.kind}`));
    found.push(shape("rect", { ...bar, fill: `url(#course-map-${net.kind})` }));
  });
  containers.forEach((one, column) => {
    const x = middle(column);
    const rows = networks.map((net, row) => [net.id, row]).filter(([id]) => one.places[id]);
    if (rows.length) {
      const top = height(rows[0][1]);
      found.push(shape("path", { d: `M${x} ${top}V${bottom}` }, "course-map-gap"), shape("path", { d: `M${x} ${top}V${bottom}` }, "course-map-line"));
    }
    rows.forEach(([id, row]) => {
      found.push(shape("circle", { cx: x, cy: height(row), r: 5 }, "course-map-dot"));
      found.push(shape("text", { x: x + 8, y: height(row) - 10 }, "course-map-address", one.places[id].address));
    });
    one.doors.forEach(([door, port], number) => {
      const left = x - 56 + 12 * number;
      found.push(shape("path", { d: `M${left} ${EDGE}V${bottom - 2}` }, "course-map-port"));
      found.push(shape("rect", { x: left - 4, y: EDGE - 4, width: 8, height: 8 }, "course-map-dot"));
      found.push(shape("path", { d: `M${left - 4} ${bottom - 8}h8l-4 7z` }, "course-map-dot"));
      found.push(shape("text", { x: left - 4, y: EDGE - 10 - 14 * number }, "course-map-door", `${door} to ${port}`));
    });
  });
  return found;
}

function label(one, networks) {
  const places = networks.filter((net) => one.places[net.id]).map((net) => `${one.places[net.id].address || "no address"} in ${net.name}`);
  const doors = one.doors.map(([door, port]) => `published ${door} to ${port}`);
  return [one.name, ...places, ...doors].join(", ");
}

function details(one, networks) {
  const box = node("dl", "", "course-map-details");
  const row = (term, text) => text && box.append(node("dt", term), node("dd", text));
  row("container", `${one.name}, from ${one.image}`);
  networks.filter((net) => one.places[net.id]).forEach((net) => {
    const { address, aliases } = one.places[net.id];
    row(net.name, [address || "no address of its own", net.gateway && `the host is ${net.gateway}`, aliases.length && `also called ${aliases.join(", ")}`].filter(Boolean).join("; "));
  });
  row("published", one.doors.map(([door, port]) => `${door} to ${port}`).join(", "));
  row("EXPOSE", one.noted.length ? `${one.noted.join(", ")}: a note, not published` : "");
  row("uses the network of", one.shares);
  return box;
}

function render({ model, el }) {
  const box = frame("course-map", "Network map");
  const status = node("p", "", "course-map-status");
  status.setAttribute("role", "status");
  const scroll = node("div", "", "course-map-scroll");
  const plane = node("div", "", "course-map-plane");
  const svg = shape("svg", { "aria-hidden": "true" });
  const panel = node("div");
  panel.setAttribute("aria-live", "polite");
  const history = node("ol", "", "course-map-history");
  history.setAttribute("aria-label", "Changes, the latest last");
  plane.append(svg);
  scroll.append(plane);
  box.append(status, scroll, panel, history);
  const boxes = new Map();
  let labels = [];

  const select = (id) => {
    model.set("selected", model.get("selected") === id ? "" : id);
    model.save_changes();
  };

  function place(one, column, bottom, networks) {
    const made = boxes.get(one.id) ?? button("", "", () => select(one.id));
    if (!boxes.has(one.id)) {
      made.className = "course-map-container";
      made.append(node("strong"), node("span", "", "course-faint"));
      boxes.set(one.id, made);
    }
    made.children[0].textContent = one.name;
    made.children[1].textContent = one.image;
    made.title = one.name;
    made.setAttribute("aria-label", label(one, networks));
    made.style.left = `${middle(column) - COLUMN / 2 + 8}px`;
    made.style.top = `${bottom}px`;
    plane.append(made); // in the order on the page, which is the order of the Tab key
  }

  function draw() {
    const networks = model.get("networks");
    const containers = model.get("containers");
    const width = LABEL + COLUMN * Math.max(2, containers.length) + 8;
    const bottom = height(networks.length) - ROW / 2 + 6;
    const focused = document.activeElement;
    plane.style.width = `${width}px`;
    plane.style.height = `${bottom + BOX + 16}px`;
    svg.setAttribute("width", width);
    svg.setAttribute("height", bottom + BOX + 16);
    svg.replaceChildren(...lines(networks, containers, width, bottom));
    labels.forEach((one) => one.remove());
    labels = networks.map((net, row) => {
      const made = node("div", "", "course-map-network");
      made.append(node("strong", net.name), node("span", net.about, "course-faint"));
      made.style.top = `${height(row) - 20}px`;
      plane.append(made);
      return made;
    });
    const known = new Set(containers.map((one) => one.id));
    boxes.forEach((made, id) => known.has(id) || (made.remove(), boxes.delete(id)));
    containers.forEach((one, column) => place(one, column, bottom, networks));
    if (plane.contains(focused)) focused.focus();
    open();
  }

  function open() {
    const one = model.get("containers").find((each) => each.id === model.get("selected"));
    boxes.forEach((made, id) => made.setAttribute("aria-expanded", String(one?.id === id)));
    panel.replaceChildren(...(one ? [details(one, model.get("networks"))] : []));
  }

  function tell() {
    const changes = model.get("changes");
    const counted = `${model.get("containers").length} containers in ${model.get("networks").length} networks.`;
    const words = `${model.get("live") ? "● following the engine" : "○ not following any more"}. ${changes.at(-1) ?? counted}`;
    if (status.textContent !== words) status.textContent = words;
    history.replaceChildren(...changes.map((each) => node("li", each)));
  }

  plane.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape" && model.get("selected")) select(model.get("selected"));
    const all = model.get("containers").map((one) => boxes.get(one.id));
    const here = all.indexOf(event.target.closest(".course-map-container"));
    if (!way || here < 0) return;
    event.preventDefault();
    all[here + way]?.focus();
  });

  draw();
  tell();
  const both = () => (draw(), tell());
  const stop = listen(model, { "change:networks": both, "change:containers": both, "change:changes": tell, "change:live": tell, "change:selected": open });
  el.replaceChildren(box);
  return stop;
}

export default { render };
