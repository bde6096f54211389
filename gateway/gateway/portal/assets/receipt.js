// Checks a receipt of the log as `zhichuang verify` does: nothing is trusted but the public key.
// Runs in a browser and in Node, with the platform's own SHA-256 and Ed25519; sends nothing.

const FIELDS = ["record", "leaf_index", "proof", "checkpoint", "tlog_proof", "openings"];
const MAX_PROOF = 64;
// An entry's record in its small form (`v` 2): a first byte with which no JSON begins, then bytes in
// fixed places, each with one meaning.
const SMALL = 2;
const SMALL_HEAD = 48;
const SMALL_SEALS = ["lines", "reference", "recorded_by", "exchange_rate"];
const ENTRY_KINDS = ["ordinary", "opening", "exchange"];
// From the year 1 to the year 9999, in seconds and in days since 1970.
const SECONDS = [-62135596800n, 253402300799n];
const DAYS = [-719162, 2932896];
// The y of each point of a small order on Curve25519: such a key fits signatures of any text.
const FIELD = 2n ** 255n - 19n;
const SMALL_ORDERS = [
  0n, 1n, FIELD - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
];
const text = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ReceiptError extends Error {}

function need(condition, message) {
  if (!condition) throw new ReceiptError(message);
}

function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

export function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function unbase64(value, where) {
  need(typeof value === "string", `${where}: no text`);
  let bytes;
  try {
    bytes = Uint8Array.from(atob(value), (sign) => sign.charCodeAt(0));
  } catch {
    throw new ReceiptError(`${where}: no base64`);
  }
  need(base64(bytes) === value, `${where}: base64 in another spelling`);
  return bytes;
}

// Python sorts names by code point, JavaScript by UTF-16 unit: they differ beyond U+FFFF.
function byCodePoint(a, b) {
  const [first, second] = [[...a], [...b]];
  for (let at = 0; at < Math.min(first.length, second.length); at += 1) {
    const step = first[at].codePointAt(0) - second[at].codePointAt(0);
    if (step) return step;
  }
  return first.length - second.length;
}

export function canonical(value) {
  if (typeof value === "number") {
    need(Number.isSafeInteger(value), "a number that is no safe integer");
    return String(value);
  }
  // The log keeps what lies beyond ASCII as it is, and so does JSON.stringify; a lone surrogate is
  // no text, and U+007F is left alone by both.
  if (typeof value === "string") {
    need(value.isWellFormed?.() ?? !/[\ud800-\udfff]/.test(value.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "")), "text that is no Unicode");
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const names = Object.keys(value).sort(byCodePoint);
  return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
}

// A point in its one spelling, and none whose multiples end at once.
function signs(raw) {
  const y = raw.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) & (2n ** 255n - 1n);
  return y < FIELD && !SMALL_ORDERS.includes(y);
}

export async function readKey(line) {
  const trimmed = line.replace(/\n$/, "");
  const plus = trimmed.indexOf("+");
  const name = trimmed.slice(0, plus);
  const [keyId, ...encoded] = trimmed.slice(plus + 1).split("+");
  need(plus > 0 && !/\s/.test(name), "key: no name");
  const raw = unbase64(encoded.join("+"), "key");
  need(raw.length === 33 && raw[0] === 1, "key: no Ed25519 key");
  need(signs(raw.slice(1)), "key: no point that signs");
  const id = (await sha256(text.encode(`${name}\n`), raw)).slice(0, 4);
  const hex = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  need(hex === keyId, "key: its id is another key's");
  const key = await crypto.subtle.importKey("raw", raw.slice(1), { name: "Ed25519" }, false, ["verify"]);
  return { name, id, key };
}

async function signedText(note, key) {
  need(typeof note === "string", "checkpoint: no text");
  need(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "checkpoint: a control character");
  const gap = note.lastIndexOf("\n\n");
  const signatures = note.slice(gap + 2);
  need(gap > 0 && signatures.endsWith("\n"), "checkpoint: no signed note");
  const signed = note.slice(0, gap + 1);
  let mine = 0;
  for (const line of signatures.slice(0, -1).split("\n")) {
    const [dash, name, ...encoded] = line.split(" ");
    need(dash === "—" && name && encoded.length, "checkpoint: a broken signature line");
    const raw = unbase64(encoded.join(" "), "checkpoint signature");
    if (name !== key.name || !same(raw.slice(0, 4), key.id)) continue;
    const holds = await crypto.subtle.verify("Ed25519", key.key, raw.slice(4), text.encode(signed));
    need(holds, "checkpoint: the signature does not fit");
    mine += 1;
  }
  need(mine < 2, "checkpoint: signed twice by one key");
  need(mine, "checkpoint: not signed by this key");
  return signed;
}

async function readCheckpoint(note, key) {
  const lines = (await signedText(note, key)).split("\n");
  need(lines.length === 4 && lines[3] === "", "checkpoint: not three lines");
  const [origin, size, root] = lines;
  need(origin === key.name, "checkpoint: of another log");
  need(/^(0|[1-9][0-9]{0,14})$/.test(size), "checkpoint: no tree size");
  const hash = unbase64(root, "checkpoint root");
  need(hash.length === 32, "checkpoint: no root");
  return { origin, size: Number(size), root: hash };
}

// RFC 9162, section 2.1.3.2; indexes beyond 2^32 need arithmetic without JavaScript's bit operators.
async function rootFrom(leaf, index, size, proof) {
  let [place, last, current] = [BigInt(index), BigInt(size - 1), leaf];
  for (const sibling of proof) {
    need(last > 0n, "proof: too long");
    if (place & 1n || place === last) {
      current = await sha256(new Uint8Array([1]), sibling, current);
      while (place && !(place & 1n)) { place >>= 1n; last >>= 1n; }
    } else {
      current = await sha256(new Uint8Array([1]), current, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  need(last === 0n, "proof: too short");
  return current;
}

async function openedFields(record, openings) {
  const { sealed } = record;
  need(sealed && typeof sealed === "object" && !Array.isArray(sealed), "record: it says nothing of sealed fields");
  const opened = {};
  for (const opening of openings) {
    need(opening && Object.keys(opening).sort().join() === "name,salt,value", "openings: a broken one");
    const { name, salt, value } = opening;
    need(typeof name === "string" && /^[\x00-\x7f]*$/.test(name), "openings: no name");
    need(Object.hasOwn(sealed, name) && !Object.hasOwn(opened, name), `openings: ${name} is no field, or named twice`);
    const salted = unbase64(salt, "opening");
    need(salted.length === 16, "openings: a broken salt");
    const label = text.encode(`zhichuang opening v1\n${name}\n`);
    const digest = await sha256(label, salted, text.encode(canonical(value)));
    need(base64(digest) === sealed[name], `openings: ${name} does not fit`);
    opened[name] = value;
  }
  return opened;
}

function parsed(written, where) {
  try {
    return JSON.parse(typeof written === "string" ? written : utf8.decode(written));
  } catch {
    throw new ReceiptError(`${where}: not readable as JSON`);
  }
}

function readRecord(body) {
  if (body[0] === SMALL) return smallEntry(body);
  const record = parsed(body, "record");
  need(record && typeof record === "object" && !Array.isArray(record), "record: no object");
  // Names that stand twice, and numbers that are no integers, do not come back as they were.
  need(same(text.encode(canonical(record)), body), "record: not in its one form");
  return record;
}

function smallEntry(body) {
  need(body.length >= SMALL_HEAD, "record: too short");
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const [form, kind, parts] = body.slice(1, 4);
  need(form === 1 && kind < ENTRY_KINDS.length && parts < 8, "record: of an unknown form");
  const [reversing, sourced] = [parts & 1, (parts >> 1) & 1];
  const names = SMALL_SEALS.slice(0, 3 + (parts >> 2));
  const rest = [];
  for (let at = SMALL_HEAD; at < body.length; at += 16) rest.push(body.slice(at, at + 16));
  const ids = rest.slice(0, reversing + sourced).map(uuid);
  const seals = rest.slice(ids.length, ids.length + 2 * names.length);
  const accounts = rest.slice(ids.length + 2 * names.length).map(uuid);
  need(accounts.length && rest.at(-1).length === 16, "record: cut off");
  need(accounts.every((one, at) => !at || accounts[at - 1] < one), "record: accounts in another order");
  return {
    v: 2,
    kind: "journal_entry",
    id: uuid(body.slice(16, 32)),
    center_id: uuid(body.slice(32, 48)),
    recorded_at: instant(view.getBigInt64(4)),
    document: {
      kind: ENTRY_KINDS[kind],
      effective_on: day(view.getInt32(12)),
      accounts,
      reverses_id: reversing ? ids[0] : null,
      source_id: sourced ? ids.at(-1) : null,
    },
    sealed: Object.fromEntries(names.map((name, at) => [name, base64(join(seals[2 * at], seals[2 * at + 1]))])),
  };
}

function uuid(raw) {
  const hex = [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function instant(micros) {
  const second = (micros - (((micros % 1000000n) + 1000000n) % 1000000n)) / 1000000n;
  need(second >= SECONDS[0] && second <= SECONDS[1], "record: a time beyond all");
  const part = String(micros - second * 1000000n).padStart(6, "0");
  const whole = new Date(Number(second) * 1000).toISOString().slice(0, 19);
  return part === "000000" ? `${whole}Z` : `${whole}.${part}Z`;
}

function day(number) {
  need(number >= DAYS[0] && number <= DAYS[1], "record: a time beyond all");
  return new Date(number * 86400000).toISOString().slice(0, 10);
}

// What parties signed of an agreement with keys of their own.
async function judgeParties(document, opened) {
  const told = [document.agreement_id, document.text_sha256, document.terms_sha256];
  const message = text.encode(["zhichuang agreement v1", ...told, ""].join("\n"));
  for (const one of opened.signatures ?? []) {
    const { key } = one;
    if (!key) continue;
    const [raw, signature] = [unbase64(key.public_key, "key"), unbase64(key.signature, "key")];
    need(await fits(key.algorithm, raw, signature, message), "agreement: a signature is not its party's key's");
    key.verified = true;
    // Records of an earlier version do not say when a party signed.
    if (one.signed_on === undefined) continue;
    const held = daysHold(one.signed_on, key.valid_from, key.revoked_from);
    need(held, "agreement: a key signed on a day on which it did not hold");
    key.held_that_day = true;
  }
}

async function fits(algorithm, raw, signature, message) {
  const known = {
    ed25519: [{ name: "Ed25519" }, "Ed25519", raw.length === 32 && signs(raw)],
    es256: [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }, raw.length === 65 && raw[0] === 4],
  };
  if (!Object.hasOwn(known, algorithm)) return false;
  const [kind, how, whole] = known[algorithm];
  if (!whole || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey("raw", raw, kind, false, ["verify"]);
    return await crypto.subtle.verify(how, key, signature, message);
  } catch {
    return false; // No point of the curve.
  }
}

function daysHold(on, first, end) {
  for (const one of [on, first, end ?? on]) {
    const spelled = /^(?!0000)\d{4}-\d\d-\d\d$/.test(one) && new Date(`${one}T00:00:00Z`);
    need(spelled && !Number.isNaN(+spelled) && spelled.toISOString().startsWith(one), "key: a day spelled otherwise");
  }
  return first <= on && (end === null || on < end);
}

export async function verified(receiptText, keyLine) {
  const key = await readKey(keyLine);
  const receipt = parsed(receiptText, "receipt");
  need(receipt && Object.keys(receipt).join() === FIELDS.join(), "receipt: other fields than expected");
  need(JSON.stringify(receipt) === receiptText, "receipt: written in another way");
  const { leaf_index: index, checkpoint: note } = receipt;
  need(Number.isSafeInteger(index) && index >= 0, "receipt: no leaf index");
  need(Array.isArray(receipt.proof) && receipt.proof.length <= MAX_PROOF, "proof: no list");
  need(Array.isArray(receipt.openings), "openings: no list");
  const proof = receipt.proof.map((one) => unbase64(one, "proof"));
  need(proof.every((one) => one.length === 32), "proof: a hash");
  const checkpoint = await readCheckpoint(note, key);
  need(index < checkpoint.size, "checkpoint: it does not cover the record yet");
  const body = unbase64(receipt.record, "record");
  const leaf = await sha256(new Uint8Array([0]), body);
  const root = await rootFrom(leaf, index, checkpoint.size, proof);
  need(same(root, checkpoint.root), "proof: it leads to another root");
  const file = ["c2sp.org/tlog-proof@v1", `index ${index}`, ...proof.map(base64), "", note].join("\n");
  need(receipt.tlog_proof === file, "tlog_proof: says something else");
  const record = readRecord(body);
  const opened = await openedFields(record, receipt.openings);
  if (record.kind === "agreement") await judgeParties(record.document, opened);
  return { record, opened, leafIndex: index, treeSize: checkpoint.size, origin: checkpoint.origin };
}
