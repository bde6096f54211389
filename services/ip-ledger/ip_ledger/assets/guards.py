"""What the database itself holds about ownership, whoever writes it (I1).

No day of an asset is owned twice, as known at any instant; known ownership has no gap; the shares
of a version are whole when the transaction commits; and nothing of a version changes but the end
of the time during which it was believed.
"""

from typing import Final

UP: Final = (
    """
    ALTER TABLE ownership_version ADD CONSTRAINT ex_ownership_version_periods
    EXCLUDE USING gist (asset_id WITH =, valid_during WITH &&, known_during WITH &&)
    """,
    """
    ALTER TABLE ownership_version ADD CONSTRAINT ck_ownership_version_periods CHECK (
        NOT isempty(valid_during) AND NOT isempty(known_during)
        AND NOT lower_inf(valid_during) AND NOT lower_inf(known_during)
    )
    """,
    """
    CREATE FUNCTION ownership_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE total bigint; version uuid;
    BEGIN
        version := CASE TG_TABLE_NAME
            WHEN 'ownership_version' THEN (to_jsonb(NEW) ->> 'id')::uuid
            ELSE (to_jsonb(NEW) ->> 'version_id')::uuid END;
        SELECT coalesce(sum(ppm), 0) INTO total FROM ownership_line WHERE version_id = version;
        IF total <> 1000000 THEN
            RAISE EXCEPTION 'the shares of version % sum to %', version, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ownership_line_whole';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER ownership_version_whole AFTER INSERT ON ownership_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ownership_whole()
    """,
    """
    CREATE CONSTRAINT TRIGGER ownership_line_whole AFTER INSERT ON ownership_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ownership_whole()
    """,
    """
    CREATE FUNCTION ownership_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE known datemultirange;
    BEGIN
        SELECT range_agg(valid_during) INTO known FROM ownership_version
        WHERE asset_id = NEW.asset_id AND upper_inf(known_during);
        IF known IS NULL OR known <> range_merge(known)::datemultirange OR NOT upper_inf(known) THEN
            RAISE EXCEPTION 'the known ownership of asset % has a gap', NEW.asset_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ownership_version_gapless';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER ownership_version_gapless AFTER INSERT OR UPDATE ON ownership_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ownership_gapless()
    """,
    # The programme clock is no clock of the server: the transaction says its instant once, and
    # every row must bear it.
    """
    CREATE FUNCTION ownership_instant() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE instant timestamptz := nullif(current_setting('zhichuang.instant', true), '');
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF upper_inf(NEW.known_during) AND lower(NEW.known_during) IS NOT DISTINCT FROM instant
            THEN RETURN NEW; END IF;
        ELSIF upper_inf(OLD.known_during)
            AND lower(NEW.known_during) = lower(OLD.known_during)
            AND upper(NEW.known_during) IS NOT DISTINCT FROM instant
            AND to_jsonb(NEW) - 'known_during' = to_jsonb(OLD) - 'known_during'
        THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'an ownership version is known from its instant on, and ends once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ownership_version_instant';
    END $$
    """,
    """
    CREATE TRIGGER ownership_version_instant BEFORE INSERT OR UPDATE ON ownership_version
    FOR EACH ROW EXECUTE FUNCTION ownership_instant()
    """,
)
DOWN: Final = (
    "DROP TRIGGER ownership_version_instant ON ownership_version",
    "DROP FUNCTION ownership_instant()",
    "DROP TRIGGER ownership_version_gapless ON ownership_version",
    "DROP FUNCTION ownership_gapless()",
    "DROP TRIGGER ownership_line_whole ON ownership_line",
    "DROP TRIGGER ownership_version_whole ON ownership_version",
    "DROP FUNCTION ownership_whole()",
    "ALTER TABLE ownership_version DROP CONSTRAINT ck_ownership_version_periods",
    "ALTER TABLE ownership_version DROP CONSTRAINT ex_ownership_version_periods",
)
