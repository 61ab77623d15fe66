// In front of every widget's module: making elements, words for bytes and seconds, arrow keys.
function node(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text; // never innerHTML: paths and logs come from strangers
  if (className) made.className = className;
  return made;
}

function button(label, title, onClick) {
  const made = node("button", label);
  made.type = "button";
  if (title) made.title = title;
  made.addEventListener("click", onClick);
  return made;
}

// JupyterLab would take keys pressed in here for its own shortcuts: "d d" deletes a cell.
function keepKeys(box) {
  // It asks the focused element first whether it may; the box around it would be asked too late.
  box.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  // Its application also forbids every new line in a cell's output (JupyterFrontEnd.evtKeydown, by a listener on
  // the element itself). Stopped on the way down, that listener hears nothing; the line is still inserted.
  box.addEventListener("beforeinput", (event) => event.stopPropagation(), true);
}

function frame(className, label) {
  const box = node("section", "", `course-widget ${className}`);
  box.setAttribute("aria-label", label);
  keepKeys(box);
  return box;
}

function bytes(size) {
  let rest = size;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (rest < 1000 || unit === "GB") return `${unit === "B" || rest >= 10 ? rest.toFixed(0) : rest.toFixed(1)} ${unit}`;
    rest /= 1000;
  }
  return "";
}

const seconds = (time) => (time < 0.05 ? "" : `${time.toFixed(1)} s`);

// Listens to several traits; the answer stops listening.
function listen(model, handlers) {
  Object.entries(handlers).forEach(([name, handler]) => model.on(name, handler));
  return () => Object.entries(handlers).forEach(([name, handler]) => model.off(name, handler));
}
