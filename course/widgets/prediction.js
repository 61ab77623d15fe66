// One question with radio buttons. Once `answer` is set, the widget says what was predicted and what happened.
const LETTERS = "abcdef";
let count = 0;

function question(model) {
  const group = `course-prediction-${(count += 1)}`;
  const box = node("fieldset", "", "course-prediction");
  const legend = node("legend");
  legend.append(node("strong", "Predict: "), model.get("question"));
  box.append(legend);
  model.get("options").forEach((option, position) => {
    const label = node("label");
    const radio = node("input");
    radio.type = "radio";
    radio.name = group;
    radio.checked = model.get("chosen") === position;
    radio.addEventListener("change", () => {
      model.set("chosen", position);
      model.save_changes();
    });
    label.append(radio, node("span", `${LETTERS[position]}) ${option}`));
    box.append(label);
  });
  const note = node("p", model.get("note"), "course-prediction-note");
  note.setAttribute("role", "status");
  box.append(note);
  return { box, note };
}

function outcome(model) {
  const options = model.get("options");
  const [chosen, answer] = [model.get("chosen"), model.get("answer")];
  const box = node("div", "", "course-prediction course-prediction-outcome");
  const line = (lead, position) => {
    const row = node("p");
    row.append(node("strong", `${lead} `), `${LETTERS[position]}) ${options[position]}`);
    box.append(row);
  };
  if (chosen >= 0) {
    line("You predicted:", chosen);
    box.classList.add(chosen === answer ? "course-right" : "course-other");
  }
  line("What happened:", answer);
  if (chosen >= 0) {
    box.append(node("p", chosen === answer ? "✓ As you predicted." : "✗ Not as predicted. Read on: this is where it gets useful."));
  }
  return box;
}

function render({ model, el }) {
  if (model.get("answer") >= 0) {
    el.replaceChildren(outcome(model));
    return undefined;
  }
  const { box, note } = question(model);
  el.replaceChildren(box);
  const renote = () => (note.textContent = model.get("note"));
  model.on("change:note", renote);
  return () => model.off("change:note", renote);
}

export default { render };
