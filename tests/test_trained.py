"""A learner's own models are made again; where that fails, the course's stand in and say why."""

import contextlib
import inspect
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils import trained
from course_utils.data import load_data
from course_utils.pretend_gpu import pretend_gpu
from course_utils.trained import SOURCES, NoModel, TrainedModel, load_models
from course_utils.weights import save_weights
from test_own_work import write_notebook

IMPORTS = "import math\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn"


class Generator(nn.Module):
    """A small answer of notebook 02's, and, with fewer parameters, of notebook 04's."""

    def __init__(self, latent_dim, num_classes, width, image_shape):
        super().__init__()
        self.image_shape = image_shape
        self.embedding = nn.Embedding(num_classes, width)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + width, width),
            nn.BatchNorm1d(width),
            nn.Linear(width, math.prod(image_shape)),
        )

    def forward(self, z, labels):
        pixels = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return torch.tanh(pixels).view(-1, *self.image_shape)


class ConditionalVAE(nn.Module):
    """The half of notebook 03's answer that draws."""

    def __init__(self, latent_dim, num_classes, hidden_dim, input_dim):
        super().__init__()
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.hidden = nn.Linear(latent_dim + num_classes, hidden_dim)
        self.pixels = nn.Linear(hidden_dim, input_dim)

    def decode(self, z, labels_onehot):
        hidden = F.relu(self.hidden(torch.cat([z, labels_onehot], dim=1)))
        return torch.sigmoid(self.pixels(hidden))


CBN = inspect.getsource(Generator).replace("class Generator", "class CBNGenerator")
NOTEBOOKS = {
    "GAN": [
        IMPORTS,
        inspect.getsource(Generator),
        "latent_dim, num_epochs = 5, 100\nwidth = 12",
        "generator = Generator(latent_dim, num_classes, width, image_shape).to(device)",
    ],
    "CVAE": [
        IMPORTS,
        inspect.getsource(ConditionalVAE),
        "latent_dim, hidden_dim = 3, 7",
        "cvae = ConditionalVAE(latent_dim, num_classes, hidden_dim, input_dim).to(device)",
    ],
    "CBN": [
        IMPORTS,
        CBN,
        "latent_dim = 6",
        "generator = CBNGenerator(latent_dim, num_classes, 9, image_shape=image_shape).to(device)",
    ],
}
NETWORKS = {
    "GAN": lambda: Generator(5, 10, 12, (1, 28, 28)),
    "CVAE": lambda: ConditionalVAE(3, 10, 7, 784),
    "CBN": lambda: Generator(6, 10, 9, (1, 28, 28)),
}
LATENT_DIMS = {"GAN": 5, "CVAE": 3, "CBN": 6}


@pytest.fixture
def saved(tmp_path, monkeypatch) -> Path:
    """The folder for weights; the test is in the folder of notebook 05, with nothing beside it."""
    here = tmp_path / "notebooks" / "05_measuring_conditioning"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "saved"))
    return tmp_path / "saved"


def write(name: str, cells: list[str]) -> Path:
    notebook = SOURCES[name].notebook
    return write_notebook(Path("..", notebook, f"{notebook}.ipynb"), *cells)


def save(saved: Path, name: str, network: nn.Module | None = None, data: str = "digits") -> Path:
    path = saved / f"{SOURCES[name].weights}_{data}.safetensors"
    save_weights(network or NETWORKS[name](), path)
    return path


@pytest.fixture
def reason(saved, digits, monkeypatch) -> Callable[[], str]:
    """Tells why the course's GAN stands in, after a look at it. The others are left out."""
    monkeypatch.setattr(trained, "SOURCES", {"GAN": SOURCES["GAN"]})
    return lambda: reason_of(load_models(digits)["GAN"])


def reason_of(model: TrainedModel) -> str:
    assert model.latent_dim == 32
    beginning, comma, reason = model.origin.partition(", because ")
    assert (beginning, comma) == ("the course's", ", because ")
    assert reason and reason == reason.strip().rstrip(".") and "\n" not in reason
    return reason


def cuda():
    """The GPU, or a pretended one."""
    return contextlib.nullcontext() if torch.cuda.is_available() else pretend_gpu()


@pytest.mark.parametrize("name", SOURCES)
def test_a_learners_own_model(saved, digits, name):
    network = NETWORKS[name]()
    for buffer in network.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 2)  # as training would move batch norm's statistics
    write(name, NOTEBOOKS[name])
    save(saved, name, network)
    model = load_models(digits)[name]
    assert model.origin == f"yours, from {SOURCES[name].weights}_digits.safetensors"
    assert model.latent_dim == LATENT_DIMS[name]
    z, labels = torch.randn(4, model.latent_dim), torch.tensor([3, 1, 4, 1])
    network.eval()
    if name == "CVAE":
        expected = network.decode(z, torch.eye(10)[labels]).view(-1, 1, 28, 28)
    else:
        expected = network(z, labels) / 2 + 0.5
    drawn = model.decode(z, labels)
    torch.testing.assert_close(drawn, expected.detach())
    assert not drawn.requires_grad, "the model is not trained any more"


def test_one_model_of_ones_own_and_two_of_the_courses(saved, digits):
    write("CVAE", NOTEBOOKS["CVAE"])
    save(saved, "CVAE")
    origins = {name: model.origin for name, model in load_models(digits).items()}
    assert list(origins) == ["GAN", "CVAE", "CBN"]
    assert origins["CVAE"].startswith("yours")
    assert (
        origins["GAN"] == origins["CBN"] == "the course's, because you have not trained yours yet"
    )


@pytest.mark.parametrize(
    "cells",
    [
        ["%matplotlib inline\nplots.show_images(images)"],
        ["print('hello')", "raise NotImplementedError", "def f(:"],
        ["class Discriminator(nn.Module):\n    raise NotImplementedError"],
    ],
)
def test_what_else_is_in_the_notebook_does_not_matter(saved, digits, capsys, cells):
    imports, *others = NOTEBOOKS["GAN"]
    write("GAN", [imports, *cells, *others, *cells])
    save(saved, "GAN")
    assert load_models(digits)["GAN"].origin.startswith("yours")
    assert capsys.readouterr() == ("", "")


def test_how_much_noise_it_takes_is_known_though_the_call_holds_a_number(saved, digits):
    write(
        "GAN", [cell.replace("Generator(latent_dim,", "Generator(5,") for cell in NOTEBOOKS["GAN"]]
    )
    save(saved, "GAN")
    assert load_models(digits)["GAN"].origin.startswith("yours")


def test_a_learners_own_model_of_other_data(saved, digits):
    """As many classes and channels as the data have."""
    images = torch.rand(6, 3, 8, 8)
    data = digits._replace(name="mnist", train_images=images, class_names=("a", "b", "c"))
    data = data._replace(train_labels=torch.arange(6) % 3)
    networks = {
        "GAN": Generator(5, 3, 12, (3, 8, 8)),
        "CVAE": ConditionalVAE(3, 3, 7, 192),
        "CBN": Generator(6, 3, 9, (3, 8, 8)),
    }
    for name, network in networks.items():
        write(name, NOTEBOOKS[name])
        save(saved, name, network, data="mnist")
    for model in load_models(data).values():
        assert model.draw(torch.tensor([2, 0])).shape == (2, 3, 8, 8)


def test_no_notebook(saved, reason):
    save(saved, "GAN")
    path = Path("..", "02_conditional_gan", "02_conditional_gan.ipynb")
    assert reason() == f"yours cannot be used: there is no notebook {path}"


def test_a_damaged_notebook(saved, reason):
    save(saved, "GAN")
    path = write("GAN", NOTEBOOKS["GAN"])
    path.write_bytes(path.read_bytes()[:300])
    assert reason() == f"yours cannot be used: the notebook {path} cannot be read"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("generator = Gen", "g = Gen", "no cell of 02_conditional_gan.ipynb says generator = G"),
        ("class Generator", "class Other", "NameError: name 'Generator' is not defined"),
        ("super().__init__()", "raise NotImplementedError", "its code raises NotImplementedError"),
        ("latent_dim, num_epochs = 5, 100", "", "NameError: name 'latent_dim' is not defined"),
        (
            "return torch.tanh",
            "raise OSError('a\\nb')\n        return torch.tanh",
            "its code raises OSError: a",
        ),
        ("return torch.tanh", "raise ValueError\n        return torch.tanh", "raises ValueError"),
        ("import torch\n", "import torch, not_there\n", "ModuleNotFoundError: No module named"),
        ("(nn.Module)", "", "AttributeError: 'Generator' object has no attribute"),
        ("width = 12", "width = 13", "holds the weights of a model of other sizes"),
        ("self.layers", "self.net", "holds the weights of another model"),
        ("torch.tanh(pixels)", "(pixels.abs() + 3)", ": The largest pixel is "),
        ("torch.tanh(pixels)", "(pixels / 0)", "have to be in [0, 1]"),
        ("torch.tanh(pixels)", "(pixels * math.nan)", "The drawings hold NaN"),
        (".view(-1, *self.image_shape)", "", "Give drawings of shape (B, 1, 28, 28); got (2, 784)"),
        ("torch.tanh(pixels)", "torch.tanh(pixels).double()", "torch.float64"),
    ],
)
def test_a_model_that_cannot_be_used(saved, reason, old, new, says):
    save(saved, "GAN")
    assert any(old in cell for cell in NOTEBOOKS["GAN"])
    write("GAN", [cell.replace(old, new) for cell in NOTEBOOKS["GAN"]])
    said = reason()
    assert said.startswith("yours cannot be used: ") and says in said


@pytest.mark.parametrize("content", [b"", b"damaged"])
def test_damaged_weights(saved, reason, content):
    write("GAN", NOTEBOOKS["GAN"])
    path = save(saved, "GAN")
    path.write_bytes(content)
    assert f"yours cannot be used: {path} is " in reason()


def test_while_a_notebook_is_marked_nothing_is_found(saved, reason, monkeypatch):
    write("GAN", NOTEBOOKS["GAN"])
    save(saved, "GAN")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert reason() == "you have not trained yours yet"


@pytest.mark.parametrize("place", ["super().__init__()", "return torch.tanh"])
def test_an_interrupt_is_one(saved, digits, place):
    save(saved, "GAN")
    stop = f"raise KeyboardInterrupt\n        {place}"
    write("GAN", [cell.replace(place, stop) for cell in NOTEBOOKS["GAN"]])
    with pytest.raises(KeyboardInterrupt):
        load_models(digits)


@pytest.mark.parametrize("trained_it", [False, True])
def test_for_other_data_the_course_has_no_model(saved, digits, trained_it):
    data = digits._replace(name="fashion-mnist")
    if trained_it:
        save(saved, "GAN", data="fashion-mnist")
    with pytest.raises(NoModel) as raised:
        load_models(data)
    message = str(raised.value)
    assert message.startswith("There is no model of fashion-mnist from notebook 02 (")
    assert message.endswith("run them with COURSE_DATASET=fashion-mnist, then this cell again.")
    assert ("there is no notebook" in message) == trained_it
    assert message.count("(you have not trained yours yet)") == 3 - trained_it


def test_models_draw_where_the_data_are(saved):
    write("CVAE", NOTEBOOKS["CVAE"])
    save(saved, "CVAE")
    with cuda():
        data = load_data("digits", torch.device("cuda", 0))
        for name, model in load_models(data).items():
            assert model.origin.startswith("yours") == (name == "CVAE"), model.origin
            assert model.draw(data.train_labels[:3]).device == data.train_images.device


def test_a_model_that_stays_on_the_cpu_is_moved(saved):
    write("GAN", [cell.replace(".to(device)", "") for cell in NOTEBOOKS["GAN"]])
    save(saved, "GAN")
    with cuda():
        data = load_data("digits", torch.device("cuda", 0))
        assert load_models(data)["GAN"].origin.startswith("yours")
