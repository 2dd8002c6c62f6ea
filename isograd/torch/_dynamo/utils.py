"""`torch._dynamo.utils`: the counters, which stay empty."""

from __future__ import annotations

from collections import Counter, defaultdict

counters: defaultdict[str, Counter[str]] = defaultdict(Counter)
