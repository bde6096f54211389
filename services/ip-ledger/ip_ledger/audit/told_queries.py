"""What the audit asks of rows that no leaf tells of: whether each is what the trail says was done.

The trail itself is linked, and sealed into the log (`chain_queries`). Its audit row holds the hash
of the row that was written, and its event names who said what: either is made here once more.
"""

from typing import Final

from ip_ledger.audit.log_queries import Question

_UNTOLD: Final = "it is not what the trail says was done"
# An instant as the trail's hash has it: microseconds where there are any.
_INSTANT: Final = """to_char(t.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
    || CASE WHEN extract(microseconds FROM t.{0})::int % 1000000 = 0 THEN ''
        ELSE to_char(t.{0} AT TIME ZONE 'UTC', '.US') END || '+00:00'"""
# A row in canonical JSON: names in the order of their letters, and nothing between. Only lists have
# a blank between quotes: within a text, a quote stands behind a stroke.
_CANONICAL: Final = """(SELECT '{{' || string_agg(to_json(one.key)::text || ':'
        || replace(one.value::text, '", "', '","'), ',' ORDER BY one.key COLLATE "C") || '}}'
    FROM jsonb_each(to_jsonb(t) || jsonb_build_object({instants}) {less}) AS one)"""


def _hashed(table: str, actions: str, *instants: str, later: str | None = None) -> Question:
    """Ask for a row that is not the one of which the last audit row has the hash, or has none.

    `later` is a column that rows from before have no value for: their hash was made without it.
    """
    told = ", ".join(f"'{name}', {_INSTANT.format(name)}" for name in instants)
    less = f"- CASE WHEN t.{later} IS NULL THEN '{later}' ELSE '' END" if later else ""
    whole = _CANONICAL.format(instants=told, less="")
    hashes = [f"encode(sha256(convert_to({whole}, 'UTF8')), 'hex')"]
    if later:
        older = _CANONICAL.format(instants=told, less=less)
        hashes.append(f"encode(sha256(convert_to({older}, 'UTF8')), 'hex')")
    return Question(
        table,
        _UNTOLD,
        f"""WITH told AS (
            SELECT DISTINCT ON (a.subject_id) a.subject_id AS id, a.after_sha256
            FROM audit a WHERE a.action IN ({actions})
            ORDER BY a.subject_id, a.at DESC, a.id DESC
        )
        SELECT coalesce(t.id, told.id)::text FROM told FULL JOIN {table} t ON t.id = told.id
        WHERE told.id IS NULL OR t.id IS NULL
           OR told.after_sha256 NOT IN ({", ".join(hashes)})
        ORDER BY t.id IS NULL, told.id LIMIT 1""",
    )


def _said(table: str, key: str, columns: str, names: str, types: str) -> Question:
    """Ask for a row that no event of these types tells of, or for an event whose row is gone.

    `columns` of the row and `names` of the event bear the same names, and are equal one by one.
    """
    return Question(
        table,
        _UNTOLD,
        f"""WITH told AS (
            SELECT to_jsonb(one) AS said FROM (
                SELECT {names} FROM event e WHERE e.type IN ({types})) AS one
        ), kept AS (
            SELECT key, to_jsonb(one) - 'key' AS said FROM (
                SELECT ({key})::text AS key, {columns} FROM {table} t) AS one
        )
        SELECT key FROM (
            SELECT k.key, 1 AS nth FROM kept k
            WHERE NOT EXISTS (SELECT FROM told WHERE told.said = k.said)
            UNION ALL SELECT told.said::text, 2 FROM told
            WHERE NOT EXISTS (SELECT FROM kept k WHERE k.said = told.said)
        ) AS other ORDER BY nth, key LIMIT 1""",
    )


_PERSON: Final = "e.data->>'person_id' AS person_id"

SAID: Final = (
    _said(
        "ownership_consent",
        "t.id",
        "t.asset_id, t.org_id, t.change_sha256, t.answer, t.given_by AS person_id",
        f"""e.subject_id AS asset_id, e.data->>'org_id' AS org_id,
            e.data->>'change_sha256' AS change_sha256,
            coalesce(e.data->>'answer', 'consent') AS answer, {_PERSON}""",
        "'ownership.answered', 'abandonment.consented'",
    ),
    _said(
        "inventor_consent",
        "t.change_id || ' ' || t.org_id",
        "t.change_id, t.org_id, t.answer, t.given_by AS person_id",
        f"""e.data->>'change_id' AS change_id, e.data->>'org_id' AS org_id,
            e.data->>'answer' AS answer, {_PERSON}""",
        "'inventors.answered'",
    ),
    _said(
        "distribution_confirmation",
        "t.run_id || ' ' || t.owner_id",
        "t.run_id, t.owner_id, t.plan_hash, t.confirmed_by AS person_id",
        f"""e.subject_id AS run_id, e.data->>'owner_id' AS owner_id,
            e.data->>'plan_hash' AS plan_hash, {_PERSON}""",
        "'distribution.confirmed'",
    ),
    _said(
        "revenue_undoing",
        "t.event_id",
        "t.event_id, t.effective_on, t.reason, t.undone_by AS person_id",
        f"""e.subject_id AS event_id, e.data->>'effective_on' AS effective_on,
            (SELECT a.reason FROM audit a WHERE a.subject_id = e.subject_id
             AND a.event_id = e.id) AS reason, {_PERSON}""",
        "'revenue.undone'",
    ),
    # What the licensor stated of the others stands in the license's own name and instant.
    _said(
        "license_consent",
        "t.id",
        """t.license_id, t.org_id, t.is_own,
            CASE WHEN t.is_own THEN t.given_by::text
            WHEN (t.given_by, t.given_at) = (SELECT l.recorded_by, l.recorded_at
                FROM license l WHERE l.id = t.license_id) THEN NULL ELSE 'another' END
            AS person_id""",
        f"""e.subject_id AS license_id, e.data->>'org_id' AS org_id, true AS is_own, {_PERSON}""",
        "'license.consented'",
    ),
)

MADE: Final = (
    _hashed("own_use", "'own_use.begun'", "recorded_at"),
    _hashed("own_use_year", "'own_use.year_closed'", "recorded_at"),
    _hashed("price_finding", "'price.found'", "recorded_at", later="deal_on"),
    _hashed("protection_event", "'protection.reported'", "recorded_at"),
    _hashed("right_restoration", "'right.restored'", "reported_at"),
    _hashed("layout_plan", "'layout.planned'", "recorded_at"),
    _hashed("asset_kinship", "'family.joined', 'family.parted'", "recorded_at", "withdrawn_at"),
    _hashed(
        "contract_project",
        "'contract.project_linked', 'contract.project_unlinked'",
        "linked_at",
        "withdrawn_at",
    ),
)

# What follows from rows that have their leaves.
FOLLOWING: Final = (
    Question(
        "contribution_instalment",
        "they do not come to what was promised",
        """SELECT c.id::text FROM contribution c
        LEFT JOIN contribution_instalment i ON i.contribution_id = c.id GROUP BY c.id
        HAVING count(i.place) > 0 AND (sum(i.amount_fen) <> c.committed_fen
            OR max(i.place) <> count(i.place)) ORDER BY c.id LIMIT 1""",
    ),
    Question(
        "contract_correction",
        "it does not lead from one state of its contract in the log to the next",
        """WITH stood AS (
            SELECT s.contract_id, s.ordinal, s.reason, s.recorded_at, d.d,
                (SELECT o.value::bigint FROM log_opening o WHERE o.record_id = s.id
                    AND o.name = 'contract_amount_fen') AS contract_fen,
                (SELECT o.value::bigint FROM log_opening o WHERE o.record_id = s.id
                    AND o.name = 'tech_transaction_amount_fen') AS tech_fen
            FROM contract_state s JOIN tech_contract c ON c.id = s.contract_id
            JOIN log_record r ON r.id = s.id,
                LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb->'document' AS d) AS d
        ), steps AS (
            SELECT s.*, lag(d) OVER w AS former_d, lag(contract_fen) OVER w AS former_contract_fen,
                lag(tech_fen) OVER w AS former_tech_fen
            FROM stood s WINDOW w AS (PARTITION BY contract_id ORDER BY ordinal)
        )
        SELECT c.contract_id || ' ' || c.ordinal FROM contract_correction c
        LEFT JOIN steps s USING (contract_id, ordinal)
        WHERE s.d IS NULL OR c.reason IS DISTINCT FROM s.reason
           OR c.contract_amount_fen <> s.contract_fen
           OR c.tech_transaction_amount_fen <> s.tech_fen
           OR c.former_contract_amount_fen <> s.former_contract_fen
           OR c.former_tech_transaction_amount_fen <> s.former_tech_fen
           OR c.registration_no IS DISTINCT FROM s.d->>'registration_no'
           OR c.registered_on::text IS DISTINCT FROM s.d->>'registered_on'
           OR c.former_registration_no IS DISTINCT FROM s.former_d->>'registration_no'
        ORDER BY c.contract_id, c.ordinal LIMIT 1""",
    ),
    Question(
        "contract_correction",
        _UNTOLD,
        """SELECT contract_id::text FROM (
            SELECT e.subject_id AS contract_id, count(*) AS told FROM event e
            WHERE e.type = 'contract.corrected' GROUP BY 1) AS e
        FULL JOIN (SELECT contract_id, count(*) AS kept FROM contract_correction GROUP BY 1) AS c
            USING (contract_id)
        WHERE told IS DISTINCT FROM kept ORDER BY contract_id LIMIT 1""",
    ),
)

TOLD: Final = (*SAID, *MADE, *FOLLOWING)
