"""Answers to exercise cvae-generate, right and wrong."""

import copy

import torch
import torch.nn.functional as F

from banks import right, wrong
from banks.drawing import drawing, register_careless

# right


@right("cvae-generate")
def one_batch(model, labels):
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            z = torch.randn(len(labels), model.latent_dim, device=labels.device)
            return model.decode(z, F.one_hot(labels, model.num_classes).float())
    finally:
        model.train(training)


@right("cvae-generate")
@torch.inference_mode()
def image_by_image(model, labels):
    was_training = model.training
    try:
        model.train(False)
        images = []
        for label in labels.tolist():
            code = torch.zeros(1, model.num_classes, device=labels.device)
            code[0, label] = 1
            images.append(model.decode(code.new_empty(1, model.latent_dim).normal_(), code))
        return torch.cat(images)
    finally:
        if was_training:
            model.train()


@right("cvae-generate")
@torch.no_grad()
def class_by_class(model, labels):
    modes = [module.training for module in model.modules()]
    images = torch.empty(len(labels), 784, device=labels.device)
    try:
        model.eval()
        eye = torch.eye(model.num_classes, device=labels.device)
        for label in labels.unique():
            where = labels == label
            z = torch.normal(0.0, 1.0, (int(where.sum()), model.latent_dim)).to(labels.device)
            images[where] = model.decode(z, eye[labels[where]])
    finally:
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode
    return images


@right("cvae-generate")
def from_the_prior_of_the_model(model, labels):
    """z comes from reparameterize, with mu and logvar zero; the codes from a comparison."""
    mode = model.training
    device = next(model.parameters()).device
    zeros = torch.zeros(labels.shape[0], model.latent_dim, device=device)
    classes = torch.arange(model.num_classes, device=device)
    try:
        model.eval()
        z = model.reparameterize(zeros, zeros)
        return model.decode(z, (labels[:, None] == classes).float()).detach()
    finally:
        model.train(mode)


@right("cvae-generate")
def chunks_from_the_end(model, labels):
    mode = model.training
    model.eval()
    try:
        parts = []
        with torch.set_grad_enabled(False):
            for part in reversed(labels.split(4)):
                z = torch.distributions.Normal(0.0, 1.0).sample((model.latent_dim, len(part))).T
                codes = torch.zeros(len(part), model.num_classes).to(part.device)
                codes.scatter_(1, part.unsqueeze(1), 1.0)
                parts.insert(0, model.decode(z.to(part.device), codes))
        return torch.cat(parts).clamp(0, 1)
    except Exception:
        model.train(mode)
        raise
    finally:
        model.train(mode)


@right("cvae-generate")
def copy_of_the_model(model, labels):
    frozen = copy.deepcopy(model).eval().requires_grad_(False)
    z = torch.randn(len(labels), model.latent_dim).to(labels.device)
    return frozen.decode(z, F.one_hot(labels, model.num_classes).to(z.dtype))


@right("cvae-generate")
def whole_numbers_for_codes(model, labels):
    return decoded(model, noise(model, labels), F.one_hot(labels, model.num_classes))


def noise(model, labels):
    return torch.randn(len(labels), model.latent_dim, device=labels.device)


def codes_of(model, labels):
    return F.one_hot(labels, model.num_classes).float()


def decoded(model, z, codes):
    """The right treatment of the model, for z and codes already made."""
    with drawing(model):
        return model.decode(z, codes)


# wrong


@wrong("cvae-generate", "not attempted")
def generate_stub(model, labels):
    raise NotImplementedError


def variant(
    says,
    name,
    labels_from=lambda y: y,
    z_from=lambda z: z,
    codes_from=lambda c: c,
    result=lambda x: x,
):
    """Register an answer that differs from a right one in one place."""

    def answer(model, labels):
        asked = labels_from(labels)
        codes = codes_from(codes_of(model, asked))
        return result(decoded(model, z_from(noise(model, asked)), codes))

    answer.__name__ = name
    wrong("cvae-generate", says)(answer)


# images and labels

variant("One image came back", "first_label_only", labels_from=lambda y: y[:1])
variant("One image per class", "one_per_class", labels_from=lambda y: y.unique())
variant(
    "Every image is of the first", "label_of_sample_zero", labels_from=lambda y: y[:1].expand_as(y)
)
variant("The labels were sorted", "grouped_by_class", labels_from=lambda y: y.sort().values)
variant("order of the labels is reversed", "reversed_order", labels_from=lambda y: y.flip(0))
variant("images are not of the labels", "permuted", labels_from=lambda y: y.roll(1))
variant("as they come", "rescaled", result=lambda x: 2 * x - 1)
variant("as they come", "averaged", result=lambda x: (x + x.flip(0)) / 2)
variant("rows of 784 pixels", "as_pictures", result=lambda x: x.view(-1, 1, 28, 28))
variant("A dimension is gone", "squeezed", result=lambda x: x.squeeze())
variant("from one-hot labels", "codes_scaled", codes_from=lambda c: 10 * c)
variant("from one-hot labels", "codes_of_zeros", codes_from=torch.zeros_like)
variant("from one-hot labels", "soft_codes", codes_from=lambda c: c.softmax(dim=1))
variant("as they come", "rounded", result=torch.round)
variant(".float() makes", "double_codes", codes_from=lambda c: c.double())
variant(
    "F.one_hot(labels, model.num_classes)",
    "ten_classes",
    codes_from=lambda c: F.pad(c, (0, 10 - c.shape[1])),
)
variant(
    "F.one_hot(labels, model.num_classes)", "labels_for_codes", codes_from=lambda c: c.argmax(1)
)

# z

variant("All images come from the same z", "zeros", z_from=torch.zeros_like)
variant("All images come from the same z", "one_z_for_all", z_from=lambda z: z[:1].expand_as(z))
variant("Some images share their z", "eight_latents", z_from=lambda z: z[torch.arange(len(z)) % 8])
variant("sign turned", "mirrored", z_from=lambda z: torch.cat([z[::2], -z[::2]])[: len(z)])
variant("set no seed", "seeded", z_from=lambda z: (torch.manual_seed(0), torch.randn_like(z))[1])
variant("torch.rand is uniform", "uniform", z_from=torch.rand_like)
variant("standard deviation 1", "uniform_both_signs", z_from=lambda z: 2 * torch.rand_like(z) - 1)
variant("standard deviation 1", "cooled_down", z_from=lambda z: 0.7 * z)
variant("mean of z", "shifted", z_from=lambda z: z + 0.5)
variant("not normally distributed", "flat", z_from=lambda z: 12**0.5 * (torch.rand_like(z) - 0.5))
variant("do not cut it off", "clamped", z_from=lambda z: z.clamp(-2, 2))
variant("depend on each other", "one_number_per_z", z_from=lambda z: z[:, :1].repeat(1, z.shape[1]))
variant("do not normalize", "sphere", z_from=lambda z: z / z.square().mean(1, keepdim=True).sqrt())
variant("it takes (B, latent_dim)", "too_short", z_from=lambda z: z[:, 1:])


@wrong("cvae-generate", "Images of the same class come from the same z")
def one_z_per_class(model, labels):
    table = torch.randn(100, model.latent_dim, device=labels.device)
    return decoded(model, table[labels], codes_of(model, labels))


@wrong("cvae-generate", "z comes from the encoder")
def through_the_whole_model(model, labels):
    with drawing(model):
        return model(torch.rand(len(labels), 784, device=labels.device), labels)[0]


@wrong("cvae-generate", "z comes from the encoder")
def latents_of_random_images(model, labels):
    codes = codes_of(model, labels)
    mu, logvar = model.encode(torch.rand(len(labels), 784, device=labels.device), codes)
    return decoded(model, model.reparameterize(mu, logvar), codes)


@wrong("cvae-generate", "it takes (B, latent_dim)")
def sixteen_latents(model, labels):
    z = torch.randn(len(labels), 16, device=labels.device)
    return decoded(model, z, codes_of(model, labels))


@wrong("cvae-generate", "also where the last class is not among the labels")
def classes_counted_from_the_labels(model, labels):
    return decoded(model, noise(model, labels), F.one_hot(labels).float())


# gradient, mode, device, inputs


def bare(model, labels):
    """The right images, without care for mode and gradients."""
    return model.decode(noise(model, labels), codes_of(model, labels))


register_careless("cvae-generate", bare, called="model")


@wrong("cvae-generate", "Gradients are switched off")
def gradients_left_off(model, labels):
    images = one_batch(model, labels)
    torch.set_grad_enabled(False)
    return images


@wrong("cvae-generate", "at least after an error")
def gradients_off_after_an_error(model, labels):
    torch.set_grad_enabled(False)
    images = one_batch(model, labels)
    torch.set_grad_enabled(True)
    return images


@wrong("cvae-generate", "use try ... finally")
@torch.no_grad()
def codes_made_before_the_try(model, labels):
    training = model.training
    model.eval()
    codes = codes_of(model, labels)
    try:
        return model.decode(noise(model, labels), codes)
    finally:
        model.train(training)


@wrong("cvae-generate", "With its inputs on a GPU")
def noise_on_the_cpu(model, labels):
    z = torch.randn(len(labels), model.latent_dim)
    return decoded(model, z, codes_of(model, labels))


@wrong("cvae-generate", "With its inputs on a GPU")
def codes_on_the_cpu(model, labels):
    return decoded(model, noise(model, labels), torch.eye(model.num_classes)[labels.cpu()])


@wrong("cvae-generate", "name no device")
def gpu_if_there_is_one(model, labels):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return one_batch(model.to(device), labels.to(device)).to(labels.device)


@wrong("cvae-generate", "changes a tensor")
def labels_sorted_in_place(model, labels):
    images = one_batch(model, labels)
    labels.copy_(labels.sort().values)
    return images


@wrong("cvae-generate", "It prints")
def prints(model, labels):
    print(labels.shape)
    return one_batch(model, labels)


@wrong("cvae-generate", "forget a return")
def no_return(model, labels):
    one_batch(model, labels)
