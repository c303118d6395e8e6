"""Which system calls a program may make: the table that `seccomp` compiles. Numbers are x86_64's, then aarch64's.

The numbers are those of Linux's `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`;
a dash stands for a call that the architecture never had. What is not listed does not exist for a program (ENOSYS),
calls of later kernels too, and the C library falls back as on an older kernel. That keeps out, among others,
io_uring, bpf, perf_event_open, userfaultfd, keyrings, System V IPC, message queues, mounts and kernel modules.
"""

from __future__ import annotations

ALLOWED = """
read 0 63, pread64 17 67, readv 19 65, preadv 295 69, preadv2 327 286, write 1 64, pwrite64 18 68,
writev 20 66, pwritev 296 70, pwritev2 328 287, close 3 57, close_range 436 436, stat 4 -, fstat 5 80,
lstat 6 -, newfstatat 262 79, statx 332 291, access 21 -, faccessat 269 48, faccessat2 439 439, lseek 8 62,
getdents 78 -, getdents64 217 61, readlink 89 -, readlinkat 267 78, getcwd 79 17, chdir 80 49,
fchdir 81 50, statfs 137 43, fstatfs 138 44, fadvise64 221 223, readahead 187 213, ftruncate 77 46,
fallocate 285 47, fsync 74 82, fdatasync 75 83, sendfile 40 71, copy_file_range 326 285,
umask 95 166, getxattr 191 8, lgetxattr 192 9, fgetxattr 193 10, listxattr 194 11, llistxattr 195 12,
flistxattr 196 13, mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214,
mincore 27 232, msync 26 227, membarrier 324 283, get_mempolicy 239 236, futex 202 98, futex_waitv 449 449,
futex_wake 454 454, futex_wait 455 455, futex_requeue 456 456, set_robust_list 273 99, rseq 334 293,
sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120,
sched_get_priority_max 146 125, sched_get_priority_min 147 126, sched_rr_get_interval 148 127,
set_tid_address 218 96, exit 60 93, exit_group 231 94, getcpu 309 168, gettid 186 178,
restart_syscall 219 128, nanosleep 35 101, clock_nanosleep 230 115, clock_gettime 228 113,
clock_getres 229 114, gettimeofday 96 169, time 201 -, times 100 153, getrusage 98 165,
timer_create 222 107, timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109,
timer_delete 226 111, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87,
setitimer 38 103, getitimer 36 102, alarm 37 -, pause 34 -, rt_sigaction 13 134, rt_sigprocmask 14 135,
rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133,
sigaltstack 131 132, signalfd 282 -, signalfd4 289 74, pipe 22 -, pipe2 293 59, dup 32 23, dup2 33 -,
dup3 292 24, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -,
epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441,
eventfd 284 -, eventfd2 290 19, recvfrom 45 207, recvmsg 47 212, shutdown 48 210,
getsockname 51 204, getpeername 52 205, getsockopt 55 209, setsockopt 54 208, wait4 61 260, waitid 247 95,
getpid 39 172, getppid 110 173, getpgrp 111 -, getpgid 121 155, getsid 124 156, setsid 112 157, getuid 102 174,
geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158, getresuid 118 148, getresgid 120 150,
getrlimit 97 163, setrlimit 160 164, getpriority 140 141, capget 125 90, uname 63 160, sysinfo 99 179,
getrandom 318 278, arch_prctl 158 -
"""

# What gives, takes or changes a name in the file system. Landlock confines these; without it they are refused.
NAMES = """
creat 85 -, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -,
renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36
"""

# Nothing confines changes of mode, owner and times, nor locks on files that others use, so they do nothing, and
# say that they did.
FEIGNED = """
flock 73 32,
chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -,
fchownat 260 54, utime 132 -, utimes 235 -, utimensat 280 88, futimesat 261 -
"""

# Refused in a way that Python words well (EPERM).
REFUSED = """
execve 59 221, execveat 322 281, socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202,
accept4 288 242, sendmmsg 307 269, ptrace 101 117, tkill 200 130, rt_sigqueueinfo 129 138,
rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424, process_vm_readv 310 270, process_vm_writev 311 271,
setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147, setresgid 119 149,
setgroups 116 159, setpgid 109 154, mknod 133 -, mknodat 259 33, truncate 76 45, setxattr 188 5,
lsetxattr 189 6, fsetxattr 190 7, setpriority 141 140, sched_setscheduler 144 119, sched_setparam 142 118,
mount 165 40, umount2 166 39, unshare 272 97, setns 308 268, chroot 161 51, personality 135 92,
memfd_create 319 279, seccomp 317 277, splice 275 76, tee 276 77, vmsplice 278 75
"""

# The zygote needs these to make a child, and the child to shut itself in; then they are refused, or let through
# only as far as `seccomp` says.
UNTIL_SHUT = """
fork 57 -, vfork 58 -, clone 56 220, kill 62 129, tgkill 234 131, pidfd_open 434 434,
landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446
"""

# Let through by what their arguments say.
CHECKED = """
open 2 -, openat 257 56, fcntl 72 25, ioctl 16 29, prlimit64 302 261, socketpair 53 199, sendto 44 206,
sendmsg 46 211, sched_setaffinity 203 122, prctl 157 167
"""

MACHINES = ("x86_64", "aarch64")


def numbers(table: str, machine: str) -> dict[str, int]:
    """The calls of a table that a machine has, with their numbers there."""
    column = 1 + MACHINES.index(machine)
    rows = (row.split() for row in table.replace("\n", " ").split(","))
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
