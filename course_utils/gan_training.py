"""What the trainings of the GANs share: the average that is kept, and the album of its drawings."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from course_utils import plots
from course_utils.judges import Judge
from course_utils.training import History

KEPT = 0.997


def averaged(model: nn.Module) -> AveragedModel:
    """A running average of ``model``, weights and buffers (Yazıcı et al. 2019).

    ``update_parameters(model)`` keeps (1 + n) / (10 + n) of the average after n calls, so that
    little is left of the random start, and 99.7 % at most. The rest comes from the model.
    """

    def blend(average: list[Tensor], current: list[Tensor], count: Tensor) -> None:
        kept = min(KEPT, (1 + int(count)) / (10 + int(count)))
        get_ema_multi_avg_fn(kept)(average, current, count)

    return AveragedModel(model, multi_avg_fn=blend, use_buffers=True)


class Album:
    """Watches a generator on its way: give it to the training, which calls it after each epoch.

    At some ``epochs`` it keeps drawings of the same ``noise`` ``(C, latent_dim)``, one for each of
    C classes. After each it asks ``judge`` about 10 fresh drawings per class.
    """

    def __init__(self, judge: Judge, noise: Tensor, epochs: Collection[int]) -> None:
        self.judge, self.noise, self.epochs = judge, noise, epochs
        self.drawings: dict[int, Tensor] = {}

    @torch.no_grad()
    def __call__(self, generator: nn.Module, epoch: int) -> dict[str, float]:
        """The conditional accuracy of ``generator(z, labels)``, whose images are in [-1, 1]."""
        num_classes, latent_dim = self.noise.shape
        ten = torch.arange(num_classes, device=self.noise.device)
        if epoch in self.epochs:
            self.drawings[epoch] = generator(self.noise, ten)
        asked = ten.repeat(10)
        drawn = generator(torch.randn(len(asked), latent_dim, device=asked.device), asked)
        seen = self.judge((drawn + 1) / 2).argmax(dim=1)
        return {"accuracy": (seen == asked).float().mean().item()}

    def show(self) -> None:
        """Show the drawings that were kept, one row for each epoch."""
        columns = len(self.noise)
        plots.show_images(
            (torch.cat(list(self.drawings.values())) + 1) / 2,
            titles=[f"epoch {e}" if k == 0 else "" for e in self.drawings for k in range(columns)],
            columns=columns,
            caption=f"The same {columns} points of noise, one for each class, after "
            f"{', '.join(map(str, self.drawings))} epochs.",
        )


def show_history(history: History) -> None:
    """Draw both losses and the conditional accuracy by epoch."""
    losses = {name: history[name] for name in ("discriminator", "generator")}
    plots.show_curves(
        {"losses": losses, "conditional accuracy": {"on fresh drawings": history["accuracy"]}},
        xlabel="epoch",
        caption="Both losses, and the conditional accuracy. After "
        f"{len(history['accuracy'])} epochs the discriminator's loss is "
        f"{history['discriminator'][-1]:.2f}, the generator's {history['generator'][-1]:.2f}, the "
        f"accuracy {history['accuracy'][-1]:.2f}.",
    )
