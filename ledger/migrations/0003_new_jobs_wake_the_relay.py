from django.db import migrations

# Delivered when the transaction commits; equal notices of one transaction are one.
FORWARD = """
CREATE FUNCTION ledger_job_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ledger_job', '');
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_job_rings AFTER INSERT ON ledger_job
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_job_ring();
"""
BACKWARD = """
DROP TRIGGER ledger_job_rings ON ledger_job;
DROP FUNCTION ledger_job_ring();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_entries_only_grow")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
