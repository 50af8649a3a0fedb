"""The list of what is marked, where it cannot be written."""

import pytest
from sqlalchemy.exc import DBAPIError

from course_tools.marking.ledger import Ledger


def test_a_gradebook_that_cannot_be_written_is_noticed_before_anything_is_marked(tmp_path):
    path = tmp_path / "gradebook.db"
    Ledger(f"sqlite:///{path}").close()
    with pytest.raises(DBAPIError, match="readonly"):
        Ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
