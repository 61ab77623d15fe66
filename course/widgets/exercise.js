// The task of an exercise, its files and five buttons. What a button did comes back as HTML: a check's in `verdict`,
// which stays below while a hint or a difference is read in `output`.
const BUTTONS = [
  ["start", "Start", "make your working copy"],
  ["check", "Check", "build, run and probe your answer"],
  ["hint", "Hint", "the next hint"],
  ["difference", "Difference", "what you changed since your last passing version"],
  ["reset", "Reset", "put your copy aside and begin again"],
];

function render({ model, el }) {
  const box = document.createElement("section");
  box.className = "course-exercise";
  const heading = document.createElement("h4");
  heading.textContent = model.get("heading");
  const task = document.createElement("div");
  task.innerHTML = model.get("task");
  const bar = document.createElement("div");
  bar.className = "course-exercise-bar";
  const buttons = BUTTONS.map(([action, label, title]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.title = title;
    button.addEventListener("click", () => act(action, label));
    bar.append(button);
    return button;
  });
  const output = document.createElement("div");
  output.className = "course-exercise-output";
  output.setAttribute("role", "status");
  const verdict = document.createElement("div");
  verdict.className = "course-exercise-verdict";
  verdict.setAttribute("role", "status");

  const editor = makeEditor(model, () => act("check", "Check"));
  const act = async (action, label) => {
    if (buttons[0].disabled) return;
    // At once: the kernel answers only when the work is done.
    buttons.forEach((button) => (button.disabled = true));
    output.textContent = `${label} …`;
    if (!["hint", "difference"].includes(action)) verdict.textContent = "";
    if (await editor.flush()) model.send({ do: action });
    else {
      buttons.forEach((button) => (button.disabled = false));
      output.textContent = "A file could not be saved: see above.";
    }
  };
  const show = () => {
    const busy = model.get("busy");
    buttons.forEach((button) => (button.disabled = busy));
    if (busy) return;
    output.innerHTML = model.get("output");
    verdict.innerHTML = model.get("verdict");
  };
  show();
  model.on("change:output", show);
  model.on("change:verdict", show);
  model.on("change:busy", show);
  box.append(heading, task, editor.element, bar, output, verdict);
  el.replaceChildren(box);
  return () => {
    editor.stop();
    model.off("change:output", show);
    model.off("change:verdict", show);
    model.off("change:busy", show);
  };
}

export default { render };
