// The page around `receipt.js`.
import { ReceiptError, verified } from "./receipt.js";

const form = document.getElementById("verify");
const told = document.getElementById("told");
const key = document.getElementById("key");

function tell(kind, words) {
  told.className = kind;
  told.textContent = words;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const found = await verified(document.getElementById("receipt").value.trim(), `${key.value.trim()}\n`);
    const shown = { ...found.record, opened: found.opened };
    tell("good", `${form.dataset.good} · ${found.origin} · ${found.leafIndex} / ${found.treeSize}\n${JSON.stringify(shown, null, 2)}`);
  } catch (error) {
    tell("wrong", `${form.dataset.wrong} · ${error instanceof ReceiptError ? error.message : error}`);
  }
});

document.getElementById("fetch-key").addEventListener("click", async () => {
  const answer = await fetch("/v1/ip-ledger/log/key");
  key.value = answer.ok ? (await answer.text()).trim() : "";
});
