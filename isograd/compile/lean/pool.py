"""Threads that wait inside of a compiled loop.

A job is a kernel with a range cut into tasks.  All that decides who runs a task is in
one word: generation (32 bits), number of tasks (16), next task (16).  A thread takes a
task by raising the word by one in a compare-and-swap, so a thread that wakes late finds
either nothing left or a job that is still running, never a stale one; and nobody waits
for threads that sleep: the caller works too, and returns when all tasks are done.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from typing import Any

import llvmlite.binding as llvm

# The shared block (i64 words): 0 the word, 1 function, 2 argument, 3 chunk, 4 end,
# 5 tasks done, 6 stop, 7 taken; each of 0, 5 and 7 in a cache line of its own.
WORD, FUNCTION, ARGUMENT, CHUNK, END, DONE, STOP, TAKEN = 0, 8, 9, 10, 11, 16, 24, 32
SIZE = 40
SPIN = 30_000  # loads of the word before a thread yields, some 20 microseconds
YIELDS = 1000  # times that it yields before it naps, some 300 microseconds
MAX_TASKS = 64


def _place(name: str, index: int) -> str:
    return f"  %{name} = getelementptr i64, i64* %s, i64 {index}\n"


SOURCE = f"""
declare void @isograd_nap(i32)
declare i32 @isograd_yield()

define void @work(i64* %s) {{
entry:
{_place("fp", FUNCTION)}{_place("ap", ARGUMENT)}{_place("cp", CHUNK)}{
    _place("ep", END)
}{_place("dp", DONE)}  br label %next
next:
  %w = load atomic i64, i64* %s seq_cst, align 8
  %i = and i64 %w, 65535
  %high = lshr i64 %w, 16
  %tasks = and i64 %high, 65535
  %more = icmp ult i64 %i, %tasks
  br i1 %more, label %take, label %done
take:
  %f = load atomic i64, i64* %fp seq_cst, align 8
  %a = load atomic i64, i64* %ap seq_cst, align 8
  %c = load atomic i64, i64* %cp seq_cst, align 8
  %e = load atomic i64, i64* %ep seq_cst, align 8
  %w1 = add i64 %w, 1
  %pair = cmpxchg i64* %s, i64 %w, i64 %w1 seq_cst seq_cst
  %got = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %got, label %run, label %next
run:
  %fn = inttoptr i64 %f to void (i8**, i64, i64, i64)*
  %arg = inttoptr i64 %a to i8**
  %lo = mul i64 %i, %c
  %h = add i64 %lo, %c
  %last = icmp slt i64 %h, %e
  %hi = select i1 %last, i64 %h, i64 %e
  call void %fn(i8** %arg, i64 %i, i64 %lo, i64 %hi)
  %old = atomicrmw add i64* %dp, i64 1 seq_cst
  br label %next
done:
  ret void
}}

define void @worker(i64* %s) {{
entry:
{_place("sp", STOP)}  br label %wait
wait:
  %n = phi i64 [ 0, %entry ], [ %n1, %idle ], [ %n1, %doze ], [ %n1, %give ], [ 0, %go ]
  %stop = load atomic i64, i64* %sp seq_cst, align 8
  %quit = icmp ne i64 %stop, 0
  br i1 %quit, label %end, label %look
look:
  %w = load atomic i64, i64* %s seq_cst, align 8
  %i = and i64 %w, 65535
  %high = lshr i64 %w, 16
  %tasks = and i64 %high, 65535
  %more = icmp ult i64 %i, %tasks
  br i1 %more, label %go, label %idle
go:
  call void @work(i64* %s)
  br label %wait
idle:
  %n1 = add i64 %n, 1
  %long = icmp sgt i64 %n1, {SPIN}
  br i1 %long, label %rest, label %wait
rest:
  %tired = icmp sgt i64 %n1, {SPIN + YIELDS}
  br i1 %tired, label %doze, label %give
give:
  %gave = call i32 @isograd_yield()
  br label %wait
doze:
  %longer = icmp sgt i64 %n1, {SPIN + YIELDS + 2000}
  %us = select i1 %longer, i32 2000, i32 50
  call void @isograd_nap(i32 %us)
  br label %wait
end:
  ret void
}}

define void @dispatch(i64* %s, i64 %f, i8** %arg, i64 %tasks, i64 %chunk, i64 %e) {{
entry:
{_place("kp", TAKEN)}{_place("dp", DONE)}  %one = icmp sle i64 %tasks, 1
  br i1 %one, label %alone, label %try
try:
  %pair = cmpxchg i64* %kp, i64 0, i64 1 seq_cst seq_cst
  %got = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %got, label %share, label %alone
share:
{_place("fp", FUNCTION)}{_place("ap", ARGUMENT)}{_place("cp", CHUNK)}{
    _place("ep", END)
}  store atomic i64 %f, i64* %fp seq_cst, align 8
  %ai = ptrtoint i8** %arg to i64
  store atomic i64 %ai, i64* %ap seq_cst, align 8
  store atomic i64 %chunk, i64* %cp seq_cst, align 8
  store atomic i64 %e, i64* %ep seq_cst, align 8
  store atomic i64 0, i64* %dp seq_cst, align 8
  %old = load atomic i64, i64* %s seq_cst, align 8
  %g = lshr i64 %old, 32
  %g1 = add i64 %g, 1
  %g2 = shl i64 %g1, 32
  %t = shl i64 %tasks, 16
  %new = or i64 %g2, %t
  store atomic i64 %new, i64* %s seq_cst, align 8
  call void @work(i64* %s)
  br label %join
join:
  %k = phi i64 [ 0, %share ], [ %k1, %again ], [ 0, %rest ]
  %d = load atomic i64, i64* %dp seq_cst, align 8
  %all = icmp eq i64 %d, %tasks
  br i1 %all, label %free, label %again
again:
  %k1 = add i64 %k, 1
  %slow = icmp sgt i64 %k1, 50000
  br i1 %slow, label %rest, label %join
rest:
  call void @isograd_nap(i32 50)
  br label %join
free:
  store atomic i64 0, i64* %kp seq_cst, align 8
  ret void
alone:
  %fn = inttoptr i64 %f to void (i8**, i64, i64, i64)*
  br label %loop
loop:
  %i = phi i64 [ 0, %alone ], [ %i1, %body ]
  %more = icmp slt i64 %i, %tasks
  br i1 %more, label %body, label %end
body:
  %lo = mul i64 %i, %chunk
  %h = add i64 %lo, %chunk
  %last = icmp slt i64 %h, %e
  %hi = select i1 %last, i64 %h, i64 %e
  call void %fn(i8** %arg, i64 %i, i64 %lo, i64 %hi)
  %i1 = add i64 %i, 1
  br label %loop
end:
  ret void
}}
"""


def cores() -> int:
    """Threads that kernels use: ISOGRAD_NUM_THREADS, else the cores we may run on."""
    text = os.environ.get("ISOGRAD_NUM_THREADS")
    if text:
        return max(1, int(text))
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _nap() -> Any:
    """A C function that sleeps for a number of microseconds."""
    if os.name == "nt":
        kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined] # justified: exists on Windows alone
        shape = ctypes.CFUNCTYPE(None, ctypes.c_int32)
        return shape(lambda us: kernel32.Sleep(max(1, us // 1000)))
    return ctypes.CDLL(None).usleep


def _yield() -> Any:
    """A C function that lets another thread have the processor, if one wants it."""
    if os.name == "nt":
        kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined] # justified: exists on Windows alone
        return kernel32.SwitchToThread
    return ctypes.CDLL(None).sched_yield


class Pool:
    """The shared block and the threads that watch it; they start at the first need."""

    def __init__(self) -> None:
        raw = (ctypes.c_int64 * (SIZE + 8))()
        start = ctypes.addressof(raw)
        self.raw = raw
        self.address = start + (-start) % 64
        self.words = (ctypes.c_int64 * SIZE).from_address(self.address)
        self.nap = _nap()
        self.give = _yield()
        for name, fn in (("nap", self.nap), ("yield", self.give)):
            llvm.add_symbol(f"isograd_{name}", ctypes.cast(fn, ctypes.c_void_p).value)
        self.threads: list[threading.Thread] = []
        self.lock = threading.Lock()

    def start(self, worker: int) -> None:
        """Start the threads; `worker` is the address of their function."""
        with self.lock:
            if self.threads:
                return
            run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(worker)
            self.threads = [
                threading.Thread(
                    target=run, args=(self.address,), daemon=True, name=f"isograd-{i}"
                )
                for i in range(cores() - 1)
            ]
            for t in self.threads:
                t.start()
            atexit.register(self.stop)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self.forked)

    def forked(self) -> None:
        """In a child process no thread is left: its kernels run on the caller's."""
        self.words[TAKEN] = 1  # for good, so that nothing is ever shared

    def stop(self) -> None:
        self.words[STOP] = 1
        for t in self.threads:
            t.join(1.0)
