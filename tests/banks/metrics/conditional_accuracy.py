"""Answers to exercise conditional-accuracy."""

from copy import deepcopy

import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score

from banks import right, wrong
from banks.drawing import drawing
from banks.metrics.modes import register_careless, seen_by

# right


@right("conditional-accuracy")
def mean_of_hits(judge, images, labels):
    training = judge.training
    judge.eval()
    try:
        with torch.no_grad():
            seen = judge(images).argmax(dim=1)
    finally:
        judge.train(training)
    return (seen == labels).float().mean().item()


@right("conditional-accuracy")
@torch.inference_mode()
def counted(judge, images, labels):
    was_training = judge.training
    try:
        hits = judge.train(False)(images).max(dim=-1).indices.eq(labels)
        return int(hits.sum()) / labels.numel()
    finally:
        if was_training:
            judge.train()


@right("conditional-accuracy")
def in_chunks(judge, images, labels):
    hits = 0
    with drawing(judge):
        for part, wanted in zip(images.split(8), labels.split(8), strict=True):
            hits += (judge(part).argmax(1) == wanted).sum().item()
    return hits / len(labels)


@right("conditional-accuracy")
def image_by_image(judge, images, labels):
    hits = []
    with drawing(judge):
        for image, label in zip(images, labels, strict=True):
            hits.append(float(judge(image.unsqueeze(0)).argmax() == label))
    return sum(hits) / len(hits)


@right("conditional-accuracy")
def by_python_lists(judge, images, labels):
    with drawing(judge):
        rows = judge(images).tolist()
    hits = [row.index(max(row)) == label for row, label in zip(rows, labels.tolist(), strict=True)]
    return sum(hits) / len(hits)


@right("conditional-accuracy")
def by_one_hot_codes(judge, images, labels):
    with drawing(judge):
        logits = judge(images)
        best = F.one_hot(logits.softmax(dim=1).argmax(dim=1), logits.shape[1]).double()
        return float((best * F.one_hot(labels, logits.shape[1])).sum(dim=1).mean())


@right("conditional-accuracy")
def by_topk_and_errors(judge, images, labels):
    with drawing(judge):
        errors = torch.count_nonzero(judge(images).topk(1).indices.squeeze(1) - labels)
    return 1 - errors.item() / labels.shape[0]


@right("conditional-accuracy")
def a_copy_is_asked(judge, images, labels):
    with torch.no_grad():
        logits = deepcopy(judge).eval()(images)
    return (logits.argmax(dim=1) == labels).double().mean().item()


@right("conditional-accuracy")
def by_scikit_learn(judge, images, labels):
    return accuracy_score(labels.cpu().numpy(), seen_by(judge, images).cpu().numpy())


@right("conditional-accuracy")
def class_by_class(judge, images, labels):
    hits = 0
    with drawing(judge):
        for label in labels.unique():
            hits += (judge(images[labels == label]).argmax(dim=1) == label).sum()
    return hits.item() / len(images)


# wrong: the number


@wrong("conditional-accuracy", "not attempted")
def accuracy_stub(judge, images, labels):
    raise NotImplementedError


@wrong("conditional-accuracy", "did you forget a return?")
def no_return(judge, images, labels):
    mean_of_hits(judge, images, labels)


@wrong("conditional-accuracy", "a Python float was expected: .item()")
def tensor_returned(judge, images, labels):
    return (seen_by(judge, images) == labels).float().mean()


@wrong("conditional-accuracy", "is it a whole-number division")
def whole_number_division(judge, images, labels):
    return float((seen_by(judge, images) == labels).sum().item() // len(labels))


@wrong("conditional-accuracy", "It returned an int")
def whole_number(judge, images, labels):
    return int((seen_by(judge, images) == labels).float().mean())


@wrong("conditional-accuracy", "This is a percentage")
def percentage(judge, images, labels):
    return 100 * mean_of_hits(judge, images, labels)


@wrong("conditional-accuracy", "This is a count")
def count(judge, images, labels):
    return float((seen_by(judge, images) == labels).sum())


@wrong("conditional-accuracy", "error rate")
def error_rate(judge, images, labels):
    return 1 - mean_of_hits(judge, images, labels)


@wrong("conditional-accuracy", "mean probability")
def probability(judge, images, labels):
    with drawing(judge):
        chances = judge(images).softmax(dim=1)
    return chances[torch.arange(len(labels)), labels].mean().item()


@wrong("conditional-accuracy", "argmax goes over dim=1")
def argmax_over_images(judge, images, labels):
    with drawing(judge):
        return (judge(images).argmax(dim=0) == labels).float().mean().item()


@wrong("conditional-accuracy", "argmax without dim=1")
def argmax_over_everything(judge, images, labels):
    with drawing(judge):
        return (judge(images).argmax() == labels).float().mean().item()


@wrong("conditional-accuracy", "compared with all labels")
def all_pairs(judge, images, labels):
    with drawing(judge):
        return (judge(images).argmax(dim=1, keepdim=True) == labels).float().mean().item()


@wrong("conditional-accuracy", "smallest logit")
def argmin(judge, images, labels):
    with drawing(judge):
        return (judge(images).argmin(dim=1) == labels).float().mean().item()


@wrong("conditional-accuracy", "Each class counts the same")
def balanced(judge, images, labels):
    hits = (seen_by(judge, images) == labels).float()
    return sum(hits[labels == c].mean().item() for c in labels.unique()) / len(labels.unique())


@wrong("conditional-accuracy", "with batches, add up the hits")
def mean_of_chunk_means(judge, images, labels):
    parts = zip(images.split(128), labels.split(128), strict=True)
    means = [mean_of_hits(judge, *part) for part in parts]
    return sum(means) / len(means)


@wrong("conditional-accuracy", "(images + 1) / 2")
def rescaled_to_0_1(judge, images, labels):
    return mean_of_hits(judge, (images + 1) / 2, labels)


@wrong("conditional-accuracy", "2 * images - 1")
def rescaled_to_both_signs(judge, images, labels):
    return mean_of_hits(judge, 2 * images - 1, labels)


@wrong("conditional-accuracy", "where it takes (B, 1, 28, 28)")
def flattened(judge, images, labels):
    return mean_of_hits(judge, images.flatten(1), labels)


# wrong: gradient, mode, device, inputs

register_careless(
    "conditional-accuracy", lambda seen, labels: (seen == labels).float().mean().item()
)


@wrong("conditional-accuracy", "recorded for gradients")
def recorded_and_detached(judge, images, labels):
    with drawing(judge), torch.enable_grad():
        logits = judge(images)
    return (logits.detach().argmax(dim=1) == labels).float().mean().item()


@wrong("conditional-accuracy", "With its inputs on a GPU")
def images_on_the_cpu(judge, images, labels):
    return mean_of_hits(judge, images.cpu(), labels.cpu())


@wrong("conditional-accuracy", "machine that has a GPU")
def whichever_device_there_is(judge, images, labels):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return mean_of_hits(judge.to(device), images.to(device), labels)


@wrong("conditional-accuracy", "changes a tensor")
def clamped_in_place(judge, images, labels):
    accuracy = mean_of_hits(judge, images, labels)
    images.clamp_(0, 1)
    return accuracy


@wrong("conditional-accuracy", "It prints")
def printed(judge, images, labels):
    accuracy = mean_of_hits(judge, images, labels)
    print(f"accuracy {accuracy:.3f}")
    return accuracy


@wrong("conditional-accuracy", "look for squeeze()")
def squeezed(judge, images, labels):
    with drawing(judge):
        return (judge(images).squeeze().argmax(dim=1) == labels).float().mean().item()
