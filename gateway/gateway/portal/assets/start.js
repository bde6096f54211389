// Fills the reader's own token into the calls of this page. The secret goes to this house's token
// endpoint and nowhere else; the token lives in this page's memory, and is gone with it.
const form = document.getElementById("own-token");
const told = form.querySelector("[role=status]");
const blocks = [...document.querySelectorAll("pre code")].map((place) => [place, place.textContent]);
let ending;

// Where a sample fetches a token, the token itself stands instead.
const FETCHING = [
  [/^TOKEN=\$\([\s\S]*?\]\)'\)$/m, (token) => `TOKEN='${token}'`],
  [/^token = \([\s\S]*?^\)$/m, (token) => `token = "${token}"`],
  [/^const credentials = [\s\S]*?await granted\.json\(\);$/m, (token) => `const access_token = "${token}";`],
];

function filled(text, token) {
  for (const [fetching, own] of FETCHING) text = text.replace(fetching, () => own(token));
  return text.replace(/^TOKEN='[^']*'\n/m, "").replaceAll("$TOKEN", token);
}

function restore(words) {
  for (const [place, text] of blocks) place.textContent = text;
  told.textContent = words;
}

async function fill(event) {
  event.preventDefault();
  clearTimeout(ending);
  const [id, secret] = [form.elements.client_id, form.elements.client_secret];
  try {
    const answer = await fetch("/oauth/token", {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${id.value.trim()}:${secret.value.trim()}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const body = await answer.json();
    if (!answer.ok) {
      restore(`${answer.status} ${body.error ?? body.code ?? ""}`);
      return;
    }
    for (const [place, text] of blocks) place.textContent = filled(text, body.access_token);
    told.textContent = form.dataset.filled;
    secret.value = "";
    ending = setTimeout(() => restore(form.dataset.ended), body.expires_in * 1000);
  } catch (error) {
    restore(String(error));
  }
}

form.addEventListener("submit", fill);
