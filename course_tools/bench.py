"""Measure: ``python -m course_tools.bench``. Both sides of each comparison run in one go."""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import jupytext
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import ToTensor

from course_tools.gradebook import SOLUTIONS
from course_tools.picture_files import PictureFiles
from course_tools.race import Clock
from course_tools.reference import CbnTraining, code_cells, run_cells
from course_utils.checking import probe
from course_utils.data import Batches, Data, load_data
from course_utils.device import get_device
from course_utils.exercises import example, find
from course_utils.judging import Criterion
from course_utils.pretend_gpu import pretend_gpu


def seconds(function: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a call, after one call to warm up."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def batches_beside_data_loader() -> None:
    """Images per second of one pass over the digits."""
    data = load_data("digits", torch.device("cpu"))
    images, labels = data.train_images, data.train_labels
    tensors = Batches(images, labels, batch_size=64)
    loader = DataLoader(PictureFiles(images, labels, ToTensor()), batch_size=64, shuffle=True)
    ours, theirs = (seconds(lambda source=source: list(source)) for source in (tensors, loader))
    print(f"batches of the digits: {len(images) / ours:,.0f} images/s as tensors on the device,")
    print(f"  {len(images) / theirs:,.0f} with DataLoader and ToTensor: ratio {theirs / ours:.0f}")


def pretend_gpu_beside_cpu() -> None:
    """A training step of a small classifier, plain and on the pretend GPU."""
    x, y = torch.randn(64, 784), torch.randint(10, (64,))
    layers = torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)

    def step(device: torch.device) -> None:
        model = torch.nn.Sequential(*layers).to(device)
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(20):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x.to(device)), y.to(device)).backward()
            optimizer.step()

    def pretended() -> None:
        with pretend_gpu() as gpu:
            step(gpu)

    plain, pretend = seconds(lambda: step(torch.device("cpu"))), seconds(pretended)
    print(f"20 training steps: {plain * 1e3:.0f} ms plain, {pretend * 1e3:.0f} ms on the pretend")
    print(f"  GPU: ratio {pretend / plain:.1f}")


def checks() -> None:
    """What a learner waits for after running the cell of a check, on the reference answers."""
    namespace: dict[str, object] = {}
    for path in sorted(SOLUTIONS.glob("[0-9]*.py")):
        cells = jupytext.read(path, fmt="py:percent").cells
        exec(next(cell.source for cell in cells if cell.cell_type == "code"), namespace)
        for cell in cells:
            if "exercise" in cell.metadata:
                exec(cell.source, namespace)
            if "test" in cell.metadata:
                slug = cell.metadata["test"]
                answer = namespace[cell.source.split(", ")[1].split(")")[0]]
                taken = seconds(partial(check_silently, slug, answer))
                print(f"check {slug:24} {taken * 1e3:5.0f} ms")


def check_silently(slug: str, answer: object) -> list[Criterion]:
    """What `check` does, without the display."""
    (case, key), exercise = example(slug), find(slug)
    return exercise.judge(case, key, probe(exercise, answer, case))


def in_turns(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of one core that each takes, called in turns after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds + 1):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def cost_of_conditioning(rounds: int = 100) -> None:
    """A forward and a backward pass of notebook 04's blocks, beside that with plain batch norm."""
    beginnings = (
        "class Concatenating(",
        "class ConditionalInstanceNorm(",
        "def after_conv(",
        "maps, asked = ",
    )
    names = run_cells(code_cells(CbnTraining.notebook), beginnings, {"num_classes": 10})

    def step(name: str) -> None:
        conv, layer = names["blocks"][name]
        layer(conv(names["maps"]), *names["conditions"].get(name, [])).sum().backward()

    taken = in_turns({name: partial(step, name) for name in names["blocks"]}, rounds)
    plain = taken["batch norm"]
    print(f"forward and backward of a convolution with batch norm: {plain * 1e3:.1f} ms; beside it")
    for name, each in taken.items():
        print(f"  {name:26} ratio {each / plain:.2f}")


def gan_on_cifar_shapes(num_images: int) -> None:
    """Images per second of notebook 04's training on random images of CIFAR-10's shape."""
    device = get_device()
    images = torch.rand(num_images, 3, 32, 32, device=device)
    labels = torch.randint(10, (num_images,), device=device)
    names = tuple(str(k) for k in range(10))
    training = CbnTraining(Data("random", images, labels, images, labels, names))
    training.names["num_epochs"] = 1
    training.run(0)  # to warm up
    clock = Clock(device)
    with clock.running():
        training.run(0)
    rate = num_images / clock.seconds
    where = torch.cuda.get_device_name() if device.type == "cuda" else "the CPU: there is no GPU"
    print(f"GAN of notebook 04 on images of (3, 32, 32): {rate:,.0f} images/s on {where}")


def main() -> None:
    """Run every benchmark on one thread."""
    torch.set_num_threads(1)
    print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, one thread")
    batches_beside_data_loader()
    pretend_gpu_beside_cpu()
    cost_of_conditioning()
    gan_on_cifar_shapes(num_images=20_000 if torch.cuda.is_available() else 1_000)
    checks()


if __name__ == "__main__":
    main()
