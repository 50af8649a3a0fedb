"""torchvision's data sets: read from a folder, and downloaded into it first if need be."""

import os
import shutil
import tempfile
from pathlib import Path

import torch
from torchvision.datasets import CIFAR10, MNIST, FashionMNIST
from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor
from torchvision.datasets.utils import check_integrity

from course_utils.data import DataError, Parts

TORCHVISION = {"mnist": MNIST, "fashion-mnist": FashionMNIST, "cifar10": CIFAR10}

_Dataset = type[MNIST] | type[CIFAR10]


def load(name: str, root: Path) -> Parts:
    """The set called ``name``, from below ``root``; downloaded if it is not whole there.

    Raises DataError.
    """
    dataset = TORCHVISION[name]
    try:
        return _read(dataset, root)
    except Exception:  # torchvision has no one class for a missing or damaged file
        pass
    try:
        return _download(dataset, root)
    except Exception as error:  # no network, a full disk, no permission, a damaged download, ...
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1].rstrip(".")
        raise DataError(
            f"{name} could not be downloaded into {root} ({reason}): check the connection and that "
            "folder (COURSE_DATA) and run the cell again, or set COURSE_DATASET=digits, which "
            "needs no download."
        ) from error


def _read(dataset: _Dataset, root: Path, download: bool = False) -> Parts:
    """Both halves as torchvision reads them. The files say how many images there are."""
    tensors = []
    for train in (True, False):
        half = dataset(root, train=train, download=download)
        images, labels = torch.as_tensor(half.data), torch.as_tensor(half.targets)
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images have {len(labels)} labels.")
        # MNIST comes as (N, H, W), CIFAR-10 as (N, H, W, 3).
        images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
        tensors += [images.float() / 255, labels]
    return tensors, tuple(name.split(" - ")[0] for name in half.classes)  # MNIST: "0 - zero"


def _download(dataset: _Dataset, root: Path) -> Parts:
    """Remove what is damaged, download into a folder aside, read, and move the files into place.

    So nothing half done ever has the name of a file that is looked for, however the work ends.
    Archives that are whole, put there by hand perhaps, are unpacked instead of downloaded.
    """
    files = _files(dataset)
    for path, md5 in files:
        if (root / path).exists() and not _is_whole(root / path, md5):
            (root / path).unlink(missing_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as folder:
        aside = Path(folder)
        for path, _ in files:
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".gz" and (root / path).exists():
                shutil.copyfile(root / path, aside / path)
        data = _read(dataset, aside, download=True)
        for path, _ in files:
            if (aside / path).exists():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(aside / path, root / path)
    return data


def _files(dataset: _Dataset) -> list[tuple[Path, str | None]]:
    """The files that torchvision keeps of a set, below its root, each with its MD5 if published."""
    if issubclass(dataset, MNIST):
        raw = Path(dataset.__name__, "raw")
        archives = [(raw / name, md5) for name, md5 in dataset.resources]
        return archives + [(path.with_suffix(""), None) for path, _ in archives]
    batches = [*dataset.train_list, *dataset.test_list]
    batches.append((dataset.meta["filename"], dataset.meta["md5"]))
    return [
        (Path(dataset.filename), dataset.tgz_md5),
        *((Path(dataset.base_folder, name), md5) for name, md5 in batches),
    ]


def _is_whole(path: Path, md5: str | None) -> bool:
    """Whether a file has its MD5, or, where there is none, the size that its idx header tells."""
    if md5 is not None:
        return check_integrity(path, md5)
    try:
        read_sn3_pascalvincent_tensor(path)
    except (ValueError, RuntimeError, AssertionError, KeyError):
        return False
    return True
