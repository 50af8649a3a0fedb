"""What fills the disk, the gradebook, the pages and the patience of whoever reads them."""

from attacks import Work, case
from attacks.harm import GREEDY


@case("harm")
def full_disk(work: Work):
    work.add(
        GREEDY
        + """

def file_in(folder):
    def one_more(size):
        with open(f"{folder}/attack-{len(taken)}", "wb") as file:
            file.write(bytes(size))
        return file

    return one_more


for folder in (".", "..", "/tmp", "/var/tmp", "/dev/shm", "/run", os.path.expanduser("~")):
    take(file_in(folder))
""",
        before="inject-label",
    )


@case("harm", group="floods")
def flood_of_files(work: Work):
    """Names without end, in a folder and in a folder of a folder of a folder."""
    work.add(
        """
        import os, time

        until = time.monotonic() + 2
        count = 0
        try:
            while time.monotonic() < until and count < 200_000:
                open(f"attack-{count}", "w").close()
                count += 1
        except OSError:
            pass
        try:
            while time.monotonic() < until + 1:
                os.mkdir("deep")
                os.chdir("deep")
        except OSError:
            pass
        """,
        before="inject-label",
    )


@case("harm", reports="output died time")
def flood_of_prints(work: Work):
    work.add("for _ in range(500):\n    print('attack' * 170_000)", before="inject-label")


@case("harm", group="floods")
def flood_of_bytes(work: Work):
    """Past Python, into the file descriptors themselves."""
    work.add(
        """
        import os

        for descriptor in (1, 2):
            for _ in range(300):
                os.write(descriptor, b"attack" * 170_000)
        """,
        before="inject-label",
    )


@case("harm", group="floods")
def flood_in_one_message(work: Work):
    work.add(
        """
        class Wide:
            def __repr__(self):
                return "attack" * 20_000_000

        Wide()
        """,
        before="inject-label",
    )


@case("harm", reports="output died time")
def flood_of_small_messages(work: Work):
    work.add(
        """
        from IPython.display import clear_output, display

        for number in range(200_000):
            display(number)
            clear_output()
        """,
        before="inject-label",
    )


@case("harm")
def a_megabyte_in_each_of_many_cells(work: Work):
    """Each stays below what a cell may write."""
    for _ in range(40):
        work.add("for _ in range(9):\n    print('.' * 100_000)", before="inject-label")


@case("harm")
def pages_that_take_long(work: Work):
    """Text for which the time to make a page of it grows with the square of its length."""
    work.add("a" + " " * 50_000 + "b", type="markdown")
    work.add("\\begin{a}" * 8_000, type="markdown")
    work.add("![" * 4_000, type="markdown")
    work.add("print('\\x1b[31m' * 60_000)", before="inject-label")
