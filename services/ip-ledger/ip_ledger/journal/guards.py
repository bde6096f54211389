"""What the database itself holds about entries, whoever writes them.

The trigger is one statement over all added rows and not a deferred row trigger: at posting speed,
one call per row cost more than the posting. It is the stricter of the two, since no statement may
leave an entry unbalanced, even for a moment inside a transaction.
"""

from typing import Final

UP: Final = (
    """
    CREATE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE uneven uuid;
    BEGIN
        SELECT entry_id INTO uneven FROM added GROUP BY entry_id, currency
        HAVING sum(amount_fen) <> 0 LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'entry % does not balance', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_balanced';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER posting_balanced AFTER INSERT ON posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION posting_balanced()
    """,
)
DOWN: Final = (
    "DROP TRIGGER posting_balanced ON posting",
    "DROP FUNCTION posting_balanced()",
)

# Since 0004. The shared lock makes posting wait for a close that is under way, and the close for
# what is being posted; the function's next statement sees what the close has committed.
BOOKS_UP: Final = (
    """
    CREATE OR REPLACE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE uneven uuid;
    BEGIN
        SELECT entry_id INTO uneven FROM added GROUP BY entry_id, currency
        HAVING sum(amount_fen) <> 0 LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'entry % does not balance', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_balanced';
        END IF;
        SELECT a.id INTO uneven FROM added p JOIN account a ON a.id = p.account_id
        WHERE NOT a.may_go_negative AND CASE WHEN a.kind IN ('asset', 'expense')
            THEN p.balance_after_fen < 0 ELSE p.balance_after_fen > 0 END LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'account % may not go negative', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_overdrawn';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION journal_entry_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong uuid;
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('books ' || center_id, 0))
        FROM (SELECT DISTINCT center_id FROM added ORDER BY center_id) AS centers;
        SELECT a.id INTO wrong FROM added a JOIN book_period p
            ON p.center_id = a.center_id AND p.until_on >= a.effective_on LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'entry % lies in a closed period', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entry_open_period';
        END IF;
        SELECT a.id INTO wrong FROM added a JOIN journal_entry o ON o.id = a.reverses_id
        WHERE o.reverses_id IS NOT NULL LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'entry % reverses a reversal', wrong
                USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'ck_journal_entry_reverses_original';
        END IF;
        SELECT a.id INTO wrong FROM added a JOIN journal_entry o ON o.id = a.reverses_id
        WHERE o.effective_on > a.effective_on LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'entry % reverses one of a later day', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entry_reverses_after';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER journal_entry_allowed AFTER INSERT ON journal_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_allowed()
    """,
)
BOOKS_DOWN: Final = (
    "DROP TRIGGER journal_entry_allowed ON journal_entry",
    "DROP FUNCTION journal_entry_allowed()",
    UP[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
)

# Since 0008. One more sum over what was added tells whether an entry holds two currencies; holds
# are on the row that the posting itself has just changed. An opening waits for whoever is posting,
# and whoever posts later finds it.
_OPENINGS: Final = (
    """
    CREATE OR REPLACE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE uneven uuid;
    BEGIN
        SELECT entry_id INTO uneven FROM added GROUP BY entry_id, currency
        HAVING sum(amount_fen) <> 0 LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'entry % does not balance', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_balanced';
        END IF;
        SELECT e.id INTO uneven FROM journal_entry e WHERE e.kind <> 'exchange' AND e.id IN (
            SELECT entry_id FROM added GROUP BY entry_id HAVING min(currency) <> max(currency)
        ) LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'entry % holds two currencies', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_one_currency';
        END IF;
        SELECT a.id INTO uneven FROM added p JOIN account a ON a.id = p.account_id
            JOIN account_balance b ON b.account_id = a.id
        WHERE NOT a.may_go_negative AND CASE WHEN a.kind IN ('asset', 'expense')
            THEN p.balance_after_fen - b.held_credits_fen < 0
            ELSE p.balance_after_fen + b.held_debits_fen > 0 END LIMIT 1;
        IF uneven IS NOT NULL THEN
            RAISE EXCEPTION 'account % may not go negative', uneven
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_overdrawn';
        END IF;
        RETURN NULL;
    END $$
    """,
    BOOKS_UP[1]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace(
        "        RETURN NULL;\n",
        """        SELECT a.id INTO wrong FROM added a JOIN journal_entry o
            ON o.center_id = a.center_id AND o.kind = 'opening' AND o.reverses_id IS NULL
            AND o.effective_on > a.effective_on LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'entry % lies before its books were opened', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entry_after_opening';
        END IF;
        SELECT a.id INTO wrong FROM added a
        WHERE a.kind = 'opening' AND a.reverses_id IS NULL AND EXISTS (
            SELECT FROM journal_entry e WHERE e.center_id = a.center_id
            AND e.source_id IS DISTINCT FROM a.source_id) LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'entry % opens books that are in use', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_journal_entry_opening_first';
        END IF;
        RETURN NULL;
""",
    ),
)
OPENINGS_UP: Final = (
    *_OPENINGS,
    # The balances are changed and locked before the lines are written.
    """
    CREATE FUNCTION pending_line_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong uuid;
    BEGIN
        SELECT pending_id INTO wrong FROM added GROUP BY pending_id, currency
        HAVING sum(amount_fen) <> 0 LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'pending entry % does not balance', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_balanced';
        END IF;
        SELECT pending_id INTO wrong FROM added GROUP BY pending_id
        HAVING min(currency) <> max(currency) LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'pending entry % holds two currencies', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_one_currency';
        END IF;
        SELECT a.id INTO wrong FROM added p JOIN account a ON a.id = p.account_id
            JOIN account_balance b ON b.account_id = a.id
        WHERE NOT a.may_go_negative AND CASE WHEN a.kind IN ('asset', 'expense')
            THEN p.amount_fen < 0 AND b.balance_fen - b.held_credits_fen < 0
            ELSE p.amount_fen > 0 AND b.balance_fen + b.held_debits_fen > 0 END LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'account % would be overdrawn by holds', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_overdrawn';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER pending_line_allowed AFTER INSERT ON pending_line
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pending_line_allowed()
    """,
)
OPENINGS_DOWN: Final = (
    "DROP TRIGGER pending_line_allowed ON pending_line",
    "DROP FUNCTION pending_line_allowed()",
    BOOKS_UP[0],
    BOOKS_UP[1].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
)

# Since 0011. Whether a posting's entry and account are there is asked once for all rows of a
# statement, as their balance is, and no longer by two calls for each row, which were half of what
# posting cost. What they point to cannot go: `stays` refuses it whoever asks, so that looking once
# is enough and no row has to be locked. Only the way by index is left to the planner, because a
# plan that was made while the books were empty would read all of them from then on.
_QUICK_POSTING: Final = """
    CREATE OR REPLACE FUNCTION posting_balanced() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
    DECLARE wrong record;
    BEGIN
        SELECT g.entry_id AS id, e.id IS NULL AS lost, g.one <> g.other AND e.kind <> 'exchange'
            AS mixed INTO wrong
        FROM (SELECT entry_id, min(currency) AS one, max(currency) AS other,
                     sum(amount_fen) AS total FROM added GROUP BY entry_id) AS g
        LEFT JOIN journal_entry e ON e.id = g.entry_id
        WHERE e.id IS NULL OR CASE WHEN g.one = g.other THEN g.total <> 0
            ELSE e.kind <> 'exchange' OR EXISTS (
                SELECT FROM added a WHERE a.entry_id = g.entry_id
                GROUP BY a.currency HAVING sum(a.amount_fen) <> 0) END
        LIMIT 1;
        IF wrong.lost THEN
            RAISE EXCEPTION 'a posting of entry %, which is not there', wrong.id
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'fk_posting_entry_id';
        ELSIF wrong.mixed THEN
            RAISE EXCEPTION 'entry % holds two currencies', wrong.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_one_currency';
        ELSIF wrong.id IS NOT NULL THEN
            RAISE EXCEPTION 'entry % does not balance', wrong.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_balanced';
        END IF;
        SELECT p.account_id AS id, a.id IS NULL AS lost INTO wrong FROM added p
            LEFT JOIN account a ON a.id = p.account_id AND a.currency = p.currency
            LEFT JOIN account_balance b ON b.account_id = a.id AND NOT a.may_go_negative
        WHERE a.id IS NULL OR NOT a.may_go_negative AND CASE WHEN a.kind IN ('asset', 'expense')
            THEN p.balance_after_fen - b.held_credits_fen < 0
            ELSE p.balance_after_fen + b.held_debits_fen > 0 END LIMIT 1;
        IF wrong.lost THEN
            RAISE EXCEPTION 'a posting of account %, which is not there in its currency', wrong.id
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'fk_posting_account_currency';
        ELSIF wrong.id IS NOT NULL THEN
            RAISE EXCEPTION 'account % may not go negative', wrong.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_overdrawn';
        END IF;
        RETURN NULL;
    END $$
"""
QUICK_UP: Final = (
    _QUICK_POSTING,
    *(
        f"ALTER FUNCTION journal_entry_allowed() SET {way} = off"
        for way in ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")
    ),
    """
    CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'stays_' || TG_TABLE_NAME;
    END $$
    """,
    """
    CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION stays()
    """,
    """
    CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id, currency ON account
    FOR EACH STATEMENT EXECUTE FUNCTION stays()
    """,
)
QUICK_DOWN: Final = (
    "DROP TRIGGER stays ON account",
    "DROP TRIGGER stays ON journal_entry",
    "DROP FUNCTION stays()",
    "ALTER FUNCTION journal_entry_allowed() RESET ALL",
    _OPENINGS[0],
    "ALTER FUNCTION posting_balanced() RESET ALL",
)

# Since 0018. A posting bears its entry's day and instant, so that a balance on two clocks is read
# from one index: that they are the entry's is asked in the look that was there already.
_DATED_POSTING: Final = (
    _QUICK_POSTING.replace(
        "AS mixed INTO wrong\n",
        """AS mixed, (g.first_on, g.last_on, g.first_at, g.last_at) IS DISTINCT FROM
            (e.effective_on, e.effective_on, e.recorded_at, e.recorded_at) AS strayed INTO wrong
""",
    )
    .replace(
        "sum(amount_fen) AS total FROM added",
        """sum(amount_fen) AS total,
                     min(effective_on) AS first_on, max(effective_on) AS last_on,
                     min(recorded_at) AS first_at, max(recorded_at) AS last_at FROM added""",
    )
    .replace(
        "WHERE e.id IS NULL OR CASE",
        """WHERE e.id IS NULL OR (g.first_on, g.last_on, g.first_at, g.last_at) IS DISTINCT FROM
            (e.effective_on, e.effective_on, e.recorded_at, e.recorded_at) OR CASE""",
    )
    .replace(
        "        ELSIF wrong.mixed THEN",
        """        ELSIF wrong.strayed THEN
            RAISE EXCEPTION 'a posting of entry % has another day or instant', wrong.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_dated';
        ELSIF wrong.mixed THEN""",
    )
)
DATED_UP: Final = (_DATED_POSTING,)
DATED_DOWN: Final = (_QUICK_POSTING,)
