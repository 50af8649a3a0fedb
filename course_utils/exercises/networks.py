"""What exercises share whose answer is a network that takes a batch and its labels.

Generator and discriminator do, and so do the two halves of a conditional VAE. All follow both
inputs; so all are tried, and judged, alike.
"""

from collections.abc import Callable, Iterator
from itertools import combinations

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from course_utils.evidence import Recorder
from course_utils.faults import Fault, close, expect, expect_dtype
from course_utils.judging import Sheet

SHAPE, OTHER_SHAPE = (1, 28, 28), (3, 32, 32)
VISIBLE = 1e-5  # a difference beyond rounding
GPU_ADVICE = (
    "make new tensors on the device of your inputs. A layer in a plain list, or a tensor on self, "
    "does not move with the model: use nn.ModuleList, nn.Parameter or register_buffer."
)


def run_plainly(run: Recorder, model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> None:
    """Record what ``model`` returns in eval mode, twice and for one sample."""
    run("eval", lambda: model.eval())
    modes = run("modes", _modes, model)
    run("early", lambda: len(list(model.parameters())))
    run("output", model, x, labels)
    before = run("buffers", _buffers, model)
    run("again", model, x, labels)
    run("single", model, x[:1], labels[:1])
    run("few", model, x[:3], labels[:3])
    run("late", lambda: len(list(model.parameters())))
    run("buffers stay", lambda: torch.equal(before, _buffers(model)))
    run("still in eval", lambda: torch.equal(modes, _modes(model)))


def run_sweeps(
    run: Recorder, model: nn.Module, x: torch.Tensor, labels: torch.Tensor, num_classes: int
) -> None:
    """Record which outputs follow the label and which follow x, for three sets of weights.

    Fresh ones; others, since fresh zeros are allowed; half of these, which are clamped less.
    """
    by_label = [(row.expand(num_classes, *row.shape), torch.arange(num_classes)) for row in x[:2]]
    by_input = [(x, torch.full_like(labels, int(label))) for label in labels[:2]]
    order = torch.tensor([1, 0, *range(2, len(x))])
    for state, change in enumerate((lambda p: p, noisy, lambda p: p / 2)):
        run("change", change_weights, model, change)
        run("settle", settle, model, x, labels)
        run(f"by label {state}", _outputs, model, by_label)
        run(f"by input {state}", _outputs, model, by_input)
        if change is noisy:
            run("own", model, x, labels)
            counted = torch.arange(len(x))
            run("shifted", _outputs, model, [(x, counted), (x, counted + 1)])
            run("swapped", lambda: model(x[order], labels[order])[order])


def run_training(run: Recorder, model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> None:
    """Record train mode, and what gets a gradient."""
    run("train", lambda: model.train())
    modes = run("modes", _modes, model)
    run("pair", model, x[:2], labels[:2])
    run("still training", lambda: torch.equal(modes, _modes(model)))
    run("gradient", lambda: _gradient(model, x, labels))
    run("learning", lambda: sum(map(_has_gradient, model.parameters())))
    run("cut off", lambda: _cut_off(model, x, labels))


def run_copies(
    run: Recorder, model: nn.Module, build: Callable, x: torch.Tensor, labels: torch.Tensor
) -> None:
    """Record what a second model does with the state of ``model``, and others on a GPU."""

    def restored() -> torch.Tensor:
        (copy := build()).load_state_dict(model.state_dict())
        return torch.stack([m.eval()(x.clone(), labels.clone()) for m in (model, copy)])

    def in_both_modes(to: Callable) -> torch.Tensor:
        moved = to(build())
        moved.train()(to(x), to(labels))
        return moved.eval()(to(x), to(labels))

    run("restored", restored)
    run.on_devices("device", in_both_modes)


def _modes(model: nn.Module) -> torch.Tensor:
    return torch.tensor([part.training for part in model.modules()])


def _buffers(model: nn.Module) -> torch.Tensor:
    sums = [buffer.to_dense().double().sum() for buffer in model.buffers()]
    return torch.stack([torch.zeros((), dtype=torch.double), *sums])


@torch.no_grad()
def _outputs(model: nn.Module, batches: list) -> torch.Tensor:
    return torch.stack([model(x.clone(), labels.clone()) for x, labels in batches])


def learning(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of ``model`` that learn, by name; not those of lazy layers not yet called."""
    for name, p in model.named_parameters():
        if p.requires_grad and not is_lazy(p):
            yield name, p


@torch.no_grad()
def change_weights(model: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Replace each weight of ``model`` that learns by ``change(weight)``."""
    for _, parameter in learning(model):
        parameter.copy_(change(parameter))


@torch.no_grad()
def settle(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> None:
    """Let spectral norms learn the present weights, which they do in train mode."""
    try:
        model.train()(x, labels)
    finally:
        model.eval()


@torch.no_grad()
def extremes(model: nn.Module, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The lowest and the highest pixel for ordinary and huge weights and z, overflow aside."""
    found = []
    for factor in (2, 8, 128, -1):
        change_weights(model, lambda p, factor=factor: p * factor)
        found += [model(z * size, labels.clone()).flatten() for size in (1, 1024)]
    change_weights(model, lambda p: p / -2048)  # as it was: powers of two are exact
    pixels = torch.cat(found)
    return torch.stack(pixels[pixels.isfinite()].aminmax())


def noisy(p: torch.Tensor) -> torch.Tensor:
    """With noise that is as large as good initial weights."""
    return p + torch.randn_like(p) * (p[0].numel() ** -0.5 if p.dim() > 1 else 0.1)


def _gradient(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The gradient in x of a train and an eval pass together; the parameters get theirs as well."""
    model.zero_grad()
    leaf = x.clone().requires_grad_()
    for training in (True, False):
        out = model.train(training)(leaf * 1, labels.clone())
        if out.requires_grad:
            (out * torch.randn_like(out)).sum().backward()
    return torch.zeros_like(x) if leaf.grad is None else leaf.grad


def _has_gradient(parameter: nn.Parameter) -> bool:
    return parameter.grad is not None and bool(parameter.grad.to_dense().ne(0).any())


@torch.no_grad()
def _cut_off(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> str:
    """The name of a parameter that shapes the output and yet got no gradient, or ''."""
    model.eval()
    for name, p in learning(model):
        if not _has_gradient(p):
            before, old = model(x.clone(), labels.clone()), p.clone()
            p.add_(0.001 * torch.randn_like(p))
            changed = not torch.equal(model(x.clone(), labels.clone()), before)
            p.copy_(old)
            if changed:
                return name
    return ""


def output(sheet: Sheet, name: str) -> torch.Tensor:
    """The tensor ``name`` of a network that can be made, and called."""
    for step in ("model", "eval"):
        sheet.expect_no_error(step)
    other = "The result is not float32: look for .double(), .half() or .long()."
    expect_dtype(sheet.tensor("output"), torch.float32, other)
    return sheet.tensor(name)


def sweep(sheet: Sheet, name: str) -> torch.Tensor:
    """The outputs of a sweep for all sets of weights: (states, batches, samples, numbers)."""
    expect_repeatable(sheet)
    names = [f"{name} {state}" for state in range(3)]
    error = next(filter(None, map(sheet.error, names)), "")
    question = "Other labels ran: does a size come from the labels, as in F.one_hot(labels)?"
    _raise_with(error, question)
    outputs = torch.stack([sheet.tensor(name) for name in names])
    return outputs.reshape(*outputs.shape[:3], -1)


def expect_repeatable(sheet: Sheet) -> None:
    """Raise a fault unless the same call gave the same result in eval mode."""
    first = output(sheet, "output")
    expect(
        close(sheet.tensor("again"), first, 1e-6),
        "In eval mode the same call gave another result: make layers in __init__, not in forward, "
        "draw nothing at random, and let dropout obey the mode (nn.Dropout does).",
    )


def output_of_other_shape(sheet: Sheet) -> torch.Tensor:
    """What the network for `OTHER_SHAPE` returns, or a fault."""
    output(sheet, "output")
    _raise_with(sheet.error("other"), "Compute the sizes of your layers from image_shape.")
    return sheet.tensor("other")


def _raise_with(error: str, advice: str) -> None:
    if error:
        raise Fault(f"Your code raised {error}. {advice}", raised=True)


def expect_own_label(sheet: Sheet, what: str) -> None:
    """Raise a fault unless each sample's output follows its own label, and no two labels agree."""
    by_label, by_input = sweep(sheet, "by label"), sweep(sheet, "by input")
    if not (by_label - by_label[:, :, :1]).abs().gt(VISIBLE).any():
        never = f"The label never reaches the {what}: all labels gave the same {what}."
        expect(bool((by_input[:, 0] - by_input[:, 1]).abs().gt(VISIBLE).any()), never)
        first = close(sheet.tensor("own").view_as(by_input[1, 0]), by_input[1, 0], VISIBLE)
        of_first = "The whole batch gets the label of its first sample: look for [0] or [:1]."
        expect(not first, of_first)
        raise Fault("The samples share their labels: look for a mean or a sum over the batch.")
    a, b = sheet.tensor("shifted")
    relative = f"Labels that are all 1 higher give the same {what}s: take each label as it is."
    expect(bool((a - b).abs().gt(VISIBLE).any()), relative)
    mixed = "The rows of the batch are mixed: look for a flip, or a reshape that goes across rows."
    expect(close(sheet.tensor("swapped"), sheet.tensor("own"), VISIBLE), mixed)
    for a, b in combinations(range(by_label.shape[2]), 2):
        twins = f"The labels {a} and {b} give the same {what}: look for a clamp, or a remainder."
        expect(bool((by_label[:, :, a] - by_label[:, :, b]).abs().gt(VISIBLE).any()), twins)


def expect_training(sheet: Sheet, what: str) -> None:
    """Raise a fault unless all that shapes the output is registered, saved and trained."""
    expect_repeatable(sheet)
    late = "Layers appear in the first call, too late for an optimizer: make them in __init__."
    expect(sheet.number_of("early") == sheet.number_of("late"), late)
    expect(sheet.number_of("late") > 0, "It has no parameters: register its layers on self.")
    expect_gradients(sheet, what)
    model, copy = sheet.tensor("restored")
    hidden = (
        "A second model that loads state_dict() gives another result: some layers or tensors are "
        "not registered. A plain list hides layers: use nn.ModuleList or nn.Sequential."
    )
    expect(close(copy, model, VISIBLE), hidden)
    expect_mode_kept(sheet)


def expect_gradients(sheet: Sheet, what: str) -> None:
    """Raise a fault unless ``what`` and each parameter that shapes the output get a gradient."""
    stopped = "No gradient flows through forward: take out no_grad, detach or .data."
    expect(sheet.number_of("learning") > 0, stopped)
    gradient = sheet.tensor("gradient")
    unused = f"No gradient reaches {what}: not used, or detached (.detach(), .data, no_grad)?"
    expect(bool(gradient.isfinite().all() and gradient.ne(0).any()), unused)
    sheet.expect_no_error("cut off")
    name = sheet.evidence.get("cut off", "some parameter")
    expect(name == "", f"{name} shapes the result and gets no gradient: look for detach, no_grad.")


def expect_mode_kept(sheet: Sheet) -> None:
    """Raise a fault if a call left the model in another mode."""
    kept = (sheet.evidence.get(f"still {mode}") is True for mode in ("training", "in eval"))
    expect(all(kept), "forward changes the mode of the model: leave train() and eval() to others.")
