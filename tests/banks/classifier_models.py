"""Answers to the exercises of notebook 01, part two: models, the leakage probe and the step."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# conditional-classifier: right


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


# conditional-classifier: wrong


@wrong("conditional-classifier", "not attempted")
class Stub(nn.Module):
    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        raise NotImplementedError

    def forward(self, x, condition):
        raise NotImplementedError


@wrong("conditional-classifier", "The condition never reaches the output")
class LabelIgnored(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, torch.zeros_like(condition))


@wrong("conditional-classifier", "condition of its first sample")
class LabelOfTheFirstSample(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition[:1].expand(len(x)))


@wrong("conditional-classifier", "conditions of the other samples")
class LabelsAveraged(EmbeddingAndConcat):
    def forward(self, x, condition):
        e = self.embedding(condition).mean(0, keepdim=True).expand(len(x), -1)
        return self.layers(torch.cat([x, e], dim=1))


@wrong("conditional-classifier", "conditions of the other samples")
class LabelsRolled(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition.flip(0))


@wrong("conditional-classifier", "x never reaches the output")
class InputIgnored(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(torch.zeros_like(x), condition)


@wrong("conditional-classifier", "leave the softmax out")
class SoftmaxAtTheEnd(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition).softmax(1)


@wrong("conditional-classifier", "leave the last activation")
class SigmoidAtTheEnd(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition).sigmoid()


@wrong("conditional-classifier", "leave the last activation")
class ReluAtTheEnd(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition).relu()


@wrong("conditional-classifier", "leave the last activation (tanh")
class TanhAtTheEnd(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition).tanh()


@wrong("conditional-classifier", "No gradient reaches x")
class InputDetached(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x.detach(), condition)


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


@wrong("conditional-classifier", "without argmax")
class ClassesReturned(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x, condition).argmax(1)


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


@wrong("conditional-classifier", "Your code raised AttributeError")
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


@wrong("conditional-classifier", "Your code raised")
class ConcatAlongTheBatch(EmbeddingAndConcat):
    def forward(self, x, condition):
        return self.layers(torch.cat([x, self.embedding(condition)], dim=0))


@wrong("conditional-classifier", "forget a return")
class NoReturn(EmbeddingAndConcat):
    def forward(self, x, condition):
        super().forward(x, condition)


@wrong("conditional-classifier", "With its inputs on a GPU")
class NoiseOnTheCpu(EmbeddingAndConcat):
    def forward(self, x, condition):
        return super().forward(x + torch.zeros(x.shape), condition)


# label-leakage: right


@right("label-leakage")
def permutation(model, x, condition, targets, generator=None):
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            order = torch.randperm(len(x), generator=generator)
            predictions = model(x[order], condition).argmax(1)
    finally:
        model.train(training)
    return (predictions == targets).float().mean().item()


@right("label-leakage")
@torch.inference_mode()
def sort_of_noise(model, x, condition, targets, generator=None):
    mode = model.training
    order = torch.rand(x.shape[0], generator=generator).argsort().to(x.device)
    try:
        model.train(False)
        right_ones = model(torch.index_select(x, 0, order), condition).max(dim=1).indices == targets
        return int(right_ones.sum()) / len(targets)
    finally:
        model.train(mode)


@right("label-leakage")
def in_chunks(model, x, condition, targets, generator=None):
    was_training = model.training
    shuffled = x[torch.randperm(x.size(0), generator=generator).to(x.device)]
    correct = 0
    try:
        model.eval()
        with torch.no_grad():
            for start in range(0, len(x), 10):
                part = slice(start, start + 10)
                logits = model(shuffled[part], condition[part])
                correct += (logits.argmax(dim=-1) == targets[part]).sum().item()
    finally:
        if was_training:
            model.train()
    return correct / len(x)


@right("label-leakage")
def python_list(model, x, condition, targets, generator=None):
    old = model.training
    model.eval()
    try:
        order = torch.randperm(len(x), generator=generator).tolist()
        with torch.no_grad():
            answers = model(x[order], condition).argmax(1).tolist()
    finally:
        model.train(old)
    return sum(a == t for a, t in zip(answers, targets.tolist(), strict=True)) / len(answers)


# label-leakage: wrong


def _measure(model, x, condition, targets):
    """The right answer with x already permuted."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            predictions = model(x, condition).argmax(1)
    finally:
        model.train(training)
    return (predictions == targets).float().mean().item()


def _order(x, generator):
    return torch.randperm(len(x), generator=generator)


@wrong("label-leakage", "not attempted")
def leakage_stub(model, x, condition, targets, generator=None):
    raise NotImplementedError


@wrong("label-leakage", "old order")
def not_shuffled(model, x, condition, targets, generator=None):
    return _measure(model, x, condition, targets)


@wrong("label-leakage", "condition was permuted")
def condition_shuffled(model, x, condition, targets, generator=None):
    return _measure(model, x, condition[_order(x, generator)], targets)


@wrong("label-leakage", "condition was permuted")
def both_shuffled(model, x, condition, targets, generator=None):
    order = _order(x, generator)
    return _measure(model, x[order], condition[order], targets)


@wrong("label-leakage", "targets were permuted along")
def targets_shuffled_too(model, x, condition, targets, generator=None):
    order = _order(x, generator)
    return _measure(model, x[order], condition, targets[order])


@wrong("label-leakage", "every row of x once")
def with_replacement(model, x, condition, targets, generator=None):
    return _measure(
        model, x[torch.randint(len(x), (len(x),), generator=generator)], condition, targets
    )


@wrong("label-leakage", "same seed gave different permutations")
def generator_ignored(model, x, condition, targets, generator=None):
    return _measure(model, x[torch.randperm(len(x))], condition, targets)


@wrong("label-leakage", "different seeds gave the same")
def own_generator(model, x, condition, targets, generator=None):
    return _measure(model, x[_order(x, torch.Generator().manual_seed(0))], condition, targets)


@wrong("label-leakage", "a Python float was expected")
def tensor_returned(model, x, condition, targets, generator=None):
    return torch.tensor(permutation(model, x, condition, targets, generator))


@wrong("label-leakage", "is it a count")
def percentage(model, x, condition, targets, generator=None):
    return 100 * permutation(model, x, condition, targets, generator)


@wrong("label-leakage", "error rate")
def error_rate(model, x, condition, targets, generator=None):
    return 1 - permutation(model, x, condition, targets, generator)


@wrong("label-leakage", "the model is not as it came")
def left_in_eval(model, x, condition, targets, generator=None):
    model.eval()
    with torch.no_grad():
        predictions = model(x[_order(x, generator)], condition).argmax(1)
    return (predictions == targets).float().mean().item()


@wrong("label-leakage", "the model is not as it came")
def always_back_to_training(model, x, condition, targets, generator=None):
    accuracy = permutation(model, x, condition, targets, generator)
    model.train()
    return accuracy


@wrong("label-leakage", "use try ... finally")
def not_restored_after_an_error(model, x, condition, targets, generator=None):
    training = model.training
    model.eval()
    with torch.no_grad():
        predictions = model(x[_order(x, generator)], condition).argmax(1)
    model.train(training)
    return (predictions == targets).float().mean().item()


@wrong("label-leakage", "in training mode inside")
@torch.no_grad()
def without_eval(model, x, condition, targets, generator=None):
    predictions = model(x[_order(x, generator)], condition).argmax(1)
    return (predictions == targets).float().mean().item()


@wrong("label-leakage", "Gradients were recorded")
def with_gradients(model, x, condition, targets, generator=None):
    training = model.training
    model.eval()
    try:
        predictions = model(x[_order(x, generator)], condition).argmax(1)
    finally:
        model.train(training)
    return (predictions == targets).float().mean().item()


@wrong("label-leakage", "torn apart")
def columns_permuted_one_by_one(model, x, condition, targets, generator=None):
    columns = [x[:, 0][_order(x, generator)]]
    columns += [column[_order(x, generator)] for column in x.unbind(1)[1:]]
    return _measure(model, torch.stack(columns, dim=1), condition, targets)


@wrong("label-leakage", "asked about 46 rows")
def last_row_dropped(model, x, condition, targets, generator=None):
    x = x[_order(x, generator)]
    return _measure(model, x[:-1], condition[:-1], targets[:-1])


@wrong("label-leakage", "the model is not as it came")
def parameters_left_frozen(model, x, condition, targets, generator=None):
    accuracy = permutation(model, x, condition, targets, generator)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return accuracy


@wrong("label-leakage", "With its inputs on a GPU")
def permutation_on_the_device(model, x, condition, targets, generator=None):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    return _measure(model, x[order], condition, targets)


@wrong("label-leakage", "changes a tensor")
def shuffled_in_place(model, x, condition, targets, generator=None):
    x.copy_(x[_order(x, generator)])
    return _measure(model, x, condition, targets)


# classifier-step: right


@right("classifier-step")
def library_step(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weight=weights)
    loss.backward()
    optimizer.step()
    return loss.item()


@right("classifier-step")
def gradients_cleared_last(model, optimizer, x, condition, targets, weights=None):
    model.train(True)
    for parameter in model.parameters():
        parameter.grad = None
    criterion = nn.CrossEntropyLoss(weight=weights)
    loss = criterion(model(x, condition), targets)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return float(loss)


@right("classifier-step")
def written_out(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    nll = -model(x, condition).log_softmax(1)[torch.arange(len(x)), targets]
    w = torch.ones_like(nll) if weights is None else weights[targets]
    loss = (w * nll).sum() / w.sum()
    loss.backward()
    optimizer.step()
    return loss.detach().item()


@right("classifier-step")
def closure(model, optimizer, x, condition, targets, weights=None):
    model.train()

    def evaluate():
        model.zero_grad()
        loss = F.cross_entropy(model(x, condition), targets, weights)
        loss.backward()
        return loss

    return optimizer.step(evaluate).item()


# classifier-step: wrong


@wrong("classifier-step", "not attempted")
def step_stub(model, optimizer, x, condition, targets, weights=None):
    raise NotImplementedError


@wrong("classifier-step", "zero_grad() first")
def gradients_pile_up(model, optimizer, x, condition, targets, weights=None):
    model.train()
    loss = F.cross_entropy(model(x, condition), targets, weights)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "zero_grad() first")
def cleared_only_afterwards(model, optimizer, x, condition, targets, weights=None):
    loss = gradients_pile_up(model, optimizer, x, condition, targets, weights)
    optimizer.zero_grad()
    return loss


@wrong("classifier-step", "did not move")
def cleared_before_the_step(model, optimizer, x, condition, targets, weights=None):
    model.train()
    loss = F.cross_entropy(model(x, condition), targets, weights)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "did not move")
def no_optimizer_step(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weights)
    loss.backward()
    return loss.item()


@wrong("classifier-step", "weights are ignored")
def weights_ignored(model, optimizer, x, condition, targets, weights=None):
    return library_step(model, optimizer, x, condition, targets)


@wrong("classifier-step", "divide by the sum of their weights")
def mean_of_weighted_losses(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weights, reduction="none").mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "a Python float was expected")
def loss_as_tensor(model, optimizer, x, condition, targets, weights=None):
    return torch.tensor(library_step(model, optimizer, x, condition, targets, weights))


@wrong("classifier-step", "loss after the step")
def loss_after_the_step(model, optimizer, x, condition, targets, weights=None):
    library_step(model, optimizer, x, condition, targets, weights)
    with torch.no_grad():
        return F.cross_entropy(model(x, condition), targets, weights).item()


@wrong("classifier-step", "asked in eval mode")
def eval_mode(model, optimizer, x, condition, targets, weights=None):
    model.eval()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weights)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "twice on one gradient")
def stepped_twice(model, optimizer, x, condition, targets, weights=None):
    loss = library_step(model, optimizer, x, condition, targets, weights)
    optimizer.step()
    return loss


@wrong("classifier-step", "use the optimizer that is handed over")
def optimizer_of_its_own(model, optimizer, x, condition, targets, weights=None):
    own = torch.optim.SGD(model.parameters(), lr=optimizer.param_groups[0]["lr"])
    return library_step(model, own, x, condition, targets, weights)


@wrong("classifier-step", "softmax first")
def softmax_first(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition).softmax(1), targets, weights)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "Two steps")
def two_steps(model, optimizer, x, condition, targets, weights=None):
    loss = library_step(model, optimizer, x, condition, targets, weights)
    library_step(model, optimizer, x, condition, targets, weights)
    return loss


@wrong("classifier-step", "sum over the batch")
def loss_summed(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weights, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "Your code raised")
def loss_detached_from_the_model(model, optimizer, x, condition, targets, weights=None):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = F.cross_entropy(model(x, condition), targets, weights)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("classifier-step", "forget a return")
def step_without_return(model, optimizer, x, condition, targets, weights=None):
    library_step(model, optimizer, x, condition, targets, weights)


@wrong("classifier-step", "With its inputs on a GPU")
def weights_made_on_the_cpu(model, optimizer, x, condition, targets, weights=None):
    if weights is not None:
        weights = torch.tensor(weights.tolist())
    return library_step(model, optimizer, x, condition, targets, weights)
