"""Answers to exercise kl-annealing."""

import math

import numpy as np
import torch

from banks import right, wrong


def expect_no_negative(step, warmup_steps):
    if step < 0 or warmup_steps < 0:
        raise ValueError(f"step {step} and warmup_steps {warmup_steps} must not be negative")


# right


@right("kl-annealing")
def early_return(step, warmup_steps, final=1.0):
    if step < 0:
        raise ValueError("step is negative")
    if warmup_steps < 0:
        raise ValueError("warmup_steps is negative")
    if step >= warmup_steps:
        return final
    return final * step / warmup_steps


@right("kl-annealing")
def smallest_of_two(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return final * min(1, step / warmup_steps) if warmup_steps else final


@right("kl-annealing")
def whole_numbers_at_both_ends(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    share = 1 if step >= warmup_steps else step and step / warmup_steps
    return share and share * final


@right("kl-annealing")
def numpy_interpolation(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return np.interp(step, [0, warmup_steps], [0.0, final]) if warmup_steps else final


@right("kl-annealing")
def torch_linspace(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    weights = torch.linspace(0, final, warmup_steps + 1)
    return weights[step].item() if step < warmup_steps else float(final)


@right("kl-annealing")
def division_by_at_least_one(step, warmup_steps, final=1.0):
    if min(step, warmup_steps) < 0:
        raise ValueError("both numbers must be at least 0")
    past = warmup_steps == 0
    return final * max(float(past), min(step, warmup_steps) / max(warmup_steps, 1))


@right("kl-annealing")
def distance_from_the_end(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    try:
        return final - final * max(0, warmup_steps - step) / warmup_steps
    except ZeroDivisionError:
        return final


# wrong


@wrong("kl-annealing", "not attempted")
def stub(step, warmup_steps, final=1.0):
    raise NotImplementedError


@wrong("kl-annealing", "forget a return")
def no_return(step, warmup_steps, final=1.0):
    early_return(step, warmup_steps, final)


@wrong("kl-annealing", "A warm-up of 0 steps is over")
def division_by_zero(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return final * min(1.0, step / warmup_steps)


@wrong("kl-annealing", "With warmup_steps 0")
def no_warmup_gives_one(step, warmup_steps, final=1.0):
    return early_return(step, warmup_steps, final) if warmup_steps else 1.0


@wrong("kl-annealing", "With warmup_steps 0 the weight at step 0")
def step_zero_always_zero(step, warmup_steps, final=1.0):
    return early_return(step, warmup_steps, final) if step else 0.0


@wrong("kl-annealing", "The weight jumps")
def floor_division(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return final * min(1.0, step // warmup_steps) if warmup_steps else final


@wrong("kl-annealing", "one step too early: step 0")
def steps_from_one(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return final * min(1.0, (step + 1) / warmup_steps) if warmup_steps else final


@wrong("kl-annealing", "one step too late: step 1")
def previous_step(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    if step >= warmup_steps:
        return final
    return final * max(0, step - 1) / warmup_steps


@wrong("kl-annealing", "`final` is reached one step too early")
def one_step_fewer(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return early_return(step, max(0, warmup_steps - 1), final)


@wrong("kl-annealing", "`final` is reached one step too late")
def one_step_more(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return early_return(step, warmup_steps + 1 if warmup_steps else 0, final)


@wrong("kl-annealing", "This is a cosine")
def cosine(step, warmup_steps, final=1.0):
    share = early_return(step, warmup_steps)
    return final * (1 - math.cos(math.pi * share)) / 2


@wrong("kl-annealing", "This is not linear")
def sigmoid(step, warmup_steps, final=1.0):
    share = early_return(step, warmup_steps)
    return share if share in (0.0, 1.0) else final / (1 + math.exp(-10 * (share - 0.5)))


@wrong("kl-annealing", "This is not linear")
def cyclical(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    half = warmup_steps // 2
    return early_return(step % half, half, final) if 0 < step < warmup_steps else final * (step > 0)


@wrong("kl-annealing", "`final` is not in the formula")
def final_ignored(step, warmup_steps, final=1.0):
    return early_return(step, warmup_steps)


@wrong("kl-annealing", "`final` only cuts the weight off")
def cut_off_at_final(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return min(final, step / warmup_steps) if warmup_steps else final


@wrong("kl-annealing", "its default is 1.0")
def other_default(step, warmup_steps, final=0.5):
    return early_return(step, warmup_steps, final)


@wrong("kl-annealing", "`final` may be larger")
def at_most_one(step, warmup_steps, final=1.0):
    return min(1.0, early_return(step, warmup_steps, final))


@wrong("kl-annealing", "grows on after the warm-up")
def not_cut_off(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return final * step / warmup_steps if warmup_steps else final


@wrong("kl-annealing", "it stays at final")
def sawtooth(step, warmup_steps, final=1.0):
    expect_no_negative(step, warmup_steps)
    return early_return(step, warmup_steps, final) if step <= warmup_steps else 0.0


@wrong("kl-annealing", "The weight falls")
def falling(step, warmup_steps, final=1.0):
    return final - early_return(step, warmup_steps, final)


@wrong("kl-annealing", "there is no warm-up")
def constant(step, warmup_steps, final=1.0):
    return early_return(0, 0 * early_return(step, warmup_steps), final)


@wrong("kl-annealing", "A negative step is accepted")
def negative_step_gives_zero(step, warmup_steps, final=1.0):
    return early_return(max(step, 0), warmup_steps, final)


@wrong("kl-annealing", "A negative warmup_steps is accepted")
def negative_warmup_counts_as_zero(step, warmup_steps, final=1.0):
    return early_return(step, max(warmup_steps, 0), final)


@wrong("kl-annealing", "check both numbers before you return")
def checked_too_late(step, warmup_steps, final=1.0):
    return final if warmup_steps == 0 else early_return(step, warmup_steps, final)


@wrong("kl-annealing", "raise ValueError yourself")
def assertion(step, warmup_steps, final=1.0):
    assert step >= 0, "step is negative"
    assert warmup_steps >= 0, "warmup_steps is negative"
    return early_return(step, warmup_steps, final)


@wrong("kl-annealing", "without a sentence")
def error_without_sentence(step, warmup_steps, final=1.0):
    if step < 0 or warmup_steps < 0:
        raise ValueError
    return early_return(step, warmup_steps, final)


@wrong("kl-annealing", "It returned a tensor")
def tensor(step, warmup_steps, final=1.0):
    return torch.tensor(early_return(step, warmup_steps, final))


@wrong("kl-annealing", "It prints")
def prints(step, warmup_steps, final=1.0):
    print(f"step {step}")
    return early_return(step, warmup_steps, final)
