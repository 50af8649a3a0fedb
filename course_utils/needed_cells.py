"""Which cells of a notebook its checks need: the rest does not run while it is validated.

The course's training and its figures take most of a notebook's time, and no check looks at them.
This file uses nothing of the course: nbgrader_config.py reads it by itself, because the package
would load PyTorch into the server of JupyterLab.
"""

import ast
import re
import symtable
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

UNFORESEEABLE = {"globals", "locals", "vars", "eval", "exec", "__main__", "dir"}
"""Who uses these may use any name, so everything runs."""


def used_names(table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that are read in a statement, in its functions and classes too."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from used_names(inner)


@lru_cache(maxsize=1024)  # most cells of a class are the same
def names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell gives values to, or to a part of, and those that it uses.

    No names if it is no Python.
    """
    try:
        plain = TransformerManager().transform_cell(source)
        tree, table = ast.parse(plain), symtable.symtable(plain, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), frozenset()
    defined = (s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported())
    defines = frozenset((*defined, *_changed(tree)))
    uses = frozenset(used_names(table))
    if "get_ipython" in uses:  # magic commands and !shell lines have their names in strings
        words = set(re.findall(r"\w+", source))
        return defines | words, uses | words
    return defines, uses


def _changed(tree: ast.Module) -> Iterator[str]:
    """The names of which an attribute or an item is set: ``name`` in ``name.a[0] = 1``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            part = node
            while isinstance(part, ast.Attribute | ast.Subscript):
                part = part.value
            if isinstance(part, ast.Name):
                yield part.id


def needed(cells: Sequence[str], wanted: Iterable[str]) -> list[int]:
    """Which cells give values to the names ``wanted``, and to those that these need in turn."""
    wanted = set(wanted)
    if wanted & UNFORESEEABLE:
        return list(range(len(cells)))
    found, chosen = [names(cell) for cell in cells], set()
    while more := {i for i, (defines, _) in enumerate(found) if defines & wanted} - chosen:
        chosen |= more
        wanted = wanted.union(*(found[i][1] for i in more))
    return sorted(chosen)


def graded(cell: NotebookNode, kind: str) -> bool:
    """Whether nbgrader's metadata call the cell a ``solution``, or give it a ``grade``."""
    return bool(cell.metadata.get("nbgrader", {}).get(kind))


def leave_out_the_rest(notebook: NotebookNode, **_: object) -> None:
    """Empty the cells that no check needs. nbgrader's Execute calls it as ``on_notebook_start``.

    The notebook is the copy that is about to be run, not the file.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    others = [cell for cell in code if not (graded(cell, "solution") or graded(cell, "grade"))]
    wanted = set().union(*(names(cell.source)[1] for cell in code if cell not in others))
    kept = needed([cell.source for cell in others], wanted)
    for place, cell in enumerate(others):
        if place not in kept:
            cell.source = ""
