"""Train the models of digits that come with the course: ``python -m course_tools.train_models``.

They are those of notebooks 02, 03 and 04 from seed 0, for learners who start notebook 05 without.
They are kept as programs of torch.export, which show no answer to an exercise.
"""

import torch

from course_tools.record_runs import TRAININGS
from course_utils import load_data
from course_utils.trained import SHIPPED, SOURCES


def main() -> None:
    """Train the three models, which takes two minutes, and write them."""
    torch.set_num_threads(1)
    data = load_data("digits", torch.device("cpu"))
    image_shape = tuple(data.train_images.shape[1:])
    SHIPPED.mkdir(exist_ok=True)
    for name, source in SOURCES.items():
        training = TRAININGS[name](data)
        training.run(seed=0)
        network = training.names[source.variable].requires_grad_(False)
        drawing = source.drawing(network, image_shape).eval()
        example = torch.randn(2, training.names["latent_dim"]), data.train_labels[:2]
        batch = {0: torch.export.Dim("batch", min=1)}
        program = torch.export.export(drawing, example, dynamic_shapes=(batch, batch))
        for node in program.graph.nodes:  # which lines of whose files it came from
            node.meta.pop("stack_trace", None)
        torch.export.save(program, SHIPPED / f"{source.weights}_digits.pt2")
        print(f"{name}: {sum(p.numel() for p in drawing.parameters())} numbers", flush=True)


if __name__ == "__main__":
    main()
