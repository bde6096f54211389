"""What the database itself holds about who made an asset, whoever writes it (I1).

As of ownership: no day has two lists, as known at any instant; what is known leaves no day out;
parts are whole when the transaction commits; and of a version only the end of its belief changes.
"""

from typing import Final

UP: Final = (
    """
    ALTER TABLE inventor_version ADD CONSTRAINT ex_inventor_version_periods
    EXCLUDE USING gist (asset_id WITH =, valid_during WITH &&, known_during WITH &&)
    """,
    """
    ALTER TABLE inventor_version ADD CONSTRAINT ck_inventor_version_periods CHECK (
        NOT isempty(valid_during) AND NOT isempty(known_during) AND NOT lower_inf(known_during)
    )
    """,
    """
    CREATE OR REPLACE FUNCTION asset_inventor_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE total bigint; version uuid;
    BEGIN
        version := CASE TG_TABLE_NAME
            WHEN 'inventor_version' THEN (to_jsonb(NEW) ->> 'id')::uuid
            ELSE (to_jsonb(NEW) ->> 'version_id')::uuid END;
        SELECT coalesce(sum(share_ppm), 0) INTO total FROM asset_inventor
        WHERE version_id = version;
        IF total <> 1000000 THEN
            RAISE EXCEPTION 'the inventors of version % sum to %', version, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_asset_inventor_whole';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER inventor_version_whole AFTER INSERT ON inventor_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION asset_inventor_whole()
    """,
    """
    CREATE FUNCTION inventors_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE known datemultirange;
    BEGIN
        SELECT range_agg(valid_during) INTO known FROM inventor_version
        WHERE asset_id = NEW.asset_id AND upper_inf(known_during);
        IF known IS DISTINCT FROM '{(,)}'::datemultirange THEN
            RAISE EXCEPTION 'the known inventors of asset % leave days out', NEW.asset_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_inventor_version_gapless';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER inventor_version_gapless AFTER INSERT OR UPDATE ON inventor_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventors_gapless()
    """,
    """
    CREATE FUNCTION inventors_instant() RETURNS trigger LANGUAGE plpgsql AS $$
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
        RAISE EXCEPTION 'a list of inventors is known from its instant on, and ends once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_inventor_version_instant';
    END $$
    """,
    """
    CREATE TRIGGER inventor_version_instant BEFORE INSERT OR UPDATE ON inventor_version
    FOR EACH ROW EXECUTE FUNCTION inventors_instant()
    """,
)
DOWN: Final = (
    "DROP TRIGGER inventor_version_instant ON inventor_version",
    "DROP FUNCTION inventors_instant()",
    "DROP TRIGGER inventor_version_gapless ON inventor_version",
    "DROP FUNCTION inventors_gapless()",
    "DROP TRIGGER inventor_version_whole ON inventor_version",
)
