"""Threads that wait inside of a compiled loop."""

from __future__ import annotations

import atexit
import ctypes
import os
import threading

import llvmlite.binding as llvm

# Layout of the shared block (i64 words): 0 generation, 1 function, 2 argument,
# 3 next task, 4 number of tasks, 5 threads still busy, 6 stop, 7 taken, 8 chunk, 9 end
SOURCE = """
declare void @usleep(i32)
declare i32 @sched_yield()

define void @work(i64* %s) {
entry:
  %fp = getelementptr i64, i64* %s, i64 1
  %f = load i64, i64* %fp
  %ap = getelementptr i64, i64* %s, i64 2
  %a = load i64, i64* %ap
  %np = getelementptr i64, i64* %s, i64 3
  %tp = getelementptr i64, i64* %s, i64 4
  %t = load i64, i64* %tp
  %cp = getelementptr i64, i64* %s, i64 8
  %c = load i64, i64* %cp
  %ep = getelementptr i64, i64* %s, i64 9
  %e = load i64, i64* %ep
  %fn = inttoptr i64 %f to void (i8**, i64, i64, i64)*
  %arg = inttoptr i64 %a to i8**
  br label %next
next:
  %i = atomicrmw add i64* %np, i64 1 seq_cst
  %more = icmp slt i64 %i, %t
  br i1 %more, label %run, label %done
run:
  %lo = mul i64 %i, %c
  %h = add i64 %lo, %c
  %last = icmp slt i64 %h, %e
  %hi = select i1 %last, i64 %h, i64 %e
  call void %fn(i8** %arg, i64 %i, i64 %lo, i64 %hi)
  br label %next
done:
  ret void
}

define void @worker(i64* %s) {
entry:
  %first = load atomic i64, i64* %s seq_cst, align 8
  br label %wait
wait:
  %seen = phi i64 [ %first, %entry ], [ %seen, %spin ], [ %seen, %sleep ], [ %now, %ran ]
  %n = phi i64 [ 0, %entry ], [ %n1, %spin ], [ %n1, %sleep ], [ 0, %ran ]
  %now = load atomic i64, i64* %s seq_cst, align 8
  %changed = icmp ne i64 %now, %seen
  br i1 %changed, label %go, label %idle
idle:
  %n1 = add i64 %n, 1
  %long = icmp sgt i64 %n1, 20000
  br i1 %long, label %sleep, label %spin
spin:
  br label %wait
sleep:
  call void @usleep(i32 200)
  br label %wait
go:
  %sp = getelementptr i64, i64* %s, i64 6
  %stop = load atomic i64, i64* %sp seq_cst, align 8
  %quit = icmp ne i64 %stop, 0
  br i1 %quit, label %end, label %run
run:
  call void @work(i64* %s)
  %bp = getelementptr i64, i64* %s, i64 5
  %old = atomicrmw sub i64* %bp, i64 1 seq_cst
  br label %ran
ran:
  br label %wait
end:
  ret void
}

define void @dispatch(i64* %s, i64 %f, i8** %arg, i64 %tasks, i64 %chunk, i64 %e, i64 %helpers) {
entry:
  %one = icmp sle i64 %tasks, 1
  %none = icmp eq i64 %helpers, 0
  %serial = or i1 %one, %none
  br i1 %serial, label %alone, label %try
try:
  %kp = getelementptr i64, i64* %s, i64 7
  %pair = cmpxchg i64* %kp, i64 0, i64 1 seq_cst seq_cst
  %got = extractvalue { i64, i1 } %pair, 1
  br i1 %got, label %share, label %alone
share:
  %fp = getelementptr i64, i64* %s, i64 1
  store i64 %f, i64* %fp
  %ap = getelementptr i64, i64* %s, i64 2
  %ai = ptrtoint i8** %arg to i64
  store i64 %ai, i64* %ap
  %np = getelementptr i64, i64* %s, i64 3
  store i64 0, i64* %np
  %tp = getelementptr i64, i64* %s, i64 4
  store i64 %tasks, i64* %tp
  %cp = getelementptr i64, i64* %s, i64 8
  store i64 %chunk, i64* %cp
  %ep = getelementptr i64, i64* %s, i64 9
  store i64 %e, i64* %ep
  %bp = getelementptr i64, i64* %s, i64 5
  store i64 %helpers, i64* %bp
  %g = atomicrmw add i64* %s, i64 1 seq_cst
  call void @work(i64* %s)
  br label %join
join:
  %busy = load atomic i64, i64* %bp seq_cst, align 8
  %all = icmp eq i64 %busy, 0
  br i1 %all, label %free, label %again
again:
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
}
"""


def cores() -> int:
    text = os.environ.get("ISOGRAD_NUM_THREADS")
    if text:
        return max(1, int(text))
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class Pool:
    """The shared block, and the threads that watch it."""

    def __init__(self, engine: llvm.ExecutionEngine, threads: int) -> None:
        self.block = (ctypes.c_int64 * 16)()
        self.address = ctypes.addressof(self.block)
        self.helpers = threads - 1
        run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(
            engine.get_function_address("worker"))
        self.threads = [
            threading.Thread(target=run, args=(self.address,), daemon=True)
            for _ in range(self.helpers)
        ]
        for t in self.threads:
            t.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        self.block[6] = 1
        self.block[0] += 1
        for t in self.threads:
            t.join(1.0)
