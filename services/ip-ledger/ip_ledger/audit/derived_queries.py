"""What the audit asks of tables that follow from others: balances, sums, present states."""

from typing import Final

from ip_ledger.audit.log_queries import Question
from ip_ledger.audit.money_queries import MONEY

BALANCES: Final = (
    Question(
        "journal_entry",
        "its debits are not its credits",
        """SELECT entry_id::text FROM posting GROUP BY entry_id, currency
        HAVING sum(amount_fen) <> 0 ORDER BY entry_id LIMIT 1""",
    ),
    Question(
        "posting",
        "its running balance does not follow from the posting before it",
        """SELECT entry_id || ' ' || line FROM (
            SELECT entry_id, line, account_id, account_version, balance_after_fen,
                sum(amount_fen) OVER so_far AS total, row_number() OVER so_far AS nth
            FROM posting WINDOW so_far AS (PARTITION BY account_id ORDER BY account_version)
        ) AS p WHERE balance_after_fen <> total OR account_version <> nth
        ORDER BY account_id, account_version LIMIT 1""",
    ),
    Question(
        "account_balance",
        "it is not the sum of its postings",
        """SELECT account_id::text FROM account_balance b FULL JOIN (
            SELECT account_id, sum(amount_fen) AS total, count(*) AS version
            FROM posting GROUP BY account_id) AS p USING (account_id)
        WHERE coalesce(b.balance_fen, 0) <> coalesce(p.total, 0)
           OR coalesce(b.version, 0) <> coalesce(p.version, 0)
        ORDER BY account_id LIMIT 1""",
    ),
    Question(
        "account_balance",
        "what is held of it is not what waits to be confirmed",
        """SELECT account_id::text FROM account_balance b FULL JOIN (
            SELECT account_id, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0) AS debits,
                coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0) AS credits
            FROM pending_line l WHERE NOT EXISTS (
                SELECT FROM pending_outcome o WHERE o.pending_id = l.pending_id)
            GROUP BY account_id) AS w USING (account_id)
        WHERE coalesce(b.held_debits_fen, 0) <> coalesce(w.debits, 0)
           OR coalesce(b.held_credits_fen, 0) <> coalesce(w.credits, 0)
        ORDER BY account_id LIMIT 1""",
    ),
    Question(
        "account_balance",
        "an account has none",
        """SELECT a.id::text FROM account a WHERE NOT EXISTS (
            SELECT FROM account_balance b WHERE b.account_id = a.id) ORDER BY a.id LIMIT 1""",
    ),
)

HOLDS: Final = (
    Question(
        "pending_outcome",
        "what was posted of it is more than what waited",
        """WITH held AS (
            SELECT o.id, l.account_id, l.amount_fen > 0 AS is_debit, sum(abs(l.amount_fen)) AS total
            FROM pending_outcome o JOIN pending_line l USING (pending_id)
            GROUP BY o.id, l.account_id, l.amount_fen > 0
        ), posted AS (
            SELECT o.id, p.account_id, p.amount_fen > 0 AS is_debit, sum(abs(p.amount_fen)) AS total
            FROM pending_outcome o JOIN posting p USING (entry_id)
            GROUP BY o.id, p.account_id, p.amount_fen > 0
        )
        SELECT p.id::text FROM posted p LEFT JOIN held h USING (id, account_id, is_debit)
        WHERE p.total > coalesce(h.total, 0) ORDER BY p.id LIMIT 1""",
    ),
)

RUNS: Final = (
    Question(
        "distribution_run",
        "its lines do not sum to its net income",
        """SELECT d.id::text FROM distribution_run d
        LEFT JOIN distribution_line l ON l.run_id = d.id
        WHERE d.state IN ('paid', 'reversed') GROUP BY d.id
        HAVING coalesce(sum(l.amount_fen), 0) <> d.net_fen ORDER BY d.id LIMIT 1""",
    ),
    Question(
        "distribution_line",
        "it is of another sign than its run",
        """SELECT l.id::text FROM distribution_line l JOIN distribution_run d ON d.id = l.run_id
        WHERE sign(l.amount_fen) NOT IN (0, sign(d.net_fen))
           OR (d.net_fen < 0) <> (d.reverses_id IS NOT NULL) AND d.net_fen <> 0
        ORDER BY l.id LIMIT 1""",
    ),
    Question(
        "distribution_run",
        "it is not the plan that its lines' records name",
        """SELECT d.id::text FROM distribution_run d JOIN distribution_line l ON l.run_id = d.id
        JOIN log_record r ON r.id = l.id,
            LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb->'document' AS d) AS b
        WHERE r.kind = 'distribution_line' AND (b.d->>'plan_hash' <> d.plan_hash
            OR b.d->>'reverses_run_id' IS DISTINCT FROM d.reverses_id::text
            OR d.center_id IS DISTINCT FROM r.center_id
            OR d.state NOT IN ('paid', 'reversed'))
        ORDER BY r.seq LIMIT 1""",
    ),
    Question(
        "distribution_run",
        "it is reversed without a reversal, or has one and is not",
        """SELECT d.id::text FROM distribution_run d
        LEFT JOIN distribution_run r ON r.reverses_id = d.id
        WHERE (d.state = 'reversed') <> (r.id IS NOT NULL) ORDER BY d.id LIMIT 1""",
    ),
    Question(
        "share_carry",
        # Each party of a paid line has a row, also one that is owed nothing.
        "it is not the sum of what its lines moved",
        """SELECT scope_id || ' ' || party_id || ' ' || currency FROM share_carry c FULL JOIN (
            SELECT l.asset_id AS scope_id, l.payee_id AS party_id, d.currency,
                sum(l.carry_change) AS total
            FROM distribution_line l JOIN distribution_run d ON d.id = l.run_id
            WHERE d.state IN ('paid', 'reversed') GROUP BY 1, 2, 3
        ) AS l USING (scope_id, party_id, currency)
        WHERE c.millionths IS DISTINCT FROM l.total
        ORDER BY scope_id, party_id, currency LIMIT 1""",
    ),
    Question(
        "inventor_reward",
        "it is not what its run owes the inventor",
        """WITH owed AS (
            SELECT w.run_id AS source_id, w.owner_id, (one.v->>'person_id')::uuid AS person_id,
                sum((one.v->>'amount_fen')::bigint) AS total
            FROM distribution_reward w JOIN distribution_run d ON d.id = w.run_id,
                jsonb_array_elements(w.inventors) AS one(v)
            WHERE d.state IN ('paid', 'reversed') AND d.reverses_id IS NULL GROUP BY 1, 2, 3
        ), kept AS (
            SELECT i.source_id, i.owner_id, i.person_id, min(i.id::text) AS id,
                sum(i.amount_fen) AS total
            FROM inventor_reward i JOIN distribution_run d ON d.id = i.source_id
            WHERE d.state IN ('paid', 'reversed') AND d.reverses_id IS NULL GROUP BY 1, 2, 3
        )
        SELECT coalesce(k.id, source_id || ' ' || person_id)
        FROM owed o FULL JOIN kept k USING (source_id, owner_id, person_id)
        WHERE coalesce(o.total, 0) <> coalesce(k.total, 0)
        ORDER BY source_id, owner_id, person_id LIMIT 1""",
    ),
    Question(
        "inventor_reward",
        "what is paid of it is not the sum of its payments",
        """SELECT i.id::text FROM inventor_reward i
        LEFT JOIN inventor_payment p ON p.reward_id = i.id GROUP BY i.id
        HAVING i.paid_fen <> coalesce(sum(p.amount_fen), 0) ORDER BY i.id LIMIT 1""",
    ),
    Question(
        "inventor_reward",
        "what settles it is not what was paid of others for nothing",
        """SELECT i.id::text FROM inventor_reward i
        LEFT JOIN (SELECT to_id, sum(amount_fen) AS total FROM reward_offset GROUP BY to_id) AS o
            ON o.to_id = i.id
        LEFT JOIN (SELECT from_id, sum(amount_fen) AS total FROM reward_offset GROUP BY from_id)
            AS f ON f.from_id = i.id
        WHERE i.offset_fen <> coalesce(o.total, 0)
           OR coalesce(f.total, 0) > i.paid_fen + i.offset_fen
           OR f.total IS NOT NULL AND i.state <> 'cancelled'
        ORDER BY i.id LIMIT 1""",
    ),
    Question(
        "loss_event",
        "its lines do not sum to it",
        """SELECT e.id::text FROM loss_event e LEFT JOIN loss_line l ON l.loss_id = e.id
        GROUP BY e.id HAVING coalesce(sum(l.amount_fen), 0) <> e.amount_fen
        ORDER BY e.id LIMIT 1""",
    ),
)

USES: Final = (
    Question(
        "use_settlement",
        "it is not the sum of the uses that it counts",
        """SELECT s.id::text FROM use_settlement s
        LEFT JOIN use_settlement_line l ON l.settlement_id = s.id
        LEFT JOIN shared_use u ON u.id = l.use_id GROUP BY s.id
        HAVING s.first_owes_fen <> coalesce(
                sum(u.amount_fen) FILTER (WHERE u.user_org_id = s.first_org_id), 0)
            OR s.second_owes_fen <> coalesce(
                sum(u.amount_fen) FILTER (WHERE u.user_org_id = s.second_org_id), 0)
            OR bool_or(l.is_live) IS DISTINCT FROM (s.state <> 'contested')
        ORDER BY s.id LIMIT 1""",
    ),
    Question(
        "use_settlement",
        "what is booked of it is not what is left between the two",
        """SELECT s.id::text FROM use_settlement s
        CROSS JOIN LATERAL (VALUES (s.entry_id), (s.payment_entry_id)) AS one(entry_id)
        LEFT JOIN posting p ON p.entry_id = one.entry_id AND p.amount_fen > 0
        WHERE one.entry_id IS NOT NULL
          AND p.amount_fen IS DISTINCT FROM abs(s.first_owes_fen - s.second_owes_fen)
        ORDER BY s.id LIMIT 1""",
    ),
)

_LAST: Final = """WITH last AS (
    SELECT DISTINCT ON (s.contract_id) s.contract_id, s.state, s.id, d.d
    FROM contract_state s JOIN log_record r ON r.id = s.id,
        LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb->'document' AS d) AS d
    ORDER BY s.contract_id, s.ordinal DESC
)"""


def _opened(name: str) -> str:
    return f"""(SELECT o.value::jsonb FROM log_opening o
        WHERE o.record_id = l.id AND o.name = '{name}')"""


PRESENT: Final = (
    Question(
        "tech_contract",
        "it is not in the state that its last record in the log says",
        f"""{_LAST} SELECT t.id::text FROM tech_contract t
        LEFT JOIN last l ON l.contract_id = t.id
        WHERE l.id IS NULL OR t.state <> l.state OR t.kind <> l.d->>'kind'
           OR t.role <> l.d->>'role' OR t.signed_on::text <> l.d->>'signed_on'
           OR t.registration_no IS DISTINCT FROM l.d->>'registration_no'
           OR t.registered_on::text IS DISTINCT FROM l.d->>'registered_on'
           OR to_jsonb(t.party_org_id::text) <> {_opened("party_org_id")}
           OR to_jsonb(t.contract_amount_fen) <> {_opened("contract_amount_fen")}
           OR to_jsonb(t.tech_transaction_amount_fen) <> {_opened("tech_transaction_amount_fen")}
        ORDER BY t.id LIMIT 1""",
    ),
    Question(
        "license",
        "it is not in the state that its last record in the log says",
        f"""{_LAST} SELECT t.id::text FROM license t LEFT JOIN last l ON l.contract_id = t.id
        WHERE l.id IS NULL OR t.state <> l.state OR t.type <> l.d->>'kind'
           OR t.asset_id::text <> l.d->>'asset_id'
           OR t.ownership_version_id::text <> l.d->>'ownership_version_id'
           OR t.effective_on::text <> l.d->>'effective_on'
           OR t.term_until::text IS DISTINCT FROM l.d->>'term_until'
           OR t.cnipa_record_no IS DISTINCT FROM l.d->>'cnipa_record_no'
           OR to_jsonb(t.licensor_id::text) <> {_opened("licensor_id")}
           OR to_jsonb(t.territory) <> {_opened("territory")}
        ORDER BY t.id LIMIT 1""",
    ),
    Question(
        "ledger_fact",
        "the newest fact of a contract is not how the contract stands",
        """WITH newest AS (
            SELECT DISTINCT ON (f.subject_id) f.id, f.subject_id, f.center_id, f.payload
            FROM ledger_fact f WHERE f.kind = 'tech_contract'
            ORDER BY f.subject_id, f.recorded_at DESC, f.id DESC
        )
        SELECT coalesce(f.id, t.id)::text FROM tech_contract t
        FULL JOIN newest f ON f.subject_id = t.id
        WHERE f.id IS NULL OR t.id IS NULL OR f.center_id <> t.center_id
           OR f.payload->>'state' <> t.state OR f.payload->>'signed_on' <> t.signed_on::text
           OR f.payload->>'registration_no' IS DISTINCT FROM t.registration_no
           OR (f.payload->'contract_amount'->>'amount')::bigint <> t.contract_amount_fen
           OR (f.payload->'tech_transaction_amount'->>'amount')::bigint
              <> t.tech_transaction_amount_fen
        ORDER BY t.id LIMIT 1""",
    ),
)

DERIVED: Final = (*BALANCES, *HOLDS, *MONEY, *RUNS, *USES, *PRESENT)

COUNTED: Final = (
    "log_record", "log_leaf", "log_tile", "log_checkpoint", "journal_entry", "posting",
    "account_balance", "ownership_version", "ownership_line", "agreement", "contract_state",
    "distribution_line", "share_carry", "event", "audit", "audit_link",
)  # fmt: skip
