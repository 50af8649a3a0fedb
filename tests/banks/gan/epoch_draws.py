"""Wrong answers to exercise bug-hunt-cgan that train on other z, labels or images."""

import torch

from banks import wrong
from banks.gan.epochs import (
    discriminator_step,
    draws,
    means,
    run_epoch,
    variant,
    with_draws,
)
from banks.gan.right_bug_hunts import inlined

# the draws


def drawn(says, name, change):
    """Register an epoch that trains on ``change(z, labels)``."""
    variant(says, name, **with_draws(lambda *sizes: change(*draws(*sizes))))


drawn("z is never negative", "uniform_z", lambda z, y: (torch.rand_like(z), y))
drawn(
    "z is not normally distributed",
    "uniform_z_of_variance_one",
    lambda z, y: ((2 * torch.rand_like(z) - 1) * 3**0.5, y),
)
drawn("One label for the whole batch", "one_class_of_fakes", lambda z, y: (z, torch.zeros_like(y)))
variant(
    "last class is never asked for",
    "last_class_left_out",
    **with_draws(lambda n, latent_dim, c, device: draws(n, latent_dim, c - 1, device)),
)
variant(
    "With its inputs on a GPU",
    "draws_on_the_cpu",
    **with_draws(lambda *sizes_and_device: draws(*sizes_and_device[:-1], "cpu")),
)


@wrong("bug-hunt-cgan", "Two batches use the same z")
def fixed_z(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    noise = torch.randn(1000, latent_dim)

    def draw(n, latent_dim, num_classes, device):
        _, labels = draws(n, latent_dim, num_classes, device)
        return noise[:n].to(device), labels

    sizes = latent_dim, num_classes
    return means(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, **with_draws(draw)))


@wrong("bug-hunt-cgan", "Two epochs use the same z")
def seed_set(g, d, optimizer_g, optimizer_d, batches, *sizes):
    torch.manual_seed(0)
    return inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)


# the batches


@wrong("bug-hunt-cgan", "each of them as it came")
def images_scaled_again(g, d, optimizer_g, optimizer_d, batches, *sizes):
    scaled = ((2 * images - 1, labels) for images, labels in batches)
    return inlined(g, d, optimizer_g, optimizer_d, scaled, *sizes)


@wrong("bug-hunt-cgan", "changes a tensor")
def images_changed_in_place(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, *sizes):
        loss = discriminator_step(g, d, optimizer, images, labels, *sizes)
        images.mul_(0.5).add_(0.5)
        return loss

    return means(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "under other labels than their own")
def real_labels_shuffled(g, d, optimizer_g, optimizer_d, batches, *sizes):
    shuffled = ((images, labels.roll(1)) for images, labels in batches)
    return inlined(g, d, optimizer_g, optimizer_d, shuffled, *sizes)
