"""python3 -m helpers.summarizing [METHOD ...]: trains FLAN-T5 by each method (full lora lora-all), and compares.

python3 -m helpers.summarizing detox: makes its summaries less toxic by PPO, and compares before with after.
"""

import sys

from helpers import course, summarizing
from helpers.errors import CourseError
from helpers.files import write_json


def main(arguments):
    course.setup()
    if arguments == ["detox"]:
        from helpers.summarizing.detox import detox
        from helpers.tables import table

        result = detox()
        name, text = "detox", table(result | result["settings"] | {"lesson": "detox"})
    else:
        result = summarizing.compare(arguments or summarizing.METHODS)
        name, text = "summarizing", summarizing.table(result)
    path = course.RUNS / f"{name}-{course.budget()}-seed{course.seed()}.json"
    write_json(path, result)
    print(f"\n{text}\n\nWritten to {path.relative_to(course.ROOT).as_posix()}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CourseError as error:
        sys.exit(str(error))
