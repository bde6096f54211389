"""What the database itself holds about a division of profit, whoever writes it.

Its lines name each shareholder once, and sum to what was divided.
"""

from typing import Final

UP: Final = (
    """
    CREATE FUNCTION profit_division_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE named bigint; parties bigint; total bigint;
    BEGIN
        SELECT count(*), count(DISTINCT line->>'org_id'), sum((line->>'amount_fen')::bigint)
          INTO named, parties, total FROM jsonb_array_elements(NEW.lines) AS line;
        IF named <> parties THEN
            RAISE EXCEPTION 'a shareholder stands twice in division %', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_profit_division_parties';
        END IF;
        IF total IS DISTINCT FROM NEW.pool_fen THEN
            RAISE EXCEPTION 'the lines of division % sum to %', NEW.id, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_profit_division_whole';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER profit_division_whole BEFORE INSERT ON profit_division
    FOR EACH ROW EXECUTE FUNCTION profit_division_whole()
    """,
)
DOWN: Final = (
    "DROP TRIGGER profit_division_whole ON profit_division",
    "DROP FUNCTION profit_division_whole()",
)
