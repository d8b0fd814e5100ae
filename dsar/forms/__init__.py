"""Forms: `public` for the data subject, `office` for the staff."""
