"""Entries of the suppression list say under which key they were written; until now that was one derived from SECRET_KEY."""

from django.db import migrations, models

from identity import vault


def mark(apps, schema_editor):
    entries = apps.get_model("dsar", "Suppression").objects.filter(key_mark="")
    if entries.exists():
        entries.update(key_mark=vault.secret_hash_key("suppression").mark)


class Migration(migrations.Migration):
    dependencies = [
        ("dsar", "0007_a_pass_phrase"),
    ]

    operations = [
        migrations.AddField(
            model_name="suppression",
            name="key_mark",
            field=models.CharField(default="", help_text="names the key of the hash", max_length=16),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
