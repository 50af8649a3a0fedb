"""Answers to exercise latent-traversal."""

import copy

import numpy as np
import torch

from banks import right, wrong
from banks.drawing import drawing, register_careless

# right


@right("latent-traversal")
def column_of_positions(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps, device=z_start.device)[:, None]
    labels = torch.full((steps,), label, device=z_start.device)
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator((1 - t) * z_start + t * z_end, labels)
    finally:
        generator.train(training)


@right("latent-traversal")
@torch.inference_mode()
def step_by_step(generator, z_start, z_end, label, steps):
    was_training = generator.training
    try:
        generator.train(False)
        images = []
        for i in range(steps):
            z = z_start + (z_end - z_start) * (i / (steps - 1))
            images.append(generator(z.unsqueeze(0), torch.tensor([label], device=z.device)))
        return torch.cat(images, dim=0)
    finally:
        if was_training:
            generator.train()


@right("latent-traversal")
def lerp_and_detach(generator, z_start, z_end, label, steps):
    t = torch.arange(steps, device=z_start.device) / (steps - 1)
    z = torch.lerp(z_start[None], z_end[None], t.unsqueeze(1))
    mode = generator.training
    try:
        return generator.eval()(z, z.new_full((steps,), label, dtype=torch.int64)).detach()
    finally:
        generator.train(mode)


def _draw(generator, z, label):
    """The right treatment of the generator, for latents already made."""
    with drawing(generator):
        return generator(z, torch.full((len(z),), label, device=z.device))


def _line(z_start, z_end, t):
    """The points at positions ``t`` on the way."""
    t = torch.as_tensor(t, dtype=z_start.dtype).to(z_start.device)[:, None]
    return z_start + t * (z_end - z_start)


@right("latent-traversal")
def dimension_by_dimension(generator, z_start, z_end, label, steps):
    ends = zip(z_start.tolist(), z_end.tolist(), strict=True)
    z = torch.stack([torch.linspace(a, b, steps) for a, b in ends], dim=1)
    return _draw(generator, z.to(z_start.device), label)


@right("latent-traversal")
def numpy_positions(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, np.linspace(0.0, 1.0, steps)), label)


@right("latent-traversal")
def outer_products(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps).to(z_start)
    return _draw(generator, torch.outer(1 - t, z_start) + torch.outer(t, z_end), label)


@right("latent-traversal")
def accumulated(generator, z_start, z_end, label, steps):
    z = z_start.clone()
    rows = [z_start]
    for _ in range(steps - 1):
        z += (z_end - z_start) / (steps - 1)
        rows.append(z.clone())
    return _draw(generator, torch.stack(rows), label)


@right("latent-traversal")
def copy_of_the_generator(generator, z_start, z_end, label, steps):
    frozen = copy.deepcopy(generator).eval()
    labels = torch.tensor([label] * steps).to(z_start.device)
    with torch.no_grad():
        return frozen(_line(z_start, z_end, torch.linspace(0, 1, steps)), labels)


# wrong: the walk


@wrong("latent-traversal", "not attempted")
def traversal_stub(generator, z_start, z_end, label, steps):
    raise NotImplementedError


@wrong("latent-traversal", "z_end is never reached")
def last_missing(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, torch.arange(steps) / steps), label)


@wrong("latent-traversal", "z_start is left out")
def first_missing(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, torch.arange(1, steps + 1) / steps), label)


@wrong("latent-traversal", "Both ends are left out")
def both_missing(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, torch.linspace(0, 1, steps + 2)[1:-1]), label)


@wrong("latent-traversal", "The walk goes backwards")
def reversed_walk(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_end, z_start, torch.linspace(0, 1, steps)), label)


@wrong("latent-traversal", "one image too many")
def one_more(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, torch.linspace(0, 1, steps + 1)), label)


@wrong("latent-traversal", "one image too few")
def one_less(generator, z_start, z_end, label, steps):
    return _draw(generator, _line(z_start, z_end, torch.linspace(0, 1, steps - 1)), label)


@wrong("latent-traversal", "a dimension too many")
def stacked_batches(generator, z_start, z_end, label, steps):
    images = column_of_positions(generator, z_start, z_end, label, steps)
    return torch.stack(images.split(1))


@wrong("latent-traversal", "linear interpolation is")
def spherical(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps, device=z_start.device)[:, None]
    cosine = torch.cosine_similarity(z_start, z_end, dim=0)
    angle = torch.acos(cosine)
    z = (torch.sin((1 - t) * angle) * z_start + torch.sin(t * angle) * z_end) / torch.sin(angle)
    return _draw(generator, z, label)


@wrong("latent-traversal", "not normalized")
def normalized(generator, z_start, z_end, label, steps):
    z = _line(z_start, z_end, torch.linspace(0, 1, steps))
    return _draw(generator, z / z.norm(dim=1, keepdim=True), label)


@wrong("latent-traversal", "not on the straight line")
def noisy(generator, z_start, z_end, label, steps):
    z = _line(z_start, z_end, torch.linspace(0, 1, steps))
    return _draw(generator, z + 0.05 * torch.randn_like(z), label)


@wrong("latent-traversal", "linear interpolation is")
def difference_added_twice(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps, device=z_start.device)[:, None]
    return _draw(generator, z_start + t * z_end, label)


@wrong("latent-traversal", "not equally long")
def eased(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps)
    return _draw(generator, _line(z_start, z_end, t * t * (3 - 2 * t)), label)


@wrong("latent-traversal", "come from the same z")
def integer_division(generator, z_start, z_end, label, steps):
    t = torch.arange(steps) // (steps - 1)
    return _draw(generator, _line(z_start, z_end, t), label)


@wrong("latent-traversal", "nor mixed with each other")
def images_interpolated(generator, z_start, z_end, label, steps):
    first, last = _draw(generator, torch.stack([z_start, z_end]), label)
    t = torch.linspace(0, 1, steps, device=z_start.device).view(-1, 1, 1, 1)
    return (1 - t) * first + t * last


# wrong: the label


@wrong("latent-traversal", "where it takes (B, Z) and (B,)")
def one_label_for_all(generator, z_start, z_end, label, steps):
    z = _line(z_start, z_end, torch.linspace(0, 1, steps))
    with drawing(generator):
        return generator(z, torch.tensor([label], device=z.device))


@wrong("latent-traversal", "Every image is of class 0")
def class_zero(generator, z_start, z_end, label, steps):
    return column_of_positions(generator, z_start, z_end, 0, steps)


@wrong("latent-traversal", "With label 0")
def label_or_one(generator, z_start, z_end, label, steps):
    return column_of_positions(generator, z_start, z_end, label or 1, steps)


@wrong("latent-traversal", "dimension of length 1 is gone")
def squeezed(generator, z_start, z_end, label, steps):
    return column_of_positions(generator, z_start, z_end, label, steps).squeeze()


@wrong("latent-traversal", "labels of shape ()")
def label_not_made_a_tensor(generator, z_start, z_end, label, steps):
    with drawing(generator):
        return generator(_line(z_start, z_end, torch.linspace(0, 1, steps)), label)


# wrong: gradient, mode, device, inputs


def _bare(generator, z_start, z_end, label, steps):
    """The right images, without care for mode and gradients."""
    z = _line(z_start, z_end, torch.linspace(0, 1, steps))
    return generator(z, torch.full((steps,), label, device=z.device))


register_careless("latent-traversal", _bare)


@wrong("latent-traversal", "With its inputs on a GPU")
def positions_on_the_cpu(generator, z_start, z_end, label, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return _draw(generator, (1 - t) * z_start + t * z_end, label)


@wrong("latent-traversal", "changes a tensor")
def start_moved_along(generator, z_start, z_end, label, steps):
    step = (z_end - z_start) / (steps - 1)
    rows = [z_start.clone()]
    for _ in range(steps - 1):
        z_start += step
        rows.append(z_start.clone())
    return _draw(generator, torch.stack(rows), label)


@wrong("latent-traversal", "Make the positions a column, share[:, None]")
def positions_without_a_column(generator, z_start, z_end, label, steps):
    share = torch.linspace(0, 1, steps, device=z_start.device)
    return _draw(generator, (1 - share) * z_start + share * z_end, label)


@wrong("latent-traversal", "linspace mixes numbers, not vectors")
def linspace_of_vectors(generator, z_start, z_end, label, steps):
    return _draw(generator, torch.linspace(z_start, z_end, steps), label)
