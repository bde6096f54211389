// The main path through the generated TypeScript client, used as it is: from an organization to a
// reviewed application, and from an invention to a receipt. Every answer is typed; the first one
// that is not what the path expects ends the program with its problem document.

import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

import { createClient, type Client } from "./typescript/client/index.js";
import * as api from "./typescript/sdk.gen.js";
import type { CoreTechnologyIn, PlanIn, Problem, SponsorProfileIn } from "./typescript/types.gen.js";

type Credential = { client_id: string; client_secret: string; sub: string; org_id: string };

const [address, file, number, targetsFile] = process.argv.slice(2) as [
  string, string, string, string,
];
const credentials = JSON.parse(readFileSync(file, "utf8")) as Record<string, Credential>;
const callers = new Map<string, Client>();
const YEAR = 2026;

function credential(name: string): Credential {
  const found = credentials[name];
  if (found === undefined) throw new Error(`there is no credential ${name}`);
  return found;
}

async function as(name: string): Promise<Client> {
  const known = callers.get(name);
  if (known !== undefined) return known;
  const { client_id, client_secret } = credential(name);
  const plain = createClient({ baseUrl: address });
  const token = await done("a token", api.oauthToken({
    client: plain,
    headers: { Authorization: "Basic " + btoa(`${client_id}:${client_secret}`) },
    body: { grant_type: "client_credentials" },
  }));
  const client = createClient({ baseUrl: address, auth: () => token.access_token });
  client.interceptors.request.use((request) => {
    if (request.method === "POST") request.headers.set("Idempotency-Key", randomUUID());
    return request;
  });
  callers.set(name, client);
  return client;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

async function done<T>(what: string, call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined || data === null) {
    throw new Error(`${what}: ${response.status} ${JSON.stringify(error)}`);
  }
  console.log(`✓ ${what}`);
  return data as NonNullable<T>;
}

async function refused<T>(what: string, code: string, call: Promise<Answer<T>>): Promise<void> {
  const { error, response } = await call;
  const checks = (error as Problem | undefined)?.errors ?? [];
  if (response.ok || !checks.some((check) => check.code === code)) {
    throw new Error(`${what}: ${response.status}, not ${code}, but ${JSON.stringify(checks)}`);
  }
  console.log(`✓ ${what}: refused, ${code}`);
}

const version = (of: { version: number }) => ({ "If-Match": `"${of.version}"` });
const money = (amount: number) => ({ amount, currency: "CNY" as const });

async function evidence(title: string): Promise<string> {
  const body = new Blob([`${title}\n`], { type: "text/plain" });
  const digest = createHash("sha256").update(`${title}\n`).digest("base64");
  const headers = { "Content-Digest": `sha-256=:${digest}:`, "Content-Type": "text/plain" };
  const client = await as("m01");
  return (await done("a file", api.registryStoreFile({ client, body, headers }))).id;
}

const profile = (year: number): SponsorProfileIn => ({
  rd_spend: money(6_400_000_000),
  rd_assets: money(18_000_000_000),
  net_assets: money(95_000_000_000),
  revenue: money(210_000_000_000),
  rd_staff: 320,
  past_projects: [{
    name: "重点研发项目（示例）", level: "national", accepted_on: `${year}-11-20`,
    acceptance_result: "通过验收",
  }],
  platforms: [{ name: "市级企业技术中心", level: "municipal", approval_no: `示例-${year}-01` }],
  equipment: [{ name: "薄膜沉积验证线", original_value: money(3_600_000_000) }],
  senior_talents: [{ person_ref: `talent-${year}`, title: "正高级工程师" }],
  integration_evidence: [{ text: "牵头产业链联合攻关三项" }],
  diffusion_evidence: [{ text: "近三年对外技术转让十二项" }],
  commercialization_evidence: [{ text: "两项成果实现首次商业化" }],
  discipline_evidence: [{ text: "微电子学与固体电子学" }],
});

const TECHNOLOGY: CoreTechnologyIn = {
  name: "晶圆级缺陷在线检测",
  kind: "common_key_tech",
  target_level: "domestic_leading",
  own_ip_basis: "已申请发明专利六件",
};

async function applied(): Promise<{ application: string; center: string; entity: string }> {
  const client = await as("m01");
  const entity = await done("a legal person", api.registryRegisterOrganization({ client, body: {
    uscc: number, name: `上海示例创新中心 ${number}`, org_type: "enterprise",
    legal_person_kind: "independent", region_code: "310115", registered_on: "2025-06-01",
  } }));
  const drafted = await done("a draft", api.registryCreateApplication({ client, body: {
    name: `上海示例创新中心 ${number}`, model_type: "enterprise",
    field_codes: ["integrated_circuit"], applicant_form: "legal_entity",
    lead_sponsor_id: credential("m01").org_id, legal_entity_id: entity.id,
  } }));
  const path = { application_id: drafted.id };
  const read = async () => done("the draft again", api.registryGetApplication({ client, path }));
  await refused("submitting an empty draft", "MATERIAL_MISSING", api.registrySubmitApplication({
    client, path, headers: version(await read()),
  }));
  for (const year of [YEAR - 3, YEAR - 2, YEAR - 1]) {
    await done(`the figures of ${year}`, api.registrySetSponsorProfile({
      client, path: { ...path, year }, body: profile(year),
    }));
  }
  await done("a core technology", api.registryAddCoreTechnology({ client, path, body: TECHNOLOGY }));
  const file_id = await evidence("建设和运行方案");
  for (const kind of ["plan", "commitment_letter", "articles_or_agreement"] as const) {
    await done(`material ${kind}`, api.registryFileMaterial({
      client, path: { ...path, kind }, body: { file_id },
    }));
  }
  await done("the plan", api.registryWriteApplicationPlan({
    client, path, body: plan(), headers: version(await read()),
  }));
  for (const [name, chain_position] of [
    ["m02", "upstream"], ["m03", undefined], ["m20", undefined], ["m08", "user"],
  ] as const) {
    const body = {
      org_id: credential(name).org_id, role: "member" as const,
      ...(chain_position === undefined ? {} : { chain_position }),
    };
    const membership = await done(`${name} is invited`, api.registryInviteMember({ client, path, body }));
    await done(`${name} confirms`, api.registryConfirmMembership({
      client: await as(name), path: { membership_id: membership.id },
    }));
  }
  const readiness = await done("readiness", api.registryReadApplicationReadiness({ client, path }));
  if (!readiness.ready) {
    const missing = readiness.checks.filter((check) => !check.passed);
    throw new Error(`not ready: ${JSON.stringify(missing)}`);
  }
  const receipt = await done("submitted", api.registrySubmitApplication({
    client, path, headers: version(await read()),
  }));
  console.log(`  receipt ${receipt.receipt_no}`);
  return { application: drafted.id, center: drafted.center_id, entity: entity.id };
}

// The plan's parts; each target belongs to one by the letter of its indicator.
const PARTS = ["中长期研发项目", "成果转移扩散和首次商业化应用", "资金筹措运行", "研发投入", "成果转化收益预算"];
const PART_OF: Record<string, number> = { A: 1, B: 2, C: 2, D: 4, E: 1 };

function plan(): PlanIn {
  const targets = JSON.parse(readFileSync(targetsFile, "utf8")) as [string, string, string][];
  return {
    horizon_years: 5,
    parts: PARTS.map((title, place) => ({ part: place + 1, text: `${title}：目标、路径、责任单位` })),
    targets: [YEAR + 1, YEAR + 2].flatMap((year) => targets.map(([metric_code, unit, value]) => ({
      part: PART_OF[metric_code.charAt(0)] ?? 1, metric_code, unit, year, value,
    }))),
  };
}

async function reviewed(application: string): Promise<void> {
  const handler = await as("handler");
  await done("the formal check", api.registryCheckFormally({
    client: handler, path: { application_id: application },
    body: { result: "accept", items: [] },
  }));
  const expert_ids: string[] = [];
  const names = ["ex02", "ex04", "ex05", "ex06", "ex07", "ex08", "ex09"];
  for (const name of names) {
    const me = await done(`who ${name} is`, api.identityMe({ client: await as(name) }));
    if (me.expert_id == null) throw new Error(`${name} is no expert`);
    expert_ids.push(me.expert_id);
  }
  const panel = await done("a panel", api.evaluationFormPanel({ client: handler, body: {
    subject_type: "application", subject_id: application, expert_ids,
  } }));
  for (const [place, name] of names.entries()) {
    const client = await as(name);
    const sheet = panel.sheets.find((one) => one.expert_id === expert_ids[place]);
    if (sheet === undefined) throw new Error(`no sheet for ${name}`);
    const path = { sheet_id: sheet.id };
    await done(`${name} declares`, api.evaluationDeclareInterests({
      client, path, body: { conflict: false, statement: "与申报各方无利害关系" },
    }));
    const items = ["technology", "economy", "industry", "management", "legal_ip"].map(
      (indicator) => ({ indicator, score: "82.00", comment: "见材料" }),
    );
    await done(`${name} scores`, api.evaluationSaveScoreItems({ client, path, body: { items } }));
    await done(`${name} submits`, api.evaluationSubmitScoreSheet({ client, path }));
  }
}

async function owned(center_id: string): Promise<void> {
  const client = await as("m01");
  const m01 = credential("m01").org_id;
  const body = {
    center_id, kind: "know_how" as const, title: "封装应力补偿诀窍", background: false,
    filed_on: "2026-01-05", inventors: [],
  };
  const asset = await done("know-how", api.ipLedgerRegisterAsset({ client, body }));
  const change = {
    valid_from: "2026-01-05", cause: "initial" as const, consents: [m01],
  };
  const path = { asset_id: asset.id };
  await refused("shares of less than the whole", "SHARES_NOT_100", api.ipLedgerChangeOwnership({
    client, path, headers: version(asset),
    body: { ...change, shares: [{ owner_id: m01, ppm: 999_999 }] },
  }));
  const owners = await done("its owner", api.ipLedgerChangeOwnership({
    client, path, headers: version(asset),
    body: { ...change, shares: [{ owner_id: m01, ppm: 1_000_000 }] },
  }));
  const receipt = await done("its receipt", api.ipLedgerGetReceipt({
    client, path: { record_id: owners.id }, headers: { Prefer: "wait=checkpoint" },
  }));
  if (receipt.proof.length === 0 && receipt.leaf_index > 0) throw new Error("an empty proof");
}

const { application, center } = await applied();
await reviewed(application);
await owned(center);
console.log("The TypeScript client walked the path.");
