"""python3 -m helpers.summarizing [METHOD ...]: trains FLAN-T5 by each method (full lora lora-all), and compares."""

import sys

from helpers import course, summarizing
from helpers.errors import CourseError
from helpers.files import write_json


def main(methods):
    course.setup()
    result = summarizing.compare(methods or summarizing.METHODS)
    path = course.RUNS / f"summarizing-{course.budget()}-seed{course.seed()}.json"
    write_json(path, result)
    print(f"\n{summarizing.table(result)}\n\nWritten to {path.relative_to(course.ROOT).as_posix()}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CourseError as error:
        sys.exit(str(error))
