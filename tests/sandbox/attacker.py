"""A hostile program: tries each attack, and prints as JSON which of them succeeded.

Run in the sandbox all must fail; some of them, run as an ordinary process, show that they are attacks.
Arguments: the pid to attack, a file to ruin, a folder to write to, and which attacks; none means all.
"""

import ctypes
import fcntl
import json
import multiprocessing
import os
import platform
import resource
import signal
import socket
import subprocess
import sys

VICTIM, CANARY, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ARM = platform.machine() == "aarch64"
libc = ctypes.CDLL(None, use_errno=True)


def call(x86_64, aarch64, *args):
    """A system call by its number; an error is an exception."""
    rest = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    if libc.syscall(ctypes.c_long(aarch64 if ARM else x86_64), *rest) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def sees(path):
    with open(path, "rb") as file:
        assert file.read(1)


def writes(path, flags):
    os.close(os.open(path, flags, 0o600))


def forks():
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def clones():
    # As fork does it: a new process, without the C library's knowledge.
    number = 220 if ARM else 56
    pid = libc.syscall(ctypes.c_long(number), ctypes.c_long(signal.SIGCHLD), *[ctypes.c_long(0)] * 4)
    if pid == 0:
        libc._exit(0)
    assert pid > 0
    os.waitpid(pid, 0)


def signals_by_descriptor():
    # The kernel sends the owner of a descriptor a signal of one's choice when it can be read.
    read, _ = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, VICTIM)
    fcntl.fcntl(read, 10, 0)
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC)
    fcntl.fcntl(read, fcntl.F_SETFL, 0)


def speaks_to_a_stranger():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"hello", "\0a-name-that-nobody-has")


def through_a_link():
    os.symlink(CANARY, "link")
    writes("link", os.O_WRONLY | os.O_TRUNC)


def as_a_second_name():
    os.link(CANARY, "second")
    writes("second", os.O_WRONLY)


def raises(kind):
    assert resource.getrlimit(kind)[1] != resource.RLIM_INFINITY
    resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def has_a_foreign_descriptor():
    for number in range(3, 64):
        try:
            os.fstat(number)
        except OSError:
            continue
        return
    raise OSError


def changes_the_mode():
    os.chmod(CANARY, 0o777)
    assert os.stat(CANARY).st_mode & 0o777 == 0o777


def names_its_secret():
    assert "FAKESECRET" in json.dumps(dict(os.environ))


ATTACKS = {
    # Secrets and memory.
    "environ of the grading process": lambda: sees(f"/proc/{VICTIM}/environ"),
    "mem of the grading process": lambda: writes(f"/proc/{VICTIM}/mem", os.O_RDONLY),
    "maps of the grading process": lambda: sees(f"/proc/{VICTIM}/maps"),
    "environ of the parent": lambda: sees(f"/proc/{os.getppid()}/environ"),
    "own environment": names_its_secret,
    "ptrace": lambda: call(101, 117, 16, VICTIM, 0, 0),
    "process_vm_readv": lambda: call(310, 270, VICTIM, None, 0, None, 0, 0),
    "foreign descriptor": has_a_foreign_descriptor,
    "pidfd_getfd": lambda: call(438, 438, os.pidfd_open(VICTIM), 0, 0),
    # Signals and limits of others.
    "kill": lambda: os.kill(VICTIM, 0),
    "kill the parent": lambda: os.kill(os.getppid(), 0),
    "kill all": lambda: os.kill(-1, 0),
    "tkill": lambda: call(200, 130, VICTIM, 0),
    "tgkill": lambda: call(234, 131, VICTIM, VICTIM, 0),
    "queue a signal": lambda: call(129, 138, VICTIM, 0, ctypes.create_string_buffer(128)),
    "signal by descriptor": signals_by_descriptor,
    "pidfd_open": lambda: os.pidfd_open(VICTIM),
    "prlimit": lambda: resource.prlimit(VICTIM, resource.RLIMIT_CORE),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, VICTIM, 0),
    "affinity": lambda: os.sched_setaffinity(VICTIM, os.sched_getaffinity(0)),
    "raise RLIMIT_AS": lambda: raises(resource.RLIMIT_AS),
    "raise RLIMIT_CPU": lambda: raises(resource.RLIMIT_CPU),
    "raise RLIMIT_FSIZE": lambda: raises(resource.RLIMIT_FSIZE),
    # Processes.
    "fork": forks,
    "vfork": lambda: subprocess.run(["/bin/true"], check=True),
    "clone": clones,
    "posix_spawn": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    "multiprocessing": lambda: multiprocessing.get_context("fork").Process(target=int).start(),
    "setsid": lambda: call(112, 157),
    "outlive the parent": lambda: call(157, 167, 1, 0, 0, 0, 0),
    "be dumpable": lambda: call(157, 167, 4, 1, 0, 0, 0),
    # Network and other ways to speak.
    "inet socket": lambda: socket.socket(socket.AF_INET),
    "inet6 socket": lambda: socket.socket(socket.AF_INET6),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "netlink socket": lambda: socket.socket(socket.AF_NETLINK),
    "datagrams": speaks_to_a_stranger,
    "memfd": lambda: os.memfd_create("x"),
    "shmget": lambda: call(29, 194, 0x524B, 4096, 0o1666),
    "msgget": lambda: call(68, 186, 0x524B, 0o1666),
    "add_key": lambda: call(248, 217, b"user", b"k", b"v", 1, -3),
    "keyctl": lambda: call(250, 219, 0, -3, 0, 0, 0),
    # The kernel's wide doors.
    "io_uring": lambda: call(425, 425, 4, ctypes.create_string_buffer(120)),
    "bpf": lambda: call(321, 280, 0, ctypes.create_string_buffer(72), 72),
    "perf": lambda: call(298, 241, ctypes.create_string_buffer(b"\1\0\0\0\x70", 112), 0, -1, -1, 0),
    "userfaultfd": lambda: call(323, 282, 1),
    "unshare": lambda: call(272, 97, 0x10000000),
    "mount": lambda: call(165, 40, b"none", b"/mnt", b"tmpfs", 0, None),
    "chroot": lambda: os.chroot("/"),
    "setuid": lambda: os.setuid(1),
    "setgroups": lambda: os.setgroups([]),
    "inotify": lambda: call(294, 26, 0),
    # Files.
    "write a file": lambda: writes(CANARY, os.O_WRONLY),
    "empty a file": lambda: writes(CANARY, os.O_RDONLY | os.O_TRUNC),
    "truncate a file": lambda: os.truncate(CANARY, 0),
    "write through a link": through_a_link,
    "give a file a second name": as_a_second_name,
    "change a mode": changes_the_mode,
    "rename a file": lambda: os.rename(CANARY, f"{CANARY}.gone"),
    "remove a file": lambda: os.remove(CANARY),
    "create a file": lambda: writes(f"{FOLDER}/new", os.O_WRONLY | os.O_CREAT),
    "create in /dev/shm": lambda: writes("/dev/shm/rewardkit-test", os.O_WRONLY | os.O_CREAT),
    "make a folder": lambda: os.mkdir(f"{FOLDER}/folder"),
    "make a fifo": lambda: os.mkfifo(f"{FOLDER}/fifo"),
    "make a link": lambda: os.symlink("/", f"{FOLDER}/link"),
}
if not ARM:
    # The second table of numbers that an x86_64 kernel may have.
    ATTACKS["x32"] = lambda: call(0x40000000 + 39, 0)

succeeded = []
for name in sys.argv[4:] or ATTACKS:
    try:
        ATTACKS[name]()
    except (OSError, AssertionError, ValueError):
        continue
    succeeded.append(name)
print(json.dumps(succeeded))
