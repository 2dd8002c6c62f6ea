"""`torch.utils.benchmark`: measurements and tables, printed by PyTorch and isograd."""
# ruff: noqa: E501  (programs keep the lines of their authors)

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
TABLES = r"""
B = torch.utils.benchmark
TS = B.TaskSpec
for m in [B.Measurement(100,[1e-4]*4,TS("x+x","",label=None)),B.Measurement(100,[1e-3,1.2e-3,1.1e-3,1.3e-3],TS("x+x","y=1",num_threads=2)),B.Measurement(1,[2.0],TS("x+x","y=1\nz=2",num_threads=1,description="d")),B.Measurement(100,[1e-3,1.2e-3,1.1e-3,1.3e-3],TS("x+x","y=1",num_threads=2,label='L',sub_label='S',env='e')), B.Measurement(10,[1e-3,1.2e-3,1.1e-3],TS("x","",label='L',description='D'))]:
    print(m); print(m.mean,m.median,m.significant_figures,m.title,m.as_row_name,m.has_warnings)
def mk(t,sub,desc,label='Ops',th=1): return B.Measurement(1,[t]*4,TS("x","",label=label,sub_label=sub,description=desc,num_threads=th))
c=B.Compare([mk(1e-6,'4','add'),mk(2.4e-6,'4','mul'),mk(1e-3,'1000','add'),mk(2e-3,'1000','mul',th=2),mk(5,'z','add','Other')]); c.print()
c.trim_significant_figures(); c.print()
B.Compare([mk(3e-3,'a long row name','naive version'),mk(2e-3,'a long row name','v2'),mk(1.5e-2,'b','v2')]).print()
t=B.Timer('x+x',globals={'x':torch.ones(2)},label='T',sub_label='s',description='d'); m=t.timeit(10); print(m.number_per_run,len(m.times), m.mean>0); m=t.blocked_autorange(min_run_time=.01); print(m.median>0, type(m).__name__)
"""


def test_measurements_and_tables() -> None:
    pytest.importorskip("torch.utils.benchmark")
    twosided.assert_same(TABLES)
