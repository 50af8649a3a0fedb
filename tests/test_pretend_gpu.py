"""Each snippet runs under `pretend_gpu()` and, where there is one, on a real GPU: both must agree.

A snippet takes the device. One that works returns tensors on it, or plain numbers, and its values
must be those of a plain CPU run. One that fails must fail with CUDA's words; where CUDA words an
operation's error in its own way, the pattern names both.
"""

import contextlib
import copy
import gc
import weakref

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.parametrizations import spectral_norm
from torch.overrides import _get_current_function_mode_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from course_utils.pretend_gpu import pretend_gpu

SAME_DEVICE = "Expected all tensors to be on the same device"
INDICES = r"indices should be either on cpu or on the same device as the indexed tensor \(cpu\)"
WRONG_GENERATOR = "Expected a 'cuda' device type for generator but found 'cpu'"
NUMPY = "can't convert cuda:0 device type tensor to numpy"

X = torch.linspace(-1, 1, 24).view(6, 4)
Y = torch.tensor([0, 2, 1, 0, 2, 1])
GENERATOR = torch.Generator()
IMAGES = torch.linspace(0, 1, 2 * 8 * 8).view(2, 1, 8, 8)


class Net(nn.Module):
    """A bit of everything that the course's models are made of."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(3, 16)
        self.conv = spectral_norm(nn.Conv2d(1, 4, 4, 2, 1))
        self.norm = nn.BatchNorm2d(4)
        self.up = nn.ConvTranspose2d(4, 1, 4, 2, 1)
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(64 + 16, 3)

    def forward(self, images, labels):
        h = self.up(F.leaky_relu(self.norm(self.conv(images)), 0.2))
        return self.head(self.drop(torch.cat([h.flatten(1), self.embed(labels)], dim=1)))


def train(make_optimizer, backward=torch.Tensor.backward):
    def snippet(device):
        net = Net().to(device)
        optimizer = make_optimizer(net.parameters())
        images, labels = IMAGES.to(device), Y[:2].to(device)
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images, labels), labels)
            backward(loss)
            clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        return [loss.detach(), *net.parameters(), *net.buffers()]

    return snippet


def set_by_index(device):
    x = torch.zeros(6, 4, device=device)
    x[torch.arange(6), Y] = 1.0
    x[torch.tensor([True, False] * 3)] *= 2
    x[0] = X[0]
    x[Y.to(device) == 1, 3] = 5.0
    return x


def set_on_the_cpu_by_index(device):
    x = torch.zeros(6, 4)
    x[torch.arange(6), Y.to(device)] = 1.0
    x[Y.to(device) == 1] = 3.0
    return x.tolist()


def gradient_crosses(device):
    x = X.clone().requires_grad_()
    (x.exp().to(device) * X.to(device)).sum().backward()
    return (x.grad * X).tolist()


def gradient_of(function):
    def snippet(device):
        x = X.to(device).clone().requires_grad_()
        return torch.autograd.grad(function(x, Y.to(device)).sum(), x)

    return snippet


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.full((4,), 2.0, device=grad.device)


def hooks_see_the_device(device):
    x = X.to(device).clone().requires_grad_()
    devices = []
    x.register_hook(lambda grad: devices.append(grad.device))
    Doubled.apply(x).sum().backward()
    assert devices == [device]
    return x.grad


def sparse_gradient(device):
    embed = nn.Embedding(3, 2, sparse=True).to(device)
    optimizer = torch.optim.SGD(embed.parameters(), lr=0.1)
    embed(Y.to(device)).sum().backward()
    assert embed.weight.grad.device == device
    optimizer.step()
    return embed.weight


def backward_makes_zeros(backward):
    def snippet(device):
        x = X.to(device).clone().requires_grad_()
        used = x.unbind(1)[0]
        backward((used**2).sum())
        return x.grad

    return snippet


def hook_with_a_cpu_tensor(device):
    x = X.to(device).clone().requires_grad_()
    x.register_hook(lambda grad: grad * X)
    x.sum().backward()


class WithAPlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4)]

    def forward(self, x):
        return self.layers[0](x)


def accumulate(device):
    total = torch.zeros((), device=device)
    for row in X.to(device):
        total += row.mean()
    return total, float(total), total.item()


def copies(device):
    net, other = Net().to(device), Net().to(device)
    other.load_state_dict(net.state_dict())
    return [*copy.deepcopy(net).state_dict().values(), *other.parameters()]


def restored_on_the_cpu(device):
    net = Net().to(device)
    assert net.cpu().head.weight.device.type == "cpu"
    return net(IMAGES, Y[:2]).tolist()


def buffers_follow(device):
    norm = nn.BatchNorm1d(4).to(device)
    norm(X.to(device))
    return norm.running_mean, norm.running_var, norm.num_batches_tracked


def lazy_layers(device):
    moved = nn.Sequential(nn.LazyConv2d(2, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(3))
    made_there = nn.LazyLinear(2, device=device)
    back = nn.LazyLinear(2).to(device).cpu()
    assert moved.to(device)[3].weight.device == made_there.weight.device == device
    assert back.weight.device.type == "cpu"
    back(X)
    assert back.weight.device.type == "cpu"
    out = made_there(moved(IMAGES.to(device)))
    out.sum().backward()
    return out, [p.grad for p in moved.parameters()], [*made_there.parameters(), *moved.buffers()]


def questions(device):
    x = X.to(device)
    assert x.device == torch.device(device) and x.is_cuda == (x.device.type == "cuda")
    assert x.is_cpu != x.is_cuda and x.get_device() == (0 if x.is_cuda else -1)
    assert x.type() == ("torch.cuda.FloatTensor" if x.is_cuda else "torch.FloatTensor")
    return str(x.tolist()), len(x), bool((x > 0).any())


def default_device(device):
    with torch.device(device):
        return torch.zeros(2), nn.Linear(2, 2).to(X.dtype).weight, torch.tensor([1.0]), X.to(device)


def set_default_device(device):
    torch.set_default_device(device)
    try:
        return torch.zeros(2), nn.Linear(2, 2).bias, torch.as_tensor([1.0]), X.to(device)
    finally:
        torch.set_default_device(None)


def forked(device):
    with torch.random.fork_rng():
        return torch.zeros(2, device=device)


def old_style_types(device):
    x = X.to(device)
    there = "torch.cuda.DoubleTensor" if x.is_cuda else "torch.DoubleTensor"
    here = (x.type("torch.FloatTensor") + X, x.type(torch.FloatTensor) + X)
    return X.type(there), x.type(torch.int64), [t.tolist() for t in here]


def own_generator(device):
    assert isinstance(GENERATOR, torch.Generator)
    generator = torch.Generator(device=device).manual_seed(0)
    return torch.randn(3, device=device, generator=generator).shape


def inference(device):
    net = Net().to(device).eval()
    with torch.inference_mode():
        return net(IMAGES.to(device), Y[:2].to(device)), F.one_hot(Y.to(device))


def with_numpy(device):
    x = X.to(device)
    return x.cpu().numpy().sum(), x.numpy(force=True).sum(), np.asarray(x.detach().cpu()).sum()


def moved(device):
    x = torch.from_numpy(X.numpy()).to(device=device, dtype=torch.float64)
    return x, X.to(x), x.to(torch.int64), Y.to(device, torch.float32), x.float(), Y.type_as(x)


WORKS = {
    **{
        f"{name}, foreach={foreach}": train(lambda p, make=make, f=foreach: make(p, foreach=f))
        for foreach in (None, True, False)
        for name, make in {
            "SGD": lambda p, **kw: torch.optim.SGD(p, lr=0.1, momentum=0.9, **kw),
            "Adam": lambda p, **kw: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.999), **kw),
            "AdamW": lambda p, **kw: torch.optim.AdamW(p, lr=0.1, amsgrad=True, **kw),
        }.items()
    },
    "Adam, fused": train(lambda p: torch.optim.Adam(p, fused=True)),
    "autograd.backward": train(torch.optim.SGD, torch.autograd.backward),
    "unused columns": backward_makes_zeros(torch.Tensor.backward),
    "unused columns, autograd.backward": backward_makes_zeros(torch.autograd.backward),
    "sparse gradient": sparse_gradient,
    "inference_mode": inference,
    "hooks": hooks_see_the_device,
    "gradient of a copy": gradient_crosses,
    "gradient of gather": gradient_of(lambda x, y: x.gather(1, y[:, None]) ** 2),
    "gradient of index": gradient_of(lambda x, y: x[torch.arange(6), y] ** 2),
    "gradient of index_select": gradient_of(lambda x, y: x.index_select(0, y) ** 2),
    "gradient of cdist": gradient_of(lambda x, y: torch.cdist(x, x.detach() + 1)),
    "gradient of interpolate": gradient_of(
        lambda x, y: F.interpolate(x.view(1, 1, 6, 4), scale_factor=2, mode="bilinear") ** 2
    ),
    "gradient of eigvalsh": gradient_of(
        lambda x, y: torch.linalg.eigvalsh(x.T @ x + torch.eye(4, device=x.device))
    ),
    "gradient of max, std and sort": gradient_of(
        lambda x, y: x.max(1).values + x.std(1) + x.sort(1).values[:, 0]
    ),
    "batch norm": buffers_follow,
    "lazy layers": lazy_layers,
    "copies": copies,
    "back to the cpu": restored_on_the_cpu,
    "questions": questions,
    "moved": moved,
    "cuda()": lambda d: (X.cuda(), *nn.BatchNorm1d(4).cuda(0).buffers())
    if d.type == "cuda"
    else (X, *nn.BatchNorm1d(4).buffers()),
    "old-style types": old_style_types,
    "fork_rng": forked,
    "default device": default_device,
    "set_default_device": set_default_device,
    "generator on the device": own_generator,
    "numpy": with_numpy,
    "accumulate": accumulate,
    "set by index": set_by_index,
    "set on the cpu by index": set_on_the_cpu_by_index,
    "new from old": lambda d: (
        X.to(d).new_zeros(2), torch.zeros_like(X.to(d)), torch.full_like(Y.to(d), 3),
        torch.empty_like(X, device=d).fill_(1), X.to(d).new_tensor([1, 2]), Y.to(d).new_ones(2),
    ),
    "factories": lambda d: (
        torch.arange(3, device=d), torch.linspace(0, 1, 3, device=d), torch.tensor([1], device=d),
        torch.eye(3, device=d)[Y.to(d)], torch.as_tensor(X, device=d), torch.asarray([1], device=d),
        torch.full((2,), 7, device=str(d)), torch.ones(2, device=torch.device(device=d)),
    ),
    "as_tensor leaves its source": lambda d: (
        torch.as_tensor(X, device=d), torch.asarray(X, device=d), (X + torch.ones(4)).tolist()
    )[2],
    "a list is on the cpu": lambda d: (torch.tensor([1.0, 2.0]) + X[0, :2]).tolist(),
    "a list of tensors is on the cpu": lambda d: (
        torch.tensor([t for t in X[0].to(d)]) + X[0]
    ).tolist(),
    "one_hot": lambda d: F.one_hot(Y.to(d), 3),
    "bincount": lambda d: torch.bincount(Y.to(d), minlength=5),
    "unique": lambda d: torch.unique(Y.to(d), return_counts=True),
    "quantile and bucketize": lambda d: torch.bucketize(
        X.to(d), torch.quantile(X.to(d), torch.tensor([0.3, 0.6], device=d))
    ),
    "a cpu index": lambda d: X.to(d)[torch.tensor([2, 0])],
    "a cpu and a gpu index": lambda d: X.to(d)[torch.arange(6), Y.to(d)],
    "a cpu mask": lambda d: X.to(d)[Y == 1],
    "a permutation from a cpu generator": lambda d: X.to(d)[
        torch.randperm(6, generator=torch.Generator().manual_seed(0))
    ],
    "a gpu number as cpu index": lambda d: X[Y.to(d)[1]].tolist(),
    "a cpu number beside": lambda d: X.to(d) * torch.tensor(2.0) // torch.tensor(0.5),
    "where with a cpu number": lambda d: torch.where(X.to(d) > 0, X.to(d), torch.tensor(0.0)),
    "masked_fill with a cpu number": lambda d: X.to(d).masked_fill(X.to(d) > 0, torch.tensor(9.0)),
    "copy_ crosses": lambda d: torch.zeros(6, 4, device=d).copy_(X),
    "copy_ crosses back": lambda d: torch.zeros(6, 4).copy_(X.to(d)).tolist(),
    "scatter_": lambda d: torch.zeros(6, 3, device=d).scatter_(1, Y.to(d)[:, None], 1.0),
    "index_add_": lambda d: torch.zeros(3, 4, device=d).index_add_(0, Y.to(d), X.to(d)),
    "masked_fill": lambda d: X.to(d).masked_fill(X.to(d) > 0, 0.0),
    "multinomial": lambda d: torch.multinomial(torch.tensor([0.0, 1.0], device=d), 4, True),
    "cdist": lambda d: torch.cdist(X.to(d), X.to(d) + 1),
    "var_mean": lambda d: torch.var_mean(X.to(d), dim=0),
    "eigh": lambda d: torch.linalg.eigh(X.to(d).T @ X.to(d)).eigenvalues,
    "svdvals": lambda d: torch.linalg.svdvals(X.to(d)),
    "argsort": lambda d: X.to(d).flatten().argsort(descending=True),
    "einsum": lambda d: torch.einsum("bf,cf->bc", X.to(d), X.to(d)),
    "dropout": lambda d: F.dropout(torch.zeros(3, 3, device=d), 0.5),
    "gumbel_softmax": lambda d: F.gumbel_softmax(X.to(d), hard=True).sum(1),
    "attention": lambda d: nn.MultiheadAttention(4, 2, add_zero_attn=True, bias=False)
    .to(d)(X.to(d), X.to(d), X.to(d))[0].sum(1) * 0,
    "gru": lambda d: nn.GRU(4, 3).to(d)(X.to(d))[0] * 0,
    "normal distribution": lambda d: torch.distributions.Normal(
        torch.zeros(3, device=d), 1.0
    ).log_prob(X.to(d)[0, :3]),
    "weighted losses": lambda d: (
        F.cross_entropy(X.to(d), Y.to(d), weight=torch.ones(4, device=d)),
        F.binary_cross_entropy_with_logits(X.to(d), X.to(d), pos_weight=torch.tensor(2.0)),
    ),
    "printing": lambda d: "1.5" in f"{torch.tensor([1.5], device=d)!r} {X.to(d).mean():.3f}",
    "cuda if available": lambda d: torch.zeros(
        2, device=d if torch.cuda.is_available() else "cpu"
    ),
}  # fmt: skip

RAISES = {
    "add": (lambda d: X.to(d) + X, SAME_DEVICE),
    "add_ of a cpu tensor": (lambda d: X.to(d).clone().add_(X), SAME_DEVICE),
    "add_ to a cpu tensor": (lambda d: X.clone().add_(X.to(d)), SAME_DEVICE),
    "a gpu number added to a cpu one": (
        lambda d: torch.zeros(()).add_(torch.ones((), device=d)),
        SAME_DEVICE,
    ),
    "a tensor made on the cpu": (lambda d: X.to(d) * torch.rand(6, 4), SAME_DEVICE),
    "noise made on the cpu": (lambda d: X.to(d) + torch.randn(X.shape), SAME_DEVICE),
    "a tensor of one element": (lambda d: X.to(d) * torch.tensor([2.0]), SAME_DEVICE),
    "matmul": (lambda d: X.to(d) @ X.T, SAME_DEVICE),
    "cat": (lambda d: torch.cat([X.to(d), X]), SAME_DEVICE),
    "cat with one_hot on the cpu": (
        lambda d: torch.cat([X.to(d), F.one_hot(Y, 3)], dim=1),
        SAME_DEVICE,
    ),
    "stack of numbers": (
        lambda d: torch.stack([torch.ones((), device=d), torch.ones(())]),
        SAME_DEVICE,
    ),
    "where": (lambda d: torch.where(X.to(d) > 0, X.to(d), X), SAME_DEVICE),
    "embedding of cpu indices": (lambda d: nn.Embedding(3, 2).to(d)(Y), SAME_DEVICE),
    "embedding of a cpu number": (lambda d: nn.Embedding(3, 2).to(d)(Y[0]), SAME_DEVICE),
    "embedding left on the cpu": (lambda d: nn.Embedding(3, 2)(Y.to(d)), SAME_DEVICE),
    "linear left on the cpu": (lambda d: nn.Linear(4, 2)(X.to(d)), SAME_DEVICE),
    "linear of a cpu input": (lambda d: nn.Linear(4, 2).to(d)(X), SAME_DEVICE),
    "conv of a cpu input": (
        lambda d: nn.Conv2d(1, 2, 3).to(d)(IMAGES),
        f"{SAME_DEVICE}|should be the same",
    ),
    "conv left on the cpu": (
        lambda d: nn.ConvTranspose2d(1, 2, 3)(IMAGES.to(d)),
        f"{SAME_DEVICE}|should be the same",
    ),
    "a gpu index": (lambda d: torch.eye(3)[Y.to(d)], INDICES),
    "a gpu mask": (lambda d: X[Y.to(d) == 1], INDICES),
    "gather": (lambda d: X.to(d).gather(1, Y[:, None]), SAME_DEVICE),
    "scatter_ into a cpu tensor": (
        lambda d: torch.zeros(6, 3).scatter_(1, Y.to(d)[:, None], 1.0),
        SAME_DEVICE,
    ),
    "scatter_ of a cpu index": (
        lambda d: torch.zeros(6, 3, device=d).scatter_(1, Y[:, None], 1.0),
        SAME_DEVICE,
    ),
    "index_select": (lambda d: X.to(d).index_select(0, Y), SAME_DEVICE),
    "index_add_": (
        lambda d: torch.zeros(3, 4).index_add_(0, Y.to(d), X.to(d)),
        SAME_DEVICE,
    ),
    "masked_fill": (
        lambda d: X.to(d).masked_fill(X > 0, 0.0),
        f"{SAME_DEVICE}|expected self and mask to be on the same device",
    ),
    "cpu values set by index": (
        lambda d: X.to(d).clone().index_put_((torch.arange(6), Y.to(d)), torch.ones(6)),
        SAME_DEVICE,
    ),
    "gpu values set in a cpu tensor": (
        lambda d: torch.zeros(6, 4).index_put_((torch.arange(6), Y), torch.ones(6, device=d)),
        SAME_DEVICE,
    ),
    "cpu targets": (lambda d: F.cross_entropy(X.to(d), Y), SAME_DEVICE),
    "cpu class weights": (
        lambda d: F.cross_entropy(X.to(d), Y.to(d), weight=torch.ones(4)),
        SAME_DEVICE,
    ),
    "cpu targets of a regression": (lambda d: F.mse_loss(X.to(d), X), SAME_DEVICE),
    "cpu targets of fixed size": (
        lambda d: F.binary_cross_entropy_with_logits(X.to(d), torch.ones(6, 4)),
        SAME_DEVICE,
    ),
    "a hook with a cpu tensor": (hook_with_a_cpu_tensor, SAME_DEVICE),
    "a layer in a plain list": (
        lambda d: WithAPlainList().to(d)(X.to(d)),
        SAME_DEVICE,
    ),
    "randn with a cpu generator": (
        lambda d: torch.randn(3, device=d, generator=GENERATOR),
        WRONG_GENERATOR,
    ),
    "randperm with a cpu generator": (
        lambda d: torch.randperm(3, device=d, generator=GENERATOR),
        WRONG_GENERATOR,
    ),
    "normal_ with a cpu generator": (
        lambda d: X.to(d).clone().normal_(generator=GENERATOR),
        WRONG_GENERATOR,
    ),
    "multinomial with a cpu generator": (
        lambda d: torch.multinomial(torch.ones(3, device=d), 2, generator=GENERATOR),
        WRONG_GENERATOR,
    ),
    "numpy": (lambda d: X.to(d).numpy(), NUMPY),
    "asarray": (lambda d: np.asarray(X.to(d)), NUMPY),
    "a second GPU": (lambda d: X.to("cuda:9"), "invalid device ordinal"),
}


@pytest.fixture(params=["pretend", "cuda"])
def machine(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a real GPU, to compare the pretended one with")
    return request.param


def on(machine):
    return (
        pretend_gpu() if machine == "pretend" else contextlib.nullcontext(torch.device("cuda", 0))
    )


def flat(result):
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in flat(part)]
    return [result.detach()] if isinstance(result, torch.Tensor) else [result]


def run(snippet, device):
    torch.manual_seed(0)
    return flat(snippet(device))


@pytest.mark.parametrize("name", WORKS)
def test_what_runs_on_cuda_runs_here(name, machine):
    with on(machine) as gpu:
        results = run(WORKS[name], gpu)
        tensors = [r for r in results if isinstance(r, torch.Tensor)]
        assert all(tensor.device == gpu for tensor in tensors)
        assert all(tensor.cpu().device.type == "cpu" for tensor in tensors)
    if machine == "pretend":  # a real GPU draws other random numbers and rounds otherwise
        expected = run(WORKS[name], torch.device("cpu"))
        assert len(results) == len(expected)
        for result, value in zip(results, expected, strict=True):
            if isinstance(result, torch.Tensor):
                torch.testing.assert_close(result, value, rtol=1e-6, atol=1e-6)
            else:
                assert result == value


@pytest.mark.parametrize("name", RAISES)
def test_what_fails_on_cuda_fails_here(name, machine):
    snippet, message = RAISES[name]
    error = TypeError if message == NUMPY else RuntimeError
    with on(machine) as gpu, pytest.raises(error, match=message):
        snippet(gpu)


@pytest.mark.parametrize("name", RAISES)
def test_what_fails_on_cuda_runs_on_the_cpu(name):
    """So that a snippet cannot fail for another reason than its devices."""
    if name != "a second GPU":
        RAISES[name][0](torch.device("cpu"))


def machinery():
    modules = (torch, torch.cuda, torch.accelerator, torch.autograd, torch.backends.cudnn)
    return [dict(vars(module)) for module in modules]


@pytest.mark.parametrize("error", [None, KeyError, KeyboardInterrupt])
def test_nothing_stays_behind(error):
    before = machinery()
    with contextlib.suppress(KeyError, KeyboardInterrupt), pretend_gpu() as gpu:
        x, net = X.to(gpu), nn.Linear(4, 2, device=gpu)
        torch.set_default_device("cuda")
        if error:
            raise error
    for names, now in zip(before, machinery(), strict=True):
        assert [name for name in names if now[name] is not names[name]] == []
    assert torch.zeros(()).device.type == "cpu"
    assert not _get_current_function_mode_stack() and not _get_current_dispatch_mode_stack()
    assert x.device.type == "cpu" and not x.is_cuda and np.array_equal(x.numpy(), X.numpy())
    assert torch.equal(net(X + x), net(X * 2))


def test_an_error_in_backward_leaves_nothing_behind():
    with pytest.raises(RuntimeError, match=SAME_DEVICE), pretend_gpu() as gpu:
        hook_with_a_cpu_tensor(gpu)
    assert not _get_current_function_mode_stack() and not _get_current_dispatch_mode_stack()


def test_a_second_block_starts_on_the_cpu():
    with pretend_gpu() as gpu:
        x = X.to(gpu)
    with pretend_gpu():
        assert x.device.type == "cpu"
        assert torch.equal(x + X, X * 2)


def test_blocks_do_not_nest():
    with pretend_gpu() as gpu:
        with pytest.raises(RuntimeError, match="already on"), pretend_gpu():
            pass
        assert X.to(gpu).device == gpu


def test_a_copy_is_a_copy():
    with pretend_gpu() as gpu:
        x = X.to(gpu)
        x.zero_()
        assert x.to(gpu) is x
    assert X.abs().sum() > 0


def test_views_share_the_device_and_copies_do_not():
    with pretend_gpu() as gpu:
        x = X.to(gpu)
        assert all(v.device == gpu for v in (x[1:], x.T, x.detach(), x.data, *x.unbind()))
        assert x.cpu()[0].device.type == "cpu"


def test_other_devices_are_refused():
    with pretend_gpu(), pytest.raises(RuntimeError, match="knows the devices cpu and cuda"):
        X.to("mps")


def test_marks_die_with_their_storages():
    with pretend_gpu() as gpu:
        train(torch.optim.Adam)(gpu)
        gc.collect()
        before = sum(type(o) is torch.UntypedStorage for o in gc.get_objects())
        for _ in range(3):
            train(torch.optim.Adam)(gpu)
        gc.collect()
        assert sum(type(o) is torch.UntypedStorage for o in gc.get_objects()) <= before
        x = X.to(gpu)
        ledger = weakref.ref(x.untyped_storage().pretend_gpu[0])
    del x
    gc.collect()
    assert ledger() is None
