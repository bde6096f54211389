"""What the database itself holds about runs: none is paid by shares that are others by now.

A version of ownership that a later one cut short is restated with its origin; the income's day lies
in one of them, and that one has to have the origin that the line rests on.
"""

from typing import Final

UP: Final = (
    """
    CREATE FUNCTION distribution_run_present() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE moved uuid;
    BEGIN
        SELECT l.id INTO moved FROM distribution_line l
        JOIN revenue_event e ON e.id = l.event_id
        JOIN ownership_version used ON used.id = l.ownership_version_id
        WHERE l.run_id = NEW.id AND NOT EXISTS (
            SELECT FROM ownership_version v
            WHERE v.asset_id = l.asset_id AND v.origin_id = used.origin_id
              AND upper_inf(v.known_during) AND v.valid_during @> e.received_on)
        LIMIT 1;
        IF moved IS NOT NULL THEN
            RAISE EXCEPTION 'line % of run % rests on shares that are others now', moved, NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_distribution_run_present';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER distribution_run_present AFTER UPDATE OF state ON distribution_run
    FOR EACH ROW WHEN (NEW.state = 'paid' AND OLD.state <> 'paid')
    EXECUTE FUNCTION distribution_run_present()
    """,
)
DOWN: Final = (
    "DROP TRIGGER distribution_run_present ON distribution_run",
    "DROP FUNCTION distribution_run_present()",
)
