"""What is published or frozen stays as it is, whoever asks: the database refuses the change itself.

A sealed version keeps everything but ``retired_at``; its rows can neither be changed nor
added to; a design keeps everything but its owner and whether its link is open. TRUNCATE
(test databases) is not stopped.
"""

from django.db import migrations

ROWS = ("option", "value", "rule", "pricerule", "surface")

FUNCTIONS = """
CREATE FUNCTION configurator_version_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.sealed THEN
            RAISE EXCEPTION 'version % of % is published and cannot be deleted', OLD.number, OLD.family_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.sealed AND (to_jsonb(NEW) - 'retired_at') IS DISTINCT FROM (to_jsonb(OLD) - 'retired_at') THEN
        RAISE EXCEPTION 'version % of % is published and cannot be changed', OLD.number, OLD.family_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION configurator_row_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM configurator_version WHERE id = touched AND sealed) THEN
        RAISE EXCEPTION 'rows of a published version are fixed (%)', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION configurator_design_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'owner_id' - 'session_key' - 'shared_at')
       IS DISTINCT FROM (to_jsonb(OLD) - 'owner_id' - 'session_key' - 'shared_at') THEN
        RAISE EXCEPTION 'design % is frozen and cannot be changed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_is_fixed BEFORE UPDATE OR DELETE ON configurator_version
    FOR EACH ROW EXECUTE FUNCTION configurator_version_is_fixed();
CREATE TRIGGER design_is_fixed BEFORE UPDATE ON configurator_design
    FOR EACH ROW EXECUTE FUNCTION configurator_design_is_fixed();
"""

ROW_TRIGGER = (
    "CREATE TRIGGER {0}_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON configurator_{0} "
    "FOR EACH ROW EXECUTE FUNCTION configurator_row_is_fixed();"
)

UNDO = (
    "DROP TRIGGER version_is_fixed ON configurator_version;"
    "DROP TRIGGER design_is_fixed ON configurator_design;"
    + "".join(f"DROP TRIGGER {row}_is_fixed ON configurator_{row};" for row in ROWS)
    + "DROP FUNCTION configurator_version_is_fixed();"
    "DROP FUNCTION configurator_row_is_fixed();"
    "DROP FUNCTION configurator_design_is_fixed();"
)


class Migration(migrations.Migration):
    dependencies = [("configurator", "0001_what_can_be_made")]

    operations = [migrations.RunSQL([FUNCTIONS, *(ROW_TRIGGER.format(row) for row in ROWS)], UNDO)]
