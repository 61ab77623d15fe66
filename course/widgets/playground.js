// Blocks to drag, a file to edit, ticks for the prediction, and the engine's answer beside them.
function move(list, from, to) {
  const moved = [...list];
  const [one] = moved.splice(from, 1);
  moved.splice(to, 0, one);
  return moved;
}

function render({ model, el }) {
  const box = frame("course-playground", "Cache playground");
  const intro = node("p", "", "course-playground-intro");
  const list = node("ol", "", "course-playground-list");
  const said = node("p", "", "course-playground-said");
  said.setAttribute("role", "status");
  const file = node("label", "", "course-playground-file");
  const area = node("textarea");
  area.rows = Math.min(10, model.get("file_text").split("\n").length + 1);
  area.spellcheck = false;
  area.value = model.get("file_text");
  area.addEventListener("input", () => save({ file_text: area.value, results: [] }));
  file.append(node("span", `${model.get("file_name")}, a file of the build context. Edit it:`), area);
  const bar = node("div", "", "course-playground-buttons");
  const start = button("", "A real build by the engine", () => {
    start.disabled = true; // at once: the kernel may be busy with a cell
    said.textContent = "The engine builds …";
    model.send({ do: "build" });
  });
  const cancel = button("Cancel", "End the build that runs", () => model.send({ do: "cancel" }));
  bar.append(start, cancel);
  const answer = node("div", "", "course-playground-answer");
  const sides = node("div", "", "course-playground-sides");
  const left = node("div");
  left.append(intro, list);
  const right = node("div");
  right.append(file, bar, said, answer);
  sides.append(left, right);
  box.append(node("h4", "Cache playground"), sides);
  let dragged = -1;

  function save(values) {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  }

  function shift(from, to, focus) {
    const order = model.get("order");
    if (model.get("busy") || to < 0 || to >= order.length || from === to || from < 0) return;
    save({ order: move(order, from, to), results: [], error: {} });
    const item = list.children[to];
    (item.querySelector(focus) ?? item).focus();
    if (item.querySelector(focus)?.disabled) item.focus();
    said.textContent = `Moved to place ${to + 1} of ${order.length}.`;
  }

  function entry(block, place, order) {
    const { text, step } = model.get("blocks")[block];
    const busy = model.get("busy");
    const result = model.get("results").find((one) => one.block === block);
    const item = node("li", "", "course-playground-block");
    item.tabIndex = 0;
    item.draggable = !busy;
    item.dataset.block = String(block);
    item.setAttribute("aria-label", `${text}. Place ${place + 1} of ${order.length}. Alt and an arrow key move it.`);
    const grip = node("span", "⠿", "course-playground-grip");
    grip.setAttribute("aria-hidden", "true");
    const tick = node("label", "", "course-playground-tick");
    if (step && model.get("built")) {
      const check = node("input");
      check.type = "checkbox";
      check.checked = model.get("ticked").includes(block);
      check.disabled = busy;
      check.setAttribute("aria-label", `I predict that this is reused: ${text}`);
      check.addEventListener("change", () => {
        const others = model.get("ticked").filter((one) => one !== block);
        save({ ticked: check.checked ? [...others, block] : others, results: [] });
        list.children[place].querySelector("input")?.focus();
      });
      tick.append(check);
    }
    const middle = node("div", "", "course-playground-middle");
    middle.append(node("code", text));
    const note = node("div", "", "course-playground-note");
    note.append(...told(block, step, result));
    middle.append(note);
    const up = button("↑", "Move up (Alt+Up)", () => shift(place, place - 1, ".course-playground-up"));
    const down = button("↓", "Move down (Alt+Down)", () => shift(place, place + 1, ".course-playground-down"));
    up.className = "course-playground-up";
    down.className = "course-playground-down";
    up.disabled = busy || place === 0;
    down.disabled = busy || place === order.length - 1;
    item.append(grip, tick, middle, up, down);
    if (result) item.classList.add(result.reused ? "course-playground-reused" : "course-playground-ran");
    if (model.get("error").block === block) item.classList.add("course-playground-wrong");
    item.addEventListener("keydown", (event) => {
      const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!way || event.target !== item) return;
      event.preventDefault();
      if (event.altKey) shift(place, place + way, ":scope");
      else list.children[place + way]?.focus();
    });
    item.addEventListener("dragstart", (event) => {
      dragged = place;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", text);
      event.stopPropagation(); // JupyterLab drags cells
    });
    item.addEventListener("dragover", (event) => {
      if (dragged < 0) return;
      event.preventDefault();
      item.classList.add("course-playground-target");
    });
    item.addEventListener("dragleave", () => item.classList.remove("course-playground-target"));
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const from = dragged;
      dragged = -1;
      shift(from, place, ":scope");
    });
    item.addEventListener("dragend", () => (dragged = -1));
    return item;
  }

  function told(block, step, result) {
    if (model.get("busy")) {
      const now = model.get("live")[String(block)];
      return now ? [node("span", { cached: "from the cache", done: "done", running: "running …", waiting: "waiting", failed: "failed", cancelled: "cancelled" }[now] ?? now)] : [];
    }
    if (!result) return step || !model.get("built") ? [] : [node("span", /^FROM\b/im.test(model.get("blocks")[block].text) ? "the base image" : "no step of its own in the cache", "course-faint")];
    const words = result.reused ? "≡ reused" : `▶ ran ${seconds(result.seconds)}`.trim();
    const parts = [node("strong", words), node("span", result.why ? `: ${result.why}` : "")];
    if (result.predicted !== null) {
      const right = result.predicted === result.reused;
      parts.push(node("span", right ? " ✓ as you predicted" : ` ✗ you predicted: ${result.predicted ? "reused" : "it runs"}`, "course-playground-verdict"));
    }
    return parts;
  }

  function draw() {
    const [order, busy, built, error] = ["order", "busy", "built", "error"].map((name) => model.get(name));
    const focused = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.block : undefined;
    const inItem = document.activeElement?.tagName === "LI";
    list.replaceChildren(...order.map((block, place) => entry(block, place, order)));
    if (focused !== undefined && inItem) list.querySelector(`[data-block="${focused}"]`)?.focus();
    intro.textContent = built
      ? "Edit the file or move instructions (drag, ↑ ↓, or Alt with an arrow key). Tick what you think the next build reuses. Then build."
      : "First the engine builds this once. After that you change something, and predict what is reused.";
    start.textContent = built ? "Rebuild" : "Build it once";
    start.disabled = busy;
    cancel.hidden = !busy;
    area.disabled = busy;
    answer.replaceChildren();
    if (busy) said.textContent = "The engine builds …";
    else if (error.text) {
      said.textContent = error.text;
      if (error.detail) answer.append(node("pre", error.detail));
      if (error.hint) answer.append(node("p", `next: ${error.hint}`));
    } else if (model.get("results").length) {
      const asked = model.get("results").filter((one) => one.predicted !== null);
      const right = asked.filter((one) => one.predicted === one.reused).length;
      said.textContent = model.get("headline");
      if (asked.length) answer.append(node("p", `Your prediction was right for ${right} of ${asked.length} steps.`, "course-playground-score"));
    }
  }

  draw();
  const stop = listen(model, {
    "change:order": draw,
    "change:results": draw,
    "change:busy": draw,
    "change:live": draw,
    "change:built": draw,
    "change:error": draw,
    "change:file_text": () => area.value !== model.get("file_text") && (area.value = model.get("file_text")),
  });
  el.replaceChildren(box);
  return stop;
}

export default { render };
