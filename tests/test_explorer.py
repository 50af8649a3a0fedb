"""The explorer draws what it says, and shows controls only where somebody can use them."""

import base64
import io
import re
from pathlib import Path

import pytest
import torch
from jupyter_client import KernelManager
from PIL import Image
from torch import nn

from course_utils import explorer, plots
from course_utils.explorer import DrawingError, Explorer, controls, explore
from course_utils.pretend_gpu import pretend_gpu

NAMES = ("zero", "one <&>", "two")


class Generator(nn.Module):
    """Images in [-1, 1] of 4x5 pixels: z and the label as shades; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.label = nn.Embedding(3, 20)
        self.shade = nn.Linear(6, 20)
        self.asked: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.error: Exception | None = None

    def forward(self, z, labels):
        assert not self.training and not torch.is_grad_enabled()
        self.asked.append((z, labels))
        if self.error:
            raise self.error
        return torch.tanh(self.shade(z) + self.label(labels)).view(-1, 1, 4, 5)


class LevelGenerator(Generator):
    """The level, 0 or 1, adds to the shades."""

    def forward(self, z, labels, levels):
        images = super().forward(z, labels)
        self.asked[-1] = (z, labels, levels)
        return (images + levels[:, None, None, None].float() / 2).clamp(-1, 1)


LEVELS = ("thickness", ("thin", "thick <&>"))


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: dicts of MIME types, and Markdown."""
    calls = []
    for module in (plots, explorer):
        monkeypatch.setattr(module, "display", lambda content, **rest: calls.append(content))
    return calls


def parts(panel):
    (menu, *sliders), picture = panel.children[0].children, panel.children[1]
    return menu, sliders, picture


def an_explorer(model: nn.Module) -> Explorer:
    return Explorer(model, 6, len(NAMES), lambda z, labels: (model(z, labels) + 1) / 2)


def test_the_directions_are_orthonormal_and_fixed():
    model = Generator()
    state = torch.get_rng_state()
    first, second = an_explorer(model), an_explorer(model)
    torch.testing.assert_close(first.directions @ first.directions.T, torch.eye(2))
    assert torch.equal(first.directions, second.directions)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_directions_are_those_that_change_the_pictures_most():
    """Where the pictures of class k are linear in z, they are known without drawing any."""
    by_class = 0.01 * torch.randn(3, 20, 6)

    def draw(z, labels):
        pixels = torch.einsum("npd,nd->np", by_class[labels], z) + labels[:, None] / 4 + 0.25
        return pixels.view(-1, 1, 4, 5)

    directions = Explorer(nn.ReLU(), 6, 3, draw).directions
    expected = torch.linalg.svd(by_class.flatten(0, 1)).Vh[:2]
    torch.testing.assert_close((directions @ expected.T).abs(), torch.eye(2))


def test_of_a_direction_and_its_opposite_one_is_chosen():
    model = Generator()
    before = an_explorer(model).directions
    nn.init.zeros_(model.label.weight)
    nn.init.zeros_(model.shade.bias)
    first = an_explorer(model).directions
    with torch.no_grad():
        model.shade.weight.neg_()
    torch.testing.assert_close(an_explorer(model).directions, first)
    for directions in (before, first):
        assert (directions.max(1).values >= -directions.min(1).values).all()


@pytest.mark.parametrize("classes", [1, 3])
def test_one_pixel_has_two_directions_too(classes):
    plane = Explorer(nn.ReLU(), 2, classes, lambda z, labels: z[:, :1, None, None] / 9 + 0.5)
    torch.testing.assert_close(plane.directions, torch.eye(2))


def test_batch_statistics_stay_as_they_were():
    model = nn.Sequential(nn.BatchNorm1d(6), nn.Unflatten(1, (1, 2, 3)))
    model[0](torch.randn(9, 6) + 1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explorer.show_map(Explorer(model, 6, 3, lambda z, labels: model(z)), NAMES)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert model.training


def test_one_direction_is_not_enough():
    with pytest.raises(ValueError, match="at least 2; got 1"):
        explore(Generator(), 1, NAMES)


def test_the_figure_has_a_row_per_class_and_the_same_z_in_each(shown):
    model = Generator()
    explore(model, 6, NAMES)
    z, labels = model.asked[-1]
    assert labels.tolist() == [0] * 7 + [1] * 7 + [2] * 7
    steps = torch.tensor([-3.0, -2, -1, 0, 1, 2, 3])
    expected = steps[:, None] * an_explorer(model).directions[0]
    torch.testing.assert_close(z, expected.repeat(3, 1))
    figure, _ = shown
    assert figure["image/png"].startswith(b"\x89PNG")
    assert "3 classes, one per row, each from the same 7 z" in figure["text/plain"]


def test_the_figure_says_when_z_changes_nothing(shown):
    model = Generator()
    nn.init.zeros_(model.shade.weight)
    explore(model, 6, NAMES)
    assert "a pixel changes by 0.00 on average" in shown[0]["text/plain"]


def test_the_controls_choose_the_class_and_the_place():
    model = Generator()
    menu, sliders, picture = parts(controls(an_explorer(model), NAMES))
    assert [control.description for control in (menu, *sliders)] == [
        "class",
        "direction 1",
        "direction 2",
    ]
    before = picture.value
    menu.value, sliders[0].value, sliders[1].value = 1, 1.5, -3.0
    z, labels = model.asked[-1]
    first, second = an_explorer(model).directions
    torch.testing.assert_close(z, torch.stack([1.5 * first - 3 * second, torch.zeros(6)]))
    assert labels.tolist() == [1, 1]
    assert picture.value != before
    assert 'alt="one &lt;&amp;&gt; at (1.5, -3): from the image at (0, 0) a pixel' in picture.value


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_is_what_draw_returned(channels):
    image = torch.rand(channels, 4, 5)
    image[0, 0, 0] = 2  # outside [0, 1]
    plane = Explorer(nn.ReLU(), 6, 3, lambda z, labels: image.expand(len(z), -1, -1, -1))
    value = parts(controls(plane, NAMES))[2].value
    png = base64.b64decode(re.search(r"base64,([^\"]+)", value)[1])
    pixels = torch.tensor(list(Image.open(io.BytesIO(png)).tobytes())).view(4, 5, channels)
    expected = (image.clamp(0, 1) * 255).permute(1, 2, 0)
    assert (pixels - expected).abs().max() < 1
    assert "differs by 0.00 on average" in value


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("error", [None, RuntimeError("shapes <cannot> be\nmultiplied")])
def test_the_mode_is_restored(training, error):
    model = Generator().train(training)
    plane = an_explorer(model)
    model.error = error
    controls(plane, NAMES)
    assert model.training == model.label.training == training


def test_an_error_is_one_sentence_in_place_of_the_picture(shown):
    model = Generator()
    _, sliders, picture = parts(controls(an_explorer(model), NAMES))
    model.error = RuntimeError("shapes <cannot> be\nmultiplied")
    sliders[0].value = 1
    assert "could not draw (RuntimeError: shapes &lt;cannot&gt; be): mend it" in picture.value
    assert "<img" not in picture.value
    model.error = None
    sliders[0].value = 2
    assert "<img" in picture.value


def test_an_error_in_the_figure_is_one_sentence(shown):
    model = Generator()
    model.error = NotImplementedError()
    with pytest.raises(DrawingError, match=r"could not draw \(NotImplementedError\): ") as raised:
        explore(model, 6, NAMES)
    assert raised.value._render_traceback_() == [str(raised.value)]
    assert shown == []


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (torch.zeros(6, 784), r"its images have shape \(6, 784\)"),
        (torch.full((6, 1, 4, 5), float("nan")), "its images hold NaN"),
    ],
)
def test_what_is_no_picture_is_an_error(images, reason):
    with pytest.raises(DrawingError, match=rf"could not draw \(ValueError: {reason}\): mend it"):
        Explorer(nn.ReLU(), 6, 3, lambda z, labels: images)


def with_levels(model: nn.Module) -> Explorer:
    return Explorer(model, 6, len(NAMES), lambda *inputs: (model(*inputs) + 1) / 2, num_levels=2)


def test_the_figure_shows_every_class_at_every_level(shown):
    model = LevelGenerator()
    explore(model, 6, NAMES, levels=LEVELS)
    z, labels, levels = model.asked[-1]
    assert labels.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert levels.tolist() == [0, 0, 0, 1, 1, 1] * 3
    steps = torch.tensor([-3.0, 0, 3])
    expected = steps[:, None] * with_levels(model).directions[0]
    torch.testing.assert_close(z, expected.repeat(6, 1))
    with torch.no_grad():
        pixels = (model.eval()(z, labels, levels) / 2).view(3, 2, 3, 4, 5)
    along = (pixels[:, :, -1] - pixels[:, :, 0]).abs().mean()
    across = (pixels[:, 1] - pixels[:, 0]).abs().mean()
    assert shown[0]["text/plain"] == (
        "3 classes, one per row, at 2 levels of thickness, each from the same 3 z: along one "
        f"direction from -3 to 3. From end to end a pixel changes by {along:.2f} on average, and "
        f"by {across:.2f} from thin to thick <&>."
    )
    assert along > 0.05 and across > 0.05


def test_the_directions_are_those_of_all_levels():
    """Each level's pictures change along another axis of z; the axis of level 1 changes more."""

    def draw(z, labels, levels):
        change = torch.where(levels == 0, z[:, 0] * 0.05, z[:, 2] * 0.1)
        return (change + 0.5).view(-1, 1, 1, 1)

    directions = Explorer(nn.ReLU(), 6, 3, draw, num_levels=2).directions
    torch.testing.assert_close(directions, torch.eye(6)[[2, 0]])


def test_a_second_menu_chooses_the_level():
    model = LevelGenerator()
    panel = controls(with_levels(model), NAMES, LEVELS)
    label, level, *sliders = panel.children[0].children
    picture = panel.children[1]
    assert [control.description for control in (label, level, *sliders)] == [
        "class",
        "thickness",
        "direction 1",
        "direction 2",
    ]
    before = picture.value
    label.value, sliders[0].value, level.value = 2, 1.5, 1
    z, labels, levels = model.asked[-1]
    first = with_levels(model).directions[0]
    torch.testing.assert_close(z, torch.stack([1.5 * first, torch.zeros(6)]))
    assert (labels.tolist(), levels.tolist()) == ([2, 2], [1, 1])
    assert picture.value != before
    assert 'alt="two, thick &lt;&amp;&gt; at (1.5, 0): from' in picture.value


def test_levels_on_a_gpu():
    with pretend_gpu() as gpu:
        model = LevelGenerator().to(gpu)
        controls(with_levels(model), NAMES, LEVELS)
        assert {t.device for t in model.asked[-1]} == {gpu}


def test_a_model_on_a_gpu():
    with pretend_gpu() as gpu:
        model = Generator().to(gpu)
        controls(an_explorer(model), NAMES)
        z, labels = model.asked[-1]
        assert z.device == labels.device == gpu


CODE = """
import torch
from torch import nn
from course_utils.explorer import explore
explore(nn.ReLU(), 2, "ab", draw=lambda z, labels: z.view(-1, 1, 1, 2))
"""


def test_controls_only_where_somebody_is_there(monkeypatch):
    """A client that takes no input, as nbclient, nbval and nbgrader, gets the figure only."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    manager = KernelManager()
    manager.start_kernel(extra_arguments=["--IPKernelApp.log_level=ERROR"])
    client = manager.client()
    client.start_channels()
    types = {False: [], True: []}

    def collect(message):
        if message["msg_type"] == "display_data":
            types[somebody].append(sorted(message["content"]["data"]))

    try:
        client.wait_for_ready(timeout=120)
        for somebody in types:
            client.execute_interactive(CODE, allow_stdin=somebody, timeout=120, output_hook=collect)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    figure = [["image/png", "text/plain"], ["text/markdown", "text/plain"]]
    widget = ["application/vnd.jupyter.widget-view+json", "text/plain"]
    assert types == {False: figure, True: [*figure, widget]}
