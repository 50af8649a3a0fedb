"""Data sets. Downloads come from a server that the tests start on this machine."""

import errno
import gzip
import hashlib
import http.server
import os
import pickle
import struct
import tarfile
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, MNIST, FashionMNIST

from course_utils import data as data_module
from course_utils import downloads
from course_utils.data import DATASETS, DataError, load_data

DOWNLOADED = ["mnist", "fashion-mnist", "cifar10"]
NOWHERE = "http://127.0.0.1:9/"  # nobody listens on this port
TRAIN, TEST = 30, 12
NUMPY = np.random.default_rng(0)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder: Path) -> list[tuple[str, str]]:
    """Four archives of random images; their names and MD5."""
    folder.mkdir()
    resources = []
    for part, count in [("train", TRAIN), ("t10k", TEST)]:
        images = NUMPY.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[0, 0, :2] = [0, 255]
        labels = np.arange(count, dtype=np.uint8) % 10
        for kind, array in [("images-idx3", images), ("labels-idx1", labels)]:
            content = gzip.compress(idx(array), mtime=0)
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(content)
            resources.append((f"{part}-{kind}-ubyte.gz", hashlib.md5(content).hexdigest()))
    return resources


def write_cifar(folder: Path) -> dict[str, str]:
    """An archive of random images; the MD5 of it and of each file in it."""
    inside = folder / CIFAR10.base_folder
    inside.mkdir(parents=True)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    contents = {"batches.meta": {"label_names": [f"kind {i}" for i in range(10)]}}
    for name in names:
        count = TEST if name == "test_batch" else TRAIN // 5
        pixels = NUMPY.integers(0, 256, (count, 3 * 32 * 32), dtype=np.uint8)
        pixels[0, :2] = [0, 255]
        contents[name] = {"data": pixels, "labels": [i % 10 for i in range(count)]}
    for name, content in contents.items():
        (inside / name).write_bytes(pickle.dumps(content))
    with tarfile.open(folder / CIFAR10.filename, "w:gz") as archive:
        archive.add(inside, CIFAR10.base_folder)
    paths = [folder / CIFAR10.filename, *inside.iterdir()]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in paths}


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """(address of a server of all three sets, MD5 sums by data set)"""
    folder = tmp_path_factory.mktemp("mirror")
    sums = {
        MNIST: write_mnist(folder / "mnist"),
        FashionMNIST: write_mnist(folder / "fashion"),
        CIFAR10: write_cifar(folder / "cifar"),
    }
    handler = partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", sums
        server.shutdown()


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty COURSE_DATA."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def offline(mirror, root, monkeypatch):
    """Every test starts without a network and without settings."""
    _, sums = mirror
    monkeypatch.delenv("COURSE_DATASET", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(MNIST, "resources", sums[MNIST])
    monkeypatch.setattr(FashionMNIST, "resources", sums[FashionMNIST])
    cifar = sums[CIFAR10]
    monkeypatch.setattr(CIFAR10, "tgz_md5", cifar[CIFAR10.filename])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": cifar["batches.meta"]})
    for attribute in ["train_list", "test_list"]:
        names = [name for name, _ in getattr(CIFAR10, attribute)]
        monkeypatch.setattr(CIFAR10, attribute, [[name, cifar[name]] for name in names])
    connect(monkeypatch, NOWHERE)


@pytest.fixture
def online(offline, mirror, monkeypatch):
    connect(monkeypatch, mirror[0])


def connect(monkeypatch, address):
    monkeypatch.setattr(MNIST, "mirrors", [address + "mnist/"])
    monkeypatch.setattr(FashionMNIST, "mirrors", [address + "fashion/"])
    monkeypatch.setattr(CIFAR10, "url", address + "cifar/" + CIFAR10.filename)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below root: what is in it and when it was written."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files
    }


def assert_one_helpful_sentence(error: DataError, name: str):
    message = str(error)
    assert message.startswith(name) and message.endswith("needs no download.")
    assert "connection" in message and "COURSE_DATASET=digits" in message
    assert "\n" not in message and ". " not in message
    assert error.__cause__ is not None


# What is loaded


def test_digits_look_like_mnist():
    digits = load_data("digits")
    assert digits.name == "digits"
    assert digits.class_names == tuple("0123456789")
    assert digits.train_images.shape == (1437, 1, 28, 28)
    assert digits.test_images.shape == (360, 1, 28, 28)
    for images, labels in [digits[1:3], digits[3:5]]:
        assert images.dtype == torch.float32 and labels.dtype == torch.int64
        assert images.min() == 0 and 0.99 < images.max() <= 1
        assert labels.shape == images.shape[:1]
        frame = images.clone()
        frame[:, :, 4:24, 4:24] = 0
        assert frame.sum() == 0
        assert images[:, :, 4:24, 4:24].amax((0, 1)).count_nonzero() > 350


def test_digits_labels_belong_to_their_images():
    digits = load_data("digits")
    classes = range(10)
    means = torch.stack([digits.train_images[digits.train_labels == c].mean(0) for c in classes])
    distances = torch.cdist(digits.test_images.flatten(1), means.flatten(1))
    assert (distances.argmin(1) == digits.test_labels).float().mean() > 0.85


def test_digits_are_split_by_class_without_overlap():
    digits = load_data("digits")
    train, test = digits.train_labels.bincount(), digits.test_labels.bincount()
    assert (test / (train + test) - 0.2).abs().max() < 0.01
    images = torch.cat([digits.train_images, digits.test_images]).flatten(1)
    assert len(images.unique(dim=0)) == len(images) == 1797
    assert digits.train_labels[:100].bincount(minlength=10).max() < 25  # shuffled


def test_digits_are_the_same_each_time():
    torch.manual_seed(1)
    first = load_data("digits")
    torch.manual_seed(2)
    for a, b in zip(first[1:5], load_data("digits")[1:5], strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    "name, shape, names",
    [
        ("mnist", (1, 28, 28), tuple("0123456789")),
        ("fashion-mnist", (1, 28, 28), tuple(FashionMNIST.classes)),
        ("cifar10", (3, 32, 32), tuple(f"kind {i}" for i in range(10))),
    ],
)
def test_downloaded_sets(online, root, name, shape, names):
    data = load_data(name)
    assert data.name == name and data.class_names == names
    for images, labels, count in [(*data[1:3], TRAIN), (*data[3:5], TEST)]:
        assert images.shape == (count, *shape) and labels.shape == (count,)
        assert images.dtype == torch.float32 and labels.dtype == torch.int64
        assert images.min() == 0 and images.max() == 1
        assert images.is_contiguous()
    assert not list(root.glob(".download-*"))


def test_pixels_and_labels_stay_in_place(online, root):
    mnist = load_data("mnist")
    raw = (root / "MNIST/raw/train-images-idx3-ubyte").read_bytes()[16:]
    expected = np.frombuffer(raw, np.uint8).reshape(-1, 1, 28, 28) / np.float32(255)
    np.testing.assert_allclose(mnist.train_images.cpu().numpy(), expected, rtol=1e-6)
    assert mnist.test_labels.tolist() == [i % 10 for i in range(TEST)]

    cifar = load_data("cifar10")
    with (root / CIFAR10.base_folder / "test_batch").open("rb") as file:
        planes = pickle.load(file)["data"].reshape(-1, 3, 32, 32) / np.float32(255)
    np.testing.assert_allclose(cifar.test_images.cpu().numpy(), planes, rtol=1e-6)


# Names, settings, device


@pytest.mark.parametrize("name", ["DIGITS", "Mnist", "Fashion-MNIST", "CIFAR10"])
def test_names_in_any_case(online, name):
    assert load_data(name).name == name.lower()


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError) as caught:
        load_data("svhn")
    expected = "There is no data set 'svhn': choose one of digits, mnist, fashion-mnist, cifar10."
    assert str(caught.value) == expected


@pytest.mark.parametrize("value, name", [(None, "digits"), ("", "digits"), ("MNIST", "mnist")])
def test_course_dataset_is_the_default(online, monkeypatch, value, name):
    if value is not None:
        monkeypatch.setenv("COURSE_DATASET", value)
    assert load_data().name == name


def test_every_set_that_is_offered_can_be_had():
    assert ("digits", *downloads.TORCHVISION) == DATASETS


def test_a_name_wins_over_course_dataset(monkeypatch):
    monkeypatch.setenv("COURSE_DATASET", "cifar10")
    assert load_data("digits").name == "digits"


@pytest.mark.parametrize("value", [None, ""])
def test_without_course_data_the_cache_is_used(online, monkeypatch, tmp_path, value):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.delenv("COURSE_DATA")
    if value is not None:
        monkeypatch.setenv("COURSE_DATA", value)
    load_data("mnist")
    assert (tmp_path / "home/.cache/conditional-models-course/MNIST/raw").is_dir()


def test_a_tilde_in_course_data_is_the_home_folder(online, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA", "~/sets")
    load_data("mnist")
    assert (tmp_path / "sets/MNIST/raw").is_dir()


def test_tensors_are_on_the_device_asked_for_or_the_default(monkeypatch):
    meta = torch.device("meta")  # a device that every machine has, beside the CPU
    assert all(tensor.device == meta for tensor in load_data("digits", meta)[1:5])
    monkeypatch.setattr(data_module, "get_device", lambda: meta)
    assert all(tensor.device == meta for tensor in load_data("digits")[1:5])


# Files that are there


@pytest.mark.parametrize("name", DOWNLOADED)
def test_whole_files_are_read_without_a_network_or_a_word_or_a_write(
    online, root, monkeypatch, capfd, name
):
    first = load_data(name)
    connect(monkeypatch, NOWHERE)
    before = contents(root)
    capfd.readouterr()
    again = load_data(name)
    assert capfd.readouterr() == ("", "")
    assert contents(root) == before
    assert torch.equal(first.train_images, again.train_images)


def test_a_folder_of_raw_files_of_any_size_will_do(root):
    raw = root / "MNIST/raw"
    raw.mkdir(parents=True)
    for part, count in [("train", 7), ("t10k", 5)]:
        images = np.zeros((count, 28, 28), np.uint8)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.zeros(count, np.uint8)))
    mnist = load_data("mnist")
    assert len(mnist.train_images) == len(mnist.train_labels) == 7
    assert len(mnist.test_images) == len(mnist.test_labels) == 5


def test_archives_put_there_by_hand_are_unpacked(online, root, monkeypatch):
    load_data("mnist")
    for path in (root / "MNIST/raw").glob("*-ubyte"):
        path.unlink()
    connect(monkeypatch, NOWHERE)
    assert len(load_data("mnist").train_images) == TRAIN


# Files that are damaged


@pytest.mark.parametrize("name", DOWNLOADED)
def test_without_a_network_a_sentence_and_nothing_left(root, monkeypatch, mirror, name):
    with pytest.raises(DataError) as caught:
        load_data(name)
    assert_one_helpful_sentence(caught.value, name)
    assert contents(root) == {} and not list(root.glob(".download-*"))
    connect(monkeypatch, mirror[0])
    assert len(load_data(name).train_images) == TRAIN


def test_a_full_disk_is_named(online, monkeypatch):
    def fail(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MNIST, "download", fail)
    with pytest.raises(DataError, match="No space left on device") as caught:
        load_data("mnist")
    assert_one_helpful_sentence(caught.value, "mnist")


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def cut_in_header(path):
    path.write_bytes(path.read_bytes()[:9])


def zeros(path):
    path.write_bytes(bytes(len(path.read_bytes())))


def too_long(path):
    path.write_bytes(path.read_bytes() + b"more")


RAW, BATCH = "MNIST/raw/train-images-idx3-ubyte", f"{CIFAR10.base_folder}/data_batch_3"
DAMAGES = [
    *[("mnist", RAW, damage) for damage in (cut, empty, cut_in_header, zeros, too_long)],
    ("mnist", "MNIST/raw/t10k-labels-idx1-ubyte", empty),
    ("fashion-mnist", "FashionMNIST/raw/t10k-images-idx3-ubyte", cut),
    ("cifar10", BATCH, cut),
    ("cifar10", f"{CIFAR10.base_folder}/batches.meta", empty),
]


@pytest.mark.parametrize("name, file, damage", DAMAGES)
def test_a_damaged_file_is_downloaded_again(online, root, name, file, damage):
    first, before = load_data(name), contents(root)
    damage(root / file)
    for path in [*root.rglob("*ubyte.gz"), root / CIFAR10.filename]:
        path.unlink(missing_ok=True)  # so that the download must serve
    assert torch.equal(load_data(name).train_images, first.train_images)
    after = contents(root)
    assert {path: file[0] for path, file in after.items()} == {
        path: file[0] for path, file in before.items()
    }


@pytest.mark.parametrize("name, file, damage", DAMAGES)
def test_a_damaged_file_is_removed_if_the_download_fails(
    online, root, monkeypatch, mirror, name, file, damage
):
    load_data(name)
    for path in [*root.rglob("*ubyte.gz"), root / CIFAR10.filename]:
        path.unlink(missing_ok=True)
    whole = contents(root)
    damage(root / file)
    connect(monkeypatch, NOWHERE)
    with pytest.raises(DataError) as caught:
        load_data(name)
    assert_one_helpful_sentence(caught.value, name)
    del whole[file]
    assert contents(root) == whole and not list(root.glob(".download-*"))
    connect(monkeypatch, mirror[0])
    assert len(load_data(name).train_images) == TRAIN


@pytest.mark.parametrize(
    "name, archive",
    [("mnist", "MNIST/raw/train-images-idx3-ubyte.gz"), ("cifar10", CIFAR10.filename)],
)
def test_a_cut_archive_is_removed_and_downloaded_again(
    online, root, monkeypatch, mirror, name, archive
):
    load_data(name)
    whole = (root / archive).read_bytes()
    cut(root / archive)
    (root / (RAW if name == "mnist" else BATCH)).unlink()  # or else nobody opens the archive
    connect(monkeypatch, NOWHERE)
    with pytest.raises(DataError):
        load_data(name)
    assert not (root / archive).exists()
    (root / archive).write_bytes(whole[:-100])
    connect(monkeypatch, mirror[0])
    assert len(load_data(name).train_images) == TRAIN
    assert (root / archive).read_bytes() == whole


def test_images_and_labels_of_different_counts_are_downloaded_again(online, root):
    load_data("mnist")
    whole = (root / RAW).read_bytes()
    (root / RAW).write_bytes(idx(np.zeros((7, 28, 28), np.uint8)))
    mnist = load_data("mnist")
    assert len(mnist.train_images) == len(mnist.train_labels) == TRAIN
    assert (root / RAW).read_bytes() == whole


def test_a_download_that_is_damaged_every_time_is_given_up(online, root, monkeypatch):
    downloads = []

    def half(self):
        if self._check_exists():
            return
        downloads.append(self.root)
        folder = Path(self.raw_folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, _ in self.resources:
            (folder / name).with_suffix("").write_bytes(b"half")

    monkeypatch.setattr(MNIST, "download", half)
    with pytest.raises(DataError) as caught:
        load_data("mnist")
    assert_one_helpful_sentence(caught.value, "mnist")
    assert len(downloads) == 1
    assert contents(root) == {}


@pytest.mark.parametrize("name", DOWNLOADED)
def test_an_interrupted_download_leaves_nothing(root, monkeypatch, mirror, name):
    dataset = downloads.TORCHVISION[name]

    def interrupted(self):
        """Every file is there, and the user stops before the last one is whole."""
        connect(monkeypatch, mirror[0])
        download(self)
        for path in Path(self.root).rglob("*"):
            if path.is_file():
                cut(path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        download = dataset.download
        patch.setattr(dataset, "download", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_data(name)
    assert contents(root) == {} and not list(root.glob(".download-*"))
    assert len(load_data(name).train_images) == TRAIN


def test_damaged_files_in_a_read_only_folder_give_a_sentence(online, root, monkeypatch):
    load_data("mnist")
    cut(root / RAW)

    def refuse(path, *_, **__):  # chmod would not stop root, who runs tests in containers
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    for function in ["mkdir", "unlink", "rename", "replace"]:
        monkeypatch.setattr(os, function, refuse)
    with pytest.raises(DataError, match="Permission denied") as caught:
        load_data("mnist")
    assert_one_helpful_sentence(caught.value, "mnist")


def test_a_course_data_that_is_no_folder_gives_a_sentence(online, root):
    root.write_text("a file")
    with pytest.raises(DataError) as caught:
        load_data("mnist")
    assert_one_helpful_sentence(caught.value, "mnist")
    assert root.read_text() == "a file"
