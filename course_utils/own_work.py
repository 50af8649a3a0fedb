"""What a learner made in another notebook of the course, made again from the notebook's file."""

import ast
import contextlib
import io
import re
import symtable
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from course_utils.needed_cells import used_names


class NotebookError(LookupError):
    """The file of a notebook does not tell how something was made. The message says why."""


class _Statement(NamedTuple):
    """A statement outside of functions, and the global names that it gives values to and uses."""

    code: ast.stmt
    defines: set[str]
    uses: set[str]


def assign(notebook: Path, name: str, call: str, names: dict[str, Any], *also: str) -> Any:
    """Run the notebook's statement ``name = call(...)`` among ``names``, and return the value.

    It is the first one outside of functions that assigns to ``name`` alone and calls ``call``. Of
    the statements above it the imports run, and those that define what it needs and ``names`` does
    not hold, or one of the names ``also``. So it does not matter what else is in the notebook, or
    is wrong there. What they print is dropped, whatever they raise is raised. Raises
    `NotebookError` if there is no such statement.
    """
    statements = list(_statements(notebook))
    made = (i for i, statement in enumerate(statements) if _makes(statement.code, name, call))
    position = next(made, None)
    if position is None:
        raise NotebookError(f"no cell of {notebook.name} says {name} = {call}(...)")
    wanted = statements[position]
    needed = wanted.uses | {*also}
    with contextlib.redirect_stdout(io.StringIO()):
        for statement in (*_defining(needed, statements[:position], names), wanted):
            module = ast.Module([statement.code], type_ignores=[])
            exec(compile(module, notebook.name, "exec"), names)
    return names[name]


def _defining(
    needed: set[str], statements: list[_Statement], names: dict[str, Any]
) -> list[_Statement]:
    """The imports, and the statements that define what is ``needed``, or what these need."""
    unknown = needed - names.keys()
    chosen = [s for s in statements if s.defines & unknown or _imports(s.code)]
    more = needed.union(*(s.uses for s in chosen))
    return chosen if more == needed else _defining(more, statements, names)


def _statements(notebook: Path) -> Iterator[_Statement]:
    """The statements of the code cells, without magic commands, and cells that are no Python."""
    if not notebook.exists():
        raise NotebookError(f"there is no notebook {notebook}")
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except Exception as error:  # nbformat has no one class for all that can be wrong
        raise NotebookError(f"the notebook {notebook} cannot be read") from error
    for cell in cells:
        if cell.cell_type == "code":
            with contextlib.suppress(SyntaxError):
                source = re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE)
                yield from [_statement(code) for code in ast.parse(source).body]


def _statement(code: ast.stmt) -> _Statement:
    table = symtable.symtable(ast.unparse(code), "cell", "exec")
    symbols = table.get_symbols()
    defines = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    return _Statement(code, defines, set(used_names(table)))


def _imports(code: ast.stmt) -> bool:
    return isinstance(code, ast.Import | ast.ImportFrom)


def _makes(code: ast.stmt, name: str, call: str) -> bool:
    if not isinstance(code, ast.Assign) or [ast.unparse(t) for t in code.targets] != [name]:
        return False
    called = (node.func for node in ast.walk(code.value) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id == call for function in called)
