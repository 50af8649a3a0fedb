"""Accidents with files: what is handed in is no notebook, or an odd one."""

import copy
import json
import os

import nbformat

from attacks import Work, case


def text(work: Work) -> str:
    """The notebook with the right answers, as it would be written."""
    return nbformat.writes(work.notebook)


@case("break", none="*")
def blank(work: Work):
    """The notebook as it was given out, more or less."""
    for cell in work.notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "raise NotImplementedError"


@case("break", problem=True)
def no_cells(work: Work):
    work.notebook.cells.clear()


@case("break", problem=True)
def nothing_but_zeros(work: Work):
    return b"\0" * 100_000


@case("break", problem=None)
def byte_order_mark(work: Work):
    return b"\xef\xbb\xbf" + text(work).encode()


@case("break", problem=None)
def utf_16(work: Work):
    return text(work).encode("utf-16")


@case("break", problem=None)
def latin_1(work: Work):
    work.add("# grüße", type="markdown")
    return json.dumps(json.loads(text(work)), ensure_ascii=False).encode("latin-1", "replace")


@case("break", problem=True)
def half_of_it(work: Work):
    return text(work).encode()[:20_000]


@case("break", problem=None)
def deep_json(work: Work):
    return b"[" * 200_000 + b"]" * 200_000


@case("break", problem=None)
def deep_metadata(work: Work):
    work.notebook.metadata.deep = "HERE"
    return text(work).replace('"HERE"', "[" * 50_000 + "]" * 50_000).encode()


@case("break", problem=None)
def deep_enough_to_be_read(work: Work):
    """Nesting that a parser takes, and what walks over it afterwards may not."""
    work.notebook.metadata.deep = "HERE"
    return text(work).replace('"HERE"', '{"a": ' * 900 + "1" + "}" * 900).encode()


@case("break", problem=None)
def numbers_beyond_numbers(work: Work):
    work.notebook.metadata.number = "HERE"
    return text(work).replace('"HERE"', "1" + "0" * 5000).encode()


@case("break")
def numbers_that_are_none(work: Work):
    work.notebook.metadata.numbers = [float("nan"), float("inf"), 10**300]
    for cell in work.notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 10**18


@case("break", problem=None)
def half_of_a_character(work: Work):
    """A lone surrogate, as a broken editor leaves it; no file can be written with it."""
    work.add("text = 'HERE'\n# HERE", before="inject-label")
    work.add("HERE", type="markdown")
    work.notebook.metadata.name = "HERE"
    return text(work).replace("HERE", "\\ud800").encode()


@case("break", problem=True)
def pipe(work: Work):
    """Whoever opens it waits for ever."""
    os.mkfifo(work.path)
    return b""


@case("break", problem=True)
def folder(work: Work):
    work.path.mkdir()
    return b""


@case("break", problem=True)
def device(work: Work):
    work.path.symlink_to("/dev/zero")
    return b""


@case("break", problem=True)
def gigabytes_of_nothing(work: Work):
    """A sparse file takes no room, until it is read."""
    with work.path.open("wb") as file:
        file.truncate(3 << 30)
    return b""


@case("break")
def large_outputs(work: Work):
    """50 MB of outputs that the learner never cleared."""
    for _ in range(5):
        cell = work.add("1 + 1", before="inject-label")
        cell.outputs = [
            nbformat.v4.new_output("stream", name="stdout", text=f"{'.' * 99}\n" * 90_000)
        ]


@case("break")
def format_of_2013(work: Work):
    """nbformat 3, as ancient tools write it."""
    old = nbformat.convert(work.notebook, 3)
    return nbformat.writes(old, version=nbformat.NO_CONVERT).encode()


@case("break", problem=None)
def format_of_the_future(work: Work):
    content = json.loads(text(work))
    content["nbformat"], content["nbformat_minor"] = 5, 9
    return json.dumps(content).encode()


@case("break", problem=None, free="*")
def fields_of_the_wrong_type(work: Work):
    content = json.loads(text(work))
    content["metadata"] = {"kernelspec": 3, "language_info": [1]}
    for number, cell in enumerate(content["cells"]):
        cell["id"] = ["same", 3, None, "", "x" * 500][number % 5]
        if cell["cell_type"] == "code":
            cell["outputs"] = [None, 3, {"output_type": "nothing"}]
            cell["execution_count"] = "many"
        cell["metadata"].setdefault("nbgrader", [1, 2])
    return json.dumps(content).encode()


@case("break", allows="restored")
def ids_that_are_all_the_same(work: Work):
    content = json.loads(text(work))
    for cell in content["cells"]:
        cell["id"] = "same"
    return json.dumps(content).encode()


@case("break", free="*")
def cells_in_reverse_order(work: Work):
    """The imports come last; nobody is helped, and nothing breaks."""
    work.notebook.cells.reverse()


@case("break", free="one-hot inject-label")
def answers_that_are_no_code_cells(work: Work):
    """The type of a cell was changed by a slip of the keyboard (M or R)."""
    for slug, kind in (("one-hot", "markdown"), ("inject-label", "raw")):
        cell = work.cell(slug)
        cell.cell_type = kind
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


@case("break", free="*")
def imports_deleted(work: Work):
    del work.notebook.cells[1]


@case("break", problem=True)
def another_notebook_of_the_course(work: Work):
    """Right answers, in the folder of another notebook's name."""
    other = copy.deepcopy(work.notebook)
    other.cells = [c for c in other.cells if "nbgrader" not in c.metadata]
    return nbformat.writes(other).encode()


@case("break", student='Zoë O\'Neil "学生" & co; 100% $HOME {x} ~')
def a_name_of_many_letters(work: Work):
    """Quotes, spaces, ampersands and letters of other scripts."""
