from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("production", "0003_started_work_is_not_bound_to_its_plan"),
    ]

    operations = [
        migrations.AddField(
            model_name="machine",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="machine",
            name="stopped_reason",
            field=models.CharField(blank=True, help_text="Why it is out of service.", max_length=200),
        ),
    ]
