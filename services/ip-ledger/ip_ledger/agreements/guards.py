"""What the database itself holds about agreements: benefit and risk are shared out whole."""

from typing import Final

UP: Final = (
    """
    CREATE FUNCTION agreement_party_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE benefit bigint; risk bigint;
    BEGIN
        SELECT sum(benefit_ppm), sum(risk_ppm) INTO benefit, risk
        FROM agreement_party WHERE agreement_id = NEW.agreement_id;
        IF benefit <> 1000000 OR risk <> 1000000 THEN
            RAISE EXCEPTION 'the shares of agreement % sum to % and %',
                NEW.agreement_id, benefit, risk
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_agreement_party_whole';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER agreement_party_whole AFTER INSERT ON agreement_party
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_party_whole()
    """,
)
DOWN: Final = (
    "DROP TRIGGER agreement_party_whole ON agreement_party",
    "DROP FUNCTION agreement_party_whole()",
)
