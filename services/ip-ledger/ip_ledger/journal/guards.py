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
