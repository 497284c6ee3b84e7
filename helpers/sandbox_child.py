"""What runs first in a sandboxed process: it gives up its rights, then runs the program. Started by `helpers.sandbox`.

Standard library only, and few modules of it: every program pays for these imports. The numbers below are the Linux
kernel's interface (landlock.h, seccomp.h, unistd.h), which never changes once published.
"""

import marshal
import os
import struct
import sys

# Folders with shared libraries and time zones; Python's own are added from sys.path and sys.base_prefix.
_SYSTEM = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache",
           "/etc/localtime", "/dev/urandom", "/dev/random", "/dev/zero"]  # fmt: skip

_EPERM, _ENOSYS = 1, 38
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_NEWEST = 462  # system calls that are newer than this table do not exist in the sandbox

_RIGHTS = (
    "execute write_file read_file read_dir remove_dir remove_file make_char make_dir make_reg make_sock make_fifo "
    "make_block make_sym refer truncate ioctl_dev"
).split()

# name, number on x86_64, number on aarch64
_REFUSED = """
fork 57 -, vfork 58 -, execve 59 221, execveat 322 281
socket 41 198, connect 42 203, bind 49 200, listen 50 201, io_uring_setup 425 425, io_uring_enter 426 426
io_uring_register 427 427
tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424, pidfd_open 434 434
pidfd_getfd 438 438, ptrace 101 117, kcmp 312 272, process_vm_readv 310 270, process_vm_writev 311 271
process_madvise 440 440, process_mrelease 448 448, move_pages 279 239, migrate_pages 256 238, setpriority 141 140
ioprio_set 251 30, perf_event_open 298 241, bpf 321 280, userfaultfd 323 282, personality 135 92
add_key 248 217, request_key 249 218, keyctl 250 219
mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, unshare 272 97, setns 308 268, open_tree 428 428
move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442
open_by_handle_at 304 265, fanotify_init 300 262, inotify_add_watch 254 27
shmget 29 194, shmctl 31 195, shmat 30 196, msgget 68 186, msgctl 71 187, msgrcv 70 188, msgsnd 69 189
semget 64 190, semctl 66 191, semop 65 193, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181
memfd_create 319 279, memfd_secret 447 447
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16
utime 132 -, utimes 235 -, futimesat 261 -
"""
# Landlock does not cover modes and owners. These do nothing and report success, so that shutil.copy works.
_PRETENDED = """
chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -, fchownat 260 54
"""
_OWN_PROCESS = """
kill 62 129, tgkill 234 131, prlimit64 302 261, setpgid 109 154, sched_setaffinity 203 122, sched_setparam 142 118
sched_setscheduler 144 119, sched_setattr 314 274
"""
_OTHERS = """
clone 56 220, clone3 435 435, socketpair 53 199, fcntl 72 25, ioctl 16 29
utimensat 280 88, truncate 76 45, open 2 -, openat 257 56, openat2 437 437
"""
_CLONE_THREAD = 0x10000
_SET_OWNER = (8, 15)  # fcntl F_SETOWN and F_SETOWN_EX: they send signals to whom they name
_IOCTLS = (0x8901, 0x8902, 0x5412, 0x40086602, 0x401C5820)  # the same for sockets; terminal input; file attributes


def main():
    """Read the job on standard input, apply its limits, run its harness and its program, report how that went."""
    with open(0, "rb", closefd=False) as handle:
        job = marshal.load(handle)
    # The job file becomes the channel for the report. Emptied, so that the nonce is in no file that a program may read.
    channel = os.dup(0)
    os.ftruncate(channel, 0)
    os.lseek(channel, 0, os.SEEK_SET)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    with open("program.py", "rb") as handle:
        source = handle.read()
    # An editable install may put the project itself on the path; a program must not see it.
    installed = tuple(os.path.normcase(os.path.join(prefix, "")) for prefix in (sys.prefix, sys.base_prefix))
    sys.path[:] = [folder for folder in sys.path[1:] if os.path.normcase(folder).startswith(installed)]
    sys.path += job["readable"]
    layers = _restrict(job)
    sys.path.insert(0, job["folder"])
    sys.argv = ["program.py"]
    for name in ("helpers", "helpers.sandbox_child"):
        del sys.modules[name]

    submitted = []

    def submit(value):
        """Hand one JSON value back to the caller of the sandbox."""
        import json

        if submitted:
            raise RuntimeError("submit() was called twice; it takes one value")
        text = json.dumps(value).encode()
        if len(text) > job["output_bytes"]:
            raise ValueError(f"submit() got {len(text)} bytes of JSON; the limit is {job['output_bytes']}")
        submitted.append(text)

    def report(status, text=b""):
        os.write(channel, b"\n".join([b"", b" ".join([job["nonce"], status, text]), b""]))

    try:
        check = None
        program = type(sys)("__main__" if job["harness"] is None else "program")
        if job["harness"] is None:
            program.submit = submit
        else:
            harness = {"__name__": "harness", "submit": submit, "layers": layers}
            exec(compile(job["harness"], "harness.py", "exec"), harness)
            check = harness.get("check")
        sys.modules[program.__name__] = program
        exec(compile(source, "program.py", "exec"), vars(program))
        if check:
            check(program)
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, MemoryError):
            report(b"memory")
        error.__traceback__ = error.__traceback__.tb_next  # the first frame is this file's
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)
    report(b"ok", b"".join(submitted))


def _restrict(job):
    """Apply every protection that this system has; return what was applied, by name."""
    layers = {"limits": _set_limits(job) if "limits" in job["layers"] else [], "landlock": 0, "seccomp": False}
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long

        def prctl(option, *values):
            # All arguments as longs: a variadic call passes plain integers as 32 bits.
            values = (*values, 0, 0, 0, 0)[:4]
            return libc.prctl(option, *(ctypes.c_ulong(value) for value in values))

        prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: never outlive the scorer
        if os.getppid() != job["parent"]:
            os._exit(1)
        prctl(4, 0)  # PR_SET_DUMPABLE: no core dump, not even to a crash reporter
        prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
        if "landlock" in job["layers"]:
            layers["landlock"] = _landlock(ctypes, libc, job)
        # As root: no capabilities. The arguments are version 3, this process, and three empty sets of 64 bits.
        libc.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24))
        machine = os.uname().machine
        if "seccomp" in job["layers"] and machine in _ARCHITECTURES and sys.maxsize > 2**32:
            code = _seccomp(machine, layers["landlock"])
            buffer = ctypes.create_string_buffer(code, len(code))
            program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
            address = ctypes.cast(ctypes.c_char_p(program), ctypes.c_void_p).value
            layers["seccomp"] = prctl(22, 2, address) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    return layers


def _set_limits(job):
    try:
        import resource
    except ImportError:  # Windows
        return []
    limits = {
        # The wall clock is the parent's business. This is for a process that the parent cannot see any more.
        "CPU": int(job["seconds"]) + 2,
        "AS": job["memory_mb"] * 1_000_000,
        "FSIZE": job["file_mb"] * 1_000_000,
        "NOFILE": job["open_files"],
        "CORE": 0,
    }
    if sys.platform == "darwin":
        limits["NPROC"] = 0  # counts processes there; on Linux it counts threads too, which must work
    applied = []
    for name, value in limits.items():
        try:
            number = getattr(resource, f"RLIMIT_{name}")
            hard = resource.getrlimit(number)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))
        except (AttributeError, OSError, ValueError):
            continue
        applied.append(name)
    return applied


def _landlock(ctypes, libc, job):
    """Reading of Python and its libraries, writing in the job's folder, nothing else. The ABI in use; 0 for none."""
    create, add_rule, restrict_self = 444, 445, 446
    abi = min(libc.syscall(create, None, ctypes.c_size_t(0), 1), job["landlock_abi"])
    if abi < 1:
        return 0
    handled = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1  # one bit for each right that this ABI knows
    network = 0b11 if abi >= 4 else 0  # TCP bind and connect
    scope = 0b11 if abi >= 6 else 0  # abstract sockets and signals
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(create, struct.pack("=QQQ", handled, network, scope), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return 0
    read = _rights("read_file read_dir")
    write = "write_file remove_dir remove_file make_dir make_reg make_fifo make_sym refer truncate"
    write = read | _rights(write) & handled
    of_files = _rights("execute write_file read_file truncate ioctl_dev")
    own = [os.path.realpath(sys.executable)]
    own += [os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")]
    own += [os.path.join(sys.base_prefix, "share", "zoneinfo")]
    rules = {path: read for path in (*_SYSTEM, *own, *sys.path)} | {os.devnull: write, job["folder"]: write}
    for path, rights in rules.items():
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights = rights if os.path.isdir(path) else rights & of_files
        libc.syscall(add_rule, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
        os.close(handle)
    applied = libc.syscall(restrict_self, ruleset, 0) == 0
    os.close(ruleset)
    return abi if applied else 0


def _rights(names):
    return sum(1 << _RIGHTS.index(name) for name in names.split())


def _numbers(text, column):
    """Name and number of each system call in `text` that the architecture has."""
    rows = [row.split() for line in text.strip().splitlines() for row in line.split(",")]
    return {row[0]: int(row[1 + column]) for row in rows if row[1 + column] != "-"}


def _seccomp(machine, landlock_abi):
    """The filter over system calls, as BPF. It refuses what Landlock and limits leave open; the rest goes through."""
    architecture, column = _ARCHITECTURES[machine]
    load, equal, at_least, has_bits, and_with, give = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
    allow, kill, everything = 0x7FFF0000, 0x80000000, 2**32 - 1
    code = []

    def fail(error):
        return 0x00050000 | error

    refuse = fail(_EPERM)
    numbers = _numbers(_OWN_PROCESS, column) | _numbers(_OTHERS, column)

    def add(operation, value, if_true=0, if_false=0):
        code.append(struct.pack("=HBBI", operation, if_true, if_false, value))

    def when(name, tests, hit, miss):
        """For one system call: `hit` if any (argument, operation, value, mask) of `tests` holds, else `miss`."""
        if name not in numbers:
            return
        steps = []
        for argument, operation, value, mask in tests:
            steps += [(load, 16 + 8 * argument), (and_with, mask), (operation, value, 0, 1), (give, hit)]
        add(equal, numbers[name], 0, len(steps) + 1)
        for step in steps:
            add(*step)
        add(give, miss)

    add(load, 4)
    add(equal, architecture, 1, 0)
    add(give, kill)
    add(load, 0)
    add(at_least, _NEWEST + 1, 0, 1)
    add(give, fail(_ENOSYS))
    for text, error in ((_REFUSED, _EPERM), (_PRETENDED, 0)):
        for number in _numbers(text, column).values():
            add(equal, number, 0, 1)
            add(give, fail(error))
    own = [(0, equal, process, everything) for process in (0, os.getpid())]
    for name in _numbers(_OWN_PROCESS, column):
        when(name, own, allow, refuse)
    when("clone", [(0, has_bits, _CLONE_THREAD, everything)], allow, refuse)
    when("clone3", [], 0, fail(_ENOSYS))  # its flags are out of a filter's sight; libc falls back to clone
    # AF_UNIX and SOCK_STREAM: asyncio needs a pair. A datagram socket could be sent to any other.
    when("socketpair", [(0, at_least, 2, everything), (1, at_least, 2, 15)], refuse, allow)
    when("fcntl", [(1, equal, command, everything) for command in _SET_OWNER], refuse, allow)
    when("ioctl", [(1, equal, command, everything) for command in _IOCTLS], refuse, allow)
    # Times: pretended like modes, but "now" (a null pointer) is refused, because Path.touch creates the file only then.
    when("utimensat", [(2, at_least, 1, everything)], fail(0), refuse)
    if landlock_abi < 3:  # Landlock before ABI 3 lets a reader empty a file
        when("truncate", [], 0, refuse)
        when("openat2", [], 0, fail(_ENOSYS))
        for name, argument in (("open", 1), ("openat", 2)):
            # O_TRUNC without O_WRONLY or O_RDWR; access mode 3 is neither, and opens too
            when(name, [(argument, equal, flags, 0o1003) for flags in (0o1000, 0o1003)], refuse, allow)
    add(give, allow)
    return b"".join(code)
