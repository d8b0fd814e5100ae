from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0003_mail_that_arrives'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ('to_post', 'undeliverable'))), fields=['reference'], name='message_to_see_to'),
        ),
    ]
