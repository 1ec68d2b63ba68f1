from django.db import migrations

# Who may alter the table can also disable a trigger: these stop mistakes and
# injected statements; the chain of hashes finds what was done on purpose.
FORWARD = """
CREATE FUNCTION ledger_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger_entry only grows: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Record a new entry that corrects the old one.';
END $$;

CREATE TRIGGER ledger_entry_keeps_rows BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_only_grows();
CREATE TRIGGER ledger_entry_keeps_table BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_only_grows();
"""
BACKWARD = """
DROP TRIGGER ledger_entry_keeps_table ON ledger_entry;
DROP TRIGGER ledger_entry_keeps_rows ON ledger_entry;
DROP FUNCTION ledger_entry_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries_jobs_keys_answers")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
