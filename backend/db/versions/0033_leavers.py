"""Why employees left, ratings of the portal's questionnaire in columns, and an index of a person's interviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import backend.db.types

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

_ASKED = ("entrance_clear", "flow_smooth", "overall")


def upgrade() -> None:
    op.add_column("employee", sa.Column("left_reason", sa.String(length=32), nullable=True))
    op.create_index("ix_employee_left_at", "employee", ["left_at"])
    op.create_index("interview_of_person", "interview", ["invitation_id", "leading", "deleted_at"])
    for name in _ASKED:
        op.add_column("survey", sa.Column(name, sa.Integer(), nullable=True))
    columns = [sa.column("invitation_id"), sa.column("ratings", backend.db.types.StoredJson())]
    survey = sa.table("survey", *columns, *(sa.column(name) for name in _ASKED))
    connection = op.get_bind()
    for row in connection.execute(sa.select(survey.c.invitation_id, survey.c.ratings)).all():
        found = {name: row.ratings.get(name) for name in _ASKED}
        connection.execute(survey.update().where(survey.c.invitation_id == row.invitation_id).values(**found))
    op.drop_column("survey", "ratings")
