# ruff: noqa
# pyright: basic
import torch, warnings
warnings.simplefilter('ignore')
def T(f):
    try: r=f(); print('ok', r)
    except Exception as e: print(type(e).__name__, str(e)[:300])
x=torch.arange(6.).reshape(2,3)
s=x.storage(); u=x.untyped_storage()
T(lambda: s); T(lambda: len(s)); T(lambda: s[2]); T(lambda: s.tolist()); T(lambda: s.dtype); T(lambda: s.size()); T(lambda: s.nbytes()); T(lambda: s.element_size()); T(lambda: type(s)); T(lambda: s.data_ptr()==x.data_ptr())
T(lambda: list(s)); T(lambda: s.device); T(lambda: s.is_cuda); T(lambda: s.is_shared()); T(lambda: s.pickle_storage_type()); T(lambda: s.type())
s[0]=9.; T(lambda: x); T(lambda: s.fill_(2)); T(lambda: x)
T(lambda: len(u)); T(lambda: u.nbytes()); T(lambda: u.size()); T(lambda: u.device); T(lambda: type(u)); T(lambda: u[0]); T(lambda: u.tolist()[:8]); T(lambda: u.data_ptr()==x[1].untyped_storage().data_ptr()); T(lambda: u.element_size())
T(lambda: x[1].storage().tolist()); T(lambda: x.t().storage().data_ptr()==s.data_ptr()); T(lambda: x[1].storage_offset())
T(lambda: torch.tensor([1,2]).storage()); T(lambda: torch.tensor([True]).storage()); T(lambda: torch.tensor([1.5],dtype=torch.bfloat16).storage().dtype)
y=torch.tensor([1,2,3],dtype=torch.uint8); T(lambda: y.untyped_storage())
T(lambda: torch.FloatStorage([1.,2.])); T(lambda: torch.FloatStorage(3).size()); T(lambda: torch.UntypedStorage(4).nbytes()); T(lambda: torch.LongStorage([1,2]).dtype)
T(lambda: torch.is_storage(s)); T(lambda: torch.is_storage(x)); T(lambda: torch.is_storage(u)); T(lambda: isinstance(s, torch.TypedStorage)); T(lambda: isinstance(x.storage(), torch.FloatStorage)); T(lambda: isinstance(u, torch.UntypedStorage)); T(lambda: x.storage_type())
z=torch.empty(0).set_(x.storage()); T(lambda: z.shape); z=torch.empty(0).set_(x.untyped_storage(),1,(2,),(2,)) if 0 else None
w=torch.tensor(torch.FloatStorage([1.,2.])) if 0 else torch.FloatTensor(torch.FloatStorage([1.,2.])); T(lambda: w)
T(lambda: s.clone().tolist()); T(lambda: s.double().dtype); T(lambda: s.copy_(torch.FloatStorage([1.,2,3,4,5,6]))); T(lambda: x); T(lambda: u.clone().nbytes()); T(lambda: bytes(torch.tensor([1],dtype=torch.int8).untyped_storage().tolist()))
T(lambda: x.untyped_storage()._cdata==x[0].untyped_storage()._cdata)
T(lambda: x.untyped_storage().resize_(0).nbytes())
