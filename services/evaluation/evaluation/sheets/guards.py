"""What the database itself keeps unchanged: a sheet that left its expert's hands (I6)."""

from typing import Final

GUARDS: Final[tuple[str, ...]] = (
    """
    CREATE FUNCTION keep_final_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a sheet is never taken away'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'sheet_is_fixed';
        END IF;
        IF OLD.state IN ('recused', 'voided') OR (
            OLD.state = 'submitted' AND (
                NEW.state <> 'voided'
                OR (NEW.id, NEW.conflict, NEW.statement, NEW.declared_at, NEW.submitted_at,
                    NEW.content_hash)
                   IS DISTINCT FROM
                   (OLD.id, OLD.conflict, OLD.statement, OLD.declared_at, OLD.submitted_at,
                    OLD.content_hash)
            )
        ) THEN
            RAISE EXCEPTION 'a submitted sheet never changes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'sheet_is_fixed';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER keep_final_sheet BEFORE UPDATE OR DELETE ON score_sheet
        FOR EACH ROW EXECUTE FUNCTION keep_final_sheet()
    """,
    """
    CREATE FUNCTION keep_final_items() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        concerned uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.sheet_id ELSE OLD.sheet_id END;
    BEGIN
        IF NOT EXISTS (
            SELECT FROM score_sheet WHERE id = concerned AND state IN ('declared', 'drafting')
        ) THEN
            RAISE EXCEPTION 'only a draft takes scores'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'sheet_is_fixed';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$
    """,
    """
    CREATE TRIGGER keep_final_items BEFORE INSERT OR UPDATE OR DELETE ON score_item
        FOR EACH ROW EXECUTE FUNCTION keep_final_items()
    """,
)
GUARDS_DOWN: Final[tuple[str, ...]] = (
    "DROP TRIGGER keep_final_items ON score_item",
    "DROP FUNCTION keep_final_items()",
    "DROP TRIGGER keep_final_sheet ON score_sheet",
    "DROP FUNCTION keep_final_sheet()",
)
