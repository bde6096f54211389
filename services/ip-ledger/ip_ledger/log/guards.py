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

# Since 0016. The openings of an entry's small record follow from its secret and the entry's own
# rows; who recorded it is told by the trail, and not by a receipt.
_OPENED: Final = r"""
    CREATE VIEW log_opened AS
    SELECT record_id, name, salt, value FROM log_opening
    UNION ALL
    SELECT r.id, f.name, substr(sha256(convert_to(
        E'zhichuang salt v2\n' || f.name || E'\n', 'UTF8') || r.secret), 1, 16), f.value
    FROM log_record r JOIN journal_entry e ON e.id = r.id, LATERAL (VALUES
        ('lines', (SELECT '[' || string_agg('{"account_id":"' || p.account_id || '","amount":'
            || abs(p.amount_fen) || ',"currency":"' || p.currency || '","side":"'
            || CASE WHEN p.amount_fen > 0 THEN 'debit' ELSE 'credit' END || '"}', ','
            ORDER BY p.line) || ']' FROM posting p WHERE p.entry_id = e.id)),
        ('reference', to_json(e.reference)::text),
        ('exchange_rate', to_json(e.exchange_rate)::text)) AS f(name, value)
    WHERE r.secret IS NOT NULL AND f.value IS NOT NULL
"""
# The audit row of an entry with a small record follows from the entry and the hashes of records, so
# that it is not kept a second time; its event has the entry's id.
_TRAIL: Final = """
    CREATE VIEW audit_trail AS
    SELECT id, event_id, action, subject_id, person_id, client_id, before_sha256, after_sha256,
           reason, at FROM audit
    UNION ALL
    SELECT e.id, e.id, 'entry.posted', e.id, e.recorded_by, e.client_id,
           (SELECT encode(sha256(o.body), 'hex') FROM log_record o WHERE o.id = e.reverses_id),
           encode(sha256(r.body), 'hex'),
           CASE WHEN e.reverses_id IS NOT NULL THEN e.reference END, e.recorded_at
    FROM journal_entry e JOIN log_record r ON r.id = e.id WHERE e.client_id IS NOT NULL
"""
# So does what its event tells.
_TOLD: Final = """
    CREATE VIEW event_told AS
    SELECT id, seq, type, subject_id, center_id, CASE WHEN data <> '{}' THEN data ELSE
        coalesce((SELECT jsonb_build_object('center_id', e.center_id, 'effective_on',
            e.effective_on, 'kind', e.kind, 'person_id', e.recorded_by, 'reverses_id',
            e.reverses_id, 'source_id', e.source_id) FROM journal_entry e WHERE e.id = event.id),
            data) END AS data, recorded_at
    FROM event
"""
SMALL_UP: Final = (
    _OPENED,
    _TRAIL,
    _TOLD,
    # A secret can be erased, and never given to a record again.
    """
    CREATE TRIGGER secret_stays BEFORE UPDATE OF secret ON log_record
    FOR EACH ROW WHEN (NEW.secret IS NOT NULL) EXECUTE FUNCTION stays()
    """,
)
SMALL_DOWN: Final = (
    "DROP TRIGGER secret_stays ON log_record",
    # Nothing that opens a record is lost: what followed from its secret becomes a row.
    """
    INSERT INTO log_opening (record_id, name, salt, value)
    SELECT o.record_id, o.name, o.salt, o.value FROM log_opened o
    WHERE NOT EXISTS (SELECT FROM log_opening k WHERE (k.record_id, k.name) = (o.record_id, o.name))
    """,
    "DROP VIEW log_opened",
    # Nor is any row of the trail.
    """
    INSERT INTO audit (id, event_id, action, subject_id, person_id, client_id, before_sha256,
                       after_sha256, reason, at)
    SELECT * FROM audit_trail t WHERE NOT EXISTS (SELECT FROM audit a WHERE a.id = t.id)
    """,
    "DROP VIEW audit_trail",
    # What events told stays with the entries: a link of the audit's chain holds them as they are.
    "DROP VIEW event_told",
)
