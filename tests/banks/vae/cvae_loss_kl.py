"""Answers to exercise cvae-loss/kl, right and wrong."""

import math

import torch
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from banks import right, wrong

# right


@right("cvae-loss/kl")
def textbook(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


@right("cvae-loss/kl")
def by_distributions(mu, logvar):
    posterior = Normal(mu, torch.exp(0.5 * logvar))
    return kl_divergence(posterior, Normal(0.0, 1.0)).sum(-1)


@right("cvae-loss/kl")
def by_independent_distributions(mu, logvar):
    posterior = Independent(Normal(mu, logvar.exp().sqrt()), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(posterior, prior)


@right("cvae-loss/kl")
def by_covariance_matrices(mu, logvar):
    posterior = MultivariateNormal(mu, scale_tril=(logvar / 2).exp().diag_embed())
    eye = torch.eye(mu.shape[1], device=mu.device, dtype=mu.dtype)
    return kl_divergence(posterior, MultivariateNormal(torch.zeros_like(mu), eye))


@right("cvae-loss/kl")
def in_parts(mu, logvar):
    """Squared length, trace and log-determinant."""
    length = torch.einsum("bz,bz->b", mu, mu)
    trace = torch.logsumexp(logvar, dim=1).exp()
    return (length + trace - logvar.sum(dim=1) - logvar.size(1)) / 2


@right("cvae-loss/kl")
def in_place(mu, logvar):
    total = logvar.expm1() - logvar
    total += mu.square()
    return total.mul_(0.5).sum(dim=-1)


@right("cvae-loss/kl")
def sample_by_sample(mu, logvar):
    def one(m, lv):
        std = torch.exp(lv / 2)
        return (-torch.log(std) + (std**2 + m**2) / 2 - 0.5).sum()

    return torch.stack([one(m, lv) for m, lv in zip(mu, logvar, strict=True)])


@right("cvae-loss/kl")
def with_a_wide_clamp_and_an_epsilon(mu, logvar):
    logvar = logvar.clamp(-30, 20)
    variance = logvar.exp() + 1e-8
    return 0.5 * (mu**2 + variance - 1 - logvar).sum(1)


# wrong


@wrong("cvae-loss/kl", "not attempted")
def kl_stub(mu, logvar):
    raise NotImplementedError


def variant(says, name, function):
    """Register a wrong formula."""

    def answer(mu, logvar):
        return function(mu, logvar)

    answer.__name__ = name
    wrong("cvae-loss/kl", says)(answer)


def half(*terms):
    return 0.5 * sum(terms).sum(dim=1)


variant("never negative", "sign_turned", lambda m, v: -textbook(m, v))
variant("1/2 is lost", "not_halved", lambda m, v: 2 * textbook(m, v))
variant("take their sum", "mean_over_dimensions", lambda m, v: textbook(m, v) / m.shape[1])
variant("The -1 is missing", "one_lost", lambda m, v: half(m**2, v.exp(), -v))
variant("one -1 in all", "one_1_for_all", lambda m, v: half(m**2, v.exp(), -v) - 0.5)
variant("- logvar is missing", "logvar_forgotten", lambda m, v: half(m**2, v.exp() - 1))
variant("it is added", "mu_subtracted", lambda m, v: half(-(m**2), v.exp() - 1, -v))
variant("size of the batch", "divided_by_the_batch", lambda m, v: textbook(m, v) / len(m))
variant("it is -logvar", "logvar_added", lambda m, v: half(m**2, v.exp() - 1, v))
variant("not logvar", "exp_forgotten", lambda m, v: half(m**2, v - 1, -v))
variant("its root", "std_for_the_variance", lambda m, v: half(m**2, (v / 2).exp() - 1, -v))
variant("its square", "variance_squared", lambda m, v: half(m**2, v.exp() ** 2 - 1, -v))
variant(
    "that of the variance",
    "logvar_taken_for_logstd",
    lambda m, v: half(m**2, (2 * v).expm1(), -2 * v),
)
variant("and its log", "std_and_logstd", lambda m, v: half(m**2, (v / 2).exp() - 1, -v / 2))
variant("logvar is squared", "logvar_squared", lambda m, v: half(m**2, v**2 - 1, -v))
variant("mu is not squared", "mu_not_squared", lambda m, v: half(m, v.exp() - 1, -v))
variant("mu is missing", "mu_forgotten", lambda m, v: half(v.exp() - 1, -v))
variant("in nats", "in_bits", lambda m, v: textbook(m, v) / math.log(2))
variant("swapped", "swapped", lambda m, v: half((1 + m**2) / v.exp() - 1, v))
variant(
    "are swapped",
    "arguments_swapped_in_kl",
    lambda m, v: kl_divergence(Normal(0.0, 1.0), Normal(m, (v / 2).exp())).sum(1),
)
variant("nan", "log_of_logvar", lambda m, v: half(m**2, v - 1, -v.log()))
variant("whole batch", "mean_over_the_batch", lambda m, v: textbook(m, v).mean())
variant("whole batch", "sum_over_everything", lambda m, v: textbook(m, v).sum())
variant("Summed over the batch", "summed_over_dim_0", lambda m, v: textbook(m.T, v.T))
variant("per dimension", "not_summed", lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v))
variant("without keepdim", "keepdim", lambda m, v: textbook(m, v)[:, None])
variant("no draws", "monte_carlo", lambda m, v: by_sampling(m, v))
variant("reaches mu and logvar", "detached", lambda m, v: textbook(m, v).detach())
variant("reaches logvar", "logvar_detached", lambda m, v: textbook(m, v.detach()))
variant("reaches mu:", "mu_detached", lambda m, v: textbook(m.detach(), v))
variant("bounds logvar", "clamped", lambda m, v: textbook(m, v.clamp(-6, 6)))
variant(
    "bounds logvar",
    "epsilon_in_the_log",
    lambda m, v: half(m**2, v.exp() - 1, -(v.exp() + 1e-6).log()),
)
variant("forget a return", "no_return", lambda m, v: None)
variant("a tensor was expected", "a_float", lambda m, v: textbook(m, v).sum().item())
variant(
    "on a GPU",
    "prior_on_the_cpu",
    lambda m, v: kl_divergence(
        Normal(m, (v / 2).exp()), Normal(torch.zeros(m.shape), torch.ones(m.shape))
    ).sum(1),
)
variant("batch of one", "squeezed", lambda m, v: textbook(m, v).squeeze())


def by_sampling(mu, logvar):
    posterior = Normal(mu, (logvar / 2).exp())
    z = posterior.rsample((10,))
    return (posterior.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).mean(0).sum(1)


@wrong("cvae-loss/kl", "changes a tensor")
def writes_into_logvar(mu, logvar):
    return 0.5 * (mu.square() - 1 - logvar.clone() + logvar.exp_()).sum(1)


@wrong("cvae-loss/kl", "It prints")
def prints(mu, logvar):
    print(mu.shape)
    return textbook(mu, logvar)
