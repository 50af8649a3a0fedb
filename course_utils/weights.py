"""A model's weights in a safetensors file, which runs no code when opened, as a pickle may."""

import os
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from course_utils.saved import write_whole

_PICKLES = (b"PK\x03\x04", b"\x80")  # how files of torch.save begin, new ones and old ones


class WeightsError(ValueError):
    """Weights could not be saved or loaded. The message says what to do."""


def save_weights(model: nn.Module, path: str | os.PathLike[str]) -> None:
    """Save the parameters and buffers of ``model`` to the file ``path``, and make its folder.

    The file is written aside and then moved into place: if that fails or is interrupted, an older
    file stays as it was. Raises `WeightsError` if the weights cannot be saved.
    """
    path = Path(path)
    # Copies, because in safetensors each tensor has memory of its own. Tied weights are written
    # under each of their names; `safetensors.torch.save_model` does not, but refuses views.
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in _tensors(model).items()
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, safetensors.torch.save(tensors))
    except OSError as error:  # a full disk, no permission, a folder of that name, ...
        raise WeightsError(
            f"The weights could not be saved as {path} ({error.strerror or error}): make room or "
            "choose another path, and save them again; what was there is unchanged."
        ) from error


def load_weights(model: nn.Module, path: str | os.PathLike[str]) -> nn.Module:
    """Copy the weights that `save_weights` wrote to ``path`` into ``model``, and return it.

    The model stays on its device and in its mode. Raises `WeightsError` if the file cannot be read
    or does not fit, and leaves the model as it was.
    """
    path = Path(path)
    wanted = _tensors(model)
    saved = _read(path)
    missing = [name for name in wanted if name not in saved]
    unknown = sorted(saved.keys() - wanted.keys())  # the file has an order of its own
    if missing or unknown:
        differences = [f"{_some(missing)} of the model missing in the file"] if missing else []
        differences += [f"{_some(unknown)} of the file missing in the model"] if unknown else []
        raise WeightsError(
            f"{path} holds the weights of another model ({'; '.join(differences)}): load them into "
            "the model that was saved, or train this one and save it again."
        )
    for name, tensor in wanted.items():
        if saved[name].shape != tensor.shape:
            raise WeightsError(
                f"{path} holds the weights of a model of other sizes ({name} is "
                f"{tuple(saved[name].shape)} in the file, {tuple(tensor.shape)} in the model): "
                "make the model with the sizes it was saved with, or train this one and save it "
                "again."
            )
    model.load_state_dict(saved)
    return model


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    """The model's parameters and buffers by name."""
    state = model.state_dict()
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise WeightsError(
                f"{name} of the model is no tensor but a {type(value).__name__}: keep what is to "
                "be saved in parameters and buffers."
            )
        if is_lazy(value):
            raise WeightsError(
                f"{name} of the model has no size yet: call the model once on a batch, then save "
                "or load its weights."
            )
    return state


def _read(path: Path) -> dict[str, Tensor]:
    """The tensors in the file, on the CPU."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WeightsError(
            f"There is no file {path}: run the training cell first, which saves the weights there."
        ) from error
    except IsADirectoryError as error:
        raise WeightsError(f"{path} is a folder: give the path of a file in it.") from error
    except OSError as error:
        raise WeightsError(
            f"{path} could not be read ({error.strerror or error}): allow yourself to read it, or "
            "train the model again and save it elsewhere."
        ) from error
    try:
        return safetensors.torch.load(content)
    except Exception as error:  # a damaged header gives SafetensorError, KeyError, ValueError, ...
        if content.startswith(_PICKLES):
            raise WeightsError(
                f"{path} looks like a file of torch.save, a pickle, which could run any code when "
                "it is opened: save the model with save_weights instead."
            ) from error
        raise WeightsError(
            f"{path} is {'damaged' if content else 'empty'}: delete it and run the training cell "
            "again, which saves the weights there."
        ) from error


def _some(names: list[str]) -> str:
    """Two names at most, and how many more there are."""
    rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + rest
