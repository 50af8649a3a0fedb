"""Explore what a conditional generator has learned: its conditions, and two directions of its z."""

import base64
import io
from collections.abc import Callable, Sequence
from html import escape
from itertools import product

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.display import display
from PIL import Image
from torch import Tensor, nn

from course_utils.plots import show_figure

REACH = 3.0  # nearly all values of N(0, 1) lie between -3 and 3
PLACES = 7
PLACES_BY_LEVEL = 3

Draw = Callable[..., Tensor]
Levels = tuple[str, Sequence[str]]  # a second condition: its name, and the names of its levels


class DrawingError(RuntimeError):
    """The model raised an error. Its message is one sentence; the cause is chained to it."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows: the sentence without a stack."""
        return [str(self)]


class Explorer:
    """Pictures of every class in a plane of the latent space.

    z is a times one direction plus b times another. Both have length 1 and stand at right angles,
    so for z ~ N(0, I) both a and b are N(0, 1). They are the directions in which the pictures of
    all classes change most, found from the pictures themselves.

    ``draw(z, labels)`` gives images in [0, 1]; with ``num_levels``, ``draw(z, labels, levels)``.
    Raises ValueError for a ``latent_dim`` below 2, and `DrawingError` if the model cannot draw.
    """

    def __init__(
        self, model: nn.Module, latent_dim: int, num_classes: int, draw: Draw, num_levels: int = 0
    ) -> None:
        if latent_dim < 2:
            raise ValueError(f"Two directions need a latent_dim of at least 2; got {latent_dim}.")
        self.model, self.draw, self.num_levels = model, draw, num_levels
        axes = torch.eye(latent_dim)
        # How the pictures change has a row for each axis, a column for each pixel of each class.
        # Its first left singular vectors are the last eigenvectors of its products of rows.
        products = torch.zeros(latent_dim, latent_dim)
        # One class and level at a time: all could fill the memory.
        for pair in product(range(num_classes), range(num_levels or 1)):
            conditions = [torch.full((latent_dim,), number) for number in pair]
            change = self.images(REACH * axes, *conditions) - self.images(
                -REACH * axes, *conditions
            )
            products += change.flatten(1) @ change.flatten(1).T
        strongest = torch.linalg.eigh(products).eigenvectors.T[[-1, -2]]
        # A direction is as good as its opposite: take the one whose largest entry is positive.
        largest = strongest.gather(1, strongest.abs().argmax(1, keepdim=True))
        self.directions = strongest * largest.sign()

    @torch.no_grad()
    def images(self, z: Tensor, labels: Tensor, levels: Tensor) -> Tensor:
        """Images on the CPU ``(N, C, H, W)`` at ``z`` ``(N, latent_dim)``.

        ``labels`` and ``levels`` are ``(N,)``. A model without levels is not told of them. The
        model draws in eval mode and keeps the mode it was in. Raises `DrawingError` if it cannot.
        """
        device = next(self.model.parameters(), z).device
        conditions = [labels, levels] if self.num_levels else [labels]
        was_training = self.model.training
        self.model.eval()
        try:
            images = self.draw(*(t.to(device) for t in (z, *conditions))).float().cpu().clamp(0, 1)
            if images.ndim != 4 or images.shape[1] not in (1, 3):
                raise ValueError(f"its images have shape {tuple(images.shape)}")
            if images.isnan().any():
                raise ValueError("its images hold NaN")
            return images
        except Exception as error:  # whatever a learner's model raises
            reason = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".: ")
            raise DrawingError(
                f"The model could not draw ({reason}): mend it and run this cell again."
            ) from error
        finally:
            self.model.train(was_training)


def explore(
    model: nn.Module,
    latent_dim: int,
    class_names: Sequence[str],
    draw: Draw | None = None,
    levels: Levels | None = None,
) -> None:
    """Show what ``model`` draws for each class along one direction of z, and controls to try more.

    ``draw(z, labels)`` draws with the model and returns images ``(N, 1 or 3, H, W)`` in [0, 1].
    Without it the model is a GAN's generator, called with z and labels, whose images are in
    [-1, 1].

    ``levels`` names a second condition and its levels: ``("thickness", ("thin", "thick"))``. Then
    it is ``draw(z, labels, levels)``, and ``levels`` ``(N,)`` counts from 0 for the first.

    The controls appear only where somebody can use them: not while a program runs the notebook.
    Raises what `Explorer` raises.
    """
    draw = draw or (lambda *inputs: (model(*inputs) + 1) / 2)
    explorer = Explorer(model, latent_dim, len(class_names), draw, len(levels[1]) if levels else 0)
    show_map(explorer, class_names, levels)
    if somebody_is_there():
        panel = controls(explorer, class_names, levels)
        # The text is for readers of a saved notebook, where the controls cannot work.
        text = "Run this cell to choose the class and move along two directions of z yourself."
        display({**panel._repr_mimebundle_(), "text/plain": text}, raw=True)


def somebody_is_there() -> bool:
    """Whether who runs this cell says that a person can answer.

    JupyterLab says so. nbclient, nbval and nbgrader do not, so what they run stays reproducible.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    return kernel is not None and kernel.get_parent()["content"].get("allow_stdin", False)


def show_map(explorer: Explorer, class_names: Sequence[str], levels: Levels | None = None) -> None:
    """Show a figure: a row for each class, in which the first direction goes from end to end.

    With levels it goes from end to end once for each level, side by side.
    """
    quantity, level_names = levels or ("", ("",))
    steps = torch.linspace(-REACH, REACH, PLACES_BY_LEVEL if levels else PLACES)
    rows, columns = len(class_names), len(level_names) * len(steps)
    label, level, step = torch.cartesian_prod(
        torch.arange(rows), torch.arange(len(level_names)), torch.arange(len(steps))
    ).T
    z = torch.outer(steps[step], explorer.directions[0])
    images = explorer.images(z, label, level)
    channels, height, width = images.shape[1:]
    mosaic = images.unflatten(0, (rows, columns)).permute(0, 3, 1, 4, 2)
    figure, axis = plt.subplots(
        figsize=(0.45 * columns + 1, 0.45 * rows + 0.5), layout="constrained"
    )
    axis.imshow(
        mosaic.reshape(rows * height, columns * width, channels).numpy(),
        cmap="gray",
        vmin=0,
        vmax=1,
    )
    ticks = [f"{a:g}" for a in steps] * len(level_names)
    for k, name in enumerate(level_names if levels else ()):
        ticks[k * len(steps) + len(steps) // 2] += f"\n{name}"  # below the middle of its columns
        axis.axvline(k * len(steps) * width - 0.5, color="white")
    axis.set_xticks([width * (k + 0.5) - 0.5 for k in range(columns)], ticks)
    axis.set_yticks([height * (k + 0.5) - 0.5 for k in range(rows)], class_names)
    xlabel = f"place along direction 1, at each {quantity}" if levels else "place along direction 1"
    axis.set(xlabel=xlabel, ylabel="class asked for")
    axis.tick_params(length=0)
    show_figure(figure, _in_words(images.unflatten(0, (rows, -1, len(steps))), levels))


def _in_words(images: Tensor, levels: Levels | None) -> str:
    """The caption of the map of ``images`` ``(classes, levels, places, C, H, W)``."""
    along = (images[:, :, -1] - images[:, :, 0]).abs().mean()
    parts = f"{len(images)} classes, one per row"
    changes = f"From end to end a pixel changes by {along:.2f} on average"
    if levels:
        quantity, names = levels
        across = (images[:, -1] - images[:, 0]).abs().mean()
        parts += f", at {len(names)} levels of {quantity}"
        changes += f", and by {across:.2f} from {names[0]} to {names[-1]}"
    return (
        f"{parts}, each from the same {images.shape[2]} z: along one direction from {-REACH:g} to "
        f"{REACH:g}. {changes}."
    )


def controls(
    explorer: Explorer, class_names: Sequence[str], levels: Levels | None = None
) -> widgets.Widget:
    """Menus of the classes and levels, and two sliders, beside the picture that they ask for."""
    style, layout = {"description_width": "6em"}, {"width": "22em"}
    menus = [
        widgets.Dropdown(
            options=[(str(name), number) for number, name in enumerate(names)],
            description=quantity,
            style=style,
            layout=layout,
        )
        for quantity, names in [("class", class_names), *([levels] if levels else [])]
    ]
    sliders = [
        widgets.FloatSlider(
            0, min=-REACH, max=REACH, step=0.25, description=text, style=style, layout=layout
        )
        for text in ("direction 1", "direction 2")
    ]
    picture = widgets.HTML(layout=layout)

    def update(_: object = None) -> None:
        a, b = (slider.value for slider in sliders)
        # The second image, at the middle, is there to compare with.
        z = torch.tensor([[a, b], [0.0, 0.0]]) @ explorer.directions
        # Without levels the last menu is the first again, and the model is not told its value.
        label, level = (torch.tensor([menu.value] * 2) for menu in (menus[0], menus[-1]))
        try:
            image, middle = explorer.images(z, label, level)
        except DrawingError as error:
            shown, text = "", str(error)
        else:
            change = (image - middle).abs().mean()
            text = (
                f"{', '.join(menu.label for menu in menus)} at ({a:g}, {b:g}): from the image at "
                f"(0, 0) a pixel differs by {change:.2f} on average."
            )
            shown = as_html(image, alt=text)
        picture.value = f'{shown}<p style="line-height: 1.5">{escape(text)}</p>'

    for control in (*menus, *sliders):
        control.observe(update, names="value")
    update()
    return widgets.HBox([widgets.VBox([*menus, *sliders]), picture], layout={"flex_flow": "wrap"})


def as_html(image: Tensor, alt: str) -> str:
    """``image`` ``(C, H, W)``, nine times enlarged."""
    pixels = image.mul(255).byte().permute(1, 2, 0).squeeze(-1).cpu().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    source = base64.b64encode(buffer.getvalue()).decode()
    # Decoded at once: otherwise the old image goes before the new one is there, and it flickers.
    return (
        f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" decoding="sync" '
        f'style="width: {9 * image.shape[-1]}px; image-rendering: pixelated">'
    )
