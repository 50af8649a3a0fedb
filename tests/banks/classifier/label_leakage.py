"""Answers to exercise label-leakage."""

import torch

from banks import right, wrong

# right


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


# wrong


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


@wrong("label-leakage", "Each call gives the same permutation")
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
