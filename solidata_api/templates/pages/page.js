
// Each form names what it does (data-act); an act answers with what is told when it is done. The token stays in the
// address, and goes nowhere but to the API of this service.
const told = document.getElementById("told");
const words = JSON.parse(document.getElementById("words").textContent);
const token = new URLSearchParams(location.search).get("token") || "";
const acts = {
  post: async (form, given) => {
    await ask("POST", form.dataset.path, {token, ...given});
    return form.dataset.done;
  },
};

function tell(text, mood) {
  told.textContent = text;
  told.className = mood;
}

async function ask(method, path, body, access) {
  const headers = {Accept: "application/json"};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = `Bearer ${access}`;
  const answer = await fetch(`/api/v1${path}`, {method, headers, body: body && JSON.stringify(body)}).catch(() => {
    throw {status: 0, problem: {}};
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw {status: answer.status, problem: said};
  return said;
}

function entered(form) {
  const inputs = [...form.elements].filter(input => input.name && !input.dataset.local);
  return Object.fromEntries(inputs.map(input => [input.name, input.type === "checkbox" ? input.checked : input.value]));
}

function mark(input, text) {
  const note = document.createElement("p");
  note.className = "fault";
  note.id = `${input.id}-fault`;
  note.textContent = text;
  (input.closest("label") || input).after(note);
  input.setAttribute("aria-invalid", "true");
  input.dataset.described = input.getAttribute("aria-describedby") || "";
  input.setAttribute("aria-describedby", `${input.dataset.described} ${note.id}`.trim());
}

function unmark(form) {
  form.querySelectorAll(".fault").forEach(note => note.remove());
  form.querySelectorAll("[aria-invalid]").forEach(input => {
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", input.dataset.described);
  });
}

function show(form, failure) {
  const elsewhere = [];
  for (const fault of failure.problem.errors || []) {
    const input = form.elements.namedItem(fault.pointer.slice(1));
    const text = words.faults[fault.pointer] || fault.message;
    if (input) mark(input, text); else elsewhere.push(text);
  }
  const marked = form.querySelector("[aria-invalid]");
  const unforeseen = failure.problem.detail || words.problems[0];
  tell(elsewhere.join(" ") || (marked ? words.look : words.problems[failure.status] || unforeseen), "bad");
  (marked || told).focus();
}

function repeated(form) {
  const again = form.elements.namedItem("again");
  if (!again || again.value === form.elements.namedItem("password").value) return true;
  mark(again, words.differ);
  tell(words.look, "bad");
  again.focus();
  return false;
}

for (const form of document.forms) form.addEventListener("submit", async event => {
  event.preventDefault();
  unmark(form);
  if (!repeated(form)) return;
  const buttons = document.querySelectorAll("button");
  buttons.forEach(button => button.disabled = true);
  tell(words.wait, "");
  try {
    tell(await acts[form.dataset.act](form, entered(form)), "good");
    document.querySelectorAll(".before").forEach(part => part.hidden = true);
    told.focus();
  } catch (failure) {
    if (!("status" in failure)) throw failure;
    show(form, failure);
  } finally {
    buttons.forEach(button => button.disabled = false);
  }
});

if (!token) {
  tell(words.faults["/token"], "bad");
  document.querySelectorAll(".before").forEach(part => part.hidden = true);
}
