// The rows come once, as columns; a layer's tree is made of them when it is looked at, and only the rows that
// can be seen are in the page.
const ROW = 22; // pixels
const EXTRA = 8; // rows above and below what is seen
const KINDS = ["", "folder", "link to", "hard link to", "device", "pipe"];
const WHAT = [["added", "+"], ["changed", "~"], ["removed", "−"]];
const HIDDEN = 3; // the fourth filter
const [REMOVED, FOLDER] = [2, 1];
let count = 0;

// What a container sees: the last word on each path.
function merged(table) {
  const last = new Map();
  for (let row = 0; row < table.path.length; row += 1) {
    if (table.by[row] < 0) last.set(table.path[row], row);
  }
  return [...last.values()].filter((row) => table.what[row] !== REMOVED);
}

// Rows → tree. A folder counts what lies in it; what was removed is shown and not counted.
function grow(table, rows) {
  const root = { name: "", path: "", children: new Map(), row: -1, size: 0, hidden: 0, depth: -1 };
  for (const row of rows) {
    const chain = [root];
    let path = "";
    for (const part of table.path[row].split("/")) {
      const above = chain[chain.length - 1];
      path = path ? `${path}/${part}` : part;
      above.children ??= new Map();
      let found = above.children.get(part);
      if (!found) {
        found = { name: part, path, children: null, row: -1, size: 0, hidden: 0, depth: above.depth + 1 };
        above.children.set(part, found);
      }
      chain.push(found);
    }
    const leaf = chain[chain.length - 1];
    if (leaf.row < 0) leaf.row = row; // a second one: a copy that the same layer lists once more
    if (table.what[row] === REMOVED) continue;
    for (const one of chain) {
      one.size += table.size[row];
      if (table.by[row] >= 0) one.hidden += table.size[row];
    }
  }
  return root;
}

function ordered(item, bySize) {
  const found = [...item.children.values()];
  return found.sort((a, b) => (bySize ? b.size - a.size : 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function render({ model, el }) {
  const id = `course-explorer-${(count += 1)}`;
  const layers = model.get("layers");
  const table = JSON.parse(new TextDecoder().decode(model.get("columns")));
  const state = { layer: -1, on: new Set([0, 1, 2, HIDDEN]), text: "", bySize: false, open: new Set(), shut: new Set(), at: 0 };
  let shown = []; // the tree's open items, top to bottom
  let rows = []; // of the layer that is looked at

  const box = frame("course-explorer", `Layers and files of ${model.get("heading")}`);
  const total = layers.reduce((sum, layer) => sum + layer.size, 0);
  const lost = layers.reduce((sum, layer) => sum + layer.hidden, 0);
  box.append(node("h4", `${model.get("heading")}: ${bytes(total)} in ${layers.length} layers, ${lost ? `${bytes(lost)} of it hidden` : "no byte hidden"}`));

  // Left: the layers.
  const list = node("div", "", "course-explorer-layers");
  list.tabIndex = 0;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Layers");
  const widest = Math.max(1, ...layers.map((layer) => layer.size));
  const choices = [-1, ...layers.keys()].map((number) => {
    const item = node("div", "", "course-explorer-layer");
    item.id = `${id}-layer-${number}`;
    item.setAttribute("role", "option");
    if (number < 0) {
      item.append(node("strong", "What a container sees"), node("span", "all layers, one on another", "course-faint"));
    } else {
      const layer = layers[number];
      const words = node("span", `${number + 1}  ${layer.instruction}`, "course-explorer-instruction");
      words.title = layer.instruction;
      const hidden = layer.hidden ? `, ${layer.hidden === layer.size ? "all" : bytes(layer.hidden)} hidden` : "";
      item.append(words, node("span", `${layer.line ? `line ${layer.line} · ` : ""}${bytes(layer.size)}${hidden}`, "course-faint"));
      const bar = node("span", "", "course-explorer-bar");
      bar.append(node("span", "", "course-explorer-seen"), node("span", "", "course-explorer-lost"));
      bar.children[0].style.width = `${(100 * (layer.size - layer.hidden)) / widest}%`;
      bar.children[1].style.width = `${(100 * layer.hidden) / widest}%`;
      item.append(bar);
    }
    item.addEventListener("click", () => choose(number));
    list.append(item);
    return item;
  });

  // Right: filters, search, tree.
  const right = node("div", "", "course-explorer-right");
  const tools = node("div", "", "course-explorer-tools");
  const filters = [...WHAT, ["hidden", "≠"]].map(([word, mark], which) => {
    const label = node("label");
    const tick = node("input");
    tick.type = "checkbox";
    tick.checked = true;
    const number = node("span");
    tick.addEventListener("change", () => {
      state.on[tick.checked ? "add" : "delete"](which);
      draw();
    });
    label.append(tick, node("span", mark, `course-explorer-mark course-explorer-${word}`), node("span", word), number);
    tools.append(label);
    return { label, number, tick };
  });
  const search = node("input");
  search.type = "search";
  search.placeholder = "search paths";
  search.setAttribute("aria-label", "Search paths");
  search.addEventListener("input", () => {
    state.text = search.value.toLowerCase();
    draw();
  });
  const sort = button("largest first", "Sort by size in place of names", () => {
    state.bySize = !state.bySize;
    sort.setAttribute("aria-pressed", String(state.bySize));
    draw();
  });
  sort.setAttribute("aria-pressed", "false");
  tools.append(search, sort);
  const tree = node("div", "", "course-explorer-tree");
  tree.tabIndex = 0;
  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", "Files");
  const height = node("div", "", "course-explorer-height");
  height.setAttribute("role", "presentation");
  tree.append(height);
  const status = node("p", "", "course-explorer-status course-faint");
  status.setAttribute("role", "status");
  right.append(tools, tree, status);
  const sides = node("div", "", "course-explorer-sides");
  sides.append(list, right);
  box.append(sides);

  const isHidden = (row) => table.by[row] >= 0;
  // A row whose bytes are hidden belongs to the filter "hidden" alone, so that the counts add up.
  const group = (row) => (isHidden(row) ? HIDDEN : table.what[row]);

  function choose(number) {
    state.layer = number;
    state.at = 0;
    tree.scrollTop = 0;
    choices.forEach((item, place) => item.setAttribute("aria-selected", String(place === number + 1)));
    list.setAttribute("aria-activedescendant", choices[number + 1].id);
    choices[number + 1].scrollIntoView?.({ block: "nearest" });
    rows = [];
    if (number < 0) rows = merged(table);
    else for (let row = 0; row < table.layer.length; row += 1) if (table.layer[row] === number) rows.push(row);
    const counts = [0, 0, 0, 0];
    rows.forEach((row) => (counts[group(row)] += 1));
    filters.forEach((filter, which) => {
      filter.number.textContent = String(counts[which]);
      filter.label.hidden = number < 0; // of what a container sees, nothing was added, changed or removed
    });
    draw();
  }

  function draw() {
    const all = state.layer < 0;
    const kept = rows.filter((row) => (all || state.on.has(group(row))) && (!state.text || table.path[row].toLowerCase().includes(state.text)));
    const root = grow(table, kept);
    const stack = root.children ? ordered(root, state.bySize).reverse() : [];
    const few = kept.length <= 60; // then all of it fits a look
    shown = [];
    while (stack.length) {
      const item = stack.pop();
      shown.push(item);
      item.isOpen = item.children !== null && !state.shut.has(item.path) && (few || Boolean(state.text) || state.open.has(item.path));
      if (item.isOpen) stack.push(...ordered(item, state.bySize).reverse());
    }
    state.at = Math.max(0, Math.min(state.at, shown.length - 1));
    height.style.height = `${shown.length * ROW}px`;
    const where = all ? "a container sees" : `layer ${state.layer + 1}`;
    const paths = `${kept.length} ${kept.length === 1 ? "path" : "paths"}`; // folders too, as the filters count
    status.textContent = kept.length ? `${where}: ${paths}, ${bytes(root.size)}${root.hidden && !all ? `, ${bytes(root.hidden)} of it hidden` : ""}` : rows.length ? "Nothing fits the filter." : "This layer changes no file.";
    paint();
  }

  function paint() {
    const first = Math.max(0, Math.floor(tree.scrollTop / ROW) - EXTRA);
    const last = Math.min(shown.length, Math.ceil((tree.scrollTop + tree.clientHeight) / ROW) + EXTRA);
    const lines = [];
    for (let place = first; place < last; place += 1) lines.push(line(shown[place], place));
    height.replaceChildren(...lines);
    if (shown.length) tree.setAttribute("aria-activedescendant", `${id}-row-${state.at}`);
    else tree.removeAttribute("aria-activedescendant");
  }

  function line(item, place) {
    const row = item.row;
    const made = node("div", "", "course-explorer-row");
    made.id = `${id}-row-${place}`;
    made.style.top = `${place * ROW}px`;
    made.style.paddingLeft = `${6 + item.depth * 15}px`;
    made.setAttribute("role", "treeitem");
    made.setAttribute("aria-level", String(item.depth + 1));
    if (item.children) made.setAttribute("aria-expanded", String(item.isOpen));
    made.setAttribute("aria-selected", String(place === state.at));
    const folder = item.children || (row >= 0 && table.kind[row] === FOLDER);
    const gone = row >= 0 && table.what[row] === REMOVED;
    made.append(node("span", item.children ? (item.isOpen ? "▾" : "▸") : "", "course-explorer-twist"));
    const lead = node("span", "", "course-explorer-mark");
    let note = "";
    if (row >= 0) {
      const [word, mark] = isHidden(row) && state.layer >= 0 ? ["hidden", "≠"] : WHAT[table.what[row]];
      if (state.layer >= 0) {
        lead.textContent = mark;
        lead.classList.add(`course-explorer-${word}`);
        lead.title = word;
      }
      const kind = table.kind[row];
      if (kind > FOLDER) note = `${KINDS[kind]} ${table.link[row]}`;
      if (state.layer < 0 && kind !== FOLDER) note = [note, `layer ${table.layer[row] + 1}`].filter(Boolean).join(" · ");
      else if (table.why[row]) note = table.why[row];
      else if (table.what[row] === REMOVED && table.size[row]) note = `${bytes(table.size[row])} stay in the layers below`;
    }
    const name = node("span", folder ? `${item.name}/` : item.name, "course-explorer-name");
    name.title = item.path;
    made.append(lead, name, node("span", note, "course-explorer-note course-faint"), node("span", gone || (folder && !item.size) ? "" : bytes(item.size), "course-explorer-size"));
    if (gone) made.classList.add("course-explorer-gone");
    made.addEventListener("click", () => {
      state.at = place;
      if (item.children) toggle(item);
      else paint();
    });
    return made;
  }

  function toggle(item) {
    state[item.isOpen ? "shut" : "open"].add(item.path);
    state[item.isOpen ? "open" : "shut"].delete(item.path);
    draw();
  }

  function go(place) {
    state.at = Math.max(0, Math.min(place, shown.length - 1));
    const top = state.at * ROW;
    if (top < tree.scrollTop) tree.scrollTop = top;
    else if (top + ROW > tree.scrollTop + tree.clientHeight) tree.scrollTop = top + ROW - tree.clientHeight;
    paint();
  }

  const page = () => Math.max(1, Math.floor(tree.clientHeight / ROW) - 1);
  const above = (item) => item.path.slice(0, Math.max(0, item.path.length - item.name.length - 1));
  const KEYS = {
    ArrowDown: () => go(state.at + 1),
    ArrowUp: () => go(state.at - 1),
    PageDown: () => go(state.at + page()),
    PageUp: () => go(state.at - page()),
    Home: () => go(0),
    End: () => go(shown.length - 1),
    ArrowRight: (item) => (item.children && !item.isOpen ? toggle(item) : go(state.at + 1)),
    ArrowLeft: (item) => (item.isOpen ? toggle(item) : item.depth && go(shown.findIndex((one) => one.path === above(item)))),
    Enter: (item) => item.children && toggle(item),
    " ": (item) => item.children && toggle(item),
    "/": () => search.focus(),
  };
  tree.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey || (!shown.length && event.key !== "/")) return;
    event.preventDefault();
    KEYS[event.key](shown[state.at]);
  });
  list.addEventListener("keydown", (event) => {
    const next = { ArrowDown: state.layer + 1, ArrowUp: state.layer - 1, Home: -1, End: layers.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(Math.max(-1, Math.min(next, layers.length - 1)));
  });
  search.addEventListener("keydown", (event) => event.key === "Escape" && tree.focus());
  let waits = false;
  tree.addEventListener("scroll", () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      paint();
    });
  });
  const size = new ResizeObserver(paint); // its height is known only once it is in the page
  size.observe(tree);
  el.replaceChildren(box);
  choose(-1);
  return () => size.disconnect();
}

export default { render };
