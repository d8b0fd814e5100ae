"""The package that a data subject receives: one streamed ZIP, readable by a person and by a machine (GDPR Art. 15(3), 20)."""
