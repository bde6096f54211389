// Sends what a reader fills in to this house, and shows the answer as it came.
const token = document.getElementById("token");
token.value = sessionStorage.getItem("zhichuang-token") ?? "";
token.addEventListener("input", () => sessionStorage.setItem("zhichuang-token", token.value.trim()));

function request(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = { Accept: "application/json" };
  for (const field of form.querySelectorAll("input[data-in]")) {
    const value = field.value.trim();
    if (value === "") continue;
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    if (field.dataset.in === "query") query.append(field.name, value);
    if (field.dataset.in === "header") headers[field.name] = value;
  }
  if (token.value.trim()) headers.Authorization = `Bearer ${token.value.trim()}`;
  const options = { method: form.dataset.method, headers };
  const body = form.querySelector("textarea");
  if (body) {
    options.body = body.value;
    headers["Content-Type"] = body.dataset.media;
  }
  // A key of one's own makes it safe to press the button twice.
  if (options.method !== "GET") headers["Idempotency-Key"] ??= crypto.randomUUID();
  return [path + (query.size ? `?${query}` : ""), options];
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const shown = form.querySelector("pre[role=status]");
  shown.hidden = false;
  shown.textContent = "…";
  try {
    const [path, options] = request(form);
    const answer = await fetch(path, options);
    const text = await answer.text();
    let body = text;
    try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it came */ }
    shown.textContent = `${options.method} ${path}\n${answer.status} ${answer.statusText}\n\n${body.slice(0, 100000)}`;
  } catch (error) {
    shown.textContent = String(error);
  }
}

for (const form of document.querySelectorAll(".trial form")) form.addEventListener("submit", send);
