"""What the database itself holds about families of rights: nobody descends from himself (A026)."""

from typing import Final

UP: Final = (
    """
    CREATE FUNCTION asset_kinship_acyclic() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            WITH RECURSIVE above (id) AS (
                SELECT NEW.parent_id
                UNION
                SELECT kin.parent_id FROM asset_kinship AS kin
                JOIN above ON kin.asset_id = above.id AND kin.withdrawn_at IS NULL
            )
            SELECT 1 FROM above WHERE id = NEW.asset_id
        ) THEN
            RAISE EXCEPTION 'asset % would descend from itself', NEW.asset_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_asset_kinship_acyclic';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER asset_kinship_acyclic AFTER INSERT ON asset_kinship
    FOR EACH ROW EXECUTE FUNCTION asset_kinship_acyclic()
    """,
)
DOWN: Final = (
    "DROP TRIGGER asset_kinship_acyclic ON asset_kinship",
    "DROP FUNCTION asset_kinship_acyclic()",
)
