"""Layers that follow the label: found, read, and asked about other labels."""

import pytest
import torch
from torch import nn

from course_utils.label_layers import blended, label_layers, scale_and_shift

LABELS = torch.tensor([0, 2, 1, 2])
CLASSES, LATENT = 3, 6


class Conditional(nn.Module):
    """Conditional batch normalization of maps, with tables that differ by class and channel."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(num_features, affine=False)
        self.gamma = nn.Parameter(torch.randn(CLASSES, num_features))
        self.beta = nn.Parameter(torch.randn(CLASSES, num_features))

    def forward(self, h: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        scale, shift = self.gamma[labels], self.beta[labels]
        return scale[..., None, None] * self.norm(h) + shift[..., None, None]


class Block(nn.Module):
    """A block that hands the labels on."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.conv = Conditional(4), nn.Conv2d(4, 2, 1)

    def forward(self, h: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return self.conv(self.inner(h, labels).relu())


class Generator(nn.Module):
    """Its layers are registered in another order than they are called in."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.block = Conditional(2), Block()
        self.start = nn.Linear(LATENT, 4 * 3 * 3)

    def forward(self, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        h = self.block(self.start(z).view(-1, 4, 3, 3), labels)
        return self.last(h, labels)


@pytest.fixture
def generator() -> nn.Module:
    torch.manual_seed(0)
    model = Generator()
    model(torch.randn(50, LATENT), torch.arange(50) % CLASSES)  # running statistics
    return model.eval()


@pytest.fixture
def z() -> torch.Tensor:
    return torch.randn(len(LABELS), LATENT, generator=torch.Generator().manual_seed(1))


def test_layers_are_found_in_the_order_of_their_calls(generator, z):
    layers = label_layers(generator, z, LABELS)
    assert [(layer.name, layer.features_shape) for layer in layers] == [
        ("block.inner", (4, 3, 3)),
        ("last", (2, 3, 3)),
    ]
    assert layers[0].module is generator.block.inner


def test_no_hook_stays(generator, z):
    layers = label_layers(generator, z, LABELS)
    with blended(layers, LABELS):
        pass
    hooks = [[*m._forward_hooks, *m._forward_pre_hooks] for m in generator.modules()]
    assert not any(hooks)


def test_a_network_without_such_a_layer_is_named(z):
    class Deaf(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(LATENT, 1)

        def forward(self, z, labels):
            return self.layer(z)

    with pytest.raises(ValueError, match="No layer of this network"):
        label_layers(Deaf(), z, LABELS)


def test_tables_are_read_off_the_outputs(generator, z):
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    for layer in label_layers(generator, z, LABELS):
        gamma, beta = scale_and_shift(layer, CLASSES)
        torch.testing.assert_close(gamma, layer.module.gamma.detach(), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(beta, layer.module.beta.detach(), rtol=1e-4, atol=1e-5)
    assert not generator.training
    for name, value in generator.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_tables_of_a_layer_of_vectors_are_read_too():
    class Vectors(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = Conditional(5)

        def forward(self, x, labels):
            return self.layer(x[..., None, None], labels)[..., 0, 0]

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.vectors = Vectors()

        def forward(self, x, labels):
            return self.vectors(x, labels)

    model = Outer()
    (layer,) = label_layers(model, torch.randn(4, 5), LABELS)
    assert layer.features_shape == (5, 1, 1)
    gamma, _ = scale_and_shift(layer, CLASSES)
    torch.testing.assert_close(gamma, model.vectors.layer.gamma.detach(), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_all_labels_swapped_is_another_label(generator, z):
    layers, others = label_layers(generator, z, LABELS), LABELS.flip(0)
    with blended(layers, others):
        swapped = generator(z, LABELS)
    torch.testing.assert_close(swapped, generator(z, others))
    assert not torch.allclose(swapped, generator(z, LABELS))


@torch.no_grad()
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5])
def test_a_blend_is_that_of_the_tables(generator, z, share):
    layers, others = label_layers(generator, z, LABELS), LABELS.flip(0)
    with blended(layers, others, share):
        drawn = generator(z, LABELS)
    for layer in layers:
        for table in (layer.module.gamma, layer.module.beta):
            mixed = (1 - share) * table[LABELS] + share * table[others]
            table.data = mixed  # one row for each sample
    torch.testing.assert_close(drawn, generator(z, torch.arange(len(LABELS))))


@torch.no_grad()
def test_one_layer_alone_can_be_swapped(generator, z):
    last = label_layers(generator, z, LABELS)[-1]
    others = LABELS.flip(0)
    with blended([last], others):
        swapped = generator(z, LABELS)
    h = generator.block(generator.start(z).view(-1, 4, 3, 3), LABELS)
    torch.testing.assert_close(swapped, generator.last(h, others))
