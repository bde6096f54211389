"""What the audit asks of rows that are no leaves but stand behind an entry that is one.

Income, deductions, contributions and funding have no record of their own: what they came to is in
their journal entry, whose record holds it. A row that says another sum or day than its entry is
named here.
"""

from typing import Final

from ip_ledger.audit.log_queries import Question

_CENTER: Final = {
    "contribution_payment": "(SELECT c.center_id FROM contribution c WHERE c.id = contribution_id)",
    "funding_record": "t.center_id",
}


def _as_booked(table: str, on: str) -> Question:
    """Ask for a row that differs from the entry that it names, in its sum or its day."""
    return Question(
        table,
        "it is not what its entry has booked",
        f"""SELECT t.id::text FROM {table} t JOIN journal_entry j ON j.id = t.entry_id
        LEFT JOIN LATERAL (SELECT sum(p.amount_fen) AS total FROM posting p
            WHERE p.entry_id = j.id AND p.amount_fen > 0) AS p ON true
        WHERE p.total IS DISTINCT FROM t.amount_fen OR j.center_id IS DISTINCT FROM {_CENTER[table]}
           OR j.effective_on <> t.{on}
        ORDER BY t.id LIMIT 1""",
    )


def _divisions(table: str, total: str, due: str, reserve: str = "0") -> tuple[Question, ...]:
    """Ask for a division that differs from its entry, or stands though its entry is reversed."""
    return (
        Question(
            table,
            "it is not what its entry has booked",
            f"""SELECT d.id::text FROM {table} d JOIN journal_entry j ON j.id = d.entry_id
            LEFT JOIN LATERAL (
                SELECT sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0) AS total,
                    coalesce(-sum(p.amount_fen) FILTER (WHERE a.code = 'statutory_reserve'), 0)
                        AS reserve
                FROM posting p JOIN account a ON a.id = p.account_id WHERE p.entry_id = j.id
            ) AS p ON true
            WHERE p.total IS DISTINCT FROM d.{total} OR p.reserve IS DISTINCT FROM {reserve}
               OR j.center_id <> d.center_id OR j.effective_on <> d.resolved_on
               OR EXISTS (
                SELECT FROM (
                    SELECT (l->>'org_id')::uuid AS org_id, (l->>'amount_fen')::bigint AS fen
                    FROM jsonb_array_elements(d.lines) AS l WHERE l->>'amount_fen' <> '0'
                ) AS told FULL JOIN (
                    SELECT a.org_id, -p.amount_fen AS fen
                    FROM posting p JOIN account a ON a.id = p.account_id
                    WHERE p.entry_id = j.id AND a.code = '{due}'
                ) AS booked USING (org_id) WHERE told.fen IS DISTINCT FROM booked.fen)
            ORDER BY d.id LIMIT 1""",
        ),
        Question(
            table,
            "it stands though its entry is reversed, or is undone without that",
            f"""SELECT d.id::text FROM {table} d
            LEFT JOIN journal_entry r ON r.reverses_id = d.entry_id
            WHERE d.undoing_entry_id IS DISTINCT FROM r.id
               OR d.undone_on IS DISTINCT FROM r.effective_on
            ORDER BY d.id LIMIT 1""",
        ),
        Question(
            table,
            "it is gone, and what it booked is there",
            f"""SELECT j.source_id::text FROM journal_entry j
            JOIN posting p ON p.entry_id = j.id JOIN account a ON a.id = p.account_id
            LEFT JOIN {table} d ON d.id = j.source_id
            WHERE a.code = '{due}' AND j.source_id IS NOT NULL AND j.reverses_id IS NULL
              AND d.id IS NULL
            ORDER BY j.source_id LIMIT 1""",
        ),
    )


# What an amount that is taken off is owed as, by its kind.
_TAKEN_OFF: Final = """(VALUES ('tax', 'tax_payable'), ('maintenance', 'maintenance_payable'),
    ('direct', 'direct_costs_payable'), ('management_fee', 'management_fee'))"""

MONEY: Final = (
    Question(
        "revenue_event",
        "it is not what its entry has booked",
        """SELECT e.id::text FROM revenue_event e
        LEFT JOIN journal_entry j ON j.source_id = e.id AND j.reverses_id IS NULL
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS gross,
                coalesce(-sum(p.amount_fen) FILTER (WHERE a.code = 'income_to_share'), 0) AS net
            FROM posting p JOIN account a ON a.id = p.account_id WHERE p.entry_id = j.id
        ) AS p ON true
        WHERE p.gross <> e.gross_fen OR p.net <> e.net_fen
           OR j.effective_on <> e.received_on OR j.center_id <> e.center_id
        ORDER BY e.id LIMIT 1""",
    ),
    Question(
        "revenue_event",
        "its net income is not what is left after its deductions",
        """SELECT e.id::text FROM revenue_event e
        LEFT JOIN revenue_deduction d ON d.event_id = e.id GROUP BY e.id
        HAVING e.net_fen <> e.gross_fen - coalesce(sum(d.amount_fen), 0)
        ORDER BY e.id LIMIT 1""",
    ),
    Question(
        "revenue_deduction",
        "what is taken off is not what its entry has booked",
        f"""WITH told AS (
            SELECT d.event_id, d.kind, sum(d.amount_fen) AS total
            FROM revenue_deduction d GROUP BY 1, 2
        ), booked AS (
            SELECT j.source_id AS event_id, k.kind, -sum(p.amount_fen) AS total
            FROM journal_entry j JOIN revenue_event e ON e.id = j.source_id
                AND j.reverses_id IS NULL
            JOIN posting p ON p.entry_id = j.id JOIN account a ON a.id = p.account_id
            JOIN {_TAKEN_OFF} AS k (kind, code) ON k.code = a.code GROUP BY 1, 2
        )
        SELECT event_id || ' ' || kind FROM told t FULL JOIN booked b USING (event_id, kind)
        WHERE t.total IS DISTINCT FROM b.total ORDER BY event_id, kind LIMIT 1""",
    ),
    _as_booked("contribution_payment", "paid_on"),
    _as_booked("funding_record", "received_on"),
    Question(
        "trust_release",
        "it is not what its entry has booked",
        # What came to the cash is all that was held; only a part of it is the centre's own.
        """SELECT t.id::text FROM trust_release t JOIN journal_entry j ON j.id = t.entry_id
        LEFT JOIN LATERAL (SELECT sum(p.amount_fen) AS total FROM posting p
            JOIN account a ON a.id = p.account_id
            WHERE p.entry_id = j.id AND a.code = 'cash') AS p ON true
        WHERE p.total IS DISTINCT FROM t.amount_fen OR j.center_id <> t.center_id
           OR j.effective_on <> t.released_on
        ORDER BY t.id LIMIT 1""",
    ),
    *_divisions("profit_division", "profit_fen", "dividend_due", "d.reserve_fen"),
    *_divisions("benefit_division", "pool_fen", "benefit_due"),
    Question(
        "asset_cost",
        "it is not what its entry has booked",
        """SELECT t.id::text FROM asset_cost t JOIN journal_entry j ON j.id = t.entry_id
        LEFT JOIN LATERAL (SELECT sum(p.amount_fen) AS total FROM posting p
            WHERE p.entry_id = j.id AND p.amount_fen > 0) AS p ON true
        WHERE p.total IS DISTINCT FROM abs(t.amount_fen) OR j.center_id <> t.center_id
           OR (t.undoes_id IS NULL AND j.effective_on <> t.spent_on)
           OR (t.undoes_id IS NULL) <> (j.reverses_id IS NULL)
        ORDER BY t.id LIMIT 1""",
    ),
    Question(
        "money_source",
        "what is spent of it is not the sum of what it paid",
        """SELECT m.source_id::text FROM money_source m
        LEFT JOIN asset_cost_source s ON s.source_id = m.source_id GROUP BY m.source_id
        HAVING m.spent_fen <> coalesce(sum(s.amount_fen), 0) ORDER BY m.source_id LIMIT 1""",
    ),
    Question(
        "money_source",
        "it is not what came in, or was undone and is not empty",
        """WITH came AS (
            SELECT coalesce(f.contribution_payment_id, f.id) AS source_id, f.amount_fen,
                f.center_id, EXISTS (
                    SELECT FROM funding_undoing u WHERE u.funding_id = f.id) AS is_undone
            FROM funding_record f
        )
        SELECT source_id::text FROM money_source m LEFT JOIN came c USING (source_id)
        WHERE m.center_id IS DISTINCT FROM c.center_id
           OR m.received_fen <> CASE WHEN c.is_undone THEN 0 ELSE c.amount_fen END
        ORDER BY source_id LIMIT 1""",
    ),
    Question(
        "funding_undoing",
        "its entry does not reverse what came in",
        """SELECT u.funding_id::text FROM funding_undoing u
        JOIN funding_record f ON f.id = u.funding_id
        LEFT JOIN journal_entry j ON j.id = u.entry_id
        WHERE j.reverses_id IS DISTINCT FROM f.entry_id OR j.effective_on <> u.effective_on
           OR u.effective_on < f.received_on
        ORDER BY u.funding_id LIMIT 1""",
    ),
    Question(
        "funding_record",
        "its entry is reversed and it is not undone",
        """SELECT f.id::text FROM funding_record f
        JOIN journal_entry j ON j.reverses_id = f.entry_id
        WHERE NOT EXISTS (SELECT FROM funding_undoing u WHERE u.funding_id = f.id)
        ORDER BY f.id LIMIT 1""",
    ),
    Question(
        "contribution_payment",
        "it and the funding that stands for it are not the same money",
        """SELECT p.id::text FROM contribution_payment p
        LEFT JOIN funding_record f ON f.contribution_payment_id = p.id
        WHERE f.id IS NULL OR f.entry_id <> p.entry_id OR f.amount_fen <> p.amount_fen
           OR f.received_on <> p.paid_on
        ORDER BY p.id LIMIT 1""",
    ),
    Question(
        "asset_cost_source",
        "more of a cost is paid than was spent",
        """SELECT c.id::text FROM asset_cost c JOIN asset_cost_source s ON s.cost_id = c.id
        GROUP BY c.id HAVING abs(sum(s.amount_fen)) > abs(c.amount_fen)
            OR min(sign(s.amount_fen)) <> max(sign(s.amount_fen))
            OR min(sign(s.amount_fen)) <> sign(c.amount_fen)
        ORDER BY c.id LIMIT 1""",
    ),
    Question(
        "contribution",
        "what is paid of it is not the sum of its payments",
        """SELECT c.id::text FROM contribution c
        LEFT JOIN contribution_payment p ON p.contribution_id = c.id AND NOT EXISTS (
            SELECT FROM funding_record f JOIN funding_undoing u ON u.funding_id = f.id
            WHERE f.contribution_payment_id = p.id)
        GROUP BY c.id
        HAVING c.paid_fen <> coalesce(sum(p.amount_fen), 0) ORDER BY c.id LIMIT 1""",
    ),
    Question(
        "contribution",
        "what is forfeited of it is not what was resolved",
        """SELECT c.id::text FROM contribution c
        LEFT JOIN contribution_forfeiture f ON f.contribution_id = c.id GROUP BY c.id
        HAVING c.forfeited_fen <> coalesce(sum(f.forfeited_fen), 0) ORDER BY c.id LIMIT 1""",
    ),
    Question(
        "ledger_fact",
        "the newest fact of a contribution is not how the contribution stands",
        """WITH newest AS (
            SELECT DISTINCT ON (f.subject_id) f.id, f.subject_id, f.center_id, f.payload
            FROM ledger_fact f WHERE f.kind = 'contribution'
            ORDER BY f.subject_id, f.recorded_at DESC, f.id DESC
        )
        SELECT coalesce(f.id, c.id)::text FROM contribution c
        FULL JOIN newest f ON f.subject_id = c.id
        WHERE f.id IS NULL OR c.id IS NULL OR f.center_id <> c.center_id
           OR f.payload->>'state' <> c.state OR f.payload->>'kind' <> c.kind
           OR f.payload->>'org_id' <> c.org_id::text
           OR (f.payload->'committed'->>'amount')::bigint <> c.committed_fen
           OR (f.payload->'paid'->>'amount')::bigint <> c.paid_fen
        ORDER BY c.id LIMIT 1""",
    ),
)
