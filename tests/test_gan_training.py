"""The average that a GAN's training keeps, and the album of its drawings."""

import pytest
import torch
from torch import nn

from course_utils import plots
from course_utils.gan_training import KEPT, Album, averaged, show_history


def test_the_average_follows_quickly_at_first_and_slowly_later():
    model = nn.BatchNorm1d(1)
    average = averaged(model)
    expected = 1.0
    for count in range(5000):
        nn.init.constant_(model.weight, 1.0 + count)
        average.update_parameters(model)
        # The first call copies the model.
        kept = min(KEPT, (1 + count) / (10 + count)) if count else 0.0
        expected = kept * expected + (1 - kept) * (1.0 + count)
        if count in (0, 1, 10, 4999):
            assert average.module.weight.item() == pytest.approx(expected, rel=1e-3)
    assert kept == KEPT


def test_buffers_are_averaged_too():
    model = nn.BatchNorm1d(1)
    average = averaged(model)
    for value in (0.0, 1.0):
        model.running_mean.fill_(value)
        average.update_parameters(model)
    assert average.module.running_mean.item() == pytest.approx(1 - 2 / 11, rel=1e-3)


class Painter(nn.Module):
    """Draws its label as a grey value, 0 as -1; in half of the classes one too much."""

    def __init__(self, mistakes: bool) -> None:
        super().__init__()
        self.mistakes = mistakes

    def forward(self, z, labels):
        labels = labels + (labels < 2) * self.mistakes
        return (labels / 2 - 1).view(-1, 1, 1, 1).expand(-1, 1, 4, 4) + 0 * z.mean()


def grey_judge(images):
    """Reads the label off the grey value."""
    return nn.functional.one_hot((images.mean((1, 2, 3)) * 4).round().long(), 5).float()


@pytest.mark.parametrize(("mistakes", "accuracy"), [(False, 1.0), (True, 0.5)])
def test_the_album_tells_the_accuracy_and_keeps_some_drawings(mistakes, accuracy):
    noise = torch.randn(4, 3)
    album = Album(grey_judge, noise, epochs=(1, 3))
    painter = Painter(mistakes)
    for epoch in (1, 2, 3):
        assert album(painter, epoch) == {"accuracy": pytest.approx(accuracy)}
    assert list(album.drawings) == [1, 3]
    assert torch.equal(album.drawings[1], painter(noise, torch.arange(4)))


def test_figures_say_what_they_show(monkeypatch):
    captions = []
    monkeypatch.setattr(plots, "show_figure", lambda figure, caption: captions.append(caption))
    album = Album(grey_judge, torch.randn(4, 3), epochs=(1,))
    album(Painter(False), 1)
    album.show()
    show_history({"discriminator": [2.0, 1.5], "generator": [0.5, 0.25], "accuracy": [0.1, 1.0]})
    plots.plt.close("all")
    assert "4 points of noise" in captions[0] and "after 1 epochs" in captions[0]
    assert "2 epochs the discriminator's loss is 1.50, the generator's 0.25" in captions[1]
    assert "the accuracy 1.00" in captions[1]
