"""What the audit asks of the raw rows: whether each still says what its record in the log says.

A record is read from its stored bytes and its openings, never from the code that once wrote it, so
that this is a second opinion. A field whose opening was erased cannot be compared any more.
"""

from typing import Final

from ip_ledger.audit.log_queries import CONTENT, IS_SMALL, SEALS, Question, unsealed

_OPENED: Final = """(SELECT o.value::jsonb FROM log_opening o
    WHERE o.record_id = r.id AND o.name = '{}')"""


def _opened(name: str) -> str:
    return _OPENED.format(name)


def _kept(table: str, kind: str, key: str, differs: str, *, alias: str = "t") -> Question:
    """Ask for a row that differs from its record."""
    return Question(
        table,
        "it is not what its record in the log says",
        f"""SELECT {key} FROM log_record r JOIN {table} {alias} ON {alias}.id = r.id,
            LATERAL (SELECT ({CONTENT})->'document' AS d) AS b
        WHERE r.kind = '{kind}' AND ({differs}) ORDER BY r.seq LIMIT 1""",
    )


def _paired(table: str, kind: str, condition: str = "true") -> tuple[Question, Question]:
    """Ask for a row without its record, and for a record without its row."""
    return (
        Question(
            table,
            "no record of the log tells of it",
            f"""SELECT t.id::text FROM {table} t WHERE {condition} AND NOT EXISTS (
                SELECT FROM log_record r WHERE r.id = t.id AND r.kind = '{kind}')
            ORDER BY t.id LIMIT 1""",
        ),
        Question(
            table,
            "the log tells of it and it is gone",
            f"""SELECT r.id::text FROM log_record r WHERE r.kind = '{kind}'
            AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = r.id) ORDER BY r.seq LIMIT 1""",
        ),
    )


# The clock is read once for an entry and once for its record; the poster's queue lies between.
_SAME_TIME: Final = "abs(extract(epoch FROM t.recorded_at - r.recorded_at)) > 60"

# Of a small record: what its seals hold, as long as it has its secret.
_RECORDED_BY: Final = """'{"client_id":' || to_json(t.client_id) || ',"person_id":"'
    || t.recorded_by || '"}'"""
_UNSEALED: Final = f"""r.secret IS NOT NULL AND (
    {unsealed("reference", "to_json(t.reference)::text", 1)}
    OR {unsealed("recorded_by", _RECORDED_BY, 2)}
    OR CASE WHEN get_byte(r.body, 3) & 4 = 4
        THEN {unsealed("exchange_rate", "to_json(t.exchange_rate)::text", 3)}
        ELSE t.exchange_rate IS NOT NULL END)"""
_LINES: Final = """'[' || string_agg('{"account_id":"' || p.account_id || '","amount":'
    || abs(p.amount_fen) || ',"currency":"' || p.currency || '","side":"'
    || CASE WHEN p.amount_fen > 0 THEN 'debit' ELSE 'credit' END || '"}', ',' ORDER BY p.line)
    || ']'"""

JOURNAL: Final = (
    *_paired("journal_entry", "journal_entry"),
    _kept(
        "journal_entry",
        "journal_entry",
        "t.id::text",
        f"""t.center_id IS DISTINCT FROM r.center_id OR {_SAME_TIME}
        OR t.effective_on::text <> b.d->>'effective_on'
        OR t.kind <> coalesce(b.d->>'kind', 'ordinary')
        OR t.reverses_id::text IS DISTINCT FROM b.d->>'reverses_id'
        OR t.source_id::text IS DISTINCT FROM b.d->>'source_id'
        OR CASE WHEN {IS_SMALL} THEN {_UNSEALED}
            ELSE to_jsonb(t.exchange_rate) IS DISTINCT FROM {_opened("exchange_rate")}
              OR to_jsonb(t.reference) <> {_opened("reference")} END
        OR NOT EXISTS (SELECT FROM event e WHERE e.subject_id = t.id
                       AND e.type = 'entry.posted'
                       AND CASE WHEN t.client_id IS NOT NULL THEN e.id = t.id
                           ELSE e.data->>'person_id' = t.recorded_by::text END)""",
    ),
    Question(
        "posting",
        "it is not what its entry's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS entry_id, (one.place - 1)::int AS line, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) WITH ORDINALITY AS one(v, place)
            WHERE r.kind = 'journal_entry' AND o.name = 'lines'
        )
        SELECT entry_id || ' ' || line FROM told t FULL JOIN posting p USING (entry_id, line)
        WHERE p.account_id IS NULL AND t.v IS NOT NULL
           OR t.v IS NULL AND entry_id IN (SELECT entry_id FROM told)
           OR p.account_id::text <> t.v->>'account_id' OR p.currency <> t.v->>'currency'
           OR p.amount_fen <> (t.v->>'amount')::bigint
              * CASE t.v->>'side' WHEN 'debit' THEN 1 ELSE -1 END
        ORDER BY entry_id, line LIMIT 1""",
    ),
    # A seal tells that an entry's lines are others, and not which: it is the one whose amount does
    # not lead from the account's former balance to the next, or else the first.
    Question(
        "posting",
        "it is not what its entry's record in the log says",
        f"""WITH other AS (
            SELECT r.id FROM log_record r CROSS JOIN LATERAL (
                SELECT {_LINES} AS lines,
                    string_agg(DISTINCT uuid_send(p.account_id), ''::bytea
                        ORDER BY uuid_send(p.account_id)) AS accounts
                FROM posting p WHERE p.entry_id = r.id
            ) AS made
            WHERE r.kind = 'journal_entry' AND {IS_SMALL} AND (
                made.accounts IS DISTINCT FROM
                    substr(r.body, {SEALS} + 97 + 8 * (get_byte(r.body, 3) & 4))
                OR r.secret IS NOT NULL AND {unsealed("lines", "made.lines", 0)})
        )
        SELECT o.id || ' ' || coalesce(p.line, 0) FROM other o
        LEFT JOIN posting p ON p.entry_id = o.id
        LEFT JOIN posting b ON b.account_id = p.account_id
            AND b.account_version = p.account_version - 1
        ORDER BY p.amount_fen <> p.balance_after_fen - coalesce(b.balance_after_fen, 0)
            DESC NULLS LAST, o.id, p.line LIMIT 1""",
    ),
    Question(
        "posting",
        "its day or instant is not its entry's",
        """SELECT p.entry_id || ' ' || p.line
        FROM posting p JOIN journal_entry e ON e.id = p.entry_id
        WHERE (p.effective_on, p.recorded_at) <> (e.effective_on, e.recorded_at)
        ORDER BY p.entry_id, p.line LIMIT 1""",
    ),
    Question(
        "posting",
        "its entry is not there, or its account is not in its currency",
        """SELECT p.entry_id || ' ' || p.line FROM posting p
        LEFT JOIN journal_entry e ON e.id = p.entry_id
        LEFT JOIN account a ON a.id = p.account_id AND a.currency = p.currency
        WHERE e.id IS NULL OR a.id IS NULL ORDER BY p.entry_id, p.line LIMIT 1""",
    ),
)

OWNERSHIP: Final = (
    *_paired("ownership_version", "ownership_version"),
    _kept(
        "ownership_version",
        "ownership_version",
        "t.id::text",
        f"""t.asset_id::text <> b.d->>'asset_id' OR t.number::text <> b.d->>'number'
        OR t.origin_id::text <> b.d->>'origin_id' OR t.cause <> b.d->>'cause'
        OR t.decided_by <> b.d->>'decided_by'
        OR t.agreement_id::text IS DISTINCT FROM b.d->>'agreement_id'
        OR lower(t.valid_during)::text <> b.d->>'valid_from'
        OR upper(t.valid_during)::text IS DISTINCT FROM b.d->>'valid_before'
        OR lower(t.known_during) <> (b.d->>'known_from')::timestamptz
        OR t.consents <> {_opened("consents")}""",
    ),
    Question(
        "ownership_line",
        "it is not what its version's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS version_id, (one.v->>'owner_id')::uuid AS owner_id,
                (one.v->>'ppm')::bigint AS ppm
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) AS one(v)
            WHERE r.kind = 'ownership_version' AND o.name = 'shares'
        )
        SELECT version_id || ' ' || owner_id
        FROM told t FULL JOIN ownership_line l USING (version_id, owner_id)
        WHERE l.ppm IS DISTINCT FROM t.ppm AND version_id IN (SELECT version_id FROM told)
        ORDER BY version_id, l.owner_id IS NULL, owner_id LIMIT 1""",
    ),
    Question(
        "ownership_version",
        "its lines do not sum to 1000000 ppm",
        """SELECT v.id::text FROM ownership_version v
        LEFT JOIN ownership_line l ON l.version_id = v.id GROUP BY v.id
        HAVING coalesce(sum(l.ppm), 0) <> 1000000 ORDER BY v.id LIMIT 1""",
    ),
    Question(
        "ownership_version",
        "its belief ended with no version that replaces it",
        """SELECT v.id::text FROM ownership_version v
        WHERE NOT upper_inf(v.known_during) AND NOT EXISTS (
            SELECT FROM ownership_version n WHERE n.asset_id = v.asset_id
            AND lower(n.known_during) = upper(v.known_during))
        ORDER BY v.id LIMIT 1""",
    ),
    Question(
        "ownership_version",
        "what is known of its asset has a gap or begins twice",
        """SELECT min(v.id::text) FROM ownership_version v WHERE upper_inf(v.known_during)
        GROUP BY v.asset_id
        HAVING range_agg(v.valid_during) <> range_merge(range_agg(v.valid_during))::datemultirange
            OR NOT upper_inf(range_agg(v.valid_during))
            OR sum(coalesce(upper(v.valid_during), date '9999-12-31') - lower(v.valid_during))
                <> date '9999-12-31' - min(lower(v.valid_during))
        ORDER BY 1 LIMIT 1""",
    ),
)

INVENTORS: Final = (
    # What was told before lists had versions has no record.
    *_paired("inventor_version", "inventor_version", "t.cause <> 'carried_over'"),
    _kept(
        "inventor_version",
        "inventor_version",
        "t.id::text",
        """t.asset_id::text <> b.d->>'asset_id' OR t.number::text <> b.d->>'number'
        OR t.cause <> b.d->>'cause' OR t.change_id::text IS DISTINCT FROM b.d->>'change_id'
        OR lower(t.valid_during)::text IS DISTINCT FROM b.d->>'valid_from'
        OR upper(t.valid_during)::text IS DISTINCT FROM b.d->>'valid_before'
        OR lower(t.known_during) <> (b.d->>'known_from')::timestamptz""",
    ),
    Question(
        "asset_inventor",
        "it is not what its list's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS version_id, one.place::int AS place, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) WITH ORDINALITY AS one(v, place)
            WHERE r.kind = 'inventor_version' AND o.name = 'inventors'
        )
        SELECT version_id || ' ' || place
        FROM told t FULL JOIN asset_inventor i USING (version_id, place)
        WHERE version_id IN (SELECT version_id FROM told) AND (
            i.person_id::text IS DISTINCT FROM t.v->>'person_id'
            OR i.org_id::text IS DISTINCT FROM t.v->>'org_id'
            OR to_jsonb(i.share_ppm) IS DISTINCT FROM t.v->'share_ppm'
            OR to_jsonb(i.is_head_of_unit) IS DISTINCT FROM t.v->'is_head_of_unit')
        ORDER BY version_id, place LIMIT 1""",
    ),
    Question(
        "inventor_version",
        "its parts do not sum to 1000000 ppm",
        """SELECT v.id::text FROM inventor_version v
        LEFT JOIN asset_inventor i ON i.version_id = v.id GROUP BY v.id
        HAVING coalesce(sum(i.share_ppm), 0) <> 1000000 ORDER BY v.id LIMIT 1""",
    ),
    Question(
        "inventor_version",
        "its belief ended with no list that replaces it",
        """SELECT v.id::text FROM inventor_version v
        WHERE NOT upper_inf(v.known_during) AND NOT EXISTS (
            SELECT FROM inventor_version n WHERE n.asset_id = v.asset_id
            AND lower(n.known_during) = upper(v.known_during))
        ORDER BY v.id LIMIT 1""",
    ),
    Question(
        "inventor_version",
        "what is known of its asset leaves days out",
        """SELECT min(v.id::text) FROM inventor_version v WHERE upper_inf(v.known_during)
        GROUP BY v.asset_id HAVING range_agg(v.valid_during) <> '{(,)}'::datemultirange
        ORDER BY 1 LIMIT 1""",
    ),
)

KEYS: Final = (
    Question(
        "party_key",
        "its end is not what the log says of it",
        """WITH told AS (
            SELECT d->>'key_id' AS key_id, min(d->>'revoked_from') AS revoked_from
            FROM log_record r, LATERAL (
                SELECT convert_from(r.body, 'UTF8')::jsonb->'document' AS d) AS b
            WHERE r.kind = 'party_key_revocation' GROUP BY 1
        )
        SELECT coalesce(t.id::text, key_id) FROM party_key t
        FULL JOIN told ON key_id = t.id::text
        WHERE t.id IS NULL OR t.revoked_from::text IS DISTINCT FROM told.revoked_from
        ORDER BY 1 LIMIT 1""",
    ),
    *_paired("party_key", "party_key"),
    _kept(
        "party_key",
        "party_key",
        "t.id::text",
        """t.org_id::text <> b.d->>'org_id' OR t.algorithm <> b.d->>'algorithm'
        OR t.public_key <> b.d->>'public_key' OR t.valid_from::text <> b.d->>'valid_from'
        OR t.replaces_id::text IS DISTINCT FROM b.d->>'replaces_id'""",
    ),
)

AGREEMENTS: Final = (
    *_paired("agreement", "agreement", "t.in_force_at IS NOT NULL"),
    _kept(
        "agreement",
        "agreement",
        "t.id::text",
        """t.center_id::text <> b.d->>'center_id' OR t.edition::text <> b.d->>'edition'
        OR t.text_sha256 <> b.d->>'text_sha256' OR t.terms_sha256 <> b.d->>'terms_sha256'
        OR t.effective_on::text <> b.d->>'effective_on'
        OR t.supersedes_id::text IS DISTINCT FROM b.d->>'supersedes_id'
        OR t.opening_id::text IS DISTINCT FROM b.d->>'opening_id'
        OR t.template_id::text IS DISTINCT FROM b.d->>'template_id'
        OR t.template_sha256 IS DISTINCT FROM b.d->>'template_sha256'
        OR t.in_force_at IS NULL""",
    ),
    Question(
        "agreement_party",
        "it is not what its agreement's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS agreement_id, (one.v->>'place')::int AS place, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) AS one(v)
            WHERE r.kind = 'agreement' AND o.name = 'parties'
        )
        SELECT agreement_id || ' ' || place
        FROM told t FULL JOIN agreement_party p USING (agreement_id, place)
        WHERE agreement_id IN (SELECT agreement_id FROM told) AND (
            p.org_id::text IS DISTINCT FROM t.v->>'org_id'
            OR p.benefit_ppm::text IS DISTINCT FROM t.v->>'benefit_ppm'
            OR p.risk_ppm::text IS DISTINCT FROM t.v->>'risk_ppm')
        ORDER BY agreement_id, place LIMIT 1""",
    ),
    Question(
        "agreement_signature",
        "it is not what its agreement's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS agreement_id, (one.v->>'org_id')::uuid AS org_id, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) AS one(v)
            WHERE r.kind = 'agreement' AND o.name = 'signatures'
        )
        SELECT coalesce(s.id::text, agreement_id || ' ' || org_id)
        FROM told t FULL JOIN agreement_signature s USING (agreement_id, org_id)
        WHERE agreement_id IN (SELECT agreement_id FROM told)
            AND (s.signed_by::text IS DISTINCT FROM t.v->>'signed_by'
                OR s.key_signature IS DISTINCT FROM t.v->'key'->>'signature')
        ORDER BY agreement_id, org_id LIMIT 1""",
    ),
)

CONTRACTS: Final = (
    *_paired("contract_state", "contract_state"),
    _kept(
        "contract_state",
        "contract_state",
        "t.id::text",
        f"""t.contract_id::text <> b.d->>'contract_id' OR t.ordinal::text <> b.d->>'ordinal'
        OR t.state <> b.d->>'state' OR {_SAME_TIME}""",
    ),
)

_PAID: Final = """EXISTS (SELECT FROM distribution_run d WHERE d.id = t.run_id
    AND d.state IN ('paid', 'reversed'))"""

LINES: Final = (
    *_paired("distribution_line", "distribution_line", _PAID),
    _kept(
        "distribution_line",
        "distribution_line",
        "t.id::text",
        f"""t.run_id::text <> b.d->>'run_id' OR t.event_id::text <> b.d->>'revenue_event_id'
        OR t.asset_id::text <> b.d->>'asset_id'
        OR t.ownership_version_id::text <> b.d->>'ownership_version_id'
        OR to_jsonb(t.payee_id::text) <> {_opened("payee_id")}
        OR to_jsonb(t.ppm) <> {_opened("ppm")}
        OR to_jsonb(t.amount_fen) <> {_opened("amount")}->'amount'
        OR to_jsonb(t.carry_change) <> {_opened("carry_change")}
        OR t.explanation <> {_opened("explanation")}""",
    ),
    *_paired("loss_line", "loss_line"),
    _kept(
        "loss_line",
        "loss_line",
        "t.id::text",
        f"""t.loss_id::text <> b.d->>'loss_id'
        OR to_jsonb(t.party_id::text) <> {_opened("party_id")}
        OR to_jsonb(t.risk_ppm) <> {_opened("risk_ppm")}
        OR to_jsonb(t.amount_fen) <> {_opened("amount")}->'amount'""",
    ),
    *_paired("shared_use", "shared_use"),
    _kept(
        "shared_use",
        "shared_use",
        "t.id::text",
        f"""t.center_id IS DISTINCT FROM r.center_id OR {_SAME_TIME}
        OR t.agreement_id::text <> b.d->>'agreement_id' OR t.used_on::text <> b.d->>'used_on'
        OR t.element <> b.d->>'element' OR t.unit <> b.d->>'unit'
        OR t.undoes_id::text IS DISTINCT FROM b.d->>'undoes_id'
        OR to_jsonb(t.provider_org_id::text) <> {_opened("provider_org_id")}
        OR to_jsonb(t.user_org_id::text) <> {_opened("user_org_id")}
        OR to_jsonb(t.quantity) <> {_opened("quantity")}
        OR to_jsonb(t.price_fen) <> {_opened("rate")}->'amount'
        OR to_jsonb(t.per) <> {_opened("rate")}->'per'
        OR to_jsonb(t.amount_fen) <> {_opened("amount")}->'amount'""",
    ),
    *_paired("use_settlement", "use_settlement", "t.state IN ('owed', 'settled')"),
    _kept(
        "use_settlement",
        "use_settlement",
        "t.id::text",
        f"""t.center_id IS DISTINCT FROM r.center_id
        OR t.from_on::text <> b.d->>'from_on' OR t.until_on::text <> b.d->>'until_on'
        OR t.statement_sha256 <> b.d->>'statement_sha256'
        OR t.entry_id::text IS DISTINCT FROM b.d->>'entry_id'
        OR jsonb_build_array(t.first_org_id, t.second_org_id) <> {_opened("pair")}
        OR jsonb_build_array(t.first_owes_fen, t.second_owes_fen) <> {_opened("owed")}
        OR (SELECT jsonb_agg(jsonb_build_array(c.org_id, c.person_id)
                ORDER BY c.org_id, c.person_id) FROM use_settlement_confirmation c
            WHERE c.settlement_id = t.id) IS DISTINCT FROM {_opened("confirmations")}""",
    ),
    *_paired("book_period", "period_close"),
    _kept(
        "book_period",
        "period_close",
        "t.id::text",
        """t.center_id IS DISTINCT FROM r.center_id OR t.until_on::text <> b.d->>'until_on'
        OR t.seal_sha256 <> b.d->>'seal_sha256'""",
    ),
)

PENDING: Final = (
    *_paired("pending_entry", "pending_entry"),
    _kept(
        "pending_entry",
        "pending_entry",
        "t.id::text",
        f"""t.center_id IS DISTINCT FROM r.center_id OR {_SAME_TIME}
        OR t.effective_on::text <> b.d->>'effective_on'
        OR to_jsonb(t.reference) <> {_opened("reference")}""",
    ),
    Question(
        "pending_line",
        "it is not what its entry's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS pending_id, (one.place - 1)::int AS line, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) WITH ORDINALITY AS one(v, place)
            WHERE r.kind = 'pending_entry' AND o.name = 'lines'
        )
        SELECT pending_id || ' ' || line FROM told t FULL JOIN pending_line p
            USING (pending_id, line)
        WHERE p.account_id IS NULL AND t.v IS NOT NULL
           OR t.v IS NULL AND pending_id IN (SELECT pending_id FROM told)
           OR p.account_id::text <> t.v->>'account_id' OR p.currency <> t.v->>'currency'
           OR p.amount_fen <> (t.v->>'amount')::bigint
              * CASE t.v->>'side' WHEN 'debit' THEN 1 ELSE -1 END
        ORDER BY pending_id, line LIMIT 1""",
    ),
    *_paired("pending_outcome", "pending_outcome"),
    _kept(
        "pending_outcome",
        "pending_outcome",
        "t.id::text",
        f"""t.pending_id::text <> b.d->>'pending_id' OR t.state <> b.d->>'state'
        OR t.entry_id::text IS DISTINCT FROM b.d->>'entry_id'
        OR to_jsonb(t.reason) IS DISTINCT FROM {_opened("reason")}""",
    ),
)

OPENINGS: Final = (
    *_paired("book_opening", "opening", "t.state = 'entered'"),
    _kept(
        "book_opening",
        "opening",
        "t.id::text",
        f"""t.center_id IS DISTINCT FROM r.center_id OR t.subject <> b.d->>'subject'
        OR t.subject_id::text <> b.d->>'subject_id' OR t."on"::text <> b.d->>'on'
        OR t.source_sha256 <> b.d->>'source_sha256'
        OR t.content_sha256 <> b.d->>'content_sha256' OR t.state <> 'entered'
        OR to_jsonb(t.source) <> {_opened("source")}
        OR t.content <> {_opened("content")}""",
    ),
    Question(
        "book_opening_approval",
        "it is not what its opening's record in the log says",
        """WITH told AS (
            SELECT o.record_id AS opening_id, one.place::int AS place, one.v
            FROM log_opening o JOIN log_record r ON r.id = o.record_id,
                jsonb_array_elements(o.value::jsonb) WITH ORDINALITY AS one(v, place)
            WHERE r.kind = 'opening' AND o.name = 'approvals'
        )
        SELECT opening_id || ' ' || place
        FROM told t FULL JOIN book_opening_approval a USING (opening_id, place)
        WHERE opening_id IN (SELECT opening_id FROM told) AND (
            a.person_id::text IS DISTINCT FROM t.v->>'person_id'
            OR to_jsonb(a.is_official) IS DISTINCT FROM t.v->'is_official')
        ORDER BY opening_id, place LIMIT 1""",
    ),
)

ROWS: Final = (
    *JOURNAL,
    *OWNERSHIP,
    *INVENTORS,
    *KEYS,
    *AGREEMENTS,
    *CONTRACTS,
    *LINES,
    *OPENINGS,
    *PENDING,
)
