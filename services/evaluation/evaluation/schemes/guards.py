"""What the database itself keeps unchanged: a frozen scheme and a locked profile."""

from typing import Final

GUARDS: Final[tuple[str, ...]] = (
    """
    CREATE FUNCTION keep_frozen_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state = 'frozen' THEN
            RAISE EXCEPTION 'a frozen scheme never changes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_indicator_scheme_unchanged';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER keep_frozen_scheme BEFORE UPDATE OR DELETE ON indicator_scheme
        FOR EACH ROW EXECUTE FUNCTION keep_frozen_scheme()
    """,
    """
    CREATE FUNCTION keep_locked_profile() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.locked_at IS NOT NULL THEN
            RAISE EXCEPTION 'a locked profile never changes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_weight_profile_unchanged';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER keep_locked_profile BEFORE UPDATE OR DELETE ON weight_profile
        FOR EACH ROW EXECUTE FUNCTION keep_locked_profile()
    """,
)
GUARDS_DOWN: Final[tuple[str, ...]] = (
    "DROP TRIGGER keep_locked_profile ON weight_profile",
    "DROP FUNCTION keep_locked_profile()",
    "DROP TRIGGER keep_frozen_scheme ON indicator_scheme",
    "DROP FUNCTION keep_frozen_scheme()",
)
