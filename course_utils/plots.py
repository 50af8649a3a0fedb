"""Figures in one style, each with a caption that says in words what the figure shows.

Colours are Okabe and Ito's (2008), which colour-blind readers can tell apart; numbers use the
colour map cividis. Captions carry the key numbers, so that nobody needs to see the figure.
"""

import io
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from course_utils.training import History

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
MARKERS = "os^DvPX*"
DASHES = ("-", "--", "-.", ":")
WIDTH = 8.5  # inches: JupyterLab shows it as it is, also in a window of 800 pixels
LETTERS = 11  # pixels: those of matplotlib, 10, look small beside the text of a notebook
POINTS = 400
MOST_IMAGES = 200  # matplotlib takes minutes over thousands of panels
MOST_WRITTEN = 80  # numbers that are written into a matrix
MOST_NAMED = 7  # values that a caption tells one by one

plt.rcParams["font.size"] = LETTERS


def show_figure(figure: Figure, caption: str) -> None:
    """Display ``figure`` with ``caption`` as its text alternative and as a line below it."""
    buffer = io.BytesIO()
    # No date and no version in the file: the same figure gives the same bytes.
    figure.savefig(buffer, format="png", dpi=72, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    display(
        {"image/png": buffer.getvalue(), "text/plain": caption},
        metadata={"image/png": {"alt": caption}},
        raw=True,
    )
    display(Markdown(f"*{caption}*"))


def _legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Above the panels: in them it may hide what they show."""
    room = 0.8 * 72 * figure.get_figwidth() / (LETTERS / 2)  # letters
    columns = int(room // (max(map(len, names)) + 8))
    figure.legend(
        handles, names, loc="outside upper center", ncols=min(len(names), max(columns, 1))
    )


def show_images(
    images: torch.Tensor,
    titles: Sequence[object] | None,
    caption: str,
    columns: int = 10,
) -> None:
    """Show ``images`` ``(N, 1, H, W)`` or ``(N, 3, H, W)`` in [0, 1] in rows, with titles.

    Raises ValueError for another shape, or for more than `MOST_IMAGES`.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or len(images) > MOST_IMAGES:
        raise ValueError(
            f"A figure takes at most {MOST_IMAGES} images of shape (1 or 3, H, W); got "
            f"{tuple(images.shape)}."
        )
    rows, side = -(-len(images) // columns), min(0.9, WIDTH / columns)
    height = side + (0.25 if titles is not None else 0.05)
    figure, axes = plt.subplots(
        rows, columns, figsize=(side * columns, height * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for index, (image, axis) in enumerate(zip(images, axes.flat, strict=False)):
        pixels = image.detach().cpu().clamp(0, 1).permute(1, 2, 0).numpy()
        axis.imshow(pixels, cmap="gray", vmin=0, vmax=1)
        if titles is not None:
            axis.set_title(str(titles[index]), fontsize=LETTERS - 1)
    show_figure(figure, caption)


def show_matrices(
    matrices: Mapping[str, torch.Tensor],
    xlabel: str,
    ylabel: str,
    caption: str,
    row_names: Sequence[str] | None = None,
) -> None:
    """Show 2-d tensors side by side, by title, on one colour scale; small ones with numbers.

    Rows are numbered, or have the names ``row_names``.
    """
    most_rows = max(len(matrix) for matrix in matrices.values())
    figure, axes = plt.subplots(
        1,
        len(matrices),
        figsize=(min(4 * len(matrices), WIDTH), min(3, 1.1 + 0.4 * most_rows)),
        squeeze=False,
        layout="constrained",
    )
    values = [matrix.detach().cpu().float().numpy() for matrix in matrices.values()]
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    for axis, title, value in zip(axes.flat, matrices, values, strict=True):
        picture = axis.imshow(value, cmap="cividis", vmin=low, vmax=high, aspect="auto")
        axis.set(title=title, xlabel=xlabel, ylabel=ylabel)
        axis.set_xticks(range(0, value.shape[1], 1 if value.shape[1] <= 20 else 4))
        axis.set_yticks(range(value.shape[0]), row_names)
        if value.size <= MOST_WRITTEN:
            for (row, column), entry in np.ndenumerate(value):
                color = "white" if entry < (low + high) / 2 else "black"
                axis.text(column, row, f"{entry:.2g}", ha="center", va="center", color=color)
    if any(value.size > MOST_WRITTEN for value in values):
        figure.colorbar(picture, ax=axes, shrink=0.8)
    show_figure(figure, caption)


def show_histories(
    histories: Mapping[str, History], quantity: str = "loss", xlabel: str = "epoch"
) -> None:
    """Draw one quantity of several training histories against the epoch (or ``xlabel``)."""
    figure, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
    for index, (name, history) in enumerate(histories.items()):
        values = history[quantity]
        axis.plot(
            range(1, len(values) + 1),
            values,
            label=name,
            color=COLORS[index % len(COLORS)],
            marker=MARKERS[index % len(MARKERS)],
            markersize=4,
        )
    axis.set(xlabel=xlabel, ylabel=quantity, ylim=(0, None))
    axis.legend()
    ends = "; ".join(
        f"{name} from {history[quantity][0]:.2f} to {history[quantity][-1]:.2f}"
        for name, history in histories.items()
    )
    show_figure(figure, f"Training {quantity} by {xlabel}: {ends}.")


def show_curves(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    xlabel: str,
    caption: str,
    x: Sequence[float] | None = None,
    ylabel: str = "",
) -> None:
    """Draw curves by name, one panel per title, over ``x`` (default: 1, 2, ... for each curve).

    A name has the same line in every panel. ``ylabel`` is for titles that do not say it.
    """
    columns = len(panels) if len(panels) <= 3 else 2
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(6 if columns == 1 else WIDTH, 3 * rows),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    names = dict.fromkeys(name for curves in panels.values() for name in curves)
    # Lines of different dashes, for those who cannot tell the colours apart.
    styles = {
        name: {"linestyle": DASHES[k % len(DASHES)], "color": COLORS[k % len(COLORS)]}
        for k, name in enumerate(names)
    }
    lines = {}
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=False):
        for name, values in curves.items():
            places = range(1, len(values) + 1) if x is None else x
            lines[name] = axis.plot(places, values, **styles[name])[0]
        axis.set(title=title, xlabel=xlabel)
    for axis in axes[:, 0]:
        axis.set_ylabel(ylabel)
    _legend(figure, list(lines.values()), list(lines))
    show_figure(figure, caption)


def show_densities(panels: Mapping[str, Mapping[str, torch.Tensor]], xlabel: str) -> None:
    """Draw histograms of values ``(N,)`` by name, one panel per title, each of area 1."""
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(min(4.5 * len(panels), WIDTH), 3),
        squeeze=False,
        layout="constrained",
    )
    for axis, (title, groups) in zip(axes.flat, panels.items(), strict=True):
        bins = np.histogram_bin_edges(torch.cat(list(groups.values())).numpy(), bins=60)
        for index, (name, values) in enumerate(groups.items()):
            style = {"color": COLORS[index], "linestyle": DASHES[index % len(DASHES)]}
            axis.hist(values.numpy(), bins, density=True, histtype="step", label=name, **style)
        axis.set(title=title, xlabel=xlabel, yticks=[])
    _legend(figure, *axes[0, 0].get_legend_handles_labels())
    figures = "; ".join(
        f"{title}: "
        + ", ".join(f"{name} {v.mean():z.1f} and {v.std():.1f}" for name, v in groups.items())
        for title, groups in panels.items()
    )
    show_figure(figure, f"Mean and standard deviation. {_capital(figures)}.")


def show_bars(
    groups: Mapping[str, Sequence[float]],
    names: Sequence[object],
    xlabel: str,
    ylabel: str,
    scale: str = "linear",
) -> None:
    """Draw groups of bars side by side; bar k of every group stands over ``names[k]``.

    ``scale`` is "linear", or "log" for positive values of different sizes: these are drawn as
    points, because a bar has no foot there.
    """
    figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    width = 0.8 / len(groups)
    for index, (name, values) in enumerate(groups.items()):
        places = np.arange(len(values)) + (index - (len(groups) - 1) / 2) * width
        style = {"label": name, "color": COLORS[index]}
        if scale == "log":
            axis.plot(places, values, MARKERS[index], markersize=8, **style)
        else:
            hatch = ("", "//", "..", "xx")[index % 4]
            axis.bar(places, values, width, hatch=hatch, edgecolor="white", **style)
    axis.set(xlabel=xlabel, ylabel=ylabel, yscale=scale)
    if scale == "log":
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.grid(axis="y", alpha=0.4)
    axis.set_xticks(range(len(names)), [str(name) for name in names])
    _legend(figure, *axis.get_legend_handles_labels())
    numbers = "; ".join(f"{name}: {_told(values, names)}" for name, values in groups.items())
    show_figure(figure, f"{_capital(ylabel)} by {xlabel}. {_capital(numbers)}.")


def _told(values: Sequence[float], names: Sequence[object]) -> str:
    """The values by name; of many the smallest, the largest and the mean."""
    if len(values) <= MOST_NAMED:
        return ", ".join(f"{value:z.2f} ({n})" for value, n in zip(values, names, strict=True))
    low, high = (at(range(len(values)), key=values.__getitem__) for at in (min, max))
    mean = sum(values) / len(values)
    if low == high:
        return f"{mean:z.2f} each"
    return (
        f"from {values[low]:z.2f} ({names[low]}) to {values[high]:z.2f} ({names[high]}), "
        f"mean {mean:z.2f}"
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def show_regions(
    panels: Mapping[str, tuple[Callable[[torch.Tensor], torch.Tensor], torch.Tensor]],
    points: torch.Tensor,
    caption: str,
) -> None:
    """Draw where a classifier of two features says yes, one panel per title.

    ``panels`` maps a title to (probability, answers): ``probability`` maps ``(N, 2)`` to ``(N,)``,
    the probability of yes; ``answers`` ``(M,)`` are the true answers, 0 or 1, at ``points``
    ``(M, 2)``. The first `POINTS` of them are drawn.
    """
    points = points[:POINTS]
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(min(3 * len(panels), WIDTH), 3),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    low, high = torch.quantile(points, torch.tensor([0.01, 0.99]), dim=0)  # outliers stay outside
    xs, ys = (torch.linspace(a - 0.3, b + 0.3, 120) for a, b in zip(low, high, strict=True))
    grid = torch.cartesian_prod(ys, xs).flip(1)
    xs, ys = xs.numpy(), ys.numpy()
    for axis, (title, (probability, answers)) in zip(axes.flat, panels.items(), strict=True):
        surface = probability(grid).detach().cpu().reshape(120, 120).numpy()
        picture = axis.contourf(xs, ys, surface, levels=10, cmap="cividis", vmin=0, vmax=1)
        axis.contour(xs, ys, surface, levels=[0.5], colors="white")
        for answer, marker, color in ((0, "o", COLORS[5]), (1, "^", COLORS[4])):
            _scatter(axis, points[answers[:POINTS] == answer], marker, color, ("no", "yes")[answer])
        axis.set(title=title, xlabel="feature 1", xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    axes[0, 0].set_ylabel("feature 2")
    _legend(figure, *axes[0, 0].get_legend_handles_labels())
    figure.colorbar(picture, ax=axes, label="probability of yes")
    show_figure(figure, caption)


def _scatter(axis: Axes, points: torch.Tensor, marker: str, color: str, label: str) -> None:
    x, y = points.cpu().T.numpy()
    axis.scatter(
        x, y, s=20, c=color, marker=marker, edgecolors="black", linewidths=0.5, label=label
    )


def show_points(points: torch.Tensor, names: Sequence[str], caption: str) -> None:
    """Draw ``points`` ``(N, 2)`` in the plane, each with its name."""
    figure, axis = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
    for index, ((x, y), name) in enumerate(zip(points.tolist(), names, strict=True)):
        axis.scatter(x, y, color=COLORS[index // 2 % len(COLORS)], marker=MARKERS[index % 2], s=60)
        offset = (10, 7) if index % 2 == 0 else (10, -15)
        axis.annotate(name, (x, y), xytext=offset, textcoords="offset points", fontsize=LETTERS - 1)
    axis.set(xlabel="dimension 1", ylabel="dimension 2")
    axis.set_aspect("equal", adjustable="datalim")  # distances are what it shows
    axis.margins(0.5)
    show_figure(figure, caption)


def show_classes(panels: Mapping[str, tuple[torch.Tensor, torch.Tensor]], caption: str) -> None:
    """Draw points in the plane, one panel per title, each point as the number of its class.

    ``panels`` maps a title to (points ``(N, 2)``, labels ``(N,)``). The first `POINTS` are drawn.
    """
    # Ten that differ: yellow digits on white are pale.
    colors = [color for color in COLORS if color != "#F0E442"] + ["#882255", "#888888", "#999933"]
    width = min(5 * len(panels), WIDTH)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(width, 4.6), squeeze=False, layout="constrained"
    )
    for axis, (title, (points, labels)) in zip(axes.flat, panels.items(), strict=True):
        points, labels = points[:POINTS].cpu(), labels[:POINTS].cpu()
        for label in labels.unique().tolist():
            x, y = points[labels == label].T.numpy()
            color = colors[label % len(colors)]
            axis.scatter(x, y, marker=f"${label}$", color=color, s=60, linewidths=0.2)
        axis.set(title=title, xlabel="dimension 1", ylabel="dimension 2")
        axis.set_aspect("equal", adjustable="datalim")
    show_figure(figure, caption)
