"""Let the database itself refuse to change or remove an event (SECURITY T20).

On SQLite a later migration that rebuilds the table drops its triggers: such a migration runs these operations again.
"""

from collections.abc import Iterable

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

REFUSED = "dsar_requestevent is append-only: what happened is neither changed nor removed"

POSTGRESQL = (
    f"""CREATE FUNCTION dsar_requestevent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'restrict_violation';
    END $$""",
    """CREATE TRIGGER dsar_requestevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dsar_requestevent
    FOR EACH STATEMENT EXECUTE FUNCTION dsar_requestevent_refuse()""",
)
POSTGRESQL_BACK = (
    "DROP TRIGGER dsar_requestevent_append_only ON dsar_requestevent",
    "DROP FUNCTION dsar_requestevent_refuse()",
)
SQLITE = (
    f"""CREATE TRIGGER dsar_requestevent_no_update BEFORE UPDATE ON dsar_requestevent
    BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    f"""CREATE TRIGGER dsar_requestevent_no_delete BEFORE DELETE ON dsar_requestevent
    BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    # INSERT OR REPLACE removes the row that is there without a DELETE that a trigger would see.
    f"""CREATE TRIGGER dsar_requestevent_no_replace BEFORE INSERT ON dsar_requestevent
    WHEN EXISTS (SELECT 1 FROM dsar_requestevent WHERE id = NEW.id OR (dsr_id = NEW.dsr_id AND sequence = NEW.sequence))
    BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
)
SQLITE_BACK = (
    "DROP TRIGGER dsar_requestevent_no_update",
    "DROP TRIGGER dsar_requestevent_no_delete",
    "DROP TRIGGER dsar_requestevent_no_replace",
)


def refuse_changes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _run(schema_editor, {"postgresql": POSTGRESQL, "sqlite": SQLITE})


def allow_changes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _run(schema_editor, {"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK})


def _run(schema_editor: BaseDatabaseSchemaEditor, statements: dict[str, Iterable[str]]) -> None:
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("dsar", "0001_initial")]
    operations = [migrations.RunPython(refuse_changes, allow_changes)]
