"""Explore what a conditional generator has learned: one class, and two directions of its z."""

import base64
import io
from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as widgets
import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.display import display
from torch import Tensor, nn
from torchvision.transforms.functional import to_pil_image

from course_utils.plots import show_figure

REACH = 3.0  # nearly all values of N(0, 1) lie between -3 and 3
PLACES = 7

Draw = Callable[[Tensor, Tensor], Tensor]


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

    ``draw(z, labels)`` gives images in [0, 1].
    """

    def __init__(self, model: nn.Module, latent_dim: int, num_classes: int, draw: Draw) -> None:
        if latent_dim < 2:
            raise ValueError(f"Two directions need a latent_dim of at least 2; got {latent_dim}.")
        self.model, self.draw = model, draw
        axes = torch.eye(latent_dim)
        # How the pictures change has a row for each axis, a column for each pixel of each class.
        # Its first left singular vectors are the last eigenvectors of its products of rows.
        products = torch.zeros(latent_dim, latent_dim)
        for label in range(num_classes):  # one at a time: all classes could fill the memory
            labels = torch.full((latent_dim,), label)
            change = self.images(labels, REACH * axes) - self.images(labels, -REACH * axes)
            products += change.flatten(1) @ change.flatten(1).T
        strongest = torch.linalg.eigh(products).eigenvectors.T[[-1, -2]]
        # A direction is as good as its opposite: take the one whose largest entry is positive.
        largest = strongest.gather(1, strongest.abs().argmax(1, keepdim=True))
        self.directions = strongest * largest.sign()

    @torch.no_grad()
    def images(self, labels: Tensor, z: Tensor) -> Tensor:
        """Images on the CPU ``(N, C, H, W)`` for ``labels`` ``(N,)`` at ``z`` ``(N, latent_dim)``.

        The model draws in eval mode and keeps the mode it was in.
        """
        device = next(self.model.parameters(), labels).device
        was_training = self.model.training
        self.model.eval()
        try:
            images = self.draw(z.to(device), labels.to(device)).float().cpu().clamp(0, 1)
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
    model: nn.Module, latent_dim: int, class_names: Sequence[str], draw: Draw | None = None
) -> None:
    """Show what ``model`` draws for each class along one direction of z, and controls to try more.

    ``draw(z, labels)`` draws with the model and returns images ``(N, 1 or 3, H, W)`` in [0, 1].
    Without it the model is a GAN's generator, called with z and labels, whose images are in
    [-1, 1].

    The controls appear only where somebody can use them: not while a program runs the notebook.
    """
    draw = draw or (lambda z, labels: (model(z, labels) + 1) / 2)
    explorer = Explorer(model, latent_dim, len(class_names), draw)
    show_map(explorer, class_names)
    if somebody_is_there():
        panel = controls(explorer, class_names)
        # The text is for readers of a saved notebook, where the controls cannot work.
        text = "Run this cell to choose the class and move along two directions of z yourself."
        display({**panel._repr_mimebundle_(), "text/plain": text}, raw=True)


def somebody_is_there() -> bool:
    """Whether who runs this cell says that a person can answer.

    JupyterLab says so. nbclient, nbval and nbgrader do not, so what they run stays reproducible.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    return kernel is not None and kernel.get_parent()["content"].get("allow_stdin", False)


def show_map(explorer: Explorer, class_names: Sequence[str]) -> None:
    """Show a figure: a row for each class, in which the first direction goes from end to end."""
    steps = torch.linspace(-REACH, REACH, PLACES)
    rows = len(class_names)
    labels = torch.arange(rows).repeat_interleave(PLACES)
    z = torch.outer(steps.repeat(rows), explorer.directions[0])
    images = explorer.images(labels, z).unflatten(0, (rows, PLACES))
    change = (images[:, -1] - images[:, 0]).abs().mean()
    channels, height, width = images.shape[2:]
    mosaic = images.permute(0, 3, 1, 4, 2).reshape(rows * height, PLACES * width, channels)
    figure, axis = plt.subplots(
        figsize=(0.45 * PLACES + 1, 0.45 * rows + 0.5), layout="constrained"
    )
    axis.imshow(mosaic.numpy(), cmap="gray", vmin=0, vmax=1)
    axis.set_xticks([width * (k + 0.5) - 0.5 for k in range(PLACES)], [f"{a:g}" for a in steps])
    axis.set_yticks([height * (k + 0.5) - 0.5 for k in range(rows)], class_names)
    axis.set(xlabel="place along direction 1", ylabel="class asked for")
    axis.tick_params(length=0)
    show_figure(
        figure,
        f"{rows} classes, one per row, each from the same {PLACES} z: along one direction from "
        f"{-REACH:g} to {REACH:g}. From end to end a pixel changes by {change:.2f} on average.",
    )


def controls(explorer: Explorer, class_names: Sequence[str]) -> widgets.Widget:
    """A menu of the classes and two sliders, beside the picture that they ask for."""
    names = [str(name) for name in class_names]
    style, layout = {"description_width": "6em"}, {"width": "22em"}
    menu = widgets.Dropdown(
        options=[(name, label) for label, name in enumerate(names)],
        description="class",
        style=style,
        layout=layout,
    )
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
        try:
            image, middle = explorer.images(torch.tensor([menu.value] * 2), z)
        except DrawingError as error:
            shown, text = "", str(error)
        else:
            change = (image - middle).abs().mean()
            text = (
                f"{names[menu.value]} at ({a:g}, {b:g}): from the image at (0, 0) a pixel differs "
                f"by {change:.2f} on average."
            )
            shown = as_html(image, alt=text)
        picture.value = f'{shown}<p style="line-height: 1.5">{escape(text)}</p>'

    for control in (menu, *sliders):
        control.observe(update, names="value")
    update()
    return widgets.HBox([widgets.VBox([menu, *sliders]), picture], layout={"flex_flow": "wrap"})


def as_html(image: Tensor, alt: str) -> str:
    """``image`` ``(C, H, W)``, nine times enlarged."""
    buffer = io.BytesIO()
    to_pil_image(image).save(buffer, format="PNG")
    source = base64.b64encode(buffer.getvalue()).decode()
    # Decoded at once: otherwise the old image goes before the new one is there, and it flickers.
    return (
        f'<img src="data:image/png;base64,{source}" alt="{escape(alt)}" decoding="sync" '
        f'style="width: {9 * image.shape[-1]}px; image-rendering: pixelated">'
    )
