"""The models that come with the course draw as the reference networks of the notebooks do."""

import nbformat
import pytest
import torch

from course_tools import train_models
from course_tools.build import read_source
from course_tools.gradebook import SOLUTIONS
from course_utils import trained
from course_utils.judges import accuracy
from course_utils.own_work import assign
from course_utils.trained import SOURCES, load_models


@pytest.fixture
def models(digits):
    """Those that come with the course."""
    return load_models(digits)


@pytest.mark.parametrize("count", [1, 2, 77])
def test_the_courses_models_draw_any_number_of_images(models, count):
    labels = torch.arange(count) % 10
    for model in models.values():
        drawn = model.draw(labels)
        assert drawn.shape == (count, 1, 28, 28) and drawn.dtype == torch.float32
        assert drawn.min() >= 0 and drawn.max() <= 1
        assert not model.decode(torch.randn(count, model.latent_dim), labels).requires_grad


def test_the_courses_models_draw_what_they_are_asked_for(models, judge):
    labels = torch.arange(10).repeat(40)
    for model in models.values():
        drawn = model.draw(labels)
        assert accuracy(judge, drawn, labels) >= 0.95
        torch.manual_seed(7)
        first = model.draw(labels)
        torch.manual_seed(7)
        assert torch.equal(model.draw(labels), first)
        assert not torch.isclose(drawn, first).all(), "each time from other noise"


@pytest.mark.parametrize("name", SOURCES)
def test_the_courses_models_are_those_of_the_notebooks(tmp_path, digits, models, name):
    """With their weights the network of the reference answer draws the same."""
    source, model = SOURCES[name], models[name]
    notebook = tmp_path / f"{source.notebook}.ipynb"
    nbformat.write(read_source(SOLUTIONS / f"{source.notebook}.py"), notebook)
    names = {"data": digits, "num_classes": 10, "image_shape": (1, 28, 28)}
    names |= {"input_dim": 784, "device": torch.device("cpu")}
    network = assign(notebook, source.variable, source.network, names, "latent_dim")
    assert names["latent_dim"] == model.latent_dim
    drawing = source.drawing(network, (1, 28, 28)).eval()
    drawing.load_state_dict(model.decode.state_dict())
    z, labels = torch.randn(20, model.latent_dim), torch.arange(20) % 10
    torch.testing.assert_close(model.decode(z, labels), drawing(z, labels).detach())


def test_they_are_written_by_the_notebooks_trainings(monkeypatch, tmp_path, digits, capsys):
    """Three steps of each."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for module in (train_models, trained):
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "trained_models")
    train_models.main()
    files = sorted(path.name for path in trained.SHIPPED.iterdir())
    assert files == [f"{source.weights}_digits.pt2" for source in SOURCES.values()]
    for name, model in load_models(digits).items():
        assert model.latent_dim == {"GAN": 32, "CVAE": 16, "CBN": 32}[name]
        assert model.draw(torch.arange(3)).shape == (3, 1, 28, 28)
    assert "CVAE" in capsys.readouterr().out
