"""What the database itself holds about days and inventors of an asset, whoever writes them.

Nothing happens to an asset before its first known day; and its inventors' parts are whole. A day
that becomes known later does not judge what was written before.
"""

from typing import Final

# The table, the expression for its day, and when the row is a new one and not one restated.
_DAYS: Final = (
    ("ownership_version", "lower(NEW.valid_during)", "NEW.origin_id = NEW.id"),
    ("revenue_event", "NEW.received_on", "true"),
    ("protection_event", "NEW.occurred_on", "true"),
)


def _after_first_day(table: str, day: str, is_new: str) -> tuple[str, str]:
    return (
        f"""
        CREATE FUNCTION {table}_after_asset() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {is_new} AND EXISTS (SELECT FROM ip_asset a WHERE a.id = NEW.asset_id
                AND {day} < LEAST(a.filed_on, a.registered_on, a.granted_on)) THEN
                RAISE EXCEPTION 'asset % did not exist on %', NEW.asset_id, {day}
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_{table}_after_asset';
            END IF;
            RETURN NEW;
        END $$
        """,
        f"""
        CREATE TRIGGER {table}_after_asset BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_after_asset()
        """,
    )


UP: Final = (
    *(statement for one in _DAYS for statement in _after_first_day(*one)),
    # Inventors come row by row: only at the end of the transaction all of them are there.
    """
    CREATE FUNCTION asset_inventor_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE total bigint;
    BEGIN
        SELECT sum(share_ppm) INTO total FROM asset_inventor WHERE asset_id = NEW.asset_id;
        IF total <> 1000000 THEN
            RAISE EXCEPTION 'the inventors of asset % sum to %', NEW.asset_id, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_asset_inventor_whole';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER asset_inventor_whole AFTER INSERT ON asset_inventor
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION asset_inventor_whole()
    """,
)
DOWN: Final = (
    "DROP TRIGGER asset_inventor_whole ON asset_inventor",
    "DROP FUNCTION asset_inventor_whole()",
    *(
        statement
        for table, *_ in _DAYS
        for statement in (
            f"DROP TRIGGER {table}_after_asset ON {table}",
            f"DROP FUNCTION {table}_after_asset()",
        )
    ),
)
