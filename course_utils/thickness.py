"""How thick the stroke of a drawing is.

After Morpho-MNIST (Castro et al. 2019, JMLR 20(178)): twice the mean distance to the background
along the skeleton of the stroke. The skeleton is found by thinning (Zhang and Suen 1984).
"""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt
from skimage.morphology import skeletonize
from torch import Tensor

from course_utils.inputs import expect_images

SCALE = 4  # of the enlarged image: a stroke of 3 pixels alone has too few distances to tell apart
CHUNK = 500  # images enlarged at once


def stroke_thickness(images: Tensor) -> Tensor:
    """The mean thickness of the stroke in pixels, float32 `(N,)`, for images `(N, 1, H, W)`.

    The stroke is where an image, enlarged, is above 0.5. Without any stroke the thickness is 0.
    For straight strokes from 1.5 to 5 pixels it is within half a pixel of the truth.

    Raises ValueError for images of another shape or outside [0, 1].
    """
    expect_images(images, (1, None, None))
    thickness = []
    for chunk in images.detach().cpu().split(CHUNK):
        large = F.interpolate(chunk, scale_factor=SCALE, mode="bilinear", align_corners=False)
        thickness += [_mean_thickness(image) / SCALE for image in (large[:, 0] > 0.5).numpy()]
    return torch.tensor(thickness, dtype=torch.float32, device=images.device)


def _mean_thickness(stroke: np.ndarray) -> float:
    """Twice the mean distance to the background along the skeleton of a 2-d mask, in its pixels.

    A distance goes from a pixel's middle to the middle of the nearest background pixel, half a
    pixel too far. But half of all widths are even, and the skeleton lies beside their middle; and
    it runs on into the ends. For straight strokes these cancel in the mean, so nothing is
    corrected.
    """
    rows, columns = stroke.nonzero()
    if len(rows) == 0:
        return 0.0
    # The box around the stroke alone takes a third of the time. Beyond it is background.
    box = stroke[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    box = np.pad(box, 1)
    return 2 * float(distance_transform_edt(box)[skeletonize(box)].mean())
