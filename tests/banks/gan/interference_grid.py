"""Answers to exercise interference-grid."""

import torch

from banks import right, wrong
from banks.drawing import drawing, register_careless

# right


@right("interference-grid")
def one_batch(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device).repeat(len(z))
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            images = generator(z.repeat_interleave(num_classes, dim=0), labels)
    finally:
        generator.train(training)
    return images.unflatten(0, (len(z), num_classes))


@right("interference-grid")
@torch.inference_mode()
def row_by_row(generator, z, num_classes):
    was_training = generator.training
    labels = torch.arange(num_classes).to(z.device)
    try:
        generator.train(False)
        rows = [generator(row.expand(num_classes, -1), labels) for row in z]
        return torch.stack(rows)
    finally:
        if was_training:
            generator.train()


@right("interference-grid")
def column_by_column(generator, z, num_classes):
    with drawing(generator):
        columns = [
            generator(z, torch.full((len(z),), c, device=z.device)) for c in range(num_classes)
        ]
    return torch.stack(columns, dim=1)


@right("interference-grid")
def image_by_image(generator, z, num_classes):
    grid = None
    with drawing(generator):
        for r in range(z.shape[0]):
            for c in reversed(range(num_classes)):
                image = generator(z[r : r + 1], torch.tensor([c], device=z.device))
                if grid is None:
                    grid = image.new_zeros(z.shape[0], num_classes, *image.shape[1:])
                grid[r, c] = image[0]
    return grid


@right("interference-grid")
def tiled_and_turned(generator, z, num_classes):
    count = z.size(0)
    labels = torch.arange(num_classes, device=z.device).repeat_interleave(count)
    with drawing(generator):
        images = generator(z.repeat(num_classes, 1), labels)
    return images.view(num_classes, count, *images.shape[1:]).transpose(0, 1)


@right("interference-grid")
def meshgrid_and_detach(generator, z, num_classes):
    mode = generator.training
    rows, labels = torch.meshgrid(
        torch.arange(len(z), device=z.device),
        torch.arange(num_classes, device=z.device),
        indexing="ij",
    )
    try:
        images = generator.eval()(z[rows.reshape(-1)], labels.reshape(-1))
        return images.detach().reshape(*rows.shape, *images.shape[1:])
    finally:
        generator.train(mode)


@right("interference-grid")
def vectorized(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device)
    with drawing(generator):
        return torch.vmap(lambda label: generator(z, label.expand(len(z))), out_dims=1)(labels)


@right("interference-grid")
def joined_with_cat(generator, z, num_classes):
    with drawing(generator):
        labels = z.new_zeros(len(z), dtype=torch.long)
        columns = [generator(z, labels + c)[:, None] for c in range(num_classes)]
        return torch.cat(columns, 1)


# wrong: the grid


@wrong("interference-grid", "not attempted")
def grid_stub(generator, z, num_classes):
    raise NotImplementedError


@wrong("interference-grid", "as many columns as num_classes says")
def ten_classes_at_most(generator, z, num_classes):
    return one_batch(generator, z, min(num_classes, 10))


@wrong("interference-grid", "turned round")
def labels_by_rows(generator, z, num_classes):
    return one_batch(generator, z, num_classes).transpose(0, 1)


@wrong("interference-grid", "one long row")
def flat(generator, z, num_classes):
    return one_batch(generator, z, num_classes).flatten(0, 1)


@wrong("interference-grid", "one image per z")
def one_label_each(generator, z, num_classes):
    with drawing(generator):
        return generator(z, torch.arange(len(z), device=z.device))


@wrong("interference-grid", "one image per label")
def one_latent_only(generator, z, num_classes):
    return one_batch(generator, z[:1], num_classes)[0]


@wrong("interference-grid", "where it takes (B, Z) and (B,)")
def labels_not_repeated(generator, z, num_classes):
    with drawing(generator):
        images = generator(
            z.repeat_interleave(num_classes, dim=0), torch.arange(num_classes, device=z.device)
        )
    return images.unflatten(0, (len(z), num_classes))


def _pairs(generator, z, labels, num_classes):
    with drawing(generator):
        return generator(z, labels).unflatten(0, (-1, num_classes))


@wrong("interference-grid", "rows of z are in the wrong places")
def latents_tiled(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device).repeat(len(z))
    return _pairs(generator, z.repeat(num_classes, 1), labels, num_classes)


@wrong("interference-grid", "labels do not change along a row")
def labels_interleaved(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device).repeat_interleave(len(z))
    return _pairs(generator, z.repeat_interleave(num_classes, 0), labels, num_classes)


@wrong("interference-grid", "stack along dim=1")
def reshaped_where_transposed_was_meant(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device).repeat_interleave(len(z))
    return _pairs(generator, z.repeat(num_classes, 1), labels, num_classes)


@wrong("interference-grid", "draw no noise of your own")
def fresh_noise(generator, z, num_classes):
    return one_batch(generator, torch.randn_like(z), num_classes)


@wrong("interference-grid", "Every image comes from z[0]")
def first_row_only(generator, z, num_classes):
    return one_batch(generator, z[:1].expand_as(z), num_classes)


@wrong("interference-grid", "order of the rows is reversed")
def rows_reversed(generator, z, num_classes):
    return one_batch(generator, z.flip(0), num_classes)


@wrong("interference-grid", "labels start at 1")
def labels_from_one(generator, z, num_classes):
    labels = torch.arange(1, num_classes + 1, device=z.device).repeat(len(z))
    return _pairs(generator, z.repeat_interleave(num_classes, 0), labels, num_classes)


@wrong("interference-grid", "order of the labels is reversed")
def labels_reversed(generator, z, num_classes):
    return one_batch(generator, z, num_classes).flip(1)


@wrong("interference-grid", "Every image is of class 0")
def class_zero_only(generator, z, num_classes):
    labels = torch.zeros(len(z) * num_classes, dtype=torch.long, device=z.device)
    return _pairs(generator, z.repeat_interleave(num_classes, 0), labels, num_classes)


@wrong("interference-grid", "not 0 ... C-1 in each row")
def random_labels(generator, z, num_classes):
    labels = torch.arange(num_classes, device=z.device).repeat(len(z))
    order = torch.arange(len(labels), device=z.device).roll(1)
    return _pairs(generator, z.repeat_interleave(num_classes, 0), labels[order], num_classes)


@wrong("interference-grid", "neither rescaled")
def pixels_torn_apart(generator, z, num_classes):
    images = one_batch(generator, z, num_classes)
    shape = images.shape
    return images.movedim(2, 0).reshape(shape)


@wrong("interference-grid", "dimension of length 1 is gone")
def squeezed(generator, z, num_classes):
    return one_batch(generator, z, num_classes).squeeze()


# wrong: gradient, mode, device, inputs


def _bare(generator, z, num_classes):
    """The right images, without care for mode and gradients."""
    labels = torch.arange(num_classes, device=z.device).repeat(len(z))
    images = generator(z.repeat_interleave(num_classes, dim=0), labels)
    return images.unflatten(0, (len(z), num_classes))


register_careless("interference-grid", _bare)


@wrong("interference-grid", "in training mode inside")
@torch.no_grad()
def mode_restored_after_the_first_row(generator, z, num_classes):
    training = generator.training
    generator.eval()
    rows = []
    for row in z:
        try:
            rows.append(_bare(generator, row[None], num_classes))
        finally:
            generator.train(training)
    return torch.cat(rows)


@wrong("interference-grid", "With its inputs on a GPU")
def labels_on_the_cpu(generator, z, num_classes):
    labels = torch.arange(num_classes).repeat(len(z))
    return _pairs(generator, z.repeat_interleave(num_classes, 0), labels, num_classes)


@wrong("interference-grid", "machine that has a GPU")
def whichever_device_there_is(generator, z, num_classes):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return one_batch(generator.to(device), z.to(device), num_classes)


@wrong("interference-grid", "changes a tensor")
def latents_normalized_in_place(generator, z, num_classes):
    images = one_batch(generator, z, num_classes)
    z /= z.norm(dim=1, keepdim=True)
    return images


@wrong("interference-grid", "join batches of one with torch.cat")
def batches_of_one_stacked(generator, z, num_classes):
    return one_batch(generator, z, num_classes).unsqueeze(2)
