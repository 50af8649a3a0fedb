"""Answers to exercise conditional-vae/decode."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.vae.models import MODELS, Mlp

SLUG = "conditional-vae/decode"

# right

for model in MODELS:
    right(SLUG)(model)


@right(SLUG)
class OnlyDecodeWritten(Mlp):
    """The encoder is not there, and decode is marked all the same."""

    def encode(self, x, labels_onehot):
        raise NotImplementedError

    def reparameterize(self, mu, logvar):
        raise NotImplementedError

    def forward(self, x, labels):
        raise NotImplementedError


@right(SLUG)
class OtherPartsWrong(Mlp):
    """Each part is marked on its own: this encoder ignores all, and hides layers."""

    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.encoder = [self.hidden, self.fc_mu]
        self.hidden = None

    def encode(self, x, labels_onehot):
        return x.detach().numpy()


@right(SLUG)
class LabelInEveryLayer(Mlp):
    """Away from the very ends, so that a logarithm stays finite."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.shift = nn.Linear(num_classes, input_dim, bias=False)

    def decode(self, z, labels_onehot):
        h = F.selu(self.from_z(torch.cat([labels_onehot, z], dim=1)))
        pixels = torch.special.expit(self.pixels(h) + self.shift(labels_onehot))
        return pixels.clamp(1e-6, 1 - 1e-6)


# wrong


def logits(vae, z, labels_onehot):
    return vae.pixels(F.relu(vae.from_z(torch.cat([z, labels_onehot], dim=1))))


@wrong(SLUG, "not attempted")
class Stub(Mlp):
    def decode(self, z, labels_onehot):
        raise NotImplementedError


@wrong(SLUG, "a sigmoid at the end keeps them inside")
class NothingAtTheEnd(Mlp):
    def decode(self, z, labels_onehot):
        return logits(self, z, labels_onehot)


@wrong(SLUG, "a sigmoid at the end keeps them inside")
class ReluAtTheEnd(Mlp):
    def decode(self, z, labels_onehot):
        return logits(self, z, labels_onehot).relu()


@wrong(SLUG, "[-1, 1] is tanh's range")
class TanhAtTheEnd(Mlp):
    def decode(self, z, labels_onehot):
        return logits(self, z, labels_onehot).tanh()


@wrong(SLUG, "softmax makes them compete")
class SoftmaxOverPixels(Mlp):
    def decode(self, z, labels_onehot):
        return logits(self, z, labels_onehot).softmax(dim=1)


@wrong(SLUG, "never come near both 0 and 1")
class ReluBeforeTheSigmoid(Mlp):
    def decode(self, z, labels_onehot):
        return logits(self, z, labels_onehot).relu().sigmoid()


@wrong(SLUG, "never come near both 0 and 1")
class SigmoidTwice(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot).sigmoid()


@wrong(SLUG, "The label never reaches the image")
class LabelIgnored(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, torch.zeros_like(labels_onehot))


@wrong(SLUG, "label of its first sample")
class LabelOfTheFirstSample(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot[:1].expand_as(labels_onehot))


@wrong(SLUG, "The samples share their labels")
class LabelsSummed(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot.sum(0, keepdim=True).expand_as(labels_onehot))


@wrong(SLUG, "The rows of the batch are mixed")
class PixelsAcrossRows(Mlp):
    def decode(self, z, labels_onehot):
        images = super().decode(z, labels_onehot)
        return images.T.reshape(images.shape)


@wrong(SLUG, "give the same image: look for a clamp")
class LastClassLost(Mlp):
    def decode(self, z, labels_onehot):
        codes = F.one_hot(labels_onehot[:, :-1].argmax(dim=1), self.num_classes)
        return super().decode(z, codes.float())


@wrong(SLUG, "Is z used?")
class NoiseIgnored(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(torch.zeros_like(z), labels_onehot)


@wrong(SLUG, "Is it averaged over the batch?")
class NoiseAveraged(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z.mean(0, keepdim=True).expand_as(z), labels_onehot)


@wrong(SLUG, "The images stay flat")
class ImagesWithChannels(Mlp):
    def decode(self, z, labels_onehot):
        return F.pad(super().decode(z, labels_onehot), (0, 784))[:, :784].view(-1, 1, 28, 28)


@wrong(SLUG, "flat rows, (B, input_dim)")
class ImagesOf28By28(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot).view(-1, 1, 28, 28)


@wrong(SLUG, "input_dim is not used")
class PixelsFixed(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim)


@wrong(SLUG, "latent_dim + num_classes in decode")
class LabelForgottenInTheWidth(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.from_z = nn.Linear(latent_dim, hidden_dim)


@wrong(SLUG, "latent_dim + num_classes in decode")
class ClassesFixed(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.from_z = nn.Linear(latent_dim + 10, hidden_dim)


@wrong(SLUG, "The hidden layer is returned")
class HiddenLayerReturned(Mlp):
    def decode(self, z, labels_onehot):
        return self.from_z(torch.cat([z, labels_onehot], dim=1)).sigmoid()


@wrong(SLUG, "unless you say dim=1")
class ConcatAlongTheBatch(Mlp):
    def decode(self, z, labels_onehot):
        return self.pixels(self.from_z(torch.cat([z, labels_onehot]))).sigmoid()


@wrong(SLUG, "forget a return")
class NoReturn(Mlp):
    def decode(self, z, labels_onehot):
        super().decode(z, labels_onehot)


@wrong(SLUG, "It returned a tuple")
class TwoResults(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot), z


@wrong(SLUG, "In eval mode the same call gave another result")
class NoiseInDecode(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z + 0.1 * torch.randn_like(z), labels_onehot)


@wrong(SLUG, "In eval mode the same call gave another result")
class LayerInDecode(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(nn.Linear(z.shape[1], z.shape[1])(z), labels_onehot)


@wrong(SLUG, "No gradient flows")
class NoGradInDecode(Mlp):
    @torch.no_grad()
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot)


@wrong(SLUG, "No gradient reaches z")
class NoiseDetached(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z.detach(), labels_onehot)


@wrong(SLUG, "a sigmoid at the end keeps them inside")
class RoundedAndShifted(Mlp):
    def decode(self, z, labels_onehot):
        return 1.1 * super().decode(z, labels_onehot)


@wrong(SLUG, "A plain list hides layers")
class LayersInAList(Mlp):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__(latent_dim, num_classes, hidden_dim, input_dim)
        self.more = [nn.Linear(latent_dim, latent_dim)]

    def decode(self, z, labels_onehot):
        return super().decode(self.more[0](z), labels_onehot)


@wrong(SLUG, "With its inputs on a GPU")
class NoiseOnTheCpu(Mlp):
    def decode(self, z, labels_onehot):
        if self.training:
            z = z + torch.zeros(z.shape)
        return super().decode(z, labels_onehot)


@wrong(SLUG, "name no device")
class GoesToTheGpuByItself(Mlp):
    def __init__(self, *sizes, **named):
        super().__init__(*sizes, **named)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong(SLUG, "With one sample a dimension is gone")
class Squeezed(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot).squeeze()


@wrong(SLUG, "It changes a tensor")
class ScaledInPlace(Mlp):
    def decode(self, z, labels_onehot):
        z *= 2
        return super().decode(z, labels_onehot)


@wrong(SLUG, "It changes a tensor")
class CodesChanged(Mlp):
    def decode(self, z, labels_onehot):
        return super().decode(z, labels_onehot.sub_(0.1))
