"""Answers to exercise generate-class."""

import copy

import torch

from banks import right, wrong
from banks.drawing import drawing, register_careless

# right


@right("generate-class")
def one_batch(generator, labels, latent_dim):
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            z = torch.randn(len(labels), latent_dim, device=labels.device)
            return generator(z, labels)
    finally:
        generator.train(training)


@right("generate-class")
@torch.inference_mode()
def image_by_image(generator, labels, latent_dim):
    was_training = generator.training
    try:
        generator.train(False)
        images = []
        for label in labels:
            z = labels.new_empty((1, latent_dim), dtype=torch.float32).normal_()
            images.append(generator(z, label[None])[0])
        return torch.stack(images)
    finally:
        if was_training:
            generator.train()


@right("generate-class")
def class_by_class(generator, labels, latent_dim):
    device = next(generator.parameters()).device
    modes = [module.training for module in generator.modules()]
    images = None
    try:
        generator.eval()
        with torch.no_grad():
            for label in labels.unique():
                where = labels == label
                z = torch.normal(0.0, 1.0, (int(where.sum()), latent_dim)).to(device)
                part = generator(z, labels[where])
                images = part.new_empty(len(labels), *part.shape[1:]) if images is None else images
                images[where] = part
    finally:
        for module, mode in zip(generator.modules(), modes, strict=True):
            module.training = mode
    return images


@right("generate-class")
def detached(generator, labels, latent_dim):
    mode = generator.training
    z = torch.distributions.Normal(0.0, 1.0).sample((labels.shape[0], latent_dim))
    try:
        return generator.eval()(z.to(labels.device), labels).detach()
    finally:
        generator.train(mode)


@right("generate-class")
def chunks_from_the_end(generator, labels, latent_dim):
    mode = generator.training
    generator.eval()
    try:
        parts = []
        with torch.set_grad_enabled(False):
            for part in reversed(labels.split(4)):
                z = torch.randn(latent_dim, len(part)).T.to(part.device)
                parts.insert(0, generator.forward(z, part))
        return torch.cat(parts)
    except Exception:
        generator.train(mode)
        raise
    finally:
        generator.train(mode)


@right("generate-class")
def copy_of_the_generator(generator, labels, latent_dim):
    frozen = copy.deepcopy(generator).eval().requires_grad_(False)
    return frozen(torch.randn(len(labels), latent_dim).to(labels.device), labels)


def _draw(generator, z, labels):
    """The right treatment of the generator, for a z already made."""
    with drawing(generator):
        return generator(z, labels)


def _noise(labels, latent_dim):
    return torch.randn(len(labels), latent_dim, device=labels.device)


# wrong: images


@wrong("generate-class", "not attempted")
def generate_stub(generator, labels, latent_dim):
    raise NotImplementedError


@wrong("generate-class", "One image came back")
def first_label_only(generator, labels, latent_dim):
    return one_batch(generator, labels[:1], latent_dim)


@wrong("generate-class", "One image per class")
def one_per_class(generator, labels, latent_dim):
    return one_batch(generator, labels.unique(), latent_dim)


@wrong("generate-class", "Every image is of the first label")
def label_of_sample_zero(generator, labels, latent_dim):
    return one_batch(generator, labels[:1].expand_as(labels), latent_dim)


@wrong("generate-class", "The labels were sorted")
def grouped_by_class(generator, labels, latent_dim):
    parts = [one_batch(generator, labels[labels == c], latent_dim) for c in labels.unique()]
    return torch.cat(parts)


@wrong("generate-class", "neither rescaled")
def rescaled(generator, labels, latent_dim):
    return (one_batch(generator, labels, latent_dim) + 1) / 2


@wrong("generate-class", "dimension of length 1 is gone")
def squeezed(generator, labels, latent_dim):
    return one_batch(generator, labels, latent_dim).squeeze()


# wrong: z


@wrong("generate-class", "All images come from the same z")
def one_z_for_all(generator, labels, latent_dim):
    z = torch.randn(1, latent_dim, device=labels.device).expand(len(labels), -1)
    return _draw(generator, z, labels)


@wrong("generate-class", "Images of the same class come from the same z")
def one_z_per_class(generator, labels, latent_dim):
    table = torch.randn(100, latent_dim, device=labels.device)
    return _draw(generator, table[labels], labels)


@wrong("generate-class", "set no seed")
def fixed_seed(generator, labels, latent_dim):
    torch.manual_seed(0)
    return one_batch(generator, labels, latent_dim)


@wrong("generate-class", "Some images share their z")
def eight_latents_repeated(generator, labels, latent_dim):
    z = torch.randn(8, latent_dim, device=labels.device)
    return _draw(generator, z[torch.arange(len(labels)) % 8], labels)


@wrong("generate-class", "torch.rand is uniform")
def uniform(generator, labels, latent_dim):
    return _draw(generator, torch.rand(len(labels), latent_dim, device=labels.device), labels)


@wrong("generate-class", "standard deviation 1")
def uniform_both_signs(generator, labels, latent_dim):
    z = 2 * torch.rand(len(labels), latent_dim, device=labels.device) - 1
    return _draw(generator, z, labels)


@wrong("generate-class", "not normally distributed")
def uniform_with_unit_variance(generator, labels, latent_dim):
    z = 12**0.5 * (torch.rand(len(labels), latent_dim, device=labels.device) - 0.5)
    return _draw(generator, z, labels)


@wrong("generate-class", "do not cut it off")
def clamped(generator, labels, latent_dim):
    return _draw(generator, _noise(labels, latent_dim).clamp(-2.5, 2.5), labels)


@wrong("generate-class", "depend on each other")
def one_number_per_image(generator, labels, latent_dim):
    return _draw(generator, _noise(labels, 1).repeat(1, latent_dim), labels)


@wrong("generate-class", "do not normalize")
def on_the_sphere(generator, labels, latent_dim):
    z = _noise(labels, latent_dim)
    return _draw(generator, z / z.square().mean(1, keepdim=True).sqrt(), labels)


# wrong: gradient, mode, device, inputs


def _bare(generator, labels, latent_dim):
    """The right images, without care for mode and gradients."""
    return generator(_noise(labels, latent_dim), labels)


register_careless("generate-class", _bare)


@wrong("generate-class", "in training mode inside")
@torch.no_grad()
def training_mode_copied(generator, labels, latent_dim):
    return _bare(copy.deepcopy(generator), labels, latent_dim)


@wrong("generate-class", "use try ... finally")
@torch.no_grad()
def restored_after_runtime_errors_only(generator, labels, latent_dim):
    training = generator.training
    try:
        images = _bare(generator.eval(), labels, latent_dim)
    except RuntimeError:
        generator.train(training)
        raise
    generator.train(training)
    return images


@wrong("generate-class", "sign turned")
def mirrored(generator, labels, latent_dim):
    z = torch.randn((len(labels) + 1) // 2, latent_dim, device=labels.device)
    return _draw(generator, torch.cat([z, -z])[: len(labels)], labels)


@wrong("generate-class", "hand labels on as they are")
def labels_clamped(generator, labels, latent_dim):
    return one_batch(generator, labels.clamp(max=9), latent_dim)


@wrong("generate-class", "With its inputs on a GPU")
def noise_on_the_cpu(generator, labels, latent_dim):
    return _draw(generator, torch.randn(len(labels), latent_dim), labels)


@wrong("generate-class", "name no device")
def generator_moved(generator, labels, latent_dim):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = one_batch(generator.to(device), labels.to(device), latent_dim)
    return images.to(labels.device)


@wrong("generate-class", "changes a tensor")
def labels_sorted_in_place(generator, labels, latent_dim):
    images = one_batch(generator, labels, latent_dim)
    labels.copy_(labels.sort().values)
    return images


@wrong("generate-class", "z ~ N(0, I)\n      For the same reason.")
def one_z_repeated(generator, labels, latent_dim):
    z = torch.randn(latent_dim, device=labels.device).repeat(len(labels), 1)
    return _draw(generator, z, labels)
