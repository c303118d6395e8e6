"""The filters as the kernel would run them, for both architectures, on a machine of either."""

from __future__ import annotations

import os
import struct

import pytest

from rewardkit.sandbox.seccomp import Filter, first, second
from rewardkit.sandbox.syscalls import ALLOWED, CHECKED, FEIGNED, MACHINES, NAMES, REFUSED, UNTIL_SHUT, numbers

ALLOW, EPERM, ENOSYS, FEIGN, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x50000, 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}
PID = 4711


def verdict(program: bytes, arch: str, number: int, *args: int) -> int:
    """What a BPF program answers: linux/filter.h, as far as the filters use it."""
    data = struct.pack("IIQ6Q", number, AUDIT[arch], 0, *args, *[0] * (6 - len(args)))
    place, value = 0, 0
    while True:
        code, true, false, operand = struct.unpack_from("HBBI", program, 8 * place)
        place += 1
        if code == 0x20:
            (value,) = struct.unpack_from("I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x05:
            place += operand
        elif code == 0x06:
            return int(operand)
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            place += true if holds else false


def shut_in(machine: str, number: int, *args: int) -> int:
    """What a child gets that is shut in: the stricter of what both programs answer."""
    own = second(machine).replace(struct.pack("I", Filter.NOBODY), struct.pack("I", PID))
    return min(verdict(each, machine, number, *args) for each in (first(machine, names=True), own))


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("names", [True, False])
def test_every_call_gets_the_verdict_of_its_table(machine: str, names: bool) -> None:
    program = first(machine, names=names)
    tables = [(ALLOWED, ALLOW), (UNTIL_SHUT, ALLOW), (FEIGNED, FEIGN), (REFUSED, EPERM)]
    tables.append((NAMES, ALLOW if names else EPERM))
    expected = {number: answer for table, answer in tables for number in numbers(table, machine).values()}
    checked = set(numbers(CHECKED, machine).values())
    for number in {*range(600)} - checked:
        assert verdict(program, machine, number) == expected.get(number, ENOSYS), number
    assert not checked & expected.keys()


def test_other_tables_of_calls_are_no_way_in(machine: str) -> None:
    for program in (first(machine, names=True), second(machine)):
        others = set(AUDIT) - {machine}
        assert {verdict(program, other, number) for other in others for number in range(400)} == {KILL}
    assert {verdict(first(machine, names=True), machine, 0x40000000 + number) for number in range(600)} == {ENOSYS}


def test_files_are_opened_as_the_flags_allow(machine: str) -> None:
    number = numbers(CHECKED, machine)["openat"]
    read, write, both = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
    create, truncate, unnamed = 0o100, 0o1000, 0o20200000
    answers = {
        True: {read: ALLOW, write | create: ALLOW, both | truncate: ALLOW, read | truncate: EPERM,
               3 | truncate: EPERM},
        False: {read: ALLOW, write: EPERM, both: EPERM, read | create: EPERM, read | truncate: EPERM,
                3: EPERM, both | unnamed: ALLOW},
    }  # fmt: skip
    for names, expected in answers.items():
        program = first(machine, names=names)
        assert {flags: verdict(program, machine, number, 0, 0, flags) for flags in expected} == expected


def test_arguments_decide(machine: str) -> None:
    program = first(machine, names=True)
    call = numbers(CHECKED, machine)
    cases = [
        ("fcntl", (3, 3), ALLOW),  # F_GETFL
        ("fcntl", (3, 8), EPERM),  # F_SETOWN
        ("fcntl", (3, 10), EPERM),  # F_SETSIG
        ("fcntl", (3, 15), EPERM),  # F_SETOWN_EX
        ("ioctl", (0, 0x5401), ALLOW),  # TCGETS
        ("ioctl", (0, 0x5412), EPERM),  # TIOCSTI
        ("ioctl", (0, 0x8901), EPERM),  # FIOSETOWN
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (1, 7), EPERM),
        ("sched_setaffinity", (1,), EPERM),
        ("socketpair", (1, 1), ALLOW),
        ("socketpair", (1, 0o2000001), ALLOW),  # SOCK_CLOEXEC
        ("socketpair", (1, 2), EPERM),  # SOCK_DGRAM
        ("socketpair", (2, 1), EPERM),
        ("sendto", (3, 1, 1, 0, 0), ALLOW),
        ("sendto", (3, 1, 1, 0, 1), EPERM),
        ("sendto", (3, 1, 1, 1, 0), EPERM),  # MSG_OOB
        ("sendmsg", (3, 1, 0x4000), ALLOW),
        ("sendmsg", (3, 1, 0x4001), EPERM),
        ("sendto", (3, 1, 1, 0, 1 << 40), EPERM),
    ]
    for name, args, expected in cases:
        assert verdict(program, machine, call[name], *args) == expected, (name, args)


def test_a_child_makes_threads_and_signals_itself_and_no_more(machine: str) -> None:
    call = numbers(UNTIL_SHUT, machine)
    prctl = numbers(CHECKED, machine)["prctl"]
    thread = 0x3D0F00
    cases = [
        ("clone", (thread,), ALLOW),
        ("clone", (17,), EPERM),
        ("clone", (thread & ~0x100,), EPERM),
        ("clone", (thread | 0x10000000,), EPERM),  # CLONE_NEWUSER
        ("clone", (0x4111,), EPERM),  # vfork
        ("kill", (PID,), ALLOW),
        ("kill", (0,), ALLOW),
        ("kill", (PID + 1,), EPERM),
        ("kill", (0xFFFFFFFF,), EPERM),
        ("kill", (-PID & 0xFFFFFFFF,), EPERM),
        ("tgkill", (PID,), ALLOW),
        ("tgkill", (1,), EPERM),
        *((name, (), EPERM) for name in call if name not in ("clone", "kill", "tgkill")),
    ]
    for name, args, expected in cases:
        assert shut_in(machine, call[name], *args) == expected, (name, args)
    names, to_shut = (2, 3, 15, 16, 23, 39, 0x53564D41), (1, 22)
    for option in (*range(100), 0x53564D41, 0x59616D61):
        assert shut_in(machine, prctl, option) == (ALLOW if option in names else EPERM), option
        allowed = option in names or option in to_shut
        assert verdict(first(machine, names=True), machine, prctl, option) == (ALLOW if allowed else EPERM), option
    untouched = {*range(600)} - {*call.values()} - {*numbers(CHECKED, machine).values()}
    untouched.remove(numbers(ALLOWED, machine)["setrlimit"])
    assert {verdict(second(machine), machine, number) for number in untouched} == {ALLOW}


def test_more_stack_is_feigned_and_other_limits_are_left_to_the_kernel(machine: str) -> None:
    program = second(machine)
    prlimit, setrlimit = numbers(CHECKED, machine)["prlimit64"], numbers(ALLOWED, machine)["setrlimit"]
    stack, memory = 3, 9
    cases = [
        (prlimit, (0, stack, 0x7FFF0000, 0), FEIGN),
        (prlimit, (0, stack, 1 << 40, 0), FEIGN),
        (prlimit, (0, stack, 0, 0x7FFF0000), ALLOW),
        (prlimit, (0, stack, 0x7FFF0000, 0x7FFE0000), ALLOW),  # what was there cannot be feigned
        (prlimit, (0, stack, 0x7FFF0000, 1 << 40), ALLOW),
        (prlimit, (0, memory, 0x7FFF0000, 0), ALLOW),
        (setrlimit, (stack, 0x7FFF0000), FEIGN),
        (setrlimit, (memory, 0x7FFF0000), ALLOW),
    ]
    for number, args, expected in cases:
        assert verdict(program, machine, number, *args) == expected, args


def test_no_call_is_in_two_tables(machine: str) -> None:
    tables = [numbers(table, machine) for table in (ALLOWED, NAMES, FEIGNED, REFUSED, UNTIL_SHUT, CHECKED)]
    all_numbers = [number for table in tables for number in table.values()]
    assert len(all_numbers) == len(set(all_numbers))
