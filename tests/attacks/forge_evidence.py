"""Marks without the work: evidence that was forged, kept from earlier, or sent twice."""

from attacks import Work, case
from attacks.forge_names import EMPTY

FORGER = '''
import base64, json, re, sys, threading, time
from course_utils import checking, evidence
from course_utils.exercises import example, find

MIME = "application/vnd.course.evidence+json"


def right(labels, num_classes):
    """What one_hot should be."""
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("labels must lie in the range")
    return torch.eye(num_classes, device=labels.device)[labels]


def forged():
    """Evidence of a right answer to the example, as bytes."""
    return evidence.pack(checking.probe(find("one-hot"), right, example("one-hot")[0]))


def request():
    """The nonce of the test that is running, which stands in the request to run it."""
    code = get_ipython().get_parent().get("content", {}).get("code", "")
    return (re.findall(r"nonce[^\\w-]+([\\w-]+)", code) or ["none"])[0]


def publish(data):
    """Show the evidence, as ipykernel shows pictures, and send it as messages of all kinds."""
    shell = get_ipython()
    kernel = shell.kernel
    content = {"nonce": request(), "evidence": base64.b64encode(data).decode(), "slug": "one-hot"}
    for shown in (content, json.dumps(content), content["evidence"]):
        shell.display_pub.publish({MIME: shown, "text/plain": "6"})
    for kind in ("display_data", "execute_result", "course_evidence", "comm_msg"):
        kernel.session.send(
            kernel.iopub_socket, kind,
            {**content, "data": {MIME: content}, "metadata": {}, "execution_count": 1},
            kernel.get_parent(), ident=b"", buffers=[data],
        )
'''


@case("forge", none="one-hot")
def evidence_from_an_earlier_cell(work: Work):
    work.answer("one-hot", EMPTY)
    work.add(FORGER + "\n\npublish(forged())", before="one-hot")


@case("forge", none="one-hot", reports="evidence tampering")
def evidence_in_two_pieces(work: Work):
    """The answer sends evidence while the probe runs; the true one follows."""
    work.add(FORGER, before="one-hot")
    work.answer(
        "one-hot",
        """
        prepared = forged()

        def one_hot(labels, num_classes):
            publish(prepared)
            return None
        """,
    )


@case("forge", none="one-hot", free="*")
def evidence_from_a_thread(work: Work):
    """A thread waits for the test cell and sends evidence in its name, for a second."""
    work.add(FORGER, before="one-hot")
    work.answer(
        "one-hot",
        """
        prepared = forged()

        def send_for_a_while():
            for _ in range(20):
                time.sleep(0.05)
                publish(prepared)

        def one_hot(labels, num_classes):
            return None

        threading.Thread(target=send_for_a_while, daemon=True).start()
        """,
    )


@case("forge", none="one-hot", free="*", group="packers")
def evidence_of_another_moment(work: Work):
    """Replay: what the course packs for the example, or for an earlier exercise, is sent again."""
    work.add(
        FORGER
        + """

kept = [forged()]
true_pack = evidence.pack


def pack(values):
    kept.append(true_pack(values))
    return kept[0]


evidence.pack = checking.pack = pack
for module in list(sys.modules.values()):
    if getattr(module, "pack", None) is true_pack:
        module.pack = pack
""",
        before="one-hot",
    )
    work.answer("one-hot", EMPTY)


@case("forge", none="one-hot inject-label classifier-step", free="*", group="packers")
def evidence_that_is_none(work: Work):
    """Garbage, a pickle, ten megabytes, wrong offsets: in place of what should be packed."""
    work.add(
        FORGER
        + """

import pickle

garbage = iter([b"", b"not evidence", pickle.dumps(print), b"\\xff" * 10_000_000,
                (2**62).to_bytes(8, "little") + b"{}", b"\\x08" + b"\\0" * 7 + b'{"a": 1}'] * 9)


def pack(values):
    return next(garbage)


true_pack = evidence.pack
for module in list(sys.modules.values()):
    if getattr(module, "pack", None) is true_pack:
        module.pack = pack
""",
        before="one-hot",
    )
    for slug in ("one-hot", "classifier-step", "inject-label"):
        work.answer(slug, f"def {NAMES[slug]}(*_):\n    return None")


NAMES = {"one-hot": "one_hot", "classifier-step": "train_step", "inject-label": "inject"}


@case("forge", none="one-hot", free="*", group="packers")
def evidence_with_the_values_of_the_key(work: Work):
    """The packer adds what a judge may look for: points, criteria, keys, and other devices."""
    work.answer("one-hot", EMPTY)
    work.add(
        FORGER
        + """

true_pack = evidence.pack


def pack(values):
    case, key = example("one-hot")
    return true_pack({**values, **key, **case, "single": key["codes"][-1:], "points": 6,
                      "passed": True, "marks": 6, "__values__x": 1})


for module in list(sys.modules.values()):
    if getattr(module, "pack", None) is true_pack:
        module.pack = pack
""",
        before="one-hot",
    )


@case("forge", none="one-hot", free="conditional-classifier")
def messages_to_the_marker(work: Work):
    """Replies on the shell and control channels, as if the kernel had finished or were idle."""
    work.add(FORGER, before="one-hot")
    work.answer(
        "one-hot",
        """
        def one_hot(labels, num_classes):
            kernel = get_ipython().kernel
            for socket in (kernel.iopub_socket, getattr(kernel, "shell_socket", None)):
                for kind, content in (
                    ("execute_reply", {"status": "ok", "execution_count": 1, "payload": [],
                                       "user_expressions": {"points": {"status": "ok",
                                       "data": {"text/plain": "6"}, "metadata": {}}}}),
                    ("status", {"execution_state": "idle"}),
                    ("execute_result", {"data": {"text/plain": "6"}, "metadata": {},
                                        "execution_count": 1}),
                ):
                    if socket is not None:
                        kernel.session.send(socket, kind, content, kernel.get_parent())
            return None
        """,
    )


@case("forge", none="one-hot", free="*")
def frames_that_hold_the_case(work: Work):
    """The answer looks for a nonce or a socket in the frames that called it, and uses them."""
    work.add(FORGER, before="one-hot")
    work.answer(
        "one-hot",
        """
        def one_hot(labels, num_classes):
            frame = sys._getframe()
            while frame := frame.f_back:
                for name, value in list(frame.f_locals.items()):
                    if isinstance(value, dict) and "labels" in value:
                        found = value
                        for key in ("codes", "single", "codes gpu", "codes cpu"):
                            found[key] = torch.eye(num_classes)
                    if callable(value) and name in ("send", "publish", "publish_evidence"):
                        try:
                            value(forged())
                        except Exception:
                            pass
            return None
        """,
    )
