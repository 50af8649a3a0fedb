"""Marks without the work: the request for evidence is met by the learner's own code."""

from attacks import Work, case
from attacks.forge_evidence import FORGER
from attacks.forge_gpu import GPU, ON_CPU

CLAIM = (
    FORGER
    + '''

def claimed(data):
    """The same evidence, in which the GPU was used."""
    values = evidence.unpack(data)
    values = {k: v for k, v in values.items() if " gpu" not in k and " cpu" not in k}
    for place, device in (("gpu", "cuda"), ("cpu", "cpu")):
        more = {k.replace("codes", f"codes {place}", 1): v for k, v in values.items()
                if k.split(".")[0] == "codes"}
        values = {**values, **more, f"codes {place}.device": device}
    return evidence.pack(values)


def asked():
    """The case of the test that is running, which stands in the request to run it."""
    code = get_ipython().get_parent()["content"]["code"]
    return evidence.unpack(base64.b64decode(re.search(r"'case': '([^']+)'", code)[1]))
'''
)


@case("forge", less="one-hot", misses=GPU)
def interrupt_after_ones_own_evidence(work: Work):
    """The answer sends evidence with the right nonce, and keeps the true one from being sent."""
    work.add(CLAIM, before="one-hot")
    work.answer("one-hot", ON_CPU)
    work.extend(
        "one-hot",
        below="""
        on_cpu = one_hot

        def one_hot(labels, num_classes):
            found = checking.probe(find("one-hot"), on_cpu, asked())
            content = {"nonce": request(), "evidence": base64.b64encode(claimed(found)).decode()}
            get_ipython().display_pub.publish({MIME: content})
            raise KeyboardInterrupt
        """,
    )


@case("forge", less="one-hot", free="*", misses=GPU)
def publisher_that_improves(work: Work):
    """What shows evidence is replaced, and changes it on its way."""
    work.add(
        CLAIM
        + """

true_publish = get_ipython().display_pub.publish


def improve(data, *rest, **more):
    for value in data.values():
        if isinstance(value, dict) and "evidence" in value:
            found = claimed(base64.b64decode(value["evidence"]))
            value["evidence"] = base64.b64encode(found).decode()
    return true_publish(data, *rest, **more)


get_ipython().display_pub.publish = improve
""",
        before="one-hot",
    )
    work.answer("one-hot", ON_CPU)


@case("forge", less="one-hot", free="*", misses=GPU)
def exec_of_ones_own(work: Work):
    """The name that a request may call is the learner's."""
    work.add(
        CLAIM
        + """

def exec(code, names=None, *rest):
    found = claimed(checking.probe(find("one-hot"), one_hot, asked()))
    content = {"nonce": request(), "evidence": base64.b64encode(found).decode()}
    get_ipython().display_pub.publish({MIME: content})


import builtins

builtins.exec = exec
""",
        before="one-hot",
    )
    work.answer("one-hot", ON_CPU)


@case("forge", none="one-hot", free="*")
def transformer_of_requests(work: Work):
    """IPython's hooks see the request's code, and put other code in its place."""
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    return None")
    work.add(
        """
        shell = get_ipython()
        shell.input_transformers_post.append(lambda lines: ["print(6)\\n", "6\\n"])
        shell.run_cell = lambda *_, **__: print(6)
        shell.run_cell_async = None
        """,
        before="one-hot",
    )


@case("forge", none="one-hot", free="*")
def messages_that_are_none(work: Work):
    """Frames without order, bad signatures, deep JSON: what reads them outside must not fail."""
    work.answer("one-hot", "def one_hot(labels, num_classes):\n    return None")
    work.add(
        """
        kernel = get_ipython().kernel
        session, socket = kernel.session, kernel.iopub_socket
        header = session.msg("display_data")["header"]
        deep = b"[" * 50_000 + b"]" * 50_000
        parent = kernel.get_parent()
        for content in (deep, b'{"data": ' + deep + b"}", b"null", b"6", b"[]", b"{", b"\\xff\\xfe",
                        b'{"data": {"application/vnd.course.evidence+json": 6}}',
                        b'{"data": 6, "metadata": 6, "text": 6, "name": 6, "evalue": 6}',
                        b'{"execution_state": ["idle"]}'):
            for kind in ("display_data", "stream", "error", "status", "execute_result"):
                session.send(socket, kind, content, parent)
        session.send(socket, session.msg("stream", {"name": 1, "text": {}}, parent=parent))
        socket.send_multipart([b"garbage"])
        socket.send_multipart([b"", b"<IDS|MSG>"])
        socket.send_multipart([b"", b"<IDS|MSG>", b"bad signature", b"{}", b"{}", b"{}", b"{}"])
        socket.send_multipart([b"\\xff" * 1000] * 100)
        """,
        before="one-hot",
    )
