"""The pages of the data subject: the form, the confirmation, the status page, the download."""
