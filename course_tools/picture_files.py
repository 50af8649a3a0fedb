"""A data set as most tutorials hold it, to compare with."""

from collections.abc import Callable

from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset


class PictureFiles(Dataset):
    """Pictures as most tutorials hold them: PIL images, transformed one by one."""

    def __init__(self, images: Tensor, labels: Tensor, transform: Callable) -> None:
        pixels = (images[:, 0] * 255).byte().cpu().numpy()
        self.items = list(zip(map(Image.fromarray, pixels), labels.tolist(), strict=True))
        self.transform = transform

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image, label = self.items[index]
        return self.transform(image), label
