"""The test components themselves: real servers, reachable from a test."""

from email.message import EmailMessage
from smtplib import SMTP, SMTPRecipientsRefused

import pytest
from django.core.mail import send_mail
from django.db import connection

from tests.components import SQLITE, Mailbox


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for():
    assert connection.vendor == ("sqlite" if SQLITE else "postgresql")


def test_redis_answers(redis_server: str):
    import redis

    assert redis.Redis.from_url(redis_server).ping()


def test_a_mail_arrives_at_the_smtp_server(smtp_server: Mailbox):
    send_mail("Accusé de réception", "Bonjour", "dpo@cesi.example", ["camille.exemple@etu.cesi.example"])
    assert smtp_server.wait_for("camille.exemple@etu.cesi.example", "Accusé")["From"] == "dpo@cesi.example"


def test_the_smtp_server_refuses_once_when_told(smtp_server: Mailbox):
    smtp_server.refuse("RCPT", "550 5.1.1 No such user")
    message = EmailMessage()
    message["To"], message["From"] = "camille.exemple@etu.cesi.example", "dpo@cesi.example"
    with SMTP(smtp_server.host, smtp_server.port) as client:
        with pytest.raises(SMTPRecipientsRefused):
            client.send_message(message)
        client.send_message(message)
    assert len(smtp_server.messages) == 1


def test_the_browser_shows_a_page(chromium):
    page = chromium.new_page()
    page.set_content("<h1>Bonjour</h1>")
    assert page.locator("h1").inner_text() == "Bonjour"
    page.close()


def test_s3_keeps_an_object(s3_server: str):
    import boto3

    client = boto3.client("s3", endpoint_url=s3_server, region_name="eu-west-3", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_bucket(Bucket="objects", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    client.put_object(Bucket="objects", Key="a", Body=b"rows")
    assert client.get_object(Bucket="objects", Key="a")["Body"].read() == b"rows"


def test_the_database_of_a_source_can_be_made(postgres_database):
    import psycopg

    with psycopg.connect(postgres_database()) as rows:
        assert rows.execute("SELECT count(*) FROM pg_class").fetchone()[0] > 100
