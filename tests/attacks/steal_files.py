"""What is secret, looked for in the file system, and by links that others would follow."""

import base64
import shutil

import nbformat

from attacks import FIRST, Work, case
from attacks.steal import hunt


@case("steal", says="SEARCHED", group="search")
def other_submissions(work: Work):
    scene = work.scene
    hunt(
        work,
        f"""
import sqlite3

for top in ({str(scene.root)!r}, {str(scene.root.parent)!r}, "..", "../..", "/work", "/mnt",
            "/srv", "/opt", "/media", "/home", "/var/tmp", "/var/lib", "/run"):
    walk(top, 0.5)
read({str(scene.victim)!r})
for database in ({str(scene.root / "gradebook.db")!r}, "gradebook.db", "../gradebook.db"):
    if os.path.exists(database):
        print("STOLEN", sqlite3.connect(database).execute("select * from student").fetchall())
for process in processes():
    for path in ({str(scene.root)!r}, {str(scene.home)!r}):
        walk(f"/proc/{{process}}/root{{path}}", 0.3)
""",
    )


@case("steal", says="SEARCHED")
def commands(work: Work):
    """The same with the shell and IPython's magics."""
    scene = work.scene
    work.add(f"%load {scene.victim}", before="inject-label")
    work.add(f"%run {scene.victim}", before="inject-label")
    work.add(
        f"%%bash\ncat {scene.victim} {scene.secret}\nls -R {scene.root}", before="inject-label"
    )
    work.add(
        f"%cat {scene.secret}\n%ls {scene.root}\n%sx cat {scene.secret}", before="inject-label"
    )
    work.add(f"%%writefile -a {scene.secret}\nWROTE", before="inject-label")
    hunt(
        work,
        f"""
!cat {scene.secret}
!find / -name gradebook.db -not -path "*/nbgrader/*" 2>/dev/null | sed "s/^/STOLEN /"
!timeout 2 grep -rs CANARY- /tmp /run /var/tmp {scene.home} {scene.root}
!ps aux | grep -c pytest
""",
    )


@case("steal", problem=True)
def link_to_anothers_notebook(work: Work):
    work.path.symlink_to(work.scene.victim)
    return b""


@case("steal", problem=True)
def hard_luck_link(work: Work):
    """The notebook is a link to a file outside of the class."""
    notebook = work.scene.home / "notebook.ipynb"
    work.add(f"# {work.scene.secret.read_text()}")
    nbformat.write(work.notebook, notebook)
    work.path.symlink_to(notebook)
    return b""


@case("steal", problem=True)
def link_to_anothers_folder(work: Work):
    shutil.rmtree(work.folder)
    work.folder.symlink_to(work.scene.victim.parent)
    return b""


@case("steal", group="paths")
def links_beside_the_notebook(work: Work):
    """Files that come along with the notebook into autograded/ and feedback/."""
    scene = work.scene
    for name, target in {
        "data.txt": scene.secret,
        "friend.ipynb": scene.victim,
        "folder": scene.home,
        "class": scene.root,
        "gradebook.db": scene.root / "gradebook.db",
        f"{FIRST}.html": scene.secret,
    }.items():
        (work.folder / name).symlink_to(target)
    (work.folder / "relative.txt").symlink_to("../../../../home/secret.txt")
    work.add(
        "import glob\n\nfor name in glob.glob('*'):\n    print(open(name).read())",
        before="inject-label",
    )


@case("steal", group="paths")
def pictures_that_are_embedded(work: Work):
    """Markdown that names files, which the page of feedback would take in."""
    scene = work.scene
    for place in (
        scene.secret,
        f"file://{scene.secret}",
        scene.victim,
        "../../../../home/secret.txt",
    ):
        work.add(f"![picture]({place})\n\n<img src='{place}'>", type="markdown")
        work.add(f"<object data='{place}'></object><embed src='{place}'>", type="markdown")
    work.add("{% include '" + str(scene.secret) + "' %} {{ cell.__class__ }}", type="markdown")
    work.add("{{ resources }} {% raw %} ${7*7}", type="raw")
    cell = work.add("![a](attachment:a.png)", type="markdown")
    path = base64.b64encode(str(scene.secret).encode()).decode()
    cell.attachments = {"a.png": {"image/png": path}, "../../b": {"text/plain": "x"}}


@case("steal", group="paths")
def paths_in_the_metadata(work: Work):
    """Names and titles with which a converter would look elsewhere."""
    scene = work.scene
    work.notebook.metadata.update(
        path=str(scene.home),
        name=str(scene.secret),
        title="../../../home/secret",
        authors=[{"name": str(scene.secret)}],
        kernelspec={"name": f"../../{scene.secret}", "display_name": "x", "language": "python"},
        filename=str(scene.victim),
        toc={"base": str(scene.secret)},
    )
    cell = work.add("1 + 1")
    cell.metadata.update(path=str(scene.secret), tags=["remove_cell", str(scene.secret)])
    output = nbformat.v4.new_output("display_data", {"image/png": str(scene.secret)})
    output.metadata = {"filenames": {"image/png": str(scene.secret)}}
    cell.outputs = [output]


@case("steal", says="SEARCHED", group="search")
def jupyters_own_files(work: Work):
    """Connection files of other kernels, and the history that IPython keeps of all sessions."""
    hunt(
        work,
        """
import glob, tempfile
from jupyter_core import paths

folders = [paths.jupyter_runtime_dir(), paths.jupyter_data_dir(), paths.jupyter_config_dir(),
           get_ipython().ipython_dir, tempfile.gettempdir(), "/tmp", "/run", "/var/tmp", "/dev/shm"]
for folder in folders:
    walk(folder, 0.5)
    for file in glob.glob(f"{folder}/**/kernel-*.json", recursive=True):
        if str(os.getpid()) not in file:
            print("STOLEN a connection file", file)
%history -g -f history.txt
read("history.txt")
read(get_ipython().history_manager.hist_file)
%connect_info
""",
    )
