"""What outlives a request on purpose: the keyed hash of an address that objected to marketing."""

from django.db import models


class Suppression(models.Model):
    """Somebody who must not be written to for marketing (GDPR Art. 21(3)): a keyed hash, from which nobody reads the address.

    Kept as long as `retention.suppression_years` of controller.toml, so that the objection is still honoured (LAW 3.2).
    """

    address_hash = models.CharField(max_length=64, unique=True, help_text="HMAC-SHA-256 of the normalised address")
    key_mark = models.CharField(max_length=16, default="", help_text="names the key of the hash")
    reference = models.CharField(max_length=16, help_text="of the request that put it here")
    since = models.DateTimeField()
    until = models.DateField()

    class Meta:
        ordering = ("since",)

    def __str__(self) -> str:
        return f"{self.reference} until {self.until}"
