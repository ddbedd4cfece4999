# SPDX-License-Identifier: Apache-2.0
"""The machine: processes, their CPU time and memory, and who else is busy.

CPU time is the scheduler's run time in ns (/proc/PID/task/*/schedstat), which
a tick-based figure cannot replace: a run of one second would be +-1 %.
"""
import os
import platform
import re
import resource
import signal
import subprocess
import sys

PROXY_CPU = os.environ.get("BENCH_PROXY_CPU", "0")
LOAD_CPU = os.environ.get("BENCH_LOAD_CPU", "1")
NICE = os.environ.get("BENCH_NICE", "-18")


def read(path):
    with open(path, encoding="ascii", errors="replace") as f:
        return f.read()


def tree(pid):
    """pid and its descendants."""
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in read(f"/proc/{pid}/task/{task}/children").split():
                pids += tree(int(child))
    except OSError:
        pass
    return pids


def cpu_ns(pids):
    """Run time of all threads of pids, in ns."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                stat = read(f"/proc/{pid}/task/{task}/schedstat")
                total += int(stat.split()[0])
        except OSError:
            pass
    return total


def ticks(pids):
    """(user, system) ticks of pids: coarse, good for a share only."""
    user = system = 0
    for pid in pids:
        try:
            fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
            user += int(fields[11])
            system += int(fields[12])
        except OSError:
            pass
    return user, system


def _sum_kib(pids, file, field):
    total = 0
    for pid in pids:
        try:
            m = re.search(rf"^{field}:\s+(\d+)", read(f"/proc/{pid}/{file}"),
                          re.M)
            total += int(m.group(1)) if m else 0
        except OSError:
            pass
    return total


def pss_kib(pids):
    """Memory with shared pages divided among their users."""
    return _sum_kib(pids, "smaps_rollup", "Pss")


def rss_kib(pids):
    """Resident size, counted page by page: the kernel's running counters
    (VmRSS, VmHWM) are off by some hundred KiB."""
    return _sum_kib(pids, "smaps_rollup", "Rss")


def peak_rss_kib(pids):
    """Highest resident size since reset_peak(), roughly."""
    return _sum_kib(pids, "status", "VmHWM")


def reset_peak(pids):
    for pid in pids:
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as f:
            f.write("5")


def fd_count(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


class Activity:
    """Who used the two CPUs between two moments."""

    def __init__(self):
        self.busy = self._busy()
        self.own = self._own()

    @staticmethod
    def _busy():
        """Seconds of CPU used on the two CPUs by anybody, stolen included."""
        total = 0
        for line in read("/proc/stat").splitlines():
            f = line.split()
            if f[0] in ("cpu" + PROXY_CPU, "cpu" + LOAD_CPU):
                total += sum(map(int, f[1:4])) + sum(map(int, f[6:9]))
        return total / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own():
        """Seconds of CPU of this process and its ended children."""
        both = [resource.getrusage(who) for who in
                (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(r.ru_utime + r.ru_stime for r in both)

    def foreign_since(self, before, ours_s):
        """Seconds that went to neither us nor `ours_s` of our processes."""
        return (self.busy - before.busy) - (self.own - before.own) - ours_s


def spawn(argv, cpu, log=None, **kw):
    """Starts argv pinned to one CPU; it dies with us."""
    if log:
        kw["stdout"] = kw["stderr"] = log
    kw.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", cpu] + argv,
        process_group=0, **kw)


def stop(process, sig=signal.SIGTERM):
    """Ends a process we started, and those descendants it left behind."""
    if process is None:
        return
    if process.poll() is None:
        rest = tree(process.pid)[1:]
        process.send_signal(sig)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pid in rest:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _raise_priority():
    """Autogroup scheduling makes plain nice values useless between sessions,
    so the group of this session is raised as well."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, int(NICE))
        with open("/proc/self/autogroup", "w", encoding="ascii") as f:
            f.write(NICE)
    except OSError:
        print("note: no right to raise the priority, expect more noise",
              file=sys.stderr)


def prepare():
    """One session of our own, priority, CPU of the load, all the fds.

    Returns None to go on, or the exit status of the child that did the work
    (a process group leader cannot start a session, so it forks)."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if os.getsid(0) != os.getpid():
        try:
            os.setsid()
        except PermissionError:
            child = os.fork()
            if child:
                return _wait_for(child)
            os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.sched_setaffinity(0, {int(LOAD_CPU)})
    _raise_priority()
    return None


def _wait_for(child):
    def forward(*_):
        os.kill(child, signal.SIGTERM)
    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def describe():
    """What a reader of the figures must know about the machine."""
    model = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "congestion":
            read("/proc/sys/net/ipv4/tcp_congestion_control").strip(),
    }
