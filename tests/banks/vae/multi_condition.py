"""Answers to exercise multi-condition."""

import numpy as np
import torch
import torch.nn.functional as F

from banks import right, wrong


def codes(labels, levels, num_classes, num_levels):
    return F.one_hot(labels, num_classes).float(), F.one_hot(levels, num_levels).float()


# right


@right("multi-condition")
def library_function(labels, levels, num_classes, num_levels):
    return torch.cat(codes(labels, levels, num_classes, num_levels), dim=1)


@right("multi-condition")
def rows_of_identities(labels, levels, num_classes, num_levels):
    classes = torch.eye(num_classes, device=labels.device)
    return torch.hstack([classes[labels], torch.eye(num_levels).to(levels.device)[levels]])


@right("multi-condition")
def two_scatters(labels, levels, num_classes, num_levels):
    vector = torch.zeros(len(labels), num_classes + num_levels, device=labels.device)
    vector.scatter_(1, labels[:, None], 1.0)
    return vector.scatter_(1, levels[:, None] + num_classes, 1.0)


@right("multi-condition")
def one_code_of_two_hots(labels, levels, num_classes, num_levels):
    both = torch.stack([labels, levels + num_classes], dim=1)
    return F.one_hot(both, num_classes + num_levels).sum(dim=1).to(torch.float32)


@right("multi-condition")
def comparison(labels, levels, num_classes, num_levels):
    columns = torch.arange(num_classes + num_levels, device=labels.device)
    is_label = labels.unsqueeze(1) == columns
    return (is_label | (levels.unsqueeze(1) + num_classes == columns)).float()


@right("multi-condition")
def filled_halves(labels, levels, num_classes, num_levels):
    rows = torch.arange(labels.size(0), device=labels.device)
    vector = torch.zeros((labels.size(0), num_classes + num_levels)).to(labels.device)
    left, right_half = vector[:, :num_classes], vector[:, num_classes:]
    left[rows, labels] = 1
    right_half[rows, levels] = 1
    return vector


@right("multi-condition")
def row_by_row(labels, levels, num_classes, num_levels):
    rows = []
    for label, level in zip(labels.tolist(), levels.tolist(), strict=True):
        row = [0.0] * (num_classes + num_levels)
        row[label] = row[num_classes + level] = 1.0
        rows.append(row)
    return torch.tensor(rows, device=labels.device)


@right("multi-condition")
def numpy_rows(labels, levels, num_classes, num_levels):
    left = np.eye(num_classes, dtype=np.float32)[labels.cpu().numpy()]
    both = np.concatenate([left, np.eye(num_levels, dtype="float32")[levels.cpu().numpy()]], axis=1)
    return torch.from_numpy(both).to(labels.device)


# wrong


@wrong("multi-condition", "not attempted")
def stub(labels, levels, num_classes, num_levels):
    raise NotImplementedError


@wrong("multi-condition", "forget a return")
def no_return(labels, levels, num_classes, num_levels):
    library_function(labels, levels, num_classes, num_levels)


@wrong("multi-condition", "The levels come first")
def levels_first(labels, levels, num_classes, num_levels):
    return torch.cat(codes(labels, levels, num_classes, num_levels)[::-1], dim=1)


@wrong("multi-condition", "joins along dim 0 unless")
def below_each_other(labels, levels, num_classes, num_levels):
    return torch.cat(codes(labels, levels, num_classes, num_levels))


@wrong("multi-condition", "follows the labels and levels at hand")
def sizes_from_the_data(labels, levels, num_classes, num_levels):
    return torch.cat([F.one_hot(labels), F.one_hot(levels)], dim=1).float()


@wrong("multi-condition", "for each pair of class and level")
def product_code(labels, levels, num_classes, num_levels):
    return F.one_hot(labels * num_levels + levels, num_classes * num_levels).float()


@wrong("multi-condition", "for each pair of class and level")
def outer_product(labels, levels, num_classes, num_levels):
    left, right_code = codes(labels, levels, num_classes, num_levels)
    return left[:, :, None] * right_code[:, None]


@wrong("multi-condition", "not float32")
def integers(labels, levels, num_classes, num_levels):
    return library_function(labels, levels, num_classes, num_levels).long()


@wrong("multi-condition", "not float32")
def double_precision(labels, levels, num_classes, num_levels):
    return library_function(labels, levels, num_classes, num_levels).double()


@wrong("multi-condition", "too far to the left")
def counted_from_one(labels, levels, num_classes, num_levels):
    left, right_code = codes(labels, levels, num_classes, num_levels)
    return torch.cat([left.roll(-1, 1), right_code.roll(-1, 1)], dim=1)


@wrong("multi-condition", "Columns of labels and levels alternate")
def alternating(labels, levels, num_classes, num_levels):
    left, right_code = codes(labels, levels, num_classes, num_levels)
    shared = min(num_classes, num_levels)
    pairs = torch.stack([left[:, :shared], right_code[:, :shared]], dim=2).flatten(1)
    return torch.cat([pairs, left[:, shared:], right_code[:, shared:]], dim=1)


@wrong("multi-condition", "num_levels")
def fixed_sizes(labels, levels, num_classes, num_levels):
    return library_function(labels, levels, 10, 3)


@wrong("multi-condition", "cannot be added")
def added(labels, levels, num_classes, num_levels):
    left, right_code = codes(labels, levels, num_classes, num_levels)
    return left + right_code


@wrong("multi-condition", "num_levels more are missing")
def added_in_the_same_columns(labels, levels, num_classes, num_levels):
    return sum(codes(labels, levels, num_classes, num_classes))


@wrong("multi-condition", "The level is one column")
def level_as_number(labels, levels, num_classes, num_levels):
    return torch.cat([F.one_hot(labels, num_classes), levels[:, None]], dim=1).float()


@wrong("multi-condition", "The numbers themselves")
def plain_numbers(labels, levels, num_classes, num_levels):
    return torch.stack([labels, levels], dim=1).float()


@wrong("multi-condition", "the labels go with num_classes")
def sizes_exchanged(labels, levels, num_classes, num_levels):
    return library_function(labels, levels, num_levels, num_classes)


@wrong("multi-condition", "columns of the levels are all zeros")
def second_code_forgotten(labels, levels, num_classes, num_levels):
    vector = torch.zeros(len(labels), num_classes + num_levels, device=labels.device)
    return vector.scatter_(1, labels[:, None], 1.0)


@wrong("multi-condition", "Every row has the ones of the whole batch")
def all_rows_at_once(labels, levels, num_classes, num_levels):
    vector = torch.zeros(len(labels), num_classes + num_levels, device=labels.device)
    vector[:, labels] = 1
    vector[:, num_classes + levels] = 1
    return vector


@wrong("multi-condition", "Every row is that of the first sample")
def first_row_for_all(labels, levels, num_classes, num_levels):
    first = library_function(labels[:1], levels[:1], num_classes, num_levels)
    return first.repeat(len(labels), 1)


@wrong("multi-condition", "These are not the one-hot labels")
def level_without_offset(labels, levels, num_classes, num_levels):
    both = torch.stack([labels, levels], dim=1)
    return F.one_hot(both, num_classes + num_levels).amax(1).float()


@wrong("multi-condition", "With its inputs on a GPU")
def made_on_the_cpu(labels, levels, num_classes, num_levels):
    vector = torch.zeros(len(labels), num_classes + num_levels)
    rows = torch.arange(len(labels))
    vector[rows, labels.cpu()] = 1
    vector[rows, levels.cpu() + num_classes] = 1
    return vector


@wrong("multi-condition", "changes a tensor")
def shifts_in_place(labels, levels, num_classes, num_levels):
    levels += num_classes
    columns = torch.stack([labels, levels], dim=1)
    return F.one_hot(columns, num_classes + num_levels).sum(1).float()


@wrong("multi-condition", "It prints")
def prints(labels, levels, num_classes, num_levels):
    print(labels.shape, levels.shape)
    return library_function(labels, levels, num_classes, num_levels)


@wrong("multi-condition", "a dimension is gone")
def squeezed(labels, levels, num_classes, num_levels):
    return library_function(labels, levels, num_classes, num_levels).squeeze()
