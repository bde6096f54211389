// The main path through the generated TypeScript client, used as it is: from an organization to a
// listed centre, and from an invention to a payout with a receipt. Every answer is typed; the first
// one that is not what the path expects ends the program with its problem document.

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
  return signedIn(name, credential(name));
}

async function signedIn(
  name: string, { client_id, client_secret }: Pick<Credential, "client_id" | "client_secret">,
): Promise<Client> {
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

async function evidence(title: string, who = "m01"): Promise<string> {
  const body = new Blob([`${title}\n`], { type: "text/plain" });
  const digest = createHash("sha256").update(`${title}\n`).digest("base64");
  const headers = { "Content-Digest": `sha-256=:${digest}:`, "Content-Type": "text/plain" };
  const client = await as(who);
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

type Applied = { application: string; center: string; entity: string; people: [Client, Client] };

async function applied(): Promise<Applied> {
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
  const people = await operators(entity.id);
  await done("the legal person agrees", api.registryGiveEntityConsent({
    client: people[0], path: { center_id: drafted.center_id },
  }));
  const readiness = await done("readiness", api.registryReadApplicationReadiness({ client, path }));
  if (!readiness.ready) {
    const missing = readiness.checks.filter((check) => !check.passed);
    throw new Error(`not ready: ${JSON.stringify(missing)}`);
  }
  const receipt = await done("submitted", api.registrySubmitApplication({
    client, path, headers: version(await read()),
  }));
  console.log(`  receipt ${receipt.receipt_no}`);
  return { application: drafted.id, center: drafted.center_id, entity: entity.id, people };
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

// The programme's day, moved on as the path needs it; a stack's clock never goes back.
async function day(plus: number): Promise<string> {
  const { now } = await done("the clock", api.sandboxClock({ client: await as("admin") }));
  const shanghai = new Date(Date.parse(now) + (8 * 60 + plus * 24 * 60) * 60_000);
  return shanghai.toISOString().slice(0, 10);
}

async function moveTo(date: string): Promise<void> {
  await done(`the clock at ${date}`, api.sandboxMoveClock({
    client: await as("admin"), body: { now: `${date}T02:00:00Z` },
  }));
  // Tokens are of real time and stay good.
}

async function until<T>(what: string, read: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await read();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what}: it did not come to hold in time`);
}

// Two people of the centre's legal person: what one drafts, the other approves.
async function operators(entity: string): Promise<[Client, Client]> {
  const made: Client[] = [];
  for (const place of ["甲", "乙"]) {
    const client = made[0] ?? await as("admin");
    const program = await done(`operator ${place}`, api.identityRegisterClient({ client, body: {
      name: `ts-${number}-${place}`, org_id: entity, person: { name: `运营人${place}` },
      roles: ["member"],
    } }));
    made.push(await signedIn(`operator ${place}`, program));
  }
  return made as [Client, Client];
}

async function agreed(center: string, text: string): Promise<void> {
  const client = await as("m01");
  const body = new Blob([text], { type: "text/plain" });
  const hash = createHash("sha256").update(text);
  const sha256 = hash.copy().digest("hex");
  const headers = {
    "Content-Digest": `sha-256=:${hash.digest("base64")}:`, "Content-Type": "text/plain",
  };
  const { id } = await done("the agreement's text", api.registryStoreFile({ client, body, headers }));
  const parties = ["m03", "m01", "m02", "m20", "m08"] as const;
  const shares = parties.map((name, place) => ({
    org_id: credential(name).org_id, ppm: [400_000, 350_000, 150_000, 50_000, 50_000][place] ?? 0,
  }));
  const clause = { ticked: true, evidence: "第三条" };
  const agreement = await done("an agreement", api.ipLedgerProposeAgreement({ client, body: {
    center_id: center, text_file_id: id,
    parties: parties.map((name) => ({ org_id: credential(name).org_id })),
    clauses: {
      joint_development: clause, complementarity: clause, result_sharing: clause,
      risk_sharing: clause,
    },
    benefit_shares: shares, risk_shares: shares, rounding: "largest_remainder",
    exit_method: "event_dated", effective_on: await day(0),
  } }));
  for (const name of parties) {
    await done(`${name} signs`, api.ipLedgerSignAgreement({
      client: await as(name), path: { agreement_id: agreement.id }, body: { text_sha256: sha256 },
    }));
  }
}

async function listed(application: string, center: string, first: Client): Promise<void> {
  const path = { application_id: application };
  const handler = await as("handler");
  const state = (wanted: string) => until(wanted, async () => (
    (await done("the application", api.registryGetApplication({ client: handler, path }))).state
  ), (found) => found === wanted);
  await state("site_visit");
  const experts: string[] = [];
  for (const name of ["ex05", "ex07"]) {
    const me = await done(`who ${name} is`, api.identityMe({ client: await as(name) }));
    experts.push(me.expert_id ?? "");
  }
  const visit = await done("a site visit", api.evaluationReportSiteVisit({ client: handler, body: {
    subject_type: "application", subject_id: application, visited_on: await day(0),
    expert_ids: experts, report_file_id: await evidence("现场考察报告", "handler"),
  } }));
  for (const name of ["ex05", "ex07"]) {
    await done(`${name} signs`, api.evaluationSignSiteVisit({
      client: await as(name), path: { visit_id: visit.id },
    }));
  }
  await state("commission_review");
  await agreed(center, `知识产权协议（示例 ${number}）\n`);
  const reviewer = await as("reviewer");
  await done("recommended", api.registryRecommendApplication({
    client: reviewer, path, body: { text: "五领域评审通过，建议列入试点计划" },
  }));
  const notice = await done("the notice", api.registryOpenNotice({ client: handler, path }));
  const approver = await as("approver");
  const approval = { client: approver, path, body: { doc_no: `示例〔${YEAR}〕${number}号` } };
  await refused("approving while the notice is open", "NOTICE_OPEN", api.registryApproveApplication(approval));
  const after = new Date(Date.parse(`${notice.closes_on}T00:00:00Z`) + 86_400_000);
  await moveTo(after.toISOString().slice(0, 10));
  await done("approved", api.registryApproveApplication(approval));
  const found = await until("listing", () => done("the centre", api.registryGetCenter({
    client: first, path: { center_id: center },
  })), (one) => one.listed_on != null);
  console.log(`  listed as ${found.code} on ${found.listed_on}`);
}

async function paid(center_id: string, entity: string, people: [Client, Client]): Promise<void> {
  const [drafter, second] = people;
  const client = await as("m01");
  const today = await day(0);
  const [m01, m03] = [credential("m01").org_id, credential("m03").org_id];
  const asset = await done("know-how", api.ipLedgerRegisterAsset({ client, body: {
    center_id, kind: "know_how", title: "封装应力补偿诀窍", background: false, filed_on: today,
    inventors: [{ name: "发明人甲", org_id: m03, share_ppm: 1_000_000 }],
  } }));
  const path = { asset_id: asset.id };
  const change = { valid_from: today, cause: "initial" as const, consents: [m03, m01, entity] };
  const shares = [[m03, 400_000], [m01, 350_000], [entity, 250_000]] as const;
  await refused("shares of less than the whole", "SHARES_NOT_100", api.ipLedgerChangeOwnership({
    client, path, headers: version(asset),
    body: { ...change, shares: shares.map(([owner_id, ppm]) => ({ owner_id, ppm: ppm - 1 })) },
  }));
  await done("its owners", api.ipLedgerChangeOwnership({
    client, path, headers: version(asset),
    body: { ...change, shares: shares.map(([owner_id, ppm]) => ({ owner_id, ppm })) },
  }));
  const license = await done("a license", api.ipLedgerGrantLicense({ client: drafter, body: {
    asset_id: asset.id, licensor_id: entity, licensee_uscc: number, type: "ordinary",
    territory: "CN", effective_on: today,
  } }));
  const money_in = await done("money in", api.ipLedgerRecordRevenue({ client: drafter, body: {
    asset_id: asset.id, source_id: license.id, kind: "license", gross: money(120_000_000),
    deductions: [{ kind: "tax", amount: money(11_792_453), evidence: [] }], received_on: today,
  } }));
  const rule = { owner_id: m03, basis: "rule" as const };
  const draft = (rate_ppm: number) => ({
    client: drafter,
    body: { revenue_event_ids: [money_in.id], reward_rules: [{ ...rule, rate_ppm }] },
  });
  await refused("too low a reward", "REWARD_BELOW_FLOOR", api.ipLedgerDraftDistribution(draft(450_000)));
  const run = await done("a distribution", api.ipLedgerDraftDistribution(draft(700_000)));
  const amounts = run.lines.map((line) => line.amount.amount).join(" ");
  if (amounts !== "43283019 37872641 27051887") throw new Error(`the lines are ${amounts}`);
  const of = { path: { run_id: run.id } };
  for (const owner of [await as("m03"), client, drafter]) {
    await done("an owner confirms", api.ipLedgerConfirmDistribution({
      ...of, client: owner, body: { plan_hash: run.plan_hash },
    }));
  }
  await refused("approving one's own draft", "SOD_VIOLATION", api.ipLedgerApproveDistribution({
    ...of, client: drafter,
  }));
  await done("approved by the second", api.ipLedgerApproveDistribution({ ...of, client: second }));
  await done("paid", api.ipLedgerPayDistribution({ ...of, client: second }));
  const line = run.lines.find((one) => one.payee_id === m01);
  if (line === undefined) throw new Error("no line for m01");
  const receipt = await done("the receipt of a line", api.ipLedgerGetReceipt({
    client, path: { record_id: line.id }, headers: { Prefer: "wait=checkpoint" },
  }));
  if (receipt.proof.length === 0 && receipt.leaf_index > 0) throw new Error("an empty proof");
}

const { application, center, entity, people } = await applied();
await reviewed(application);
await listed(application, center, people[0]);
await paid(center, entity, people);
console.log("The TypeScript client walked the path.");
