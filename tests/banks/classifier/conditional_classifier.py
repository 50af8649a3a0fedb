"""Answers to exercise conditional-classifier."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong
from banks.networks import Variants

# right


@right("conditional-classifier")
class EmbeddingAndConcat(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_conditions, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(input_dim + embedding_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, num_classes),
        )

    def forward(self, x, condition):
        return self.layers(torch.cat([x, self.embedding(condition)], dim=1))


@right("conditional-classifier")
class OneHotTimesMatrix(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.num_conditions = num_conditions
        self.table = nn.Linear(num_conditions, embedding_dim, bias=False)
        self.first = nn.Linear(embedding_dim + input_dim, hidden_dim)
        self.second = nn.Linear(hidden_dim, hidden_dim)
        self.third = nn.Linear(hidden_dim, num_classes)

    def forward(self, x, condition):
        e = self.table(F.one_hot(condition, self.num_conditions).float())
        h = torch.tanh(self.first(torch.cat((e, x), -1)))
        return self.third(torch.tanh(self.second(h)))


@right("conditional-classifier")
class PlainParameter(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.table = nn.Parameter(torch.randn(num_conditions, embedding_dim) / 3)
        self.w = nn.Parameter(torch.randn(input_dim + embedding_dim, 2 * hidden_dim) / 4)
        self.out = nn.Linear(2 * hidden_dim, num_classes)

    def forward(self, x, condition):
        return self.out(F.silu(torch.hstack([x, self.table[condition]]) @ self.w))


@right("conditional-classifier")
class WithDropoutAndNorm(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.emb = nn.Embedding(num_conditions, embedding_dim)
        self.net = nn.ModuleList(
            [
                nn.Linear(input_dim + embedding_dim, hidden_dim),
                nn.BatchNorm1d(hidden_dim),
                nn.LeakyReLU(0.2),
                nn.Dropout(0.3),
                nn.Linear(hidden_dim, num_classes),
            ]
        )

    def forward(self, x, condition):
        h = torch.cat([x, self.emb(condition)], 1)
        for layer in self.net:
            h = layer(h)
        return h


@right("conditional-classifier")
class LogProbabilities(EmbeddingAndConcat):
    """Log-softmax is a shift of each row: these are logits too."""

    def forward(self, x, condition):
        return super().forward(x, condition).log_softmax(1)


@right("conditional-classifier")
class ZeroInitialized(EmbeddingAndConcat):
    """Layers may start at zero: what they learn is what counts."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        nn.init.zeros_(self.layers[2].weight)
        nn.init.zeros_(self.embedding.weight)
        nn.init.constant_(self.layers[2].bias, 5.0)


@right("conditional-classifier")
class SparseEmbeddingAndDepth(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_conditions, embedding_dim, sparse=True)
        sizes = [input_dim + embedding_dim, hidden_dim, hidden_dim, hidden_dim]
        hidden = [nn.Sequential(nn.Linear(a, b), nn.Sigmoid()) for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*hidden, nn.Linear(hidden_dim, num_classes))

    def forward(self, x, condition):
        return self.layers(torch.cat([self.embedding(condition), x], dim=-1))


@right("conditional-classifier")
class CentredTable(EmbeddingAndConcat):
    """The rows have mean zero, so that every row gets a gradient from every condition."""

    def forward(self, x, condition):
        table = self.embedding.weight - self.embedding.weight.mean(0)
        return self.layers(torch.cat([x, table[condition]], dim=1))


# wrong


@wrong("conditional-classifier", "not attempted")
class Stub(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, x, condition):
        raise NotImplementedError


vary = Variants("conditional-classifier", EmbeddingAndConcat)
vary.conditioned("LabelIgnored", "The condition never reaches the output", torch.zeros_like)
vary.conditioned(
    "LabelOfTheFirstSample", "condition of its first sample", lambda c: c[:1].expand_as(c)
)


@wrong("conditional-classifier", "conditions of the other samples")
class LabelsAveraged(EmbeddingAndConcat):
    def forward(self, x, condition):
        e = self.embedding(condition).mean(0, keepdim=True).expand(len(x), -1)
        return self.layers(torch.cat([x, e], dim=1))


vary.conditioned("LabelsRolled", "conditions of the other samples", lambda c: c.flip(0))
vary.given("InputIgnored", "x never reaches the output", torch.zeros_like)
vary.returned("SoftmaxAtTheEnd", "leave the softmax out", lambda out: out.softmax(1))
vary.returned("SigmoidAtTheEnd", "leave the last activation", lambda out: out.sigmoid())
vary.returned("ReluAtTheEnd", "leave the last activation", lambda out: out.relu())
vary.returned("TanhAtTheEnd", "leave the last activation (tanh", lambda out: out.tanh())
vary.given("InputDetached", "No gradient reaches x", lambda x: x.detach())


@wrong("conditional-classifier", "a linear function of x")
class BilinearWithoutHiddenLayer(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_conditions, embedding_dim)
        self.out = nn.Bilinear(input_dim, embedding_dim, num_classes)

    def forward(self, x, condition):
        return self.out(x, self.embedding(condition))


@wrong("conditional-classifier", "forward changes the mode")
class EvalInForward(EmbeddingAndConcat):
    def forward(self, x, condition):
        self.eval()
        return super().forward(x, condition)


@wrong("conditional-classifier", "No gradient flows")
class NoGradInForward(EmbeddingAndConcat):
    @torch.no_grad()
    def forward(self, x, condition):
        return super().forward(x, condition)


vary.returned("ClassesReturned", "without argmax", lambda out: out.argmax(1))


@wrong("conditional-classifier", "is condition 0's own")
class PaddingIndex(EmbeddingAndConcat):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__(input_dim, num_conditions, num_classes, embedding_dim, hidden_dim)
        self.embedding = nn.Embedding(num_conditions, embedding_dim, padding_idx=0)


@wrong("conditional-classifier", "name no device")
class GoesToTheGpuByItself(EmbeddingAndConcat):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


@wrong("conditional-classifier", "super().__init__() comes first")
class NoSuper(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        self.embedding = nn.Embedding(num_conditions, embedding_dim)


@wrong("conditional-classifier", "adds the same amount")
class NoHiddenLayer(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_conditions, embedding_dim)
        self.hidden = nn.Linear(input_dim + embedding_dim, hidden_dim)
        self.out = nn.Linear(hidden_dim, num_classes)

    def forward(self, x, condition):
        return self.out(self.hidden(torch.cat([x, self.embedding(condition)], 1)))


@wrong("conditional-classifier", "adds the same amount")
class AddedToTheLogits(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_conditions, embedding_dim)
        self.hidden = nn.Linear(input_dim, hidden_dim)
        self.out = nn.Linear(hidden_dim + embedding_dim, num_classes)

    def forward(self, x, condition):
        return self.out(torch.cat([self.hidden(x).relu(), self.embedding(condition)], 1))


@wrong("conditional-classifier", "does not depend on embedding_dim")
class ConditionAsANumber(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.hidden = nn.Linear(input_dim + 1, hidden_dim)
        self.out = nn.Linear(hidden_dim, num_classes)

    def forward(self, x, condition):
        return self.out(self.hidden(torch.cat([x, condition[:, None].float()], 1)).relu())


@wrong("conditional-classifier", "The table is not trained")
class FrozenTable(EmbeddingAndConcat):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.embedding.weight.requires_grad_(False)


@wrong("conditional-classifier", "The table is not trained")
class DetachedEmbedding(EmbeddingAndConcat):
    def forward(self, x, condition):
        return self.layers(torch.cat([x, self.embedding(condition).detach()], dim=1))


@wrong("conditional-classifier", "make layers in __init__")
class LayersInForward(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.sizes = input_dim + embedding_dim, hidden_dim, num_classes
        self.embedding = nn.Embedding(num_conditions, embedding_dim)

    def forward(self, x, condition):
        width, hidden, classes = self.sizes
        h = nn.Linear(width, hidden)(torch.cat([x, self.embedding(condition)], 1)).relu()
        return nn.Linear(hidden, classes)(h)


@wrong("conditional-classifier", "register its layers on self")
class LayersInAList(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        self.layers = [
            nn.Embedding(num_conditions, embedding_dim),
            nn.Linear(input_dim + embedding_dim, hidden_dim),
            nn.Linear(hidden_dim, num_classes),
        ]

    def forward(self, x, condition):
        embedding, hidden, out = self.layers
        return out(hidden(torch.cat([x, embedding(condition)], 1)).relu())


@wrong("conditional-classifier", "the last layer needs num_classes outputs")
class OneLogit(EmbeddingAndConcat):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__(input_dim, num_conditions, 1, embedding_dim, hidden_dim)


@wrong("conditional-classifier", "unless you say dim=1")
class ConcatAlongTheBatch(EmbeddingAndConcat):
    def forward(self, x, condition):
        return self.layers(torch.cat([x, self.embedding(condition)], dim=0))


@wrong("conditional-classifier", "forget a return")
class NoReturn(EmbeddingAndConcat):
    def forward(self, x, condition):
        super().forward(x, condition)


vary.given("NoiseOnTheCpu", "With its inputs on a GPU", lambda x: x + torch.zeros(x.shape))
