"""Weights come back as they were saved; whatever is wrong with a file is told in one sentence."""

import contextlib
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils.pretend_gpu import pretend_gpu
from course_utils.weights import WeightsError, load_weights, save_weights


class Model(nn.Module):
    """Tied weights, a transposed view, part of a larger tensor, and batch norm's statistics."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.embed = nn.Embedding(size, 3)
        self.logits = nn.Linear(3, size)
        self.logits.weight = self.embed.weight
        self.norm = nn.BatchNorm1d(size)
        self.transposed = nn.Parameter(torch.randn(5, 2).T)
        self.part = nn.Parameter(torch.randn(10, 4)[2:5])
        self.register_buffer("expanded", torch.randn(1).expand(7).clone())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.safetensors"


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone().cpu() for name, tensor in model.state_dict().items()}


def refusal(model: nn.Module, path: Path) -> str:
    """The message of the error that loading gives, after a look at what must not have changed."""
    before = state(model)
    with pytest.raises(WeightsError) as raised:
        load_weights(model, path)
    assert all(torch.equal(before[name], tensor) for name, tensor in state(model).items())
    message = str(raised.value)
    assert message.endswith(".") and ". " not in message and "\n" not in message
    return message


def test_weights_come_back(path):
    model = Model()
    model.norm(torch.randn(6, 4))  # moves the statistics
    save_weights(model, path)
    other = Model().eval()
    other.part.requires_grad_(False)
    places = [tensor.data_ptr() for tensor in other.state_dict().values()]
    assert load_weights(other, str(path)) is other
    for (name, tensor), saved in zip(state(other).items(), state(model).values(), strict=True):
        assert torch.equal(tensor, saved), name
    assert places == [tensor.data_ptr() for tensor in other.state_dict().values()]
    assert not other.training and not other.part.requires_grad and other.embed.weight.requires_grad
    assert other.logits.weight is other.embed.weight


@pytest.mark.parametrize("saved_on", ["cpu", "cuda"])
@pytest.mark.parametrize("loaded_on", ["cpu", "cuda"])
def test_weights_move_between_devices(path, saved_on, loaded_on):
    with contextlib.nullcontext() if torch.cuda.is_available() else pretend_gpu():
        model, other = Model().to(saved_on), Model().to(loaded_on)
        save_weights(model, path)
        load_weights(other, path)
        assert {tensor.device.type for tensor in other.state_dict().values()} == {loaded_on}
        assert all(torch.equal(a, b) for a, b in zip(values(model), values(other), strict=True))


def values(model: nn.Module) -> list[torch.Tensor]:
    return list(state(model).values())


def test_spectral_norm_and_a_model_without_weights(path):
    model, other = (nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2)) for _ in range(2))
    save_weights(model, path)
    x = torch.randn(4, 3)
    assert torch.equal(load_weights(other, path).eval()(x), model.eval()(x))
    save_weights(nn.ReLU(), path)
    load_weights(nn.ReLU(), path)


def test_saving_makes_the_folder_and_leaves_no_litter(tmp_path):
    path = tmp_path / "a" / "b" / "weights.safetensors"
    for _ in range(2):
        save_weights(Model(), path)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file(path, monkeypatch, error):
    model = Model()
    save_weights(model, path)
    old = path.read_bytes()
    write = Path.write_bytes

    def fail(self: Path, content: bytes) -> None:
        write(self, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises((WeightsError, KeyboardInterrupt), match=r"No space left|^$"):
        save_weights(Model(), path)
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_is_no_place_to_save(tmp_path):
    with pytest.raises(WeightsError, match=r"could not be saved.*choose another path"):
        save_weights(Model(), tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_missing_file(path):
    assert "run the training cell first" in refusal(Model(), path)


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(Model(), tmp_path)


def test_an_unreadable_file(path, monkeypatch):
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    save_weights(Model(), path)
    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read whatever its mode says
    assert "could not be read (Permission denied)" in refusal(Model(), path)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle(path, new_format):
    torch.save(Model().state_dict(), path, _use_new_zipfile_serialization=new_format)
    assert "torch.save" in refusal(Model(), path)


def test_a_file_may_begin_like_a_pickle(path):
    """safetensors begins with the size of its header, of which 128 is a pickle's first byte."""
    for length in range(128):
        model = nn.ParameterDict({"x" * length + "w": nn.Parameter(torch.ones(2))})
        save_weights(model, path)
        if path.read_bytes().startswith(b"\x80"):
            load_weights(model, path)
            return
    pytest.fail("no header of 128 bytes")


def test_an_empty_file(path):
    path.touch()
    assert "is empty: delete it and run the training cell again" in refusal(Model(), path)


def test_a_truncated_file(path):
    save_weights(Model(), path)
    content = path.read_bytes()
    for length in (1, 7, 8, 20, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        assert "is damaged" in refusal(Model(), path)


def test_a_file_of_something_else(path):
    path.write_text("<html>404 Not Found</html>")
    assert "is damaged" in refusal(Model(), path)


def test_a_damaged_header_gives_no_other_error(path):
    save_weights(Model(), path)
    content = path.read_bytes()
    end = content.index(b"}}") + 2
    for place in torch.randint(0, end, (100,)).tolist():
        for new in (0x20, 0x7A, 0xFF, 0x31):
            path.write_bytes(content[:place] + bytes([new]) + content[place + 1 :])
            try:
                load_weights(Model(), path)  # a changed type or offset may still make sense
            except WeightsError as error:
                assert "\n" not in str(error)


def test_weights_of_another_model(path):
    save_weights(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)), path)
    message = refusal(nn.ModuleDict({"layer": nn.Linear(2, 3)}), path)
    assert "layer.weight, layer.bias of the model missing in the file" in message
    assert "0.bias, 0.weight and 2 more of the file missing in the model" in message
    smaller = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2, bias=False))
    assert "model (1.bias of the file missing in the model): load" in refusal(smaller, path)


def test_weights_of_other_sizes(path):
    save_weights(Model(4), path)
    message = refusal(Model(6), path)
    assert "embed.weight is (4, 3) in the file, (6, 3) in the model" in message


def test_a_model_that_has_no_sizes_yet(path):
    with pytest.raises(WeightsError, match="call the model once on a batch"):
        save_weights(nn.LazyLinear(3), path)
    save_weights(nn.Linear(2, 3), path)
    with pytest.raises(WeightsError, match="call the model once on a batch"):
        load_weights(nn.LazyLinear(3), path)


def test_a_state_that_is_no_tensor(path):
    class Counting(nn.Linear):
        def get_extra_state(self) -> int:
            return 3

    with pytest.raises(WeightsError, match="_extra_state of the model is no tensor but a int"):
        save_weights(Counting(2, 3), path)
    assert not path.exists()
