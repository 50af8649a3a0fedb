"""What has been marked already: two tables beside nbgrader's, in its database.

There, because a submission counts as marked when its marks are in the gradebook: one store cannot
disagree with itself, and it is PostgreSQL where the gradebook is.
"""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    false,
    insert,
    select,
)

from course_tools.marking.outcome import Outcome

_tables = MetaData()
_markings = Table(
    "course_markings",
    _tables,
    Column("student", String(255), primary_key=True),
    Column("notebook", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("outcome", Text, nullable=False),
)
_keys = Table("course_key", _tables, Column("key", String(64), primary_key=True))


class Stopped(RuntimeError):
    """Marking cannot go on. The message says why."""


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Nobody else marks the class under ``root`` meanwhile. Raises Stopped if somebody does."""
    with (root / ".marking").open("w") as lock:  # let go of even when this process is killed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stopped(f"Another call is marking {root}: wait until it has ended.") from None
        yield


class Ledger:
    """The outcomes of the submissions that are marked, in the database ``url``.

    Raises DBAPIError if nothing can be written there: now, not when there are marks to write.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        _tables.create_all(self._engine)
        with self._engine.begin() as connection:
            connection.execute(delete(_markings).where(false()))

    @property
    def key(self) -> str:
        """A secret of this gradebook's, from which cases are drawn."""
        with self._engine.begin() as connection:
            keys = connection.scalars(select(_keys.c.key).order_by(_keys.c.key)).all()
            if not keys:
                keys = [secrets.token_hex(32)]
                connection.execute(insert(_keys).values(key=keys[0]))
        return keys[0]

    def outcomes(self) -> dict[tuple[str, str], tuple[str, Outcome]]:
        """All that is marked: (student, notebook) -> (digest of what was marked, outcome)."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_markings)).all()
        return {
            (row.student, row.notebook): (row.digest, Outcome.from_json(row.outcome))
            for row in rows
        }

    def write(self, digest: str, outcome: Outcome) -> None:
        """Note that this submission is marked."""
        own = (_markings.c.student == outcome.student) & (_markings.c.notebook == outcome.notebook)
        with self._engine.begin() as connection:
            connection.execute(delete(_markings).where(own))
            connection.execute(
                insert(_markings).values(
                    student=outcome.student,
                    notebook=outcome.notebook,
                    digest=digest,
                    outcome=outcome.to_json(),
                )
            )

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()
