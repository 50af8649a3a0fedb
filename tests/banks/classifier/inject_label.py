"""Answers to exercise inject-label."""

import torch

from banks import right, wrong

# right


@right("inject-label")
def if_chain(h, e, how):
    if how == "concat":
        return torch.cat([h, e], dim=1)
    if how == "add":
        return h + e
    if how == "multiply":
        return h * e
    if how == "affine":
        scale, shift = e.chunk(2, dim=1)
        return (1 + scale) * h + shift
    raise ValueError(f"unknown way {how!r}")


@right("inject-label")
def match_statement(h, e, how):
    match how:
        case "concat":
            return torch.hstack((h, e))
        case "add":
            return torch.add(h, e)
        case "multiply":
            return torch.mul(e, h)
        case "affine":
            scale, shift = torch.split(e, h.shape[1], dim=1)
            return h + scale * h + shift
        case _:
            raise ValueError(f"how must be one of four words, not {how!r}")


@right("inject-label")
def table_of_functions(h, e, how):
    size = h.size(1)
    ways = {
        "concat": lambda: torch.concat((h, e), -1),
        "add": lambda: e + h,
        "multiply": lambda: h * e,
        "affine": lambda: torch.addcmul(e[:, size:], h, e[:, :size] + 1),
    }
    if how not in ways:
        raise ValueError("how is unknown")
    return ways[how]()


@right("inject-label")
def in_place_on_a_copy(h, e, how):
    if how not in ("concat", "add", "multiply", "affine"):
        raise ValueError("unknown how: " + str(how))
    if how == "concat":
        return torch.cat((h, e), axis=1)
    out = h.clone()
    if how == "add":
        out += e
    elif how == "multiply":
        out *= e
    else:
        out = out.mul_(1 + e[:, : h.shape[-1]]).add_(e[:, h.shape[-1] :])
    return out


# wrong


@wrong("inject-label", "not attempted")
def inject_stub(h, e, how):
    raise NotImplementedError


@wrong("inject-label", "join the features, dim=1")
def concat_along_the_batch(h, e, how):
    if how == "concat":
        return torch.cat([h, e[:, : h.shape[1]]], dim=0)
    return if_chain(h, e, how)


@wrong("inject-label", "e comes first")
def label_first(h, e, how):
    return torch.cat([e, h], dim=1) if how == "concat" else if_chain(h, e, how)


@wrong("inject-label", "The 1 is missing")
def affine_without_one(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    scale, shift = e.chunk(2, 1)
    return scale * h + shift


@wrong("inject-label", "Scale and shift are swapped")
def shift_before_scale(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    shift, scale = e.chunk(2, 1)
    return (1 + scale) * h + shift


@wrong("inject-label", "alternate columns")
def interleaved(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    return (1 + e[:, ::2]) * h + e[:, 1::2]


@wrong("inject-label", "shift was scaled too")
def shift_inside(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    scale, shift = e.chunk(2, 1)
    return (1 + scale) * (h + shift)


@wrong("inject-label", "the two are swapped")
def add_and_multiply_swapped(h, e, how):
    return if_chain(h, e, {"add": "multiply", "multiply": "add"}.get(how, how))


@wrong("inject-label", "(1 + e) * h")
def multiply_with_one(h, e, how):
    return (1 + e) * h if how == "multiply" else if_chain(h, e, how)


@wrong("inject-label", "is accepted: only the four words")
def unknown_is_none(h, e, how):
    return if_chain(h, e, how) if how in ("concat", "add", "multiply", "affine") else None


@wrong("inject-label", "raises KeyError")
def unknown_is_key_error(h, e, how):
    return {"concat": if_chain, "add": if_chain, "multiply": if_chain, "affine": if_chain}[how](
        h, e, how
    )


@wrong("inject-label", "no gradient reaches e")
def detached(h, e, how):
    return if_chain(h, e.detach() if how != "affine" else e, how) + 0 * e.sum()


@wrong("inject-label", "changes a tensor")
def in_place(h, e, how):
    if how == "add":
        with torch.no_grad():
            h += e
        return h
    return if_chain(h, e, how)


@wrong("inject-label", "With its inputs on a GPU")
def affine_on_the_cpu(h, e, how):
    if how != "affine":
        return if_chain(h, e, how)
    return (torch.ones(h.shape) + e[:, : h.shape[1]]) * h + e[:, h.shape[1] :]
