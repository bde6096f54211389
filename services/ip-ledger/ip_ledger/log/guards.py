"""What the database holds about the log's rows: openings and leaves are of records that are there.

As in `journal.guards`, one look for all rows of a statement stands where a foreign key made one for
each row, and a record cannot go, whoever asks.
"""

from typing import Final

_OF_A_RECORD: Final = """
    CREATE FUNCTION of_a_record() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
    DECLARE lost uuid;
    BEGIN
        SELECT a.record_id INTO lost FROM (SELECT DISTINCT record_id FROM added) AS a
        LEFT JOIN log_record r ON r.id = a.record_id WHERE r.id IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'a row of %, whose record % is not there', TG_TABLE_NAME, lost
                USING ERRCODE = 'foreign_key_violation',
                    CONSTRAINT = 'fk_' || TG_TABLE_NAME || '_record_id_log_record';
        END IF;
        RETURN NULL;
    END $$
"""
QUICK_UP: Final = (
    _OF_A_RECORD,
    *(
        f"""
        CREATE TRIGGER of_a_record AFTER INSERT ON {table}
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION of_a_record()
        """
        for table in ("log_opening", "log_leaf")
    ),
    """
    CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON log_record
    FOR EACH STATEMENT EXECUTE FUNCTION stays()
    """,
)
QUICK_DOWN: Final = (
    "DROP TRIGGER stays ON log_record",
    "DROP TRIGGER of_a_record ON log_leaf",
    "DROP TRIGGER of_a_record ON log_opening",
    "DROP FUNCTION of_a_record()",
)
