from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dsar', '0003_what_the_clock_and_staff_need'),
    ]

    operations = [
        migrations.AlterField(
            model_name='requestevent',
            name='kind',
            field=models.CharField(choices=[('received', 'received'), ('qualified', 'qualified'), ('assigned', 'assigned'), ('email_confirmed', 'email_confirmed'), ('identity_matched', 'identity_matched'), ('identity_not_matched', 'identity_not_matched'), ('identity_verified', 'identity_verified'), ('identity_refused', 'identity_refused'), ('paused', 'paused'), ('resumed', 'resumed'), ('extended', 'extended'), ('extension_refused', 'extension_refused'), ('proof_received', 'proof_received'), ('proof_insufficient', 'proof_insufficient'), ('facts_checked', 'facts_checked'), ('document_received', 'document_received'), ('document_viewed', 'document_viewed'), ('document_destroyed', 'document_destroyed'), ('mail_joined', 'mail_joined'), ('letter_posted', 'letter_posted'), ('undeliverable', 'undeliverable'), ('message_settled', 'message_settled'), ('suppressed', 'suppressed'), ('collection_started', 'collection_started'), ('source_finished', 'source_finished'), ('source_retried', 'source_retried'), ('collection_finished', 'collection_finished'), ('data_viewed', 'data_viewed'), ('gap_justified', 'gap_justified'), ('decided', 'decided'), ('approval_proposed', 'approval_proposed'), ('approval_granted', 'approval_granted'), ('approval_refused', 'approval_refused'), ('task_given', 'task_given'), ('task_confirmed', 'task_confirmed'), ('package_built', 'package_built'), ('package_failed', 'package_failed'), ('released', 'released'), ('release_withdrawn', 'release_withdrawn'), ('code_issued', 'code_issued'), ('downloaded', 'downloaded'), ('answered', 'answered'), ('note', 'note'), ('message_to_subject', 'message_to_subject'), ('message_from_subject', 'message_from_subject'), ('delivery_changed', 'delivery_changed'), ('withdrawn_by_subject', 'withdrawn_by_subject'), ('reopened', 'reopened'), ('expired', 'expired'), ('closed', 'closed')], max_length=24),
        ),
    ]
