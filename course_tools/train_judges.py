"""Train the judges that come with the course: ``python -m course_tools.train_judges [NAME ...]``.

mnist is read from COURSE_DATA. The shipped judge saw 10,000 of its training images.
"""

import argparse
import json

from course_utils.data import load_data
from course_utils.judges import SHIPPED, accuracy, train_judge
from course_utils.weights import save_weights

NUM_STEPS = {"digits": 700, "mnist": 3000}
ACCURACIES = SHIPPED / "accuracies.json"


def main() -> None:
    """Train, measure on held-out images, and write both down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NUM_STEPS, choices=NUM_STEPS)
    accuracies = json.loads(ACCURACIES.read_text()) if ACCURACIES.exists() else {}
    for name in parser.parse_args().names:
        data = load_data(name)
        judge = train_judge(data, NUM_STEPS[name])
        save_weights(judge, SHIPPED / f"{name}.safetensors")
        accuracies[name] = round(accuracy(judge, data.test_images, data.test_labels), 4)
        print(f"{name}: {accuracies[name]:.2%} of {len(data.test_images)} held-out images")
    ACCURACIES.write_text(json.dumps(accuracies, indent=4) + "\n")


if __name__ == "__main__":
    main()
