"""The command line, `python3 -m helpers …`: what each command needs first, and what it then calls.

Standard library only, until `environment.enter` has put the course's own Python in this one's place.
"""

import argparse
import errno
import os
import socket
import sys

from helpers import environment
from helpers.errors import CourseError

EPILOG = """environment variables (`doctor` shows what each resolves to):
  COURSE_BUDGET  smoke, lesson or full    COURSE_MODEL  a Hugging Face Hub id
  COURSE_DEVICE  auto, cuda, mps or cpu   COURSE_HOME   for models and caches
  COURSE_SEED    a whole number           Options of one: COMMAND --help"""
CODES = """exit codes:
  0  functions have a test, and nothing looks wrong
  1  no function got a test, and nothing looks wrong
  2  nothing was tried: PATH, an option or the environment is wrong
  3  something looks wrong: the report says what"""


def main(arguments=None):
    """Run one command and return its exit code. Every expected problem ends in one message, without a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    if not arguments:
        parser.print_help()
        return 0
    options = parser.parse_args(arguments)
    try:
        code = options.command(options, arguments)
        sys.stdout.flush()  # here at the latest it shows that nobody reads on
        return code
    except CourseError as error:
        problem = str(error)
    except BrokenPipeError:  # such as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        return 141  # as a shell says of a program that this stopped
    except OSError as error:
        if error.errno not in (
            errno.ENOSPC,
            getattr(errno, "EDQUOT", errno.ENOSPC),
            errno.EROFS,
            errno.EACCES,
            errno.EPERM,
        ):
            raise
        problem = (
            f"{error.filename or 'A file'} could not be written: {error.strerror}. Free space or make it writable, and "
            "run the same command again; COURSE_HOME and TMPDIR choose other folders."
        )
    except KeyboardInterrupt:
        print(f"\nStopped. {options.stopped}", file=sys.stderr)
        return 130
    print(problem, file=sys.stderr)
    return options.failed


class _OneLineEach(argparse.RawDescriptionHelpFormatter):
    """argparse's column for names is too narrow for commands where no option is shown above them."""

    def add_argument(self, action):
        super().add_argument(action)
        self._action_max_length = max(self._action_max_length, 12)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers",
        description="Tune a coding assistant, a course in notebooks. Start with: lab",
        epilog=EPILOG,
        formatter_class=_OneLineEach,
        usage="python3 -m helpers COMMAND [options]",
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)  # its lines would not fit one screen
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="python3 -m helpers", required=True)

    def add(name, function, help, makes_environment=True):
        command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        command.set_defaults(command=function, cpu=False, failed=1)
        command.set_defaults(stopped="Run the same command again to go on.")
        if makes_environment:
            command.add_argument("--cpu", action="store_true", help="install PyTorch's CPU build: no CUDA libraries")
        return command

    lab = add("lab", _lab, "make all that is needed, open the lessons in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    lab.add_argument("--port", type=_port, help="the port to serve on (default: the first free one from 8888)")
    run = add("run", _run, "execute lessons (00, 01 ..., or --all) without a browser")
    run.add_argument("lessons", nargs="*", metavar="NN", help="a lesson's number")
    run.add_argument("--all", action="store_true", help="every lesson")
    run.add_argument("--save", action="store_true", help="write the outputs back into notebooks/ (for maintainers)")
    results = add("results", _results, "make a lesson's full-budget results over three seeds")
    results.add_argument("lesson", metavar="NN", help="the lesson's number")
    results.add_argument("--seeds", type=int, choices=(1, 2, 3), default=3, help="how many of the three")
    test = add("test", _test, "run all that CI runs; with NN, one lesson and what it uses")
    test.add_argument("lesson", nargs="?", metavar="NN", help="the lesson's number")
    testgen = add("testgen", _testgen, "write verified unit tests for a file, a folder or an installed module")
    testgen.set_defaults(failed=2, stopped="No test was written: files come last. The same command starts anew.")
    testgen.epilog, testgen.formatter_class = CODES, argparse.RawDescriptionHelpFormatter
    testgen.add_argument("path", metavar="PATH", help="a .py file, a folder, or the name of an installed module")
    testgen.add_argument("--out", default="generated_tests", metavar="DIR", help="where the tests go (%(default)s)")
    testgen.add_argument(
        "--model", metavar="DIR", help="adapter or model whose calls are tried (default: the course's)"
    )
    testgen.add_argument("--n", type=_count, default=8, help="answers of the model for each function (%(default)s)")
    testgen.add_argument("--no-model", action="store_true", help="try the program's calls only: much faster")
    release = add("release", _release, "make the lessons for a class: without solutions")
    release.add_argument("out", metavar="OUT", help="the folder for them; what was changed in it is never overwritten")
    grade = add("grade", _grade, "grade a folder of submissions, each in a sandbox")
    grade.add_argument("submissions", metavar="SUBMISSIONS", help="a folder with one folder for each student")
    grade.add_argument("--out", default="grades", metavar="DIR", help="where grades.csv and feedback/ go (%(default)s)")
    grade.add_argument("--lesson", action="append", metavar="NN", help="only this lesson; can be given more than once")
    slides = add("slides", _slides, "make slides of a lesson, for a browser")
    slides.add_argument("lesson", metavar="NN", help="the lesson's number")
    slides.add_argument("--reveal", metavar="DIR", help="a folder with reveal.js 4 or 5, to put into the page")
    studio = add("studio", _studio, "set up a JupyterLab space of SageMaker Studio")
    studio.add_argument("--anywhere", action="store_true", help="add the kernel to another JupyterLab that is running")
    studio.add_argument("--instances", action="store_true", help="only print what fits on which instance")
    add("doctor", _doctor, "show what this machine has, and what would not fit", False)
    clean = add("clean", _clean, "remove what the course put on this machine; asks first", False)
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.add_argument("--learn", action="store_true", help="remove learn/ too: your own work in the lessons")
    return parser


def _port(text):
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def _count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 100")
    return int(text)


def _need_lessons(numbers):
    """Complain about an unknown lesson at once, before anything is installed."""
    from helpers import runner

    return [runner.notebook(number).name[:2] for number in numbers]


def _lab(options, arguments):
    if options.port:
        _need_free(options.port)
    environment.enter(environment.ensure(options.cpu), arguments)
    environment.make_importable()
    from helpers import learn

    _prepare_model()
    for sentence in learn.update():
        print(sentence)
    print("Opening JupyterLab. To stop it, press Ctrl+C here.", flush=True)
    environment.become(_jupyter(options), _jupyter_variables())


def _jupyter(options):
    """The command that starts JupyterLab: this computer only, and with a token, which is Jupyter's default."""
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/learn/00_start_here.ipynb"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={environment.ROOT}"]
    command += ["--IdentityProvider.need_token=True"]  # whatever the user's own Jupyter settings say
    if options.port:
        command += [f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"]
    if options.no_browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in containers there often is nobody else
    return command


def _jupyter_variables():
    """data/jupyter turns off nbgrader's menus, which are for teachers, and news, which need the network."""
    variables = dict(os.environ)
    first = {"JUPYTER_CONFIG_PATH": environment.ROOT / "data" / "jupyter", "PYTHONPATH": environment.ROOT}
    for name, folder in first.items():
        variables[name] = os.pathsep.join(filter(None, [str(folder), variables.get(name)]))
    return variables | {"JUPYTER_PREFER_ENV_PATH": "1"}


def _need_free(port):
    try:
        with socket.socket() as server:
            if os.name != "nt":  # where this option would let two servers share a port
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise CourseError(f"Port {port} {reason}. Choose another, or leave --port out to get a free one.") from error


def _run(options, arguments):
    from helpers import runner

    if options.all == bool(options.lessons):
        there = ", ".join(runner.lessons()) or "there are none"
        raise CourseError(f"Give the numbers of lessons ({there}), or --all.")
    numbers = _need_lessons(options.lessons or runner.lessons())
    environment.enter(environment.ensure(options.cpu), arguments)
    _prepare_model()
    return runner.run(numbers, save=options.save)


def _results(options, arguments):
    from helpers import runner

    (number,) = _need_lessons([options.lesson])
    environment.enter(environment.ensure(options.cpu), arguments)
    _prepare_model()
    return runner.results(number, options.seeds)


def _prepare_model():
    """Fetch the base model before a lesson asks for it, where its messages can be seen. A Hub model is the lesson's."""
    from helpers import course, models

    if course.model() == course.BASE_MODEL:
        models.prepare()


def _test(options, arguments):
    number = _need_lessons([options.lesson])[0] if options.lesson else None
    environment.enter(environment.ensure(options.cpu), arguments)
    from helpers import testing

    return testing.run(number)


def _testgen(options, arguments):
    environment.enter(environment.ensure(options.cpu), arguments)
    from helpers.testgen import tool

    tool.check(options.path, options.out)
    if options.no_model:
        return tool.main(options.path, options.out)
    _prepare_model()
    return tool.main(options.path, options.out, tool.model_calls(options.model), options.n)


def _release(options, arguments):
    environment.enter(environment.ensure(options.cpu), arguments)
    from helpers import release

    for sentence in release.release(options.out):
        print(sentence)
    return 0


def _grade(options, arguments):
    only = _need_lessons(options.lesson or [])
    environment.enter(environment.ensure(options.cpu), arguments)
    from helpers.grading import marks, report

    for sentence in marks.protections():
        print(sentence, flush=True)
    students, rows = marks.grade(options.submissions, options.out, only)
    print(report.summary(students, rows))
    print(f"written: {os.path.join(options.out, 'grades.csv')} and {os.path.join(options.out, 'feedback')}")
    return 0


def _slides(options, arguments):
    (number,) = _need_lessons([options.lesson])
    environment.enter(environment.ensure(options.cpu), arguments)
    from helpers import slides

    print(slides.make(number, options.reveal))
    return 0


def _studio(options, arguments):
    from helpers import studio

    if options.instances:
        environment.enter(environment.ensure(options.cpu), arguments)
        from helpers import instances

        print(instances.tables())
        return 0
    environment.enter(environment.ensure(studio.begin(options.cpu, options.anywhere)), arguments)
    environment.make_importable()
    return studio.finish()


def _doctor(options, arguments):
    if python := environment.existing():
        environment.enter(python, arguments)
    from helpers import doctor

    return doctor.report()


def _clean(options, arguments):
    from helpers import cleaning

    return cleaning.clean(sure=options.yes, learn=options.learn)
