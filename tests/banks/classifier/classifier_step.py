"""Answers to exercise classifier-step."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


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


# wrong


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


@wrong("classifier-step", "cuts the graph")
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
