"""The marks in the terminal, in marks.csv and in grades.csv."""

import csv

import pytest

from course_tools.marking.tables import Row, print_table, write_marks, write_totals

ONE, TWO = "01_one", "02_two"
ROWS = [
    Row("ada", ONE, marks={"one-hot": (6.0, 6.0), "step": (2.5, 8.0)}),
    Row("ben", ONE, "01_one.ipynb is damaged (not JSON): ask for the file again."),
    Row("ben", TWO, marks={"grid": (0.0, 10.0)}),
    Row("ada", TWO, marks={"grid": (10.0, 10.0)}),
    Row("Zoë", ONE, marks={"one-hot": (1.0, 6.0), "step": (0.0, 8.0)}),
]


def cells(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_row_per_exercise_and_a_reason_for_what_has_no_marks(tmp_path):
    write_marks(tmp_path / "marks.csv", ROWS)
    head, *rest = cells(tmp_path / "marks.csv")
    assert head == ["student", "notebook", "exercise", "marks", "of", "problem"]
    assert rest[:3] == [
        ["ada", ONE, "one-hot", "6", "6", ""],
        ["ada", ONE, "step", "2.5", "8", ""],
        ["ben", ONE, "", "", "", ROWS[1].problem],
    ]
    assert len(rest) == 7


def test_a_row_per_student_with_totals_and_no_second_head(tmp_path):
    write_totals(tmp_path / "grades.csv", ROWS, [ONE, TWO, "03_three"])
    assert cells(tmp_path / "grades.csv") == [
        ["student", "01_one (of 14)", "02_two (of 10)", "03_three", "total"],
        ["Zoë", "1", "", "", "1"],
        ["ada", "8.5", "10", "", "18.5"],
        ["ben", "", "0", "", "0"],
    ]


def test_a_student_without_any_marks_has_an_empty_row(tmp_path):
    write_totals(tmp_path / "grades.csv", [Row("eva", ONE, "is damaged.")], [ONE])
    assert cells(tmp_path / "grades.csv")[1] == ["eva", "", ""]


@pytest.mark.parametrize("before", ["", "x;", "x\n"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_cell_begins_a_formula(tmp_path, before, start):
    formula = f'{start}HYPERLINK("http://evil")'
    row = Row(before + formula, ONE, marks={"a": (-1.0, 6.0)})
    write_totals(tmp_path / "grades.csv", [row], [ONE])
    student, marks, _ = cells(tmp_path / "grades.csv")[1]
    assert student == f"{before}'{formula}"
    assert marks == "-1"  # a number stays a number


def test_names_that_no_encoding_knows_are_written(tmp_path):
    write_marks(tmp_path / "marks.csv", [Row("zo\udceb", ONE, "is damaged.")])
    assert cells(tmp_path / "marks.csv")[1][0] == "zo?"


def test_excel_knows_the_encoding_and_the_ends_of_lines(tmp_path):
    write_totals(tmp_path / "grades.csv", ROWS, [ONE])
    content = (tmp_path / "grades.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfstudent,")
    assert content.count(b"\r\n") == 4 and b"\r\r" not in content


def test_what_fails_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    write_totals(path, ROWS, [ONE])
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    for write in (write_marks, lambda path, rows: write_totals(path, rows, [ONE])):
        with pytest.raises(ZeroDivisionError):
            write(path, ROWS[:1])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_table_fits_100_columns_with_long_names_and_13_exercises(capsys):
    marks = {f"exercise-{number}": (10.0, 11.0) for number in range(13)}
    names = ["a" * 40, "b" * 90, "bob\x1b[31m"]
    print_table(ONE, [Row(name, ONE, marks=marks) for name in names])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert any("a" * 40 + " " in line and line.endswith("130") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_the_table_shows_the_notebook_s_own_rows_means_and_totals(capsys):
    print_table(ONE, ROWS)
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    assert ["2", "step", "8", "points,", "mean", "1.2"] in lines
    assert ["ada", "6", "2.5", "8.5"] in lines
    assert lines[3] == ["1", "2", "of", "14"]
    assert not any(line[0] == "ben" for line in lines)
