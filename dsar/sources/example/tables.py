"""The example school's tables, for PostgreSQL and SQLite alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Columns as {name: type}; `id` is the primary key. `links` are foreign keys {column: table}, all to `id`."""

    name: str
    columns: dict[str, str]
    links: dict[str, str]
    indexes: tuple[str, ...]  # columns or expressions

    def create(self) -> str:
        """CREATE TABLE, without links: rows are loaded first on PostgreSQL."""
        lines = [f"{name} {kind}{' PRIMARY KEY' if name == 'id' else ''}" for name, kind in self.columns.items()]
        return f"CREATE TABLE {self.name} ({', '.join(lines)})"

    def create_with_links(self) -> str:
        """CREATE TABLE with its foreign keys, for an engine that cannot add them later."""
        lines = [f"FOREIGN KEY ({column}) REFERENCES {table} (id)" for column, table in self.links.items()]
        return f"{self.create()[:-1]}{''.join(', ' + line for line in lines)})"

    def add_links(self) -> list[str]:
        return [
            f"ALTER TABLE {self.name} ADD CONSTRAINT {self.name}_{column} FOREIGN KEY ({column}) REFERENCES {table} (id)"
            for column, table in self.links.items()
        ]

    def create_indexes(self) -> list[str]:
        return [
            f"CREATE INDEX {self.name}_by_{number} ON {self.name} ({expression})"
            for number, expression in enumerate((*self.links, *self.indexes), start=1)
        ]


_TEXT, _DATE, _AT, _WHOLE, _AMOUNT = "text", "date", "timestamp with time zone", "integer", "numeric(10,2)"


def _table(name: str, columns: str, *, links: dict[str, str] | None = None, indexes: tuple[str, ...] = ()) -> Table:
    """Columns are words; a suffix tells the type: `:d` date, `:t` instant, `:i` integer, `:n` amount, none text."""
    kinds = {"": _TEXT, "d": _DATE, "t": _AT, "i": _WHOLE, "n": _AMOUNT}
    parsed = {"id": _WHOLE}
    for word in columns.split():
        column, _, kind = word.partition(":")
        parsed[column] = kinds[kind]
    return Table(name, parsed, links or {}, indexes)


_STUDENT = {"student_id": "students"}

TABLES: tuple[Table, ...] = (
    _table(
        "students",
        "student_number civility first_name last_name former_name birth_date:d email personal_email phone campus programme"
        " started_on:d ended_on:d",
        indexes=("student_number", "email", "lower(email)", "personal_email", "lower(personal_email)", "phone"),
    ),
    _table(
        "applicants",
        "email first_name last_name birth_date:d phone programme applied_on:d status student_id:i",
        links=_STUDENT,
        indexes=("email", "lower(email)", "phone"),
    ),
    _table("addresses", "student_id:i line1 postal_code city country valid_from:d", links=_STUDENT),
    _table("enrolments", "student_id:i year:i programme campus status tuition_amount:n", links=_STUDENT),
    _table("grades", "enrolment_id:i course assessed_on:d mark:n comment teacher_name", links={"enrolment_id": "enrolments"}),
    _table("diplomas", "student_id:i title rncp_code issued_on:d honours", links=_STUDENT),
    _table("payments", "student_id:i invoice_number amount:n currency due_on:d paid_at:t payer_name", links=_STUDENT),
    _table(
        "messages",
        "sender_id:i recipient_id:i sent_at:t sender_name recipient_name subject body",
        links={"sender_id": "students", "recipient_id": "students"},
    ),
    _table("logins", "student_id:i at:t ip_address user_agent", links=_STUDENT),
    _table("parents", "student_id:i full_name email phone tie", links=_STUDENT, indexes=("email", "lower(email)", "phone")),
    _table(
        "prospects",
        "email first_name last_name phone programme_interest first_contact_on:d last_contact_on:d source",
        indexes=("email", "lower(email)", "phone"),
    ),
    _table(
        "newsletter_subscriptions",
        "email list_name subscribed_at:t consent_text unsubscribed_at:t",
        indexes=("email", "lower(email)"),
    ),
    _table("survey_answers", "student_id:i survey question answer answered_at:t", links=_STUDENT),
    _table("site_visits", "visitor_id ga page at:t consent", indexes=("visitor_id", "ga")),
)
