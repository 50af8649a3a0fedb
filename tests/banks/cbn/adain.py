"""Answers to exercise adain."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


@right("adain")
def textbook(x, scale, shift, eps=1e-5):
    mean = x.mean(dim=(2, 3), keepdim=True)
    var = x.var(dim=(2, 3), correction=0, keepdim=True)
    return scale[:, :, None, None] * (x - mean) / (var + eps).sqrt() + shift[:, :, None, None]


@right("adain")
def instance_norm_of_the_library(x, scale, shift, eps=1e-5):
    return F.instance_norm(x, eps=eps) * scale[..., None, None] + shift[..., None, None]


@right("adain")
def module_made_inside(x, scale, shift, eps=1e-5):
    norm = nn.InstanceNorm2d(x.shape[1], eps=eps, affine=False)
    size = (*scale.shape, 1, 1)
    return torch.addcmul(shift.view(size), norm(x), scale.view(size))


@right("adain")
def samples_as_channels(x, scale, shift, eps=1e-5):
    """Batch normalization of one sample that has B·F channels, with their scales and shifts."""
    rows = x.reshape(1, -1, *x.shape[2:])
    out = F.batch_norm(rows, None, None, scale.flatten(), shift.flatten(), training=True, eps=eps)
    return out.reshape(x.shape)


@right("adain")
def groups_of_one_channel(x, s, b, eps=1e-5):
    out = F.group_norm(x, num_groups=x.size(1), eps=eps)
    return torch.einsum("bf,bfhw->bfhw", s, out) + b.unsqueeze(-1).unsqueeze(-1)


@right("adain")
def layer_norm_over_the_pixels(x, scale, shift, eps=1e-5):
    out = F.layer_norm(x, x.shape[2:], eps=eps).permute(2, 3, 0, 1)
    return (out * scale + shift).permute(2, 3, 0, 1)


@right("adain")
def flattened_with_rsqrt(content, scale, shift, eps=1e-5):
    flat = content.flatten(2)
    var, mean = torch.var_mean(flat, dim=-1, unbiased=False, keepdim=True)
    flat = (flat - mean).mul_(torch.rsqrt(var + eps))
    flat *= scale.unsqueeze(2)
    flat += shift.unsqueeze(2)
    return flat.unflatten(2, content.shape[2:])


@right("adain")
def one_line_through_the_pixels(x, scale, shift, eps=1e-5):
    """a · x + b, with the variance as a mean of squares."""
    mean = x.sum((2, 3)) / x[0, 0].numel()
    var = (x**2).mean((2, 3)) - mean**2
    a = scale / (var + eps) ** 0.5
    b = shift - a * mean
    return a[:, :, None, None] * x + b[:, :, None, None]


@right("adain")
def channel_by_channel(x, scale, shift, eps=1e-5):
    def one(image, s, b):
        rest = image - image.mean()
        return s * rest / (rest.square().mean() + eps).sqrt() + b

    samples = [
        torch.stack([one(image, s, b) for image, s, b in zip(*sample, strict=True)])
        for sample in zip(x, scale, shift, strict=True)
    ]
    return torch.stack(samples)


@right("adain")
def filled_in_place(x, scale, shift, eps=1e-5):
    out = torch.empty_like(x)
    for i in range(len(x)):
        std = torch.sqrt(torch.var(x[i], dim=(1, 2), unbiased=False) + eps)
        out[i] = (x[i] - x[i].mean((1, 2))[:, None, None]) / std[:, None, None]
    return out * scale.reshape(*scale.shape, 1, 1) + shift.reshape(*shift.shape, 1, 1)


# wrong


@wrong("adain", "not attempted")
def stub(x, scale, shift, eps=1e-5):
    raise NotImplementedError


def wide(code):
    return code[:, :, None, None]


def centred(x, dims=(2, 3)):
    return x - x.mean(dims, keepdim=True)


def variance(x, dims=(2, 3), correction=0):
    return x.var(dims, correction=correction, keepdim=True)


def normalized(x, eps, dims=(2, 3)):
    return centred(x, dims) / (variance(x, dims) + eps).sqrt()


def variant(says, name, norm=normalized, result=lambda n, s, b: s * n + b, shape=wide):
    """Register an answer that differs from a right one in one of its parts.

    ``norm(x, eps)`` normalizes; ``result(normalized, scale, shift)`` puts the parts together, with
    ``shape(code)`` for scale and shift.
    """

    def answer(x, scale, shift, eps=1e-5):
        return result(norm(x, eps), shape(scale), shape(shift))

    answer.__name__ = name
    wrong("adain", says)(answer)


# the statistics

variant(
    "correction=0", "unbiased", lambda x, eps: centred(x) / (variance(x, correction=1) + eps).sqrt()
)
variant(
    "correction=0", "unbiased_std", lambda x, eps: centred(x) / (x.std((2, 3), keepdim=True) + eps)
)
variant("as in batch normalization", "batch", lambda x, eps: normalized(x, eps, (0, 2, 3)))
variant(
    "as in batch normalization",
    "batch_norm_of_the_library",
    lambda x, eps: nn.BatchNorm2d(x.shape[1], eps, device=x.device)(x),
)
variant("as in layer normalization", "layer", lambda x, eps: normalized(x, eps, (1, 2, 3)))
variant(
    "as in layer normalization",
    "layer_norm_of_the_library",
    lambda x, eps: F.layer_norm(x, x.shape[1:], eps=eps),
)
variant("as in layer normalization", "one_group", lambda x, eps: F.group_norm(x, 1, eps=eps))
variant("for all of x", "globally", lambda x, eps: normalized(x, eps, (0, 1, 2, 3)))
variant("channels of each pixel", "pixel", lambda x, eps: normalized(x, eps, (1,)))
variant("over H only", "height", lambda x, eps: normalized(x, eps, (2,)))
variant("over W only", "width", lambda x, eps: normalized(x, eps, (3,)))
variant("each sample's channel", "over_the_batch_only", lambda x, eps: normalized(x, eps, (0,)))

# eps

variant(
    "outside of the root", "eps_outside", lambda x, eps: centred(x) / (variance(x).sqrt() + eps)
)
variant("eps keeps the root above 0", "eps_missing", lambda x, eps: centred(x) / variance(x).sqrt())
variant(
    "eps is missing",
    "eps_only_against_zero",
    lambda x, eps: centred(x) / variance(x).clamp(min=1e-12).sqrt(),
)
variant("eps is ignored", "eps_ignored", lambda x, eps: normalized(x, 1e-5))
variant(
    "1e-5 is added to the variance",
    "clamped",
    lambda x, eps: centred(x) / variance(x).clamp(min=eps).sqrt(),
)
variant("1e-5", "eps_squared", lambda x, eps: normalized(x, eps**2))
variant("1e-5 is added", "another_eps", lambda x, eps: normalized(x, 1e-8))
variant(
    "With another eps",
    "eps_twice",
    lambda x, eps: centred(x) / ((variance(x) + eps).sqrt() + eps - 1e-5),
)


@wrong("adain", "1e-5 is added")
def another_default(x, scale, shift, eps=1e-8):
    return textbook(x, scale, shift, eps)


@wrong("adain", "The fourth argument is eps")
def no_eps_argument(x, scale, shift):
    return textbook(x, scale, shift)


@wrong("adain", "eps has a default")
def no_default(x, scale, shift, eps):
    return textbook(x, scale, shift, eps)


# the formula

variant(
    "divided by the variance", "variance_for_std", lambda x, eps: centred(x) / (variance(x) + eps)
)
variant("divide by it", "multiplied", lambda x, eps: centred(x) * (variance(x) + eps).sqrt())
variant("mean is not subtracted", "not_centred", lambda x, eps: x / (variance(x) + eps).sqrt())
variant("not divided by", "not_divided", lambda x, eps: centred(x))
variant("as in FiLM", "film", lambda x, eps: x)
variant("too much", "one_plus", result=lambda n, s, b: (1 + s) * n + b)
variant("swapped", "swapped", result=lambda n, s, b: b * n + s)
variant("shift is scaled", "shift_first", result=lambda n, s, b: (n + b) * s)
variant("not scaled and shifted", "plain", result=lambda n, s, b: n)
variant("shift is missing", "no_shift", result=lambda n, s, b: s * n)
variant("scale is missing", "no_scale", result=lambda n, s, b: n + b)
variant("subtracted: add it", "minus_shift", result=lambda n, s, b: s * n - b)
variant("of the first one", "first", shape=lambda code: wide(code[:1]))
variant("mean of the scales", "averaged", shape=lambda code: wide(code.mean(0, keepdim=True)))

# shapes

variant("[:, :, None, None] makes", "bare_codes", shape=lambda code: code)
variant("[:, :, None, None] makes", "one_dimension_too_few", shape=lambda code: code[..., None])
variant("[:, :, None, None] makes", "dimensions_in_front", shape=lambda code: code[:, None, None])
variant("paired with each scale", "pairs_of_samples", shape=lambda code: wide(code)[:, None])
variant("keepdim=True", "without_keepdim", lambda x, eps: x - x.mean((2, 3)))
variant(
    "give the result the shape of x",
    "flattened",
    lambda x, eps: normalized(x, eps).flatten(2),
    shape=lambda code: code[..., None],
)
variant("The pixels are gone", "pooled", result=lambda n, s, b: (s * n + b).mean((2, 3)))

# gradients, devices and house rules

variant(
    "mean and the variance are detached",
    "statistics_detached",
    lambda x, eps: (
        (x - x.detach().mean((2, 3), keepdim=True)) / (variance(x.detach()) + eps).sqrt()
    ),
)
variant(
    "The mean is detached",
    "mean_detached",
    lambda x, eps: (x - x.detach().mean((2, 3), keepdim=True)) / (variance(x) + eps).sqrt(),
)
variant(
    "The variance is detached",
    "variance_detached",
    lambda x, eps: centred(x) / (variance(x.detach()) + eps).sqrt(),
)
variant("reaches x", "x_detached", lambda x, eps: normalized(x.detach(), eps))
variant("reaches scale", "codes_detached", shape=lambda code: wide(code.detach()))
variant("reaches shift", "shift_detached", result=lambda n, s, b: s * n + b.detach())
variant("forget a return", "no_return", result=lambda n, s, b: None)
variant("batch of one", "squeezed", result=lambda n, s, b: (s * n + b).squeeze())
variant("on a GPU", "on_the_cpu", result=lambda n, s, b: torch.zeros(n.shape) + s * n + b)
variant(
    "on a GPU",
    "affine_on_the_cpu",
    lambda x, eps: nn.InstanceNorm2d(x.shape[1], eps, affine=True)(x),
)


@wrong("adain", "changes a tensor")
def in_place(x, scale, shift, eps=1e-5):
    with torch.no_grad():
        x -= x.mean((2, 3), keepdim=True)
    return textbook(x, scale, shift, eps)


@wrong("adain", "This writes into x")
def in_place_on_a_leaf(x, scale, shift, eps=1e-5):
    x -= x.mean((2, 3), keepdim=True)
    return textbook(x, scale, shift, eps)


@wrong("adain", "It prints")
def prints(x, scale, shift, eps=1e-5):
    print(x.shape)
    return textbook(x, scale, shift, eps)
