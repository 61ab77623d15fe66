// The files of an exercise: a tab each, a text area with line numbers, and what saves them.
// A question to the kernel bears an id, and its answer too; two views of one panel must not mix them up.
function makeEditor(model, onCheck) {
  const me = Math.random().toString(36).slice(2);
  const waiting = new Map();
  const open = new Map(); // name → {text, saved, version, start, end, top}
  let asked = 0;
  let current = "";
  let leaving = false;

  const box = node("div", "", "course-editor");
  const tabs = node("div", "", "course-editor-tabs");
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Your files");
  const sheet = node("div", "", "course-editor-sheet");
  const numbers = node("div", "", "course-editor-numbers");
  numbers.setAttribute("aria-hidden", "true");
  const area = node("textarea");
  Object.assign(area, { spellcheck: false, wrap: "off", rows: 12, autocapitalize: "off", autocomplete: "off" });
  sheet.append(numbers, area);
  const notice = node("p", "", "course-editor-notice");
  notice.setAttribute("role", "status");
  const bar = node("form", "", "course-exercise-bar");
  const fresh = node("input");
  Object.assign(fresh, { type: "text", placeholder: "name of a new file", maxLength: 300 });
  fresh.setAttribute("aria-label", "Name of a new file");
  const keys = node("p", "Ctrl-S saves, Ctrl-Enter checks. Tab indents; Esc, then Tab, leaves the text.", "course-faint");
  const save = button("Save", "write this file (Ctrl-S)", () => store(current));
  const make = button("New file", "make an empty file of that name", () => create());
  const drop = button("Delete file", "take this file out of your copy; it is kept in work/.old", () => remove());
  bar.append(save, drop, fresh, make);
  box.append(tabs, sheet, notice, bar, keys);

  const ask = (question) =>
    new Promise((resolve) => {
      const id = `${me}-${(asked += 1)}`;
      waiting.set(id, resolve);
      model.send({ ...question, id });
    });
  const hear = (message) => {
    const resolve = waiting.get(message.answer);
    waiting.delete(message.answer);
    if (resolve) resolve(message);
  };

  const isDirty = (name) => open.has(name) && open.get(name).text !== open.get(name).saved;
  const say = (text, ...choices) => notice.replaceChildren(text, ...choices);
  const complain = (answer) => say([answer.problem, answer.hint].filter(Boolean).join(" "));

  function drawTabs() {
    const focused = tabs.contains(document.activeElement);
    tabs.replaceChildren(
      ...model.get("files").map(({ name, note }) => {
        const tab = button(isDirty(name) ? `${name} •` : name, note, () => pick(name));
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-selected", String(name === current));
        if (isDirty(name)) tab.setAttribute("aria-label", `${name}, not saved`);
        tab.tabIndex = name === current ? 0 : -1;
        return tab;
      }),
    );
    if (focused) tabs.querySelector("[aria-selected=true]")?.focus();
  }

  function drawNumbers() {
    const lines = area.value.split("\n").length;
    if (numbers.childElementCount !== lines) {
      numbers.replaceChildren(...Array.from({ length: lines }, (_, at) => node("div", String(at + 1))));
    }
    numbers.scrollTop = area.scrollTop;
  }

  function remember() {
    const file = open.get(current);
    if (file) Object.assign(file, { start: area.selectionStart, end: area.selectionEnd, top: area.scrollTop });
  }

  async function pick(name) {
    remember();
    current = name;
    const { version, note } = model.get("files").find((file) => file.name === name) ?? { version: "", note: "" };
    area.setAttribute("aria-label", `Text of ${name}`);
    area.disabled = !version;
    save.disabled = !version;
    say(version ? note : `Not edited here: ${note}. Use a program of your own.`);
    if (version && !open.has(name)) await read(name);
    if (current !== name) return; // another tab was picked while this one was read
    const file = version ? open.get(name) : undefined;
    area.value = file?.text ?? "";
    if (file) area.setSelectionRange(file.start, file.end);
    area.scrollTop = file?.top ?? 0;
    drawTabs();
    drawNumbers();
  }

  async function read(name) {
    const answer = await ask({ do: "read", name });
    if (answer.problem) return complain(answer);
    const { start = 0, end = 0, top = 0 } = open.get(name) ?? {};
    open.set(name, { text: answer.text, saved: answer.text, version: answer.version, start, end, top });
  }

  async function reread(name) {
    await read(name);
    if (name === current) await pick(name);
  }

  // Whether the file is as the page shows it, on the disk.
  async function store(name) {
    if (!isDirty(name)) return true;
    const file = open.get(name);
    const text = file.text;
    const answer = await ask({ do: "save", name, text, version: file.version });
    if (answer.changed) {
      const theirs = button("Take its text", "yours is lost", () => reread(name));
      const mine = button("Keep mine", "its text is lost", () => keepMine(name));
      say(`${answer.problem} `, theirs, " ", mine);
    } else if (answer.problem) complain(answer);
    else {
      Object.assign(file, { saved: text, version: answer.version });
      say(`${name} is saved.`);
    }
    drawTabs();
    return !answer.problem;
  }

  async function keepMine(name) {
    const answer = await ask({ do: "read", name });
    if (answer.problem) return complain(answer);
    Object.assign(open.get(name), { version: answer.version, saved: answer.text });
    await store(name);
  }

  async function create() {
    const name = fresh.value.trim();
    if (!name) return fresh.focus();
    const answer = await ask({ do: "create", name });
    if (answer.problem) return complain(answer);
    fresh.value = "";
    await pick(name);
    area.focus();
  }

  async function remove() {
    const name = current;
    const answer = await ask({ do: "delete", name });
    if (answer.problem) return complain(answer);
    open.delete(name);
    const first = model.get("files")[0];
    if (first) await pick(first.name);
    say(`${name} is out of your copy. It is kept: ${answer.kept}`);
  }

  // The copy can be another one by now, or changed by another program.
  async function refresh() {
    const files = model.get("files");
    box.hidden = !files.length;
    for (const [name, file] of [...open]) {
      const now = files.find((one) => one.name === name);
      if (!now) open.delete(name);
      else if (now.version !== file.version && !isDirty(name)) await reread(name);
    }
    if (!files.length) return;
    if (files.some(({ name }) => name === current)) drawTabs();
    else await pick(files[0].name);
  }

  function indent(event) {
    const unit = current.endsWith(".py") ? "    " : "  ";
    if (event.shiftKey) {
      const from = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
      const spaces = /^ */.exec(area.value.slice(from))[0].length;
      const less = Math.min(spaces, unit.length);
      const at = Math.max(from, area.selectionStart - less);
      area.setSelectionRange(from, from + less);
      if (less) document.execCommand("delete");
      area.setSelectionRange(at, at);
    } else document.execCommand("insertText", false, unit); // and it can be undone
  }

  keepKeys(box);
  box.addEventListener("focusin", (event) => {
    if (!box.contains(event.relatedTarget)) ask({ do: "list" });
  });
  box.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "s") store(current);
    else if (command && event.key === "Enter") onCheck();
    else if (event.target === fresh && event.key === "Enter") create();
    else if (event.target === area && event.key === "Tab" && !leaving && !command) indent(event);
    else if (event.target.getAttribute("role") === "tab" && /^Arrow(Left|Right)$/.test(event.key)) {
      const names = model.get("files").map(({ name }) => name);
      const step = event.key === "ArrowRight" ? 1 : names.length - 1;
      pick(names[(names.indexOf(current) + step) % names.length]);
    } else {
      if (event.key !== "Tab" && event.key !== "Shift") leaving = event.key === "Escape";
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  bar.addEventListener("submit", (event) => event.preventDefault());
  area.addEventListener("blur", () => (leaving = false));
  area.addEventListener("input", () => {
    const file = open.get(current);
    if (!file) return;
    const was = isDirty(current);
    file.text = area.value;
    if (was !== isDirty(current)) drawTabs();
    drawNumbers();
  });
  area.addEventListener("scroll", () => (numbers.scrollTop = area.scrollTop));

  const stop = listen(model, { "msg:custom": hear, "change:files": refresh });
  refresh();
  return {
    element: box,
    stop,
    // Saves everything; whether it could.
    async flush() {
      for (const name of [...open.keys()]) if (!(await store(name))) return false;
      return true;
    },
  };
}
