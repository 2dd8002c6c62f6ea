"""One-line programs over the tensor API: creation, promotion, indexing, views, errors.

Each is an expression, after statements where it needs some; `test_torch_semantics`
compares the outcome with PyTorch's.
"""
# ruff: noqa: E501  (a line a program)

from __future__ import annotations

CREATION = r"""
torch.tensor([1,2,3])
torch.tensor([1,2.5])
torch.tensor([True,2])
torch.tensor([True,2.0])
torch.tensor([1,2j])
torch.tensor([])
torch.tensor([[],[]])
torch.tensor([[1,2],[3]])
torch.tensor([1,[2]])
torch.tensor([[1],2])
torch.tensor(["a"])
torch.tensor("a")
torch.tensor(None)
torch.tensor([None])
torch.tensor([1,None])
torch.tensor({})
torch.tensor({1})
torch.tensor(object())
torch.tensor([1],[2])
torch.tensor(data=[1,2])
torch.tensor([1],dtype=float)
torch.tensor([1.5],dtype=int)
torch.tensor([1.5],dtype=bool)
torch.tensor([1],dtype=complex)
torch.tensor([1],device='foo')
torch.tensor([1],device='cuda')
torch.tensor([1],device='cpu:0').device
torch.tensor([1],device=torch.device('cpu')).device
torch.tensor([1],requires_grad=True)
torch.tensor([1.],requires_grad=True)
torch.tensor([1.],pin_memory=False)
torch.tensor(np.array([1,2],np.int8))
torch.tensor(np.array([1,2],np.uint16))
torch.tensor(np.array([1,2],np.uint32))
torch.tensor(np.array([1,2],np.uint64))
torch.tensor(np.array([1,2],np.float16))
torch.tensor(np.float32(3))
torch.tensor(np.float64(3))
torch.tensor(np.int32(3))
torch.tensor(np.bool_(True))
torch.tensor(np.complex64(3))
torch.tensor([np.float32(3),np.float32(4)])
torch.tensor([np.float64(3),np.float64(4)])
torch.tensor([np.int32(3),np.int32(4)])
torch.tensor([np.int32(3),2.5])
torch.tensor([np.array([1,2]),np.array([3,4])])
torch.tensor([np.array([1.,2]),np.array([3,4])])
torch.tensor([np.array([1.,2]),np.array([3])])
torch.tensor(np.array(['a']))
torch.tensor(np.array([object()]))
torch.tensor([torch.tensor(1),torch.tensor(2)])
torch.tensor([torch.tensor(1.),torch.tensor(2)])
torch.tensor([torch.tensor([1.]),torch.tensor([2])])
torch.tensor([torch.tensor([1.,2.]),torch.tensor([2.,3.])])
torch.tensor(torch.tensor([1.,2.]))
torch.tensor(range(4))
torch.tensor((1,2))
torch.tensor(2**40)
torch.tensor(2**63)
torch.tensor(2**64)
torch.tensor(-2**63)
torch.tensor([2**63])
torch.tensor(2**64-1,dtype=torch.uint64)
torch.tensor(300,dtype=torch.uint8)
torch.tensor(-1,dtype=torch.uint8)
torch.tensor(256,dtype=torch.int8)
torch.tensor(2**31,dtype=torch.int32)
torch.tensor(1e40)
torch.tensor(1e40,dtype=torch.float16)
torch.tensor(nan,dtype=torch.int32)
torch.tensor(inf,dtype=torch.int64)
torch.tensor(1j,dtype=torch.float32)
torch.tensor([1j],dtype=torch.float32)
torch.tensor([1j],dtype=torch.int32)
torch.tensor(1+0j,dtype=torch.float32)
torch.tensor(iter([1,2]))
torch.tensor([1,2],dtype=torch.bfloat16)
torch.tensor([True,False],dtype=torch.float32)
torch.tensor(b'abc')
torch.tensor(bytearray(b'abc'))
torch.tensor(memoryview(b'abc'))
import array; torch.tensor(array.array('f',[1,2]))
torch.tensor([[1,2],[3,4]],dtype=torch.float64).stride()
torch.as_tensor([1,2])
torch.as_tensor(np.array([1,2],np.int32))
a=np.array([1.,2]); t=torch.as_tensor(a); t[0]=5; a
a=np.array([1.,2]); t=torch.as_tensor(a,dtype=torch.float32); t[0]=5; a
t=torch.tensor([1.]); torch.as_tensor(t) is t
t=torch.tensor([1.]); torch.as_tensor(t,dtype=torch.float64)
torch.as_tensor(3)
torch.as_tensor(None)
torch.asarray([1,2])
t=torch.tensor([1.]); torch.asarray(t) is t
t=torch.tensor([1.]); torch.asarray(t,copy=True) is t
torch.asarray(np.arange(3),copy=False)
torch.asarray([1,2],copy=False)
torch.asarray(b'abcd',dtype=torch.uint8)
torch.asarray(b'abcd',dtype=torch.int16)
torch.asarray(3.5)
torch.asarray([1.],requires_grad=True)
torch.from_numpy(np.arange(3))
torch.from_numpy([1])
torch.from_numpy(np.arange(3)[::-1])
torch.from_numpy(np.array(['a']))
torch.from_numpy(np.float32(1))
torch.from_numpy(np.zeros((2,3)).T).stride()
torch.from_numpy(np.zeros(3,dtype='>f4'))
torch.frombuffer(b'abcdefgh',dtype=torch.int32)
torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int32,offset=4)
torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int32,count=1)
torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int32,offset=5)
torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int32,count=3)
torch.frombuffer(bytearray(b'abcdefgh'),dtype=torch.int32,offset=9)
torch.frombuffer(bytearray(b''),dtype=torch.int32)
torch.arange(5)
torch.arange(5.)
torch.arange(1,4)
torch.arange(1,2.5,0.5)
torch.arange(0,1,0.1).shape
torch.arange(5,0,-1)
torch.arange(5,0)
torch.arange(0,5,0)
torch.arange(0,5,-1)
torch.arange(0,-5,-2)
torch.arange(end=5)
torch.arange(start=1,end=5)
torch.arange(1,end=5,step=2)
torch.arange(nan)
torch.arange(inf)
torch.arange(0,inf,1)
torch.arange(3,dtype=torch.bool)
torch.arange(2,dtype=torch.bool)
torch.arange(3,dtype=torch.uint8)
torch.arange(3,dtype=torch.float16)
torch.arange(3,dtype=torch.complex64)
torch.arange(2**40,2**40+3)
torch.arange(0,3,0.5,dtype=torch.int32)
torch.arange(0.5,3,dtype=torch.int64)
torch.arange(torch.tensor(3))
torch.arange(torch.tensor(3.))
torch.arange('a')
torch.arange(1j)
torch.arange(True)
torch.arange(3,requires_grad=True)
torch.arange(3.,requires_grad=True)
torch.arange(0,5,2.)
torch.arange(-1e-9)
torch.range(1,4)
torch.range(1,4,0.5)
torch.range(0,5,-1)
torch.linspace(0,1,5)
torch.linspace(0,1,1)
torch.linspace(0,1,0)
torch.linspace(0,1,-1)
torch.linspace(0,10,5,dtype=torch.int64)
torch.linspace(-5,5,4,dtype=torch.int32)
torch.linspace(0,1,5,dtype=torch.float64)
torch.linspace(0,1j,5)
torch.linspace(0,1j,3,dtype=torch.float32)
torch.linspace(torch.tensor(0),torch.tensor(1.),3)
torch.linspace(torch.tensor([0]),1.,3)
torch.linspace(0,1,steps=3,requires_grad=True)
torch.linspace(start=0,end=1,steps=3)
torch.linspace(1,0,4)
torch.logspace(0,2,3)
torch.logspace(0,2,3,base=2)
torch.logspace(0,2,-3)
torch.logspace(0,3,4,dtype=torch.int64)
torch.logspace(0,2,1)
torch.full((2,2),3)
torch.full((2,),3.)
torch.full((2,),True)
torch.full((2,),1j)
torch.full((),3)
torch.full(2,3)
torch.full((2,),3,dtype=torch.uint8)
torch.full((2,),-1,dtype=torch.uint8)
torch.full((2,),300,dtype=torch.uint8)
torch.full((2,),2.7,dtype=torch.int32)
torch.full((2,),1j,dtype=torch.float32)
torch.full((-1,),1)
torch.full((2,),torch.tensor(3.))
torch.full((2,),torch.tensor([3.]))
torch.full((2,),torch.tensor([3.,2.]))
torch.full((2,),'a')
torch.full(size=(2,),fill_value=1)
torch.full_like(torch.ones(2),3)
torch.full_like(torch.ones(2,dtype=torch.int32),3.7)
torch.full_like(torch.ones(2),3,dtype=torch.int64)
torch.zeros(2,3)
torch.zeros((2,3))
torch.zeros([2,3])
torch.zeros(torch.Size([2]))
torch.zeros(())
torch.zeros(-1)
torch.zeros(2,-1)
torch.zeros(2.)
torch.zeros(2,3.)
torch.zeros((2,3.))
torch.zeros('a')
torch.zeros(torch.tensor(2))
torch.zeros(torch.tensor(2),torch.tensor(3))
torch.zeros(np.int64(3))
torch.zeros(size=(2,))
torch.zeros(2,layout=torch.strided)
torch.zeros(2,foo=1)
torch.zeros(2,dtype=int)
torch.zeros(2,requires_grad=True)
torch.zeros(2,dtype=torch.int32,requires_grad=True)
torch.ones(2,3)
torch.empty(-1)
torch.empty_strided((2,3),(1,2)).stride()
torch.empty_strided((2,3),(1,))
torch.empty_strided((2,-3),(1,2))
torch.empty_permuted((2,3,4),(2,0,1)).stride()
torch.zeros_like(torch.ones(2,3).t()).stride()
torch.zeros_like(torch.ones(2,3,4,5).permute(0,2,3,1)).stride()
torch.zeros_like(torch.ones(2,3,4)[:,::2]).stride()
torch.zeros_like(torch.ones(2,1,4).expand(2,3,4)).stride()
torch.ones_like([1])
torch.ones_like(torch.ones(2),dtype=torch.int64)
torch.ones_like(torch.ones(2),requires_grad=True)
torch.ones_like(torch.ones(2,3).t(),memory_format=torch.contiguous_format).stride()
torch.eye(3)
torch.eye(2,3)
torch.eye(0)
torch.eye(-1)
torch.eye(2,-1)
torch.eye(2.)
torch.eye(2,dtype=torch.bool)
torch.eye(2,dtype=torch.complex64)
torch.eye(2,m=3)
torch.eye(n=2)
torch.tril_indices(3,3)
torch.triu_indices(3,4,1)
torch.tril_indices(3,3,-1,dtype=torch.int32)
torch.tril_indices(-1,3)
torch.tril_indices(3,3,dtype=torch.float32)
torch.complex(torch.ones(2),torch.zeros(2))
torch.complex(torch.ones(2),torch.zeros(2,dtype=torch.float64))
torch.complex(torch.ones(2,dtype=torch.int32),torch.zeros(2,dtype=torch.int32))
torch.polar(torch.ones(2),torch.zeros(2))
torch.heaviside(torch.tensor([-1.,0,1]),torch.tensor(1))
torch.meshgrid(torch.arange(2),torch.arange(3),indexing='xy')
torch.meshgrid(torch.arange(2),torch.arange(3),indexing='ab')
torch.meshgrid(torch.arange(2),torch.ones(2))
torch.meshgrid()
torch.cartesian_prod(torch.arange(2),torch.arange(2))
torch.combinations(torch.arange(3))
torch.combinations(torch.arange(3),r=0)
torch.combinations(torch.arange(3),r=-1)
torch.combinations(torch.ones(2,2))
torch.combinations(torch.arange(3),r=2,with_replacement=True)
torch.vander(torch.tensor([1,2,3]))
torch.vander(torch.tensor([1,2,3]),N=2,increasing=True)
torch.vander(torch.ones(2,2))
torch.vander(torch.ones(2),N=-1)
torch.block_diag(torch.ones(2),torch.ones(2,1))
torch.block_diag(torch.ones(2,2,2))
torch.diag_embed(torch.ones(2,3)).shape
torch.diag_embed(torch.ones(2,3),0,0,0)
torch.diag_embed(torch.ones(2),offset=1)
torch.scalar_tensor(3)
torch.scalar_tensor(3,dtype=torch.int64)
torch.ones(2).new_tensor([1,2])
torch.ones(2,dtype=torch.int32).new_tensor([1.5])
torch.ones(2,dtype=torch.int32).new_full((2,),1.5)
torch.ones(2,dtype=torch.int32).new_zeros(2,3)
torch.ones(2).new_ones((2,),dtype=torch.int64)
torch.ones(2).new([1,2])
torch.ones(2).new(2,3).shape
torch.Tensor([1,2])
torch.Tensor(2,3).shape
torch.Tensor()
torch.Tensor(3.5)
torch.Tensor([[1,2],[3,4]])
torch.Tensor(torch.ones(2))
torch.Tensor(torch.ones(2,dtype=torch.int32))
torch.Tensor(np.array([1,2]))
torch.Tensor(-2)
torch.Tensor('a')
torch.LongTensor([1,2])
torch.LongTensor([1.5])
torch.LongTensor(2).shape
torch.FloatTensor([1,2])
torch.FloatTensor(np.array([1,2.]))
torch.BoolTensor([1,0])
torch.ByteTensor([1,2])
torch.HalfTensor([1])
torch.DoubleTensor([1])
torch.set_default_dtype(torch.int64)
torch.set_default_tensor_type(torch.LongTensor)
torch.randint(0,0,(2,))
torch.randint(3,1,(2,))
torch.randint(5,2)
torch.rand(2,dtype=torch.int32)
torch.randn(2,dtype=torch.int64)
torch.rand(-1)
torch.rand_like(torch.ones(2,dtype=torch.int64))
torch.randn_like(torch.ones(2,dtype=torch.int64))
torch.normal(torch.zeros(2),-1.)
torch.normal(0.,-1.,(2,))
torch.normal(torch.zeros(2),torch.tensor([-1.,1.]))
torch.multinomial(torch.tensor([0.,0.]),1)
torch.multinomial(torch.tensor([-1.,1.]),1)
torch.multinomial(torch.tensor([nan,1.]),1)
torch.multinomial(torch.tensor([inf,1.]),1)
torch.multinomial(torch.tensor([1.,1.]),3)
torch.bernoulli(torch.tensor([2.]))
torch.bernoulli(torch.tensor([-1.]))
torch.empty(2).uniform_(1,0)
torch.empty(2,dtype=torch.int64).uniform_()
torch.empty(2).normal_(0,-1)
torch.empty(2).random_(0,0)
torch.empty(2).random_(5,3)
torch.empty(2).bernoulli_(2)
torch.manual_seed('a')
""".strip().splitlines()

NUMBERS = r"""
torch.full((1,),1e6,dtype=torch.float16)
torch.full((1,),1e300,dtype=torch.float32)
torch.full((1,),1e300,dtype=torch.bfloat16)
torch.full((1,),inf,dtype=torch.float16)
torch.full((1,),2**40,dtype=torch.float16)
torch.full((1,),2**31,dtype=torch.int32)
torch.full((1,),2**15,dtype=torch.int16)
torch.full((1,),-200,dtype=torch.int8)
torch.full((1,),-255,dtype=torch.uint8)
torch.full((1,),-256,dtype=torch.uint8)
torch.full((1,),1e20,dtype=torch.int64)
torch.full((1,),nan,dtype=torch.bool)
torch.full((1,),1j,dtype=torch.int64)
torch.full((1,),1j,dtype=torch.float16)
torch.full((1,),1j,dtype=torch.float64)
torch.full((1,),2**70)
torch.full((1,),2**63)
torch.full((1,),nan,dtype=torch.uint8)
torch.full((1,),-1.5,dtype=torch.uint8)
torch.full((1,),1e39j,dtype=torch.complex64)
torch.tensor(1e300,dtype=torch.float32)
torch.tensor(2**15,dtype=torch.int16)
torch.tensor(-1,dtype=torch.uint16)
torch.tensor(-1,dtype=torch.uint64)
torch.tensor(2**16,dtype=torch.uint16)
torch.tensor(-129,dtype=torch.int8)
torch.tensor(-256,dtype=torch.uint8)
torch.tensor([nan],dtype=torch.int64)
torch.tensor([1e20],dtype=torch.int64)
torch.tensor(nan,dtype=torch.bool)
torch.zeros(2,dtype=torch.uint8).add_(300)
torch.zeros(2,dtype=torch.uint8)==300
torch.zeros(2,dtype=torch.uint8)<-1
torch.full((2,),-1,dtype=torch.int8)==255
torch.zeros(2,dtype=torch.uint8)-1
torch.zeros(2,dtype=torch.int8)+2**40
torch.zeros(2,dtype=torch.int8)+2**63
torch.zeros(2,dtype=torch.float32)+2**63
torch.zeros(2,dtype=torch.float16)+1e6
torch.zeros(2,dtype=torch.int64)+2**63
torch.zeros(2,dtype=torch.uint8).masked_fill(torch.tensor([True,False]),300)
torch.zeros(2,dtype=torch.uint8).masked_fill(torch.tensor([True,False]),-1)
torch.zeros(2,dtype=torch.uint8).index_fill(0,torch.tensor([0]),300)
torch.zeros(2,dtype=torch.uint8).scatter(0,torch.tensor([0]),300)
torch.zeros(2,dtype=torch.uint8).fill_(-1)
torch.zeros(2,dtype=torch.float32).fill_(1e300)
x=torch.zeros(2); x[0]=1e300; x
x=torch.zeros(2); x[torch.tensor([True,False])]=torch.tensor(1); x
x=torch.zeros(2); x[torch.tensor([True,False])]=torch.tensor([1]); x
x=torch.zeros(2); x[torch.tensor([0])]=1; x
x=torch.zeros(2,dtype=torch.int64); x[torch.tensor([0])]=1.5; x
x=torch.zeros(2,dtype=torch.uint8); x[torch.tensor([0])]=300; x
x=torch.zeros(2,dtype=torch.uint8); x[torch.tensor([0])]=-1; x
x=torch.zeros(2); x[torch.tensor([0])]=1j; x
x=torch.zeros(2,dtype=torch.uint8); x[0]=torch.tensor(300); x
torch.zeros(2,dtype=torch.uint8).full_like(300)
torch.full_like(torch.zeros(2,dtype=torch.uint8),300)
torch.full_like(torch.zeros(2),1j)
torch.zeros(2,dtype=torch.uint8).new_full((1,),-1)
torch.pow(300,torch.tensor([1],dtype=torch.uint8))
torch.eq(torch.tensor([1],dtype=torch.uint8),257)
torch.tensor([255],dtype=torch.uint8)&257
torch.tensor([255],dtype=torch.uint8)//-1
torch.tensor([250],dtype=torch.uint8)%300
torch.maximum(torch.tensor([1],dtype=torch.uint8),torch.tensor(300))
torch.tensor([1],dtype=torch.uint8)+torch.tensor(300)
torch.tensor([1.,nan,inf,-1.,300.]).to(torch.uint8)
torch.tensor([1.5,-1.5,1e10]).to(torch.int32)
torch.tensor([1.5,nan,1e30,-inf]).to(torch.int64)
torch.tensor([1.5,nan,0.]).to(torch.bool)
torch.tensor([1+2j]).to(torch.float32)
torch.tensor([300,-1]).to(torch.uint8)
torch.tensor([1e10]).to(torch.float16)
torch.tensor([1.5,-0.7]).char()
torch.tensor([3e9]).int()
torch.tensor([-1.]).byte()
torch.tensor([1.]).to(torch.float64,copy=True)
torch.tensor([1.]).to()
torch.tensor([1.]).type('torch.FloatTensor')
torch.tensor([1.]).type('foo')
torch.tensor([1.]).type(torch.int32)
torch.tensor([1.]).type(torch.IntTensor)
""".strip().splitlines()

INDEX_WRITES = r"""
x=torch.zeros(2); x[torch.tensor([True,False])]=torch.tensor(1); x
x=torch.zeros(2); x[torch.tensor([True,False])]=torch.tensor(1,dtype=torch.float64); x
x=torch.zeros(2); x[torch.tensor([True,False])]=torch.tensor([1],dtype=torch.float64); x
x=torch.zeros(2); x[[0]]=torch.tensor([1],dtype=torch.float64); x
x=torch.zeros(2); x[torch.tensor([0])]=torch.tensor(1,dtype=torch.float64); x
x=torch.zeros(2,3); x[torch.tensor([True,False]),1]=torch.tensor(1,dtype=torch.float64); x
x=torch.zeros(2,3); x[torch.tensor([True,False]),1:]=torch.tensor(1,dtype=torch.float64); x
x=torch.zeros(2,3); x[:,torch.tensor([True,False,True])]=torch.tensor(1,dtype=torch.float64); x
x=torch.zeros(2,3); x[torch.zeros(2,3,dtype=torch.bool)]=torch.tensor([],dtype=torch.float64); x
""".strip().splitlines()

ARITHMETIC = r"""
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128,torch.uint16,torch.uint32,torch.uint64]; [[str(err(torch.promote_types,a,b)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128,torch.uint16,torch.uint32,torch.uint64]; [[str(err(torch.can_cast,a,b)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str((torch.ones(2,dtype=a)+torch.ones(2,dtype=b)).dtype) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str(err(lambda:(torch.ones(2,dtype=a).add_(torch.ones(2,dtype=b))).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str(err(lambda:(torch.ones(2,dtype=a)-torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str(err(lambda:(torch.ones(2,dtype=a)//torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str(err(lambda:(torch.ones(2,dtype=a)%torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int8,torch.int16,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64,torch.complex128]; [[str(err(lambda:(torch.ones(2,dtype=a)**torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:(torch.ones(2,dtype=a)&torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:(torch.ones(2,dtype=a)<<torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.maximum(torch.ones(2,dtype=a),torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.cat([torch.ones(2,dtype=a),torch.ones(2,dtype=b)]).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.atan2(torch.ones(2,dtype=a),torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.hypot(torch.ones(2,dtype=a),torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.lerp(torch.ones(2,dtype=a),torch.ones(2,dtype=b),.5).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.addcmul(torch.ones(2,dtype=a),torch.ones(2,dtype=b),torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.matmul(torch.ones(2,2,dtype=a),torch.ones(2,2,dtype=b)).dtype)) for a in ds] for b in ds]
ds=[torch.bool,torch.uint8,torch.int32,torch.int64,torch.float16,torch.bfloat16,torch.float32,torch.float64,torch.complex64]; [[str(err(lambda:torch.dot(torch.ones(2,dtype=a),torch.ones(2,dtype=b)).dtype)) for a in ds] for b in ds]
torch.ones(2,dtype=torch.int32)+1.5
torch.ones(2,dtype=torch.int32).add_(1.5)
torch.ones(2,dtype=torch.bool)+True
torch.ones(2,dtype=torch.bool)-True
-torch.ones(2,dtype=torch.bool)
~torch.ones(2)
1-torch.ones(2,dtype=torch.bool)
torch.ones(2,dtype=torch.bool)*2
torch.ones(2,dtype=torch.uint8)*300
torch.ones(2,dtype=torch.uint8)+(-1)
torch.ones(2,dtype=torch.int8)+200
torch.ones(2,dtype=torch.int64)/2
torch.ones(2,dtype=torch.int64).div_(2)
torch.ones(2,dtype=torch.int64).div_(2,rounding_mode='floor')
torch.div(torch.tensor([7,-7]),2,rounding_mode='trunc')
torch.div(torch.tensor([7.,-7]),2,rounding_mode='foo')
torch.add(torch.ones(2,dtype=torch.int64),1,alpha=1.5)
torch.add(torch.ones(2,dtype=torch.bool),True,alpha=1)
torch.add(torch.ones(2,dtype=torch.bool),True,alpha=True)
torch.add(1,torch.ones(2))
torch.add(1,2)
torch.add(torch.ones(2),2,out=torch.empty(2,dtype=torch.int64))
torch.mul(torch.ones(2),'a')
torch.ones(2)+'a'
torch.ones(2)+None
torch.ones(2)+[1,2]
'a'+torch.ones(2)
[1.,2.]+torch.ones(2)
np.float32(2)*torch.ones(2)
torch.ones(2)*np.float64(2)
torch.ones(2)+np.int64(2)
torch.ones(2)==None
torch.ones(2)!='a'
torch.ones(2)<'a'
torch.ones(2,dtype=torch.complex64)<1
torch.ones(2)==[1,1]
torch.tensor(3)**-1
torch.tensor([3])**-1
torch.tensor([3.])**-1
2**torch.tensor([3])
2.**torch.tensor([3])
(-2)**torch.tensor([0.5])
torch.tensor([0])**-1
torch.pow(torch.tensor([2]),torch.tensor([-1]))
torch.tensor([2],dtype=torch.uint8)**8
torch.tensor([5])//0
torch.tensor([5.])//0
torch.tensor([5])%0
torch.tensor([5.])%0
torch.tensor([5])/0
torch.div(torch.tensor([5]),0,rounding_mode='trunc')
torch.remainder(torch.tensor([5]),torch.tensor([0]))
torch.fmod(torch.tensor([5]),0)
torch.fmod(torch.tensor([-5.,5.]),3)
torch.remainder(torch.tensor([-5.,5.]),-3)
torch.remainder(5,torch.tensor([3,-3]))
torch.tensor([-7,7])//2
torch.tensor([-7.,7.,inf,nan])//2
torch.tensor([-7.,7.])//-inf
torch.floor_divide(torch.tensor([-7.,7.]),2)
7//torch.tensor([2,-2])
7%torch.tensor([2,-2])
torch.tensor([-2**63])//-1
torch.gcd(torch.tensor([12,-8]),torch.tensor([8,0]))
torch.lcm(torch.tensor([12,0]),torch.tensor([8,3]))
torch.bitwise_left_shift(torch.tensor([1]),64)
torch.tensor([1])<<2
torch.tensor([-8])>>1
torch.tensor([1])<<-1
torch.tensor([1])>>100
torch.tensor([1.])<<2
torch.tensor([1])&1.5
torch.tensor([1])|torch.tensor([True])
True^torch.tensor([True,False])
torch.logical_and(torch.tensor([1.,nan]),torch.tensor([0,1]))
torch.logical_xor(torch.tensor([1.,0.]),torch.tensor([0,0]))
torch.clamp(torch.tensor([1,5]),2.5)
torch.clamp(torch.tensor([1,5]),min=2,max=3)
torch.clamp(torch.tensor([1,5]))
torch.clamp(torch.tensor([1.,nan]),min=nan)
torch.clamp(torch.tensor([1.,5.]),min=3,max=2)
torch.clamp(torch.tensor([1.,5.]),torch.tensor([2.,2.]))
torch.clamp(torch.tensor([1,5]),torch.tensor([2.,2.]))
torch.clamp(torch.ones(2,dtype=torch.complex64),1)
torch.clamp(torch.tensor([True]),0,1)
torch.clamp_min(torch.tensor([1,5]),2)
torch.clip(torch.tensor([1,5]),2,3)
torch.result_type(1,2.)
torch.promote_types(1,2)
torch.can_cast(torch.float64,torch.int32)
torch.can_cast(1,2)
torch.tensor([1],dtype=torch.uint32)*2
torch.nan_to_num(torch.tensor([nan,inf,-inf]))
torch.nan_to_num(torch.tensor([nan,inf,-inf]),nan=1,posinf=2,neginf=3)
torch.nan_to_num(torch.tensor([1]))
torch.ones(2)+torch.ones(3)
torch.ones(2,3)+torch.ones(2)
torch.ones(2).add_(torch.ones(2,2))
torch.ones(2,1).add_(torch.ones(2,2))
torch.add(torch.ones(2),torch.ones(2),out=torch.ones(3)).shape
torch.maximum(torch.tensor([nan,1.]),torch.tensor([1.,nan]))
torch.fmax(torch.tensor([nan,1.]),torch.tensor([1.,nan]))
torch.minimum(torch.tensor([-0.,0.]),torch.tensor([0.,-0.]))
torch.maximum(torch.tensor([1]),2)
torch.sign(torch.tensor([-0.,nan,inf,-inf]))
torch.signbit(torch.tensor([-0.,0.,nan,-nan]))
torch.copysign(torch.tensor([1.,2.]),-0.)
torch.copysign(torch.tensor([1,2]),torch.tensor([-1.,1.]))
torch.round(torch.tensor([0.5,1.5,2.5,-0.5]))
torch.round(torch.tensor([1.2345]),decimals=2)
torch.round(torch.tensor([1234.]),decimals=-2)
torch.trunc(torch.tensor([-0.5,1.7,inf]))
torch.frac(torch.tensor([-1.5,1.7,inf]))
torch.sqrt(torch.tensor([-1.,-0.,inf]))
torch.sqrt(torch.tensor([-1+0j,-1-0j]))
torch.log(torch.tensor([-1.,0.,-0.,inf]))
torch.log(torch.tensor([-1+0j,0j]))
torch.log1p(torch.tensor([-1.,-2.]))
torch.asin(torch.tensor([2.,-2.]))
torch.asin(torch.tensor([2+0j,2-0j]))
torch.acosh(torch.tensor([0.5,1.]))
torch.atanh(torch.tensor([1.,-1.,2.]))
torch.atan2(torch.tensor([0.,-0.,0.,-0.]),torch.tensor([-1.,-1.,1.,1.]))
torch.angle(torch.tensor([-1.,0.,1.,nan,-0.]))
torch.angle(torch.tensor([-1+0j,0j]))
torch.abs(torch.tensor([-128],dtype=torch.int8))
torch.neg(torch.tensor([1],dtype=torch.uint8))
torch.reciprocal(torch.tensor([0.,-0.,inf]))
torch.reciprocal(torch.tensor([0,2]))
torch.sigmoid(torch.tensor([-1000.,1000.,nan]))
torch.expm1(torch.tensor([1e-10,-1e-10]))
torch.lgamma(torch.tensor([0.,-1.,-0.5,1.,inf]))
torch.digamma(torch.tensor([0.,-0.,-1.,1.]))
torch.polygamma(-1,torch.tensor([1.]))
torch.mvlgamma(torch.tensor([1.]),3)
torch.mvlgamma(torch.tensor([2.]),2)
torch.mvlgamma(torch.tensor([2.]),0)
torch.erfinv(torch.tensor([1.,-1.,2.,0.]))
torch.logit(torch.tensor([0.,1.,2.]))
torch.logit(torch.tensor([0.,1.]),eps=0.1)
torch.xlogy(torch.tensor([0.,0.,1.]),torch.tensor([0.,nan,0.]))
torch.xlogy(torch.tensor([0]),2)
torch.special.xlog1py(torch.tensor([0.]),-1)
torch.logaddexp(torch.tensor([inf,-inf,1.]),torch.tensor([inf,-inf,nan]))
torch.logaddexp(torch.tensor([1]),torch.tensor([1]))
torch.hypot(torch.tensor([inf]),torch.tensor([nan]))
torch.ldexp(torch.tensor([1.]),torch.tensor([3]))
torch.frexp(torch.tensor([0.,8.,inf,nan]))
torch.frexp(torch.tensor([1]))
torch.nextafter(torch.tensor([0.,1.]),torch.tensor([1.,1.]))
torch.float_power(torch.tensor([2]),3)
torch.float_power(torch.tensor([-8.]),1/3)
torch.sinc(torch.tensor([0.,1.,0.5]))
torch.igamma(torch.tensor([1.,0.]),torch.tensor([0.,1.]))
torch.i0(torch.tensor([0.,100.]))
torch.isclose(torch.tensor([1.,nan]),torch.tensor([1.,nan]),equal_nan=True)
torch.isclose(torch.tensor([1.]),torch.tensor([1]))
torch.isclose(torch.tensor([1.]),torch.tensor([1.]),rtol=-1)
torch.isclose(torch.tensor([inf,-inf]),torch.tensor([inf,inf]))
torch.isclose(torch.tensor([1]),torch.tensor([2]),atol=1)
torch.allclose(torch.tensor([1.]),torch.tensor([1.,2.]))
torch.allclose(torch.tensor([1.]),1.)
torch.allclose(torch.tensor([1.]),torch.tensor([1.],dtype=torch.float64))
torch.equal(torch.tensor([1.]),torch.tensor([1]))
torch.equal(torch.tensor([nan]),torch.tensor([nan]))
torch.equal(torch.tensor([]),torch.tensor([[]]))
torch.equal(torch.ones(2),1)
torch.eq(torch.ones(2),torch.ones(3))
torch.isin(torch.tensor([1,2,3]),torch.tensor([2]))
torch.isin(1,torch.tensor([1,2]))
torch.isin(torch.tensor([1,2]),2,invert=True)
torch.isreal(torch.tensor([1+0j,1j]))
torch.isposinf(torch.tensor([inf,-inf,nan]))
torch.isposinf(torch.tensor([1j]))
torch.isneginf(torch.tensor([1]))
torch.isnan(torch.tensor([complex(nan,0),1j]))
torch.tensor([1,2])@torch.tensor([1.,2.])
torch.addcdiv(torch.tensor([1]),torch.tensor([1]),torch.tensor([1]))
torch.addcdiv(torch.tensor([1.]),torch.tensor([1]),torch.tensor([2]))
torch.lerp(torch.tensor([1.]),torch.tensor([2.]),torch.tensor(.5))
torch.lerp(torch.tensor([1.]),torch.tensor([2.],dtype=torch.float64),.5)
torch.rsub(torch.ones(2),3)
torch.sub(torch.ones(2),3,alpha=2)
torch.sub(torch.tensor([True]),torch.tensor([False]))
torch.tensor([True])-1
torch.sum(torch.tensor([True,True]))
torch.square(torch.tensor([True]))
torch.tensor([1+2j]).real.add_(1)
torch.real(torch.ones(2))
torch.imag(torch.ones(2))
torch.view_as_real(torch.tensor([1+2j]))
torch.view_as_complex(torch.ones(2,3))
torch.view_as_complex(torch.ones(3,2))
torch.view_as_complex(torch.ones(3,2,dtype=torch.int64))
torch.view_as_real(torch.ones(2))
""".strip().splitlines()

INDEXING = r"""
x=torch.arange(12).reshape(3,4); x[::-1]
x=torch.arange(12).reshape(3,4); x[::0]
x=torch.arange(12).reshape(3,4); x[3]
x=torch.arange(12).reshape(3,4); x[-4]
x=torch.arange(12).reshape(3,4); x[0,0,0]
x=torch.arange(12).reshape(3,4); x[0,...,0]
x=torch.arange(12).reshape(3,4); x[None,...,None].shape
x=torch.arange(12).reshape(3,4); x[1.]
x=torch.arange(12).reshape(3,4); x['a']
x=torch.arange(12).reshape(3,4); x[1,'a']
x=torch.arange(12).reshape(3,4); x[1.5:2]
x=torch.arange(12).reshape(3,4); x['a':2]
x=torch.arange(12).reshape(3,4); x[torch.tensor(1):torch.tensor(3)]
x=torch.arange(12).reshape(3,4); x[torch.tensor(1.):]
x=torch.arange(12).reshape(3,4); x[np.int64(1)]
x=torch.arange(12).reshape(3,4); x[True]
x=torch.arange(12).reshape(3,4); x[False].shape
x=torch.arange(12).reshape(3,4); x[True,False].shape
x=torch.arange(12).reshape(3,4); x[torch.tensor(True)]
x=torch.arange(12).reshape(3,4); x[torch.tensor(1)]
x=torch.arange(12).reshape(3,4); x[torch.tensor(1),torch.tensor(2)]
x=torch.arange(12).reshape(3,4); x[torch.tensor(3)]
x=torch.arange(12).reshape(3,4); x[torch.tensor([0,3])]
x=torch.arange(12).reshape(3,4); x[torch.tensor([0,-4])]
x=torch.arange(12).reshape(3,4); x[torch.tensor([0.,1.])]
x=torch.arange(12).reshape(3,4); x[torch.tensor([0,1]),torch.tensor([0,1,2])]
x=torch.arange(12).reshape(3,4); x[[0,2]]
x=torch.arange(12).reshape(3,4); x[[0,2],[1,3]]
x=torch.arange(12).reshape(3,4); x[[[0,2],[1,1]]]
x=torch.arange(12).reshape(3,4); x[[True,False,True]]
x=torch.arange(12).reshape(3,4); x[[0,slice(None)]]
x=torch.arange(12).reshape(3,4); x[[]]
x=torch.arange(12).reshape(3,4); x[()]
x=torch.arange(12).reshape(3,4); x[[0.5]]
x=torch.arange(12).reshape(3,4); x[x>5]
x=torch.arange(12).reshape(3,4); x[torch.tensor([True,False,True])]
x=torch.arange(12).reshape(3,4); x[torch.tensor([True,False])]
x=torch.arange(12).reshape(3,4); x[:,torch.tensor([True,False])]
x=torch.arange(12).reshape(3,4); x[torch.tensor([True,False,True]),1:3]
x=torch.arange(12).reshape(3,4); x[torch.tensor([1,0,1],dtype=torch.uint8)]
x=torch.arange(12).reshape(3,4); x[torch.ones(3,4,5,dtype=torch.bool)]
x=torch.arange(24).reshape(2,3,4); x[0,:,torch.tensor([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[torch.tensor([0,1]),:,torch.tensor([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[:,torch.tensor([0,1]),torch.tensor([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[:,torch.tensor([[0,1]]),None,1].shape
x=torch.arange(24).reshape(2,3,4); x[torch.tensor([0,1]),None,torch.tensor([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[None,torch.tensor([0,1]),...,torch.tensor([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[x>30].shape
x=torch.arange(24).reshape(2,3,4); x[:,torch.ones(3,4,dtype=torch.bool)].shape
x=torch.arange(24).reshape(2,3,4); x[1,torch.tensor([[True,False,True,False]]*3)]
x=torch.arange(24).reshape(2,3,4); x[np.array([0,1])].shape
x=torch.arange(24).reshape(2,3,4); x[np.array([True,False])].shape
x=torch.arange(24).reshape(2,3,4); x[range(2)].shape
x=torch.arange(24).reshape(2,3,4); x[(0,1),].shape
x=torch.arange(24).reshape(2,3,4); x[0:10,5:].shape
x=torch.arange(24).reshape(2,3,4); x[-10:-1].shape
x=torch.arange(24).reshape(2,3,4); x[::2,::2,::3].stride()
torch.tensor(5)[0]
torch.tensor(5)[...]
torch.tensor(5)[None]
torch.tensor(5)[()]
torch.tensor(5)[True]
torch.tensor(5)[torch.tensor(True)]
torch.tensor(5)[torch.tensor(0)]
torch.tensor(5)[:]
torch.tensor([])[0]
torch.zeros(0,3)[torch.tensor([],dtype=torch.long)].shape
torch.zeros(3,0)[:,torch.tensor([],dtype=torch.long)].shape
x=torch.zeros(3,4); x[0]=1; x
x=torch.zeros(3,4); x[0]=torch.arange(4); x
x=torch.zeros(3,4); x[0]=torch.arange(3); x
x=torch.zeros(3,4); x[:,0]=torch.tensor([1,2,3]); x
x=torch.zeros(3,4); x[0]=torch.ones(1,4); x
x=torch.zeros(3,4); x[0]=torch.ones(2,4); x
x=torch.zeros(3,4); x[0]=torch.ones(1,1,1,4); x
x=torch.zeros(3,4); x[0]=[1,2,3,4]; x
x=torch.zeros(3,4); x[0]=np.arange(4); x
x=torch.zeros(3,4); x[0,0]=torch.tensor([5.]); x
x=torch.zeros(3,4); x[0,0]=torch.tensor([5.,6.]); x
x=torch.zeros(3,4); x[5]=1
x=torch.zeros(3,4); x[0,0,0]=1
x=torch.zeros(3,4); x[::-1]=1
x=torch.zeros(3,4); x['a']=1
x=torch.zeros(3,4); x[0]='a'
x=torch.zeros(3,4); x[0]=None
x=torch.zeros(3,4); x[x==0]=1.5; x
x=torch.zeros(3,4); x[torch.eye(3,4,dtype=torch.bool)]=torch.tensor([1.,2.,3.]); x
x=torch.zeros(3,4); x[torch.eye(3,4,dtype=torch.bool)]=torch.tensor([1.,2.]); x
x=torch.zeros(3,4); x[torch.tensor([0,1]),torch.tensor([1,2])]=torch.tensor([1.,2.]); x
x=torch.zeros(3,4); x[torch.tensor([0,1]),torch.tensor([1,2])]=torch.tensor([1.,2.,3.]); x
x=torch.zeros(3,4); x[torch.tensor([0,1])]=torch.ones(4); x
x=torch.zeros(3,4); x[torch.tensor([0,1]),torch.tensor([1,2])]=torch.tensor([1,2]); x
x=torch.zeros(3,4); x[torch.tensor([0,1]),torch.tensor([1,2])]=torch.tensor([1,2],dtype=torch.float64); x
x=torch.zeros(3,4,dtype=torch.int64); x[0]=1.7; x
x=torch.zeros(3,4,dtype=torch.int64); x[0]=torch.tensor(1.7); x
x=torch.zeros(3,4,dtype=torch.int64); x[torch.tensor([0])]=torch.tensor(1.7); x
x=torch.zeros(3,4,dtype=torch.int64); x[0]=nan
x=torch.zeros(3,4); x[0]=1j
x=torch.zeros(3,4); x[0]=torch.tensor(1j); x
x=torch.zeros(3,4,dtype=torch.uint8); x[0]=-1; x
x=torch.zeros(3,4,dtype=torch.uint8); x[0]=256; x
x=torch.zeros(3,4,dtype=torch.bool); x[0]=5; x
x=torch.zeros(3,4); x[True]=1; x
x=torch.zeros(3,4); x[False]=1; x
x=torch.zeros(3,4); x[...]=2; x
x=torch.zeros(3,4); x[None]=2; x
x=torch.zeros(3,4); x[()]=2; x
x=torch.zeros(3,4); x[:,[0,2]]=torch.ones(3,2)*3; x
x=torch.zeros(3,4); x[torch.tensor([0,0]),0]+=1; x
x=torch.zeros(3,4); x[1:1]=5; x
x=torch.zeros(3,4); x[1:1]=torch.ones(2,4); x
x=torch.tensor(1.); x[...]=3; x
x=torch.tensor(1.); x[0]=3
x=torch.zeros(3); x.index_put_((torch.tensor([0,0,1]),),torch.tensor([1.,2.,3.]),accumulate=True)
x=torch.zeros(3); x.index_put_((torch.tensor([0,1]),),torch.tensor([1,2]))
x=torch.zeros(3); x.index_put_([torch.tensor([0,5])],torch.tensor(1.))
x=torch.zeros(3); x.index_put_(torch.tensor([0]),torch.tensor(1.))
x=torch.zeros(3); x.index_put((torch.tensor([True,False,True]),),torch.tensor(1.))
x=torch.zeros(3); x.index_put_((torch.tensor([0]),torch.tensor([0])),torch.tensor(1.))
x=torch.zeros(3); x.index_put_((torch.tensor([0.]),),torch.tensor(1.))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0,2],[1,1]]))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0,3]]))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0,-1]]))
torch.gather(torch.arange(6).reshape(2,3),2,torch.tensor([[0]]))
torch.gather(torch.arange(6).reshape(2,3),0,torch.tensor([0]))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0],[0],[0]]))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0.]]))
torch.gather(torch.arange(6).reshape(2,3),1,torch.tensor([[0]],dtype=torch.int32))
torch.gather(torch.arange(6).reshape(2,3),1,torch.zeros(0,dtype=torch.long))
torch.gather(torch.tensor(5),0,torch.tensor(0))
torch.gather(torch.tensor(5),0,torch.tensor([0,0]))
torch.zeros(2,3).scatter(1,torch.tensor([[0,2]]),torch.tensor([[1.,2.]]))
torch.zeros(2,3).scatter(1,torch.tensor([[0,2]]),5)
torch.zeros(2,3).scatter(1,torch.tensor([[0,3]]),5)
torch.zeros(2,3).scatter(1,torch.tensor([[0,1]]),torch.tensor([[1,2]]))
torch.zeros(2,3).scatter(1,torch.tensor([[0,1,2]]),torch.tensor([[1.,2.]]))
torch.zeros(2,3).scatter(1,torch.tensor([0]),torch.tensor([1.]))
torch.zeros(2,3).scatter(5,torch.tensor([[0]]),1.)
torch.zeros(2,3).scatter(1,torch.tensor([[0,1],[0,1],[0,1]]),1.)
torch.ones(2,3).scatter(1,torch.tensor([[0,0]]),torch.tensor([[2.,3.]]),reduce='add')
torch.ones(2,3).scatter(1,torch.tensor([[0,0]]),torch.tensor([[2.,3.]]),reduce='multiply')
torch.ones(2,3).scatter(1,torch.tensor([[0,0]]),torch.tensor([[2.,3.]]),reduce='mean')
torch.ones(2,3).scatter(1,torch.tensor([[0,0]]),2,reduce='multiply')
torch.ones(2,3).scatter_add(1,torch.tensor([[0,0]]),torch.tensor([[2.,3.]]))
torch.ones(2,3).scatter_add(1,torch.tensor([[0,0]]),torch.tensor([[2,3]]))
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,3.,4.]),'sum')
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,3.,4.]),'mean')
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,3.,4.]),'mean',include_self=False)
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,3.,4.]),'prod',include_self=False)
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,-3.,nan]),'amax')
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,-3.,4.]),'amin',include_self=False)
torch.ones(3).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2.,-3.,4.]),'foo')
torch.ones(3,dtype=torch.int64).scatter_reduce(0,torch.tensor([0,0,1]),torch.tensor([2,3,4]),'mean')
torch.arange(12).reshape(3,4).index_select(1,torch.tensor([0,3]))
torch.arange(12).reshape(3,4).index_select(1,torch.tensor([4]))
torch.arange(12).reshape(3,4).index_select(1,torch.tensor([-1]))
torch.arange(12).reshape(3,4).index_select(1,torch.tensor([[0]]))
torch.arange(12).reshape(3,4).index_select(1,torch.tensor([0.]))
torch.arange(12).reshape(3,4).index_select(1,torch.tensor(0)).shape
torch.arange(12).reshape(3,4).index_select(3,torch.tensor([0]))
torch.tensor(5).index_select(0,torch.tensor([0]))
torch.tensor(5).index_select(0,torch.tensor([1]))
torch.zeros(3,2).index_add(0,torch.tensor([0,0]),torch.ones(2,2))
torch.zeros(3,2).index_add(0,torch.tensor([0,0]),torch.ones(2,2),alpha=2)
torch.zeros(3,2).index_add(0,torch.tensor([0,0]),torch.ones(3,2))
torch.zeros(3,2).index_add(0,torch.tensor([0,3]),torch.ones(2,2))
torch.zeros(3,2).index_add(0,torch.tensor([0,0]),torch.ones(2,3))
torch.zeros(3,2).index_add(0,torch.tensor([0,0]),torch.ones(2,2,dtype=torch.int64))
torch.zeros(3,2).index_add(0,torch.tensor([0.,0.]),torch.ones(2,2))
torch.zeros(3,2).index_copy(0,torch.tensor([0,2]),torch.ones(2,2))
torch.zeros(3,2).index_copy(0,torch.tensor([0,3]),torch.ones(2,2))
torch.zeros(3,2).index_copy(0,torch.tensor([0,1]),torch.ones(2,3))
torch.zeros(3,2).index_copy(0,torch.tensor([0,1]),torch.ones(2,2,dtype=torch.float64))
torch.zeros(3,2).index_fill(0,torch.tensor([0,2]),7)
torch.zeros(3,2).index_fill(0,torch.tensor([0,-1]),7)
torch.zeros(3,2).index_fill(0,torch.tensor([0,3]),7)
torch.zeros(3,2).index_fill(0,torch.tensor([0]),torch.tensor([7.,8.]))
torch.zeros(3,2).index_fill(0,torch.tensor([0]),torch.tensor(7.))
torch.ones(3).index_reduce(0,torch.tensor([0,0]),torch.tensor([2.,3.]),'prod')
torch.ones(3).index_reduce(0,torch.tensor([0,0]),torch.tensor([2.,3.]),'mean')
torch.ones(3).index_reduce(0,torch.tensor([0,0]),torch.tensor([2.,3.]),'amax',include_self=False)
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([True,False,True]),-1)
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([1,0,1]),-1)
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([True,False]),-1)
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([True,False,True]),1.5)
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([True,False,True]),torch.tensor(1.5))
torch.arange(6).reshape(2,3).masked_fill(torch.tensor([True,False,True]),torch.tensor([1]))
torch.zeros(2).masked_fill(torch.tensor([True,False]),inf)
torch.zeros(2).masked_fill(torch.tensor([True,False]),1j)
torch.tensor(1.).masked_fill(torch.tensor([True,False]),2)
torch.tensor(1.).masked_fill_(torch.tensor([True,False]),2)
torch.zeros(2,3).masked_scatter(torch.tensor([[True,False,True]]),torch.arange(4.))
torch.zeros(2,3).masked_scatter(torch.tensor([[True,False,True]]),torch.arange(3.))
torch.zeros(2,3).masked_scatter(torch.tensor([[True,False,True]]),torch.arange(4))
torch.zeros(2,3).masked_scatter(torch.tensor([[1,0,1]]),torch.arange(4.))
torch.masked_select(torch.arange(6).reshape(2,3),torch.tensor([True,False,True]))
torch.masked_select(torch.arange(3),torch.tensor([[True],[False]]))
torch.masked_select(torch.arange(3),torch.tensor([1,0,1]))
torch.masked_select(torch.tensor(5),torch.tensor(True))
torch.take(torch.arange(6).reshape(2,3),torch.tensor([[0,5],[-1,1]]))
torch.take(torch.arange(6).reshape(2,3),torch.tensor([6]))
torch.take(torch.arange(6),torch.tensor([0.]))
torch.take(torch.arange(6),torch.tensor([0],dtype=torch.int32))
torch.zeros(2,3).put(torch.tensor([0,5]),torch.tensor([1.,2.]))
torch.zeros(2,3).put(torch.tensor([0,0]),torch.tensor([1.,2.]),accumulate=True)
torch.zeros(2,3).put_(torch.tensor([6]),torch.tensor([1.]))
torch.zeros(2,3).put_(torch.tensor([0]),torch.tensor([1.,2.]))
torch.zeros(2,3).put_(torch.tensor([0]),torch.tensor([1]))
torch.take_along_dim(torch.arange(6).reshape(2,3),torch.tensor([[0],[2]]),1)
torch.take_along_dim(torch.arange(6).reshape(2,3),torch.tensor([0,5]))
torch.take_along_dim(torch.arange(6).reshape(2,3),torch.tensor([0]),1)
torch.take_along_dim(torch.arange(6).reshape(2,3),torch.tensor([[0.]]),1)
torch.nonzero(torch.tensor([[1,0],[0,2]]))
torch.nonzero(torch.tensor(5))
torch.nonzero(torch.tensor(0),as_tuple=True)
torch.argwhere(torch.tensor([[1,0],[0,2]]))
torch.where(torch.tensor([True,False]))
torch.where(torch.tensor([True,False]),1,2)
torch.where(torch.tensor([True,False]),1.,2)
torch.where(torch.tensor([1,0]),1.,2)
torch.where(torch.tensor([True,False]),torch.ones(2),torch.ones(3))
torch.where(torch.tensor([1.,0.]),torch.ones(2),torch.ones(2))
torch.select(torch.ones(2,3),1,3)
torch.select(torch.ones(2,3),2,0)
torch.ones(2,3).select(0,-1)
torch.select_scatter(torch.zeros(2,3),torch.ones(3),0,1)
torch.select_scatter(torch.zeros(2,3),torch.ones(2),0,1)
torch.slice_scatter(torch.zeros(4,2),torch.ones(2,2),start=1,end=3)
torch.slice_scatter(torch.zeros(4,2),torch.ones(3,2),start=1,end=3)
torch.diagonal_scatter(torch.zeros(3,3),torch.ones(3))
torch.diagonal_scatter(torch.zeros(3,3),torch.ones(2))
x=torch.arange(12.).reshape(3,4).requires_grad_(); y=x[torch.tensor([0,0,2])]; bw(y,x)
x=torch.arange(12.).reshape(3,4).requires_grad_(); y=x[x>5]; (y,bw(y,x))
x=torch.arange(4.).requires_grad_(); y=x.clone(); y[1:3]=x[:2]*3; (y,bw(y,x))
torch.zeros(3).fill_(torch.tensor([1.,2.]))
torch.zeros(3).fill_(torch.tensor(2.))
torch.zeros(3,dtype=torch.int64).fill_(1.7)
torch.zeros(3,dtype=torch.uint8).fill_(256)
torch.zeros(3,dtype=torch.int64).fill_(nan)
torch.zeros(3,3).fill_diagonal_(2)
torch.zeros(7,3).fill_diagonal_(2,wrap=True)
torch.zeros(3).fill_diagonal_(2)
torch.zeros(2,3,3).fill_diagonal_(2)
torch.ones(3).copy_(torch.ones(2))
torch.ones(3).copy_(torch.tensor(2.))
torch.ones(3).copy_([1,2,3])
torch.ones(3,dtype=torch.int64).copy_(torch.tensor([1.5,nan,-2.7]))
torch.ones(3).copy_(torch.tensor([1j]))
list(torch.arange(3))
[i for i in torch.tensor(3)]
3 in torch.arange(5)
'a' in torch.arange(5)
torch.tensor(3) in torch.arange(5)
[1] in torch.arange(5)
None in torch.arange(5)
nan in torch.tensor([nan])
1j in torch.tensor([1.])
del torch.zeros(3)[0]
x=torch.arange(5); del x[0]
len(torch.tensor(3))
len(torch.zeros(0,3))
bool(torch.tensor([]))
bool(torch.tensor([1,2]))
bool(torch.tensor([[0.]]))
bool(torch.tensor(0j))
int(torch.tensor([1,2]))
int(torch.tensor([1.7]))
int(torch.tensor(nan))
int(torch.tensor(inf))
int(torch.tensor(1j))
float(torch.tensor(1j))
float(torch.tensor(1+0j))
float(torch.tensor([1,2]))
complex(torch.tensor([1]))
complex(torch.tensor([1,2]))
operator.index(torch.tensor(3))
operator.index(torch.tensor([3]))
operator.index(torch.tensor(3.))
operator.index(torch.tensor([1,2]))
operator.index(torch.tensor(True))
range(5)[torch.tensor(3)]
[1,2,3][torch.tensor(1)]
[1,2,3][torch.tensor(1.)]
round(torch.tensor(1.7))
round(torch.tensor(1.234),2)
math.floor(torch.tensor(1.7))
math.ceil(torch.tensor(1.7))
math.sqrt(torch.tensor(4.))
math.trunc(torch.tensor(1.7))
abs(torch.tensor([-1]))
divmod(torch.tensor([7]),2)
torch.tensor([7]).__divmod__(2)
pow(torch.tensor([7]),2)
'{:.2f}'.format(torch.tensor(1.234))
'{:.2f}'.format(torch.tensor([1.234]))
'{}'.format(torch.tensor([1.234]))
f"{torch.tensor(3):5d}"
f"{torch.tensor([1.,2.]):.2f}"
x=torch.tensor(1); {x:1}[x]
torch.tensor([1,2]).item()
torch.tensor([]).item()
torch.tensor([[5]]).item()
torch.tensor([1,2]).tolist()
torch.tensor(1.5).tolist()
torch.tensor([True]).tolist()
reversed(torch.arange(3))
sorted(torch.tensor([3,1,2]))
max(torch.tensor([3,1,2]))
sum(torch.tensor([3,1,2]))
any(torch.tensor([0,1]))
iter(torch.tensor(1))
a,b=torch.arange(2); (a,b)
a,b=torch.arange(3)
torch.tensor([1,2]).__array_priority__
torch.tensor([1,2]).foo
torch.tensor([1,2]).__bool__()
""".strip().splitlines()

SHAPES_AND_REDUCTIONS = r"""
x=torch.arange(12.); x.view(3,4)._base is x
x=torch.arange(12.).view(3,4); x.t().view(12)
x=torch.arange(12.).view(3,4); x.view(5,-1)
x=torch.arange(12.).view(3,4); x.view(-1,-1)
x=torch.arange(12.).view(3,4); x.view(2,7)
x=torch.arange(12.).view(3,4); x.view(-2,6)
x=torch.arange(12.).view(3,4); x.view(torch.int32)
x=torch.arange(12.).view(3,4); x.view(torch.float64).shape
x=torch.arange(12.).view(3,4); x.view(torch.int16).shape
x=torch.arange(9.).view(3,3); x.view(torch.float64)
x=torch.arange(12.).view(3,4); x.view_as(torch.ones(4,3)).shape
x=torch.zeros(0,3); x.view(-1,0)
x=torch.zeros(0,3); x.reshape(-1,3).shape
x=torch.arange(12.).view(3,4); x.reshape(-1,5)
x=torch.arange(12.).view(3,4); x.t().reshape(12)
x=torch.arange(12.); x.reshape(3,4).data_ptr()==x.data_ptr()
x=torch.arange(12.); x.as_strided((3,30),(1,1))
x=torch.arange(12.); x.as_strided((3,3),(1,))
x=torch.arange(12.); x.as_strided((3,3),(1,-1))
x=torch.arange(12.); x.unfold(0,3,2)
x=torch.arange(12.); x.unfold(0,13,1)
x=torch.arange(12.); x.unfold(0,3,0)
x=torch.arange(12.); x.unfold(1,3,1)
x=torch.arange(12.); x.unfold(0,-1,1)
torch.tensor(3.).unfold(0,1,1)
x=torch.arange(12.).view(3,4); x.narrow(1,1,2)
x=torch.arange(12.).view(3,4); x.narrow(1,3,2)
x=torch.arange(12.).view(3,4); x.narrow(1,-1,1)
x=torch.arange(12.).view(3,4); x.narrow(1,0,-1)
x=torch.arange(12.).view(3,4); x.narrow(0,torch.tensor(1),1)
x=torch.tensor(3.); x.narrow(0,0,1)
x=torch.arange(12.).view(3,4); torch.diagonal(x,1)
x=torch.arange(12.).view(3,4); torch.diagonal(x,0,0,0)
x=torch.arange(12.).view(3,4); torch.diagonal(x,0,0,2)
torch.diag(torch.ones(2,2,2))
torch.diag(torch.tensor([1.,2.]),-1)
torch.diagflat(torch.ones(2,2))
torch.trace(torch.ones(2,2,2))
torch.trace(torch.arange(6).view(2,3))
x=torch.arange(10); [t.shape for t in x.split(3)]
x=torch.arange(10); x.split(0)
x=torch.arange(10); x.split(-1)
x=torch.arange(10); x.split([3,3])
x=torch.arange(10); x.split([3,-7,14])
x=torch.arange(10); torch.split(x,3.5)
torch.tensor(1).split(1)
x=torch.arange(10); [t.shape for t in x.chunk(4)]
x=torch.arange(10); x.chunk(0)
torch.tensor(1).chunk(2)
x=torch.arange(10); [t.shape for t in x.tensor_split(4)]
x=torch.arange(10); [t.shape for t in x.tensor_split((2,12,5))]
x=torch.arange(10); x.tensor_split(0)
torch.tensor(1).tensor_split(2)
torch.hsplit(torch.arange(10),2)
torch.hsplit(torch.arange(10),3)
torch.vsplit(torch.arange(10),2)
torch.dsplit(torch.ones(2,2),2)
torch.unbind(torch.tensor(1))
torch.unbind(torch.ones(2,3),2)
torch.movedim(torch.ones(2,3,4),0,2).shape
torch.movedim(torch.ones(2,3,4),(0,1),(1,))
torch.movedim(torch.ones(2,3,4),(0,0),(1,2))
torch.movedim(torch.ones(2,3,4),0,3)
torch.permute(torch.ones(2,3,4),(0,1))
torch.permute(torch.ones(2,3,4),(0,1,1))
torch.permute(torch.ones(2,3,4),(0,1,3))
torch.ones(2,3,4).permute(2,0,1).stride()
torch.transpose(torch.ones(2,3),0,2)
torch.tensor(1.).t()
torch.ones(2,3,4).t()
torch.ones(2,3,4).T.shape
torch.ones(2,3,4).mT.shape
torch.ones(2).mT
torch.ones(2,3,4).H
torch.adjoint(torch.ones(2,3)).shape
torch.swapaxes(torch.ones(2,3),0,1).shape
torch.ones(3,1).expand(3,4).stride()
torch.ones(3,1).expand(-1,4).shape
torch.ones(3,1).expand(2,3,4).shape
torch.ones(3,1).expand(-1,3,4)
torch.ones(3,2).expand(3,4)
torch.ones(3,2).expand(2)
torch.ones(3).expand_as(torch.ones(2,3)).shape
torch.broadcast_to(torch.ones(3),(2,3)).stride()
torch.broadcast_to(torch.ones(3),(2,4))
torch.broadcast_tensors(torch.ones(3),torch.ones(2,1))
torch.broadcast_tensors(torch.ones(3),torch.ones(2))
torch.broadcast_shapes((2,1),(3,))
torch.broadcast_shapes((2,1),(3,3))
torch.broadcast_shapes(2,(3,1))
torch.broadcast_shapes((-1,),(2,))
torch.squeeze(torch.ones(1,2,1)).shape
torch.squeeze(torch.ones(1,2,1),1).shape
torch.squeeze(torch.ones(1,2,1),(0,2)).shape
torch.squeeze(torch.ones(1,2,1),3)
torch.unsqueeze(torch.ones(2),2)
torch.unsqueeze(torch.ones(2),-3)
torch.unsqueeze(torch.ones(2),-2).shape
torch.flatten(torch.tensor(1)).shape
torch.flatten(torch.ones(2,3,4),1).shape
torch.flatten(torch.ones(2,3,4),2,1)
torch.flatten(torch.ones(2,3,4),0,3)
torch.unflatten(torch.ones(6),0,(2,-1)).shape
torch.unflatten(torch.ones(6),0,(4,-1))
torch.unflatten(torch.ones(6),1,(2,3))
torch.ones(2,3).contiguous().is_contiguous()
x=torch.ones(2,3); x.contiguous() is x
x=torch.ones(2,3).t(); (x.is_contiguous(),x.contiguous().stride())
torch.ones(2,3,4,5).is_contiguous(memory_format=torch.channels_last)
torch.ones(2,1,4,5).is_contiguous(memory_format=torch.channels_last)
torch.ones(2,3).t().clone(memory_format=torch.contiguous_format).stride()
(torch.ones(2,3).t()+1).stride()
torch.ones(2,3).t().exp().stride()
torch.ones(2,3).t().double().stride()
x=torch.ones(2,3); x.set_(torch.ones(4)).shape
x=torch.ones(2,3); x.is_set_to(x)
x=torch.ones(2,3); x.is_set_to(x.view(6))
x=torch.arange(6.).view(2,3); x[1].data_ptr()-x.data_ptr()
x=torch.arange(6.).view(2,3); x[1].storage_offset()
x=torch.arange(6.).view(2,3); x.stride(0), x.stride(-1)
x=torch.arange(6.).view(2,3); x.stride(2)
x=torch.arange(6.).view(2,3); x.size(2)
x=torch.arange(6.).view(2,3); x.size(-3)
x=torch.arange(6.).view(2,3); (x.element_size(),x.nbytes,x.itemsize,x.dim(),x.ndimension(),x.nelement())
x=torch.arange(6.); x.untyped_storage().data_ptr()==x[2:].untyped_storage().data_ptr()
x=torch.arange(6.); y=x[2:4]; y.untyped_storage().nbytes()
torch.flip(torch.arange(6).view(2,3),(0,1))
torch.flip(torch.arange(6).view(2,3),(0,0))
torch.flip(torch.arange(6).view(2,3),(2,))
torch.flip(torch.arange(6).view(2,3),())
torch.fliplr(torch.arange(3))
torch.flipud(torch.tensor(1))
torch.roll(torch.arange(6).view(2,3),1)
torch.roll(torch.arange(6).view(2,3),1,1)
torch.roll(torch.arange(6).view(2,3),(1,2),(0,1))
torch.roll(torch.arange(6).view(2,3),(1,2),(0,))
torch.roll(torch.arange(6).view(2,3),(),())
torch.roll(torch.arange(6).view(2,3),1,5)
torch.rot90(torch.arange(6).view(2,3),2)
torch.rot90(torch.arange(6).view(2,3),1,(0,0))
torch.rot90(torch.arange(6).view(2,3),1,(0,3))
torch.rot90(torch.arange(6),1)
torch.tile(torch.arange(3),(2,2))
torch.tile(torch.arange(3),())
torch.arange(3).repeat(2,2)
torch.arange(6).view(2,3).repeat(2)
torch.arange(3).repeat(-1)
torch.arange(3).repeat(0).shape
torch.repeat_interleave(torch.arange(3),2)
torch.repeat_interleave(torch.arange(3),torch.tensor([1,0,2]))
torch.repeat_interleave(torch.tensor([1,0,2]))
torch.repeat_interleave(torch.arange(3),torch.tensor([1,2]))
torch.repeat_interleave(torch.arange(3),-1)
torch.repeat_interleave(torch.arange(3),torch.tensor([1.,2.,3.]))
torch.repeat_interleave(torch.arange(6).view(2,3),2,dim=1)
torch.cat([torch.ones(2),torch.ones(2,2)])
torch.cat([torch.ones(2,3),torch.ones(2,2)])
torch.cat([torch.ones(2,3),torch.ones(0)]).shape
torch.cat([])
torch.cat([torch.tensor(1)])
torch.cat([torch.ones(2),1])
torch.cat(torch.ones(2,3))
torch.cat([torch.ones(2)],2)
torch.cat((torch.ones(2,dtype=torch.int32),torch.ones(1)))
torch.concat([torch.ones(1),torch.ones(1)],axis=0)
torch.stack([torch.ones(2),torch.ones(3)])
torch.stack([])
torch.stack([torch.ones(2)],2)
torch.stack([torch.ones(2),torch.ones(2)],-1)
torch.stack([torch.ones(2),torch.ones(2,dtype=torch.int64)])
torch.hstack([torch.tensor(1),torch.tensor(2)])
torch.vstack([torch.ones(2),torch.ones(3)])
torch.dstack([torch.ones(2),torch.ones(2)]).shape
torch.column_stack([torch.ones(2),torch.ones(2,2)])
torch.atleast_2d(torch.tensor(1)).shape
torch.atleast_3d(torch.ones(2)).shape
x=torch.arange(6.).view(2,3); x.sum((0,0))
x=torch.arange(6.).view(2,3); x.sum(2)
x=torch.arange(6.).view(2,3); x.sum(())
x=torch.arange(6.).view(2,3); x.sum(None)
x=torch.arange(6.).view(2,3); x.sum(0,keepdim=True)
x=torch.arange(6.).view(2,3); x.sum([0,1],True)
x=torch.arange(6.).view(2,3); x.sum(axis=1,keepdims=True)
x=torch.arange(6.).view(2,3); x.sum(dtype=torch.int32)
torch.zeros(0,3).sum(0)
torch.zeros(0,3).mean(0)
torch.zeros(0,3).prod(0)
torch.zeros(0,3).max(0)
torch.zeros(0,3).max(1)
torch.zeros(0).max()
torch.zeros(0).argmax()
torch.zeros(0,3).argmax(0)
torch.zeros(0,3).argmax(1)
torch.zeros(0,3).amax(0)
torch.zeros(0,3).amax(1)
torch.zeros(0).amax()
torch.zeros(0).aminmax()
torch.zeros(0,2).aminmax(dim=0)
torch.zeros(0).median()
torch.zeros(0,3).median(0)
torch.zeros(0).mode()
torch.zeros(0).std()
torch.zeros(0).var()
torch.zeros(0).any()
torch.zeros(0).all()
torch.zeros(0,3).logsumexp(0)
torch.zeros(0).norm()
torch.zeros(0).cumsum(0)
torch.zeros(0).sort()
torch.zeros(0).unique()
torch.zeros(0).quantile(0.5)
torch.zeros(0).kthvalue(1)
torch.zeros(0).topk(1)
torch.zeros(0).count_nonzero()
torch.tensor(1.).max(0)
torch.tensor(1.).sum(0)
torch.tensor(1.).sum(1)
torch.tensor(1.).std()
torch.tensor([1.]).std()
torch.tensor([1.]).var(correction=2)
torch.tensor([1.,2.,4.]).var(correction=0)
torch.tensor([1.,2.,4.]).var(unbiased=False)
torch.tensor([1.,2.,4.]).var(0,False)
torch.tensor([1.,2.,4.]).var(0,unbiased=True,keepdim=True)
torch.tensor([1.,2.,4.]).var(False)
torch.tensor([1.,2.,4.]).std(0,correction=1.5)
torch.tensor([1,2]).var()
torch.tensor([1+1j,2]).var()
torch.var_mean(torch.tensor([1.,2.,4.]),correction=0)
torch.std_mean(torch.tensor([[1.,2.,4.]]),1)
torch.tensor([1,2]).mean()
torch.tensor([1,2]).mean(dtype=torch.float32)
torch.tensor([True]).mean()
torch.tensor([1.,nan,3.]).max()
torch.tensor([1.,nan,3.]).max(0)
torch.tensor([1.,nan,3.]).argmax()
torch.tensor([1.,nan,3.]).median()
torch.tensor([1.,nan,3.]).nanmedian()
torch.tensor([1.,nan,3.]).nansum()
torch.tensor([1.,nan,3.]).nanmean()
torch.tensor([nan]).nanmean()
torch.tensor([1.,nan,3.]).sort()
torch.tensor([1.,nan,3.]).sort(descending=True)
torch.tensor([1.,nan,3.]).topk(2)
torch.tensor([1.,nan,3.]).kthvalue(3)
torch.tensor([1.,nan,3.]).mode()
torch.tensor([1.,nan,3.]).unique()
torch.tensor([1.,nan,3.]).amin()
torch.tensor([1.,nan,3.]).quantile(.5)
torch.tensor([1.,nan,3.]).nanquantile(.5)
torch.tensor([1.,nan,3.]).cummax(0)
torch.tensor([1.,nan,3.]).logsumexp(0)
torch.tensor([inf,-inf]).logsumexp(0)
torch.tensor([-inf,-inf]).logsumexp(0)
torch.tensor([3,1,2,1]).median()
torch.tensor([3,1,2,1]).median(0)
torch.tensor([3,1,2,1]).mode()
torch.tensor([3,3,1,1]).mode()
torch.tensor([1.,2.,3.,4.]).quantile(torch.tensor([.25,.6]))
torch.tensor([1.,2.,3.,4.]).quantile(1.5)
torch.tensor([1.,2.,3.,4.]).quantile(.4,interpolation='lower')
torch.tensor([1.,2.,3.,4.]).quantile(.4,interpolation='foo')
torch.tensor([1,2]).quantile(.5)
torch.tensor([1.,2.]).quantile(torch.tensor([.5],dtype=torch.float64))
torch.arange(6.).view(2,3).quantile(torch.ones(1,1,1))
torch.tensor([1.,2.,3.]).kthvalue(4)
torch.tensor([1.,2.,3.]).kthvalue(0)
torch.tensor([1.,2.,3.]).topk(4)
torch.tensor([1.,2.,3.]).topk(-1)
torch.tensor([1.,2.,3.]).topk(2,largest=False)
torch.tensor([1.,2.,3.]).topk(0)
torch.tensor(1.).topk(1)
torch.tensor(1.).sort()
torch.tensor([2,2,1]).sort(stable=True)
torch.sort(torch.tensor([2,2,1]),dim=1)
torch.sort(torch.tensor([1j]))
torch.argsort(torch.tensor([2,3,1]),descending=True)
torch.msort(torch.tensor([[2,3],[1,4]]))
torch.unique(torch.tensor([3,1,1]),return_inverse=True,return_counts=True)
torch.unique(torch.tensor([[1,2],[1,2]]),dim=0)
torch.unique(torch.tensor([3,1,1]),sorted=False).sort()
torch.unique_consecutive(torch.tensor([1,1,2,1]),return_counts=True)
torch.unique(torch.tensor([[1,2],[1,2]]),dim=2)
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3,6]))
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3,6]),right=True)
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3,6]),side='left',right=True)
torch.searchsorted(torch.tensor([1,3,5]),3)
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3.]))
torch.searchsorted(torch.tensor([[1,3,5]]),torch.tensor([3]))
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3]),out_int32=True)
torch.searchsorted(torch.tensor([5,3,1]),torch.tensor([3]),sorter=torch.tensor([2,1,0]))
torch.searchsorted(torch.tensor([1,3,5]),torch.tensor([3]),side='foo')
torch.bucketize(torch.tensor([1,4]),torch.tensor([1,3,5]))
torch.bucketize(torch.tensor([1,4]),torch.ones(2,2))
torch.bucketize(3,torch.tensor([1,3,5]))
torch.bincount(torch.tensor([1,1,3]))
torch.bincount(torch.tensor([1,1,3]),minlength=6)
torch.bincount(torch.tensor([1,1]),weights=torch.tensor([.5,.5]))
torch.bincount(torch.tensor([-1]))
torch.bincount(torch.tensor([1.]))
torch.bincount(torch.ones(2,2,dtype=torch.int64))
torch.bincount(torch.tensor([1]),minlength=-1)
torch.bincount(torch.tensor([1]),weights=torch.ones(2))
torch.bincount(torch.tensor([],dtype=torch.int64))
torch.histc(torch.tensor([1.,2.,1.]),4,0,3)
torch.histc(torch.tensor([1.,2.,1.]),0)
torch.histc(torch.tensor([1.,2.,1.]),4,3,0)
torch.histc(torch.tensor([1.,inf]))
torch.histc(torch.tensor([1,2]),2)
torch.histogram(torch.tensor([1.,2.,1.]),4,range=(0.,3.))
torch.histogram(torch.tensor([1.,2.,1.]),torch.tensor([0.,1.,2.]))
torch.count_nonzero(torch.tensor([[1,0],[2,3]]),0)
torch.count_nonzero(torch.tensor([[1,0],[2,3]]),(0,1))
torch.aminmax(torch.tensor([3.,1.,2.]))
torch.aminmax(torch.tensor([[3.,1.,2.]]),dim=1,keepdim=True)
torch.max(torch.tensor([1,2]),torch.tensor([2.,1.]))
torch.max(torch.tensor([1,2]),0,True)
torch.max(torch.tensor([1j]))
torch.argmax(torch.tensor([1,3,3]))
torch.argmin(torch.tensor([[1,3],[0,0]]),dim=1,keepdim=True)
torch.argmax(torch.tensor([[1,3],[5,0]]),keepdim=True)
torch.argmax(torch.tensor([True]))
torch.amax(torch.ones(2,2),(0,0))
torch.all(torch.tensor([1,0]))
torch.all(torch.tensor([[1,0],[1,1]]),dim=(0,1))
torch.any(torch.tensor([1.5,0]),0,True)
torch.all(torch.tensor([1],dtype=torch.uint8))
torch.any(torch.tensor([nan]))
torch.prod(torch.tensor([1.,0.,2.]),0)
x=torch.tensor([1.,0.,2.],requires_grad=True); bw(torch.prod(x),x)
x=torch.tensor([0.,0.,2.],requires_grad=True); bw(torch.prod(x),x)
x=torch.tensor([1.,2.,2.],requires_grad=True); bw(x.max(),x)
x=torch.tensor([1.,2.,2.],requires_grad=True); bw(x.amax(),x)
x=torch.tensor([1.,2.,2.],requires_grad=True); bw(x.max(0).values,x)
x=torch.tensor([1.,2.,2.],requires_grad=True); bw(x.median(),x)
x=torch.tensor([1.],requires_grad=True); bw(x.std(),x)
x=torch.tensor([0.,0.],requires_grad=True); bw(x.norm(),x)
x=torch.tensor([0.,0.],requires_grad=True); bw(x.norm(p=1),x)
x=torch.tensor([0.,1.],requires_grad=True); bw(x.norm(p=inf),x)
x=torch.tensor([1.,2.],requires_grad=True); bw(x.quantile(.3),x)
x=torch.tensor([1.,2.],requires_grad=True); bw(x.cumprod(0),x)
torch.cumsum(torch.tensor([1,2]),1)
torch.cumsum(torch.tensor([1.,2.]),0,dtype=torch.int32)
torch.cumsum(torch.tensor(1.),0)
torch.cumsum(torch.tensor([True,True]),0)
torch.tensor([1,2]).cumsum_(0)
torch.cummin(torch.tensor([3,1,2]),0)
torch.logcumsumexp(torch.tensor([-inf,1.]),0)
torch.diff(torch.tensor([1,4,9]))
torch.diff(torch.tensor([1,4,9]),n=2)
torch.diff(torch.tensor([1,4,9]),prepend=torch.tensor([0]))
torch.diff(torch.tensor(1))
torch.diff(torch.tensor([True,False]))
torch.diff(torch.tensor([1,4]),n=-1)
torch.trapz(torch.tensor([1.,2.]),dx=2)
torch.cov(torch.tensor([[1.,2.],[3.,5.]]))
torch.corrcoef(torch.tensor([[1.,2.,4.],[3.,5.,1.]]))
torch.cdist(torch.ones(2,3),torch.zeros(2,2))
torch.dist(torch.ones(2),torch.zeros(2),1)
torch.renorm(torch.ones(2,2),1,0,1)
torch.norm(torch.ones(2,2),dim=3)
torch.norm(torch.ones(2,2,dtype=torch.int64))
torch.norm(torch.ones(2,2),p='fro')
torch.norm(torch.ones(2,2),p='nuc')
""".strip().splitlines()

INTEROP_AND_LINALG = r"""
torch.from_numpy(np.arange(3)).numpy()
x=torch.ones(2,requires_grad=True); x.numpy()
x=torch.ones(2,requires_grad=True); x.detach().numpy()
x=torch.ones(2,requires_grad=True); x.numpy(force=True)
x=torch.ones(2,requires_grad=True); np.asarray(x)
x=torch.ones(2,requires_grad=True); np.sin(x)
np.sin(torch.ones(2))
np.add(torch.ones(2),1)
np.add(torch.ones(2),np.ones(2))
np.exp(torch.ones(2)).dtype
np.array([torch.tensor(1),torch.tensor(2)])
np.array(torch.ones(2,2))
np.asarray(torch.ones(2),dtype=np.float64)
np.asarray(torch.ones(2),dtype=np.int32)
np.array(torch.tensor(3))
np.stack([torch.ones(2),torch.zeros(2)])
np.concatenate([torch.ones(2),torch.zeros(2)])
a=np.zeros(3); a[torch.tensor(1)]=5; a
a=np.arange(3); a[torch.tensor([0,2])]
a=np.zeros(3); a[:]=torch.arange(3); a
np.isnan(torch.tensor([1.,nan]))
np.testing.assert_allclose(torch.ones(2),np.ones(2))
np.allclose(torch.ones(2),1)
torch.ones(2,dtype=torch.bfloat16).numpy()
torch.tensor([1,2]).numpy().dtype
x=torch.arange(6).view(2,3).t(); x.numpy().strides
x=torch.arange(3); n=x.numpy(); n[0]=7; x
torch.tensor(np.float16(1.5))
torch.from_dlpack(np.arange(3))
torch.from_dlpack(torch.arange(3))
np.from_dlpack(torch.arange(3))
isinstance(np.float32(1)*torch.tensor(2.),torch.Tensor)
np.float64(2)+torch.ones(2)
torch.ones(2)/np.float32(2)
np.float32(2)**torch.ones(2)
np.int64(2)-torch.ones(2)
np.int64(7)//torch.tensor([2])
np.float32(3)<torch.tensor([1.,5.])
np.ones(2)==torch.ones(2)
np.dot(np.ones(2),torch.ones(2))
torch.ones(2,2,dtype=torch.float64)@np.ones((2,2))
torch.Size([2,3])+(1,)
(1,)+torch.Size([2,3])
torch.Size([2,3])+torch.Size([1])
torch.Size([2,3])*2
torch.Size([2,3])[1:]
torch.Size([2,3])[0]
torch.Size([2,3])==(2,3)
torch.Size([2,3])==[2,3]
torch.Size([2,3]).numel()
torch.Size([])
torch.Size([1.5])
torch.Size(['a'])
torch.Size(3)
torch.Size([torch.tensor(2)])
repr(torch.Size([2,3]))
copy.deepcopy(torch.Size([2,3]))
pickle.loads(pickle.dumps(torch.Size([2,3])))
torch.Size([2,3]).count(2)
list(torch.Size([2,3]))
torch.finfo(torch.float32)
torch.finfo(torch.float16).eps
torch.finfo(torch.bfloat16)
torch.finfo(torch.float64).tiny
torch.finfo(torch.complex64)
torch.finfo()
torch.finfo(torch.int32)
torch.iinfo(torch.int32)
torch.iinfo(torch.uint8).max
torch.iinfo(torch.float32)
torch.iinfo(torch.bool)
torch.finfo(torch.float32)==torch.finfo(torch.float32)
torch.finfo(torch.float32).dtype
torch.finfo('float32')
torch.float32.is_floating_point
torch.float32.itemsize
str(torch.float), repr(torch.long)
torch.float32==torch.float
torch.device('cpu')
torch.device('cpu',0)
torch.device('foo')
torch.device('cpu')==torch.device('cpu:0')
b=io.BytesIO(); torch.save(torch.nn.Linear(2,2),b); b.seek(0); torch.load(b,weights_only=False)
b=io.BytesIO(); x=torch.arange(6.); torch.save([x,x[2:4]],b); b.seek(0); y=torch.load(b); y[0][2]=99; y[1]
torch.load('/nonexistent/file')
b=io.BytesIO(); torch.save(np.float64(1),b); b.seek(0); torch.load(b)
x=torch.arange(4.); y=pickle.loads(pickle.dumps(x)); (y,y is x)
x=torch.ones(2,requires_grad=True); pickle.loads(pickle.dumps(x))
x=torch.ones(2,requires_grad=True)*2; pickle.loads(pickle.dumps(x))
x=torch.ones(2,requires_grad=True)*2; copy.deepcopy(x)
x=torch.ones(2,requires_grad=True); x.grad=torch.ones(2); y=copy.deepcopy(x); (y,y.grad)
x=torch.ones(2,requires_grad=True); y=copy.copy(x); (y,y is x,y.data_ptr()==x.data_ptr())
x=torch.arange(6.); a,b=copy.deepcopy([x,x[2:]]); b[0]=9; a
x=torch.arange(6).view(2,3).t(); copy.deepcopy(x).stride()
x=torch.nn.Parameter(torch.ones(2)); pickle.loads(pickle.dumps(x))
x=torch.nn.Parameter(torch.ones(2)); x.foo=3; copy.deepcopy(x)
x=torch.ones(2); x.foo=3; copy.deepcopy(x).foo
torch.einsum('ij,jk->ik',torch.ones(2,3),torch.ones(3,2))
torch.einsum('ij,jk',torch.ones(2,3),torch.ones(3,2))
torch.einsum('ii',torch.ones(2,2))
torch.einsum('ij,jk->ik',torch.ones(2,3),torch.ones(2,2))
torch.einsum('ij->k',torch.ones(2,3))
torch.einsum('i,j',torch.ones(2))
torch.einsum('i',torch.ones(2),torch.ones(2))
torch.einsum('...ij,...jk->...ik',torch.ones(2,2,3),torch.ones(3,2)).shape
torch.einsum('i1',torch.ones(2,2))
torch.einsum('ij->ii',torch.ones(2,2))
torch.einsum('ij,ij',[torch.ones(2,3),torch.ones(2,3)])
torch.einsum(torch.ones(2,3),[0,1],torch.ones(3,2),[1,2],[0,2])
torch.einsum('Ab,bA->',torch.ones(2,3),torch.ones(3,2))
torch.einsum(' i j , j k -> i k ',torch.ones(2,3),torch.ones(3,2))
torch.einsum('',torch.tensor(2.))
torch.einsum('ij->',torch.ones(2,3,dtype=torch.int64))
torch.einsum('')
torch.einsum()
torch.mm(torch.ones(2,3),torch.ones(2,3))
torch.mm(torch.ones(2),torch.ones(2,3))
torch.mm(torch.ones(2,3),torch.ones(3,2,dtype=torch.float64))
torch.mv(torch.ones(2,3),torch.ones(2))
torch.mv(torch.ones(2,3),torch.ones(3,1))
torch.dot(torch.ones(2),torch.ones(3))
torch.dot(torch.ones(2,2),torch.ones(2))
torch.dot(torch.ones(2),torch.ones(2,dtype=torch.int64))
torch.vdot(torch.tensor([1j]),torch.tensor([1j]))
torch.inner(torch.ones(2),torch.ones(3))
torch.inner(torch.tensor(2.),torch.ones(3))
torch.outer(torch.ones(2),torch.ones(2,2))
torch.ger(torch.ones(2),torch.ones(3)).shape
torch.bmm(torch.ones(2,3,4),torch.ones(2,3,4))
torch.bmm(torch.ones(3,4),torch.ones(4,3))
torch.bmm(torch.ones(2,3,4),torch.ones(3,4,2))
torch.matmul(torch.tensor(1.),torch.ones(2))
torch.matmul(torch.ones(2),torch.ones(3))
torch.matmul(torch.ones(2,3),torch.ones(2))
torch.matmul(torch.ones(2,3),torch.ones(2,3))
torch.matmul(torch.ones(2,2,3),torch.ones(3,3,2))
torch.ones(0,3)@torch.ones(3,2)
torch.ones(2,0)@torch.ones(0,3)
torch.addmm(torch.ones(2),torch.ones(3,2),torch.ones(2,2))
torch.addmm(torch.ones(3),torch.ones(3,2),torch.ones(2,2))
torch.addmm(torch.ones(2),torch.ones(3,2),torch.ones(3,2))
torch.addmm(torch.ones(2,dtype=torch.int64),torch.ones(3,2),torch.ones(2,2))
torch.addmm(torch.full((2,),nan),torch.ones(3,2),torch.ones(2,2),beta=0)
torch.addmv(torch.ones(2),torch.ones(2,3),torch.ones(3),alpha=2)
torch.addr(torch.ones(2,2),torch.ones(2),torch.ones(3))
torch.baddbmm(torch.ones(2,3,3),torch.ones(2,3,4),torch.ones(2,4,3),beta=2).sum()
torch.addbmm(torch.ones(3,3),torch.ones(2,3,4),torch.ones(2,4,3)).sum()
torch.linalg.inv(torch.zeros(2,2))
torch.linalg.inv(torch.ones(2,3))
torch.linalg.inv(torch.ones(2))
torch.linalg.inv(torch.ones(2,2,dtype=torch.int64))
torch.linalg.det(torch.ones(2,3))
torch.linalg.det(torch.ones(2,2,dtype=torch.int64))
torch.linalg.slogdet(torch.zeros(2,2))
torch.linalg.solve(torch.eye(2),torch.ones(3))
torch.linalg.solve(torch.zeros(2,2),torch.ones(2))
torch.linalg.solve(torch.ones(2,3),torch.ones(2))
torch.linalg.cholesky(-torch.eye(2))
torch.linalg.cholesky(torch.ones(2,3))
torch.linalg.cholesky(torch.stack([torch.eye(2),-torch.eye(2)]))
torch.linalg.cholesky_ex(-torch.eye(2)).info
torch.linalg.eigh(torch.ones(2,3))
torch.linalg.eigvals(torch.tensor([[0.,1.],[-1.,0.]]))
torch.linalg.eig(torch.tensor([[nan,1.],[-1.,0.]]))
torch.linalg.svd(torch.ones(2))
torch.linalg.svdvals(torch.eye(2)*2)
torch.linalg.qr(torch.ones(2))
torch.linalg.norm(torch.ones(2,2),ord=2)
torch.linalg.vector_norm(torch.ones(2,2,dtype=torch.int64))
torch.linalg.vector_norm(torch.tensor([3.,-4.]),0)
torch.linalg.vector_norm(torch.tensor([3.,-4.]),-inf)
torch.linalg.matrix_norm(torch.ones(2,2),'nuc')
torch.linalg.matrix_rank(torch.ones(2,2))
torch.linalg.cond(torch.eye(2))
torch.linalg.matrix_power(torch.ones(2,3),2)
torch.cross(torch.tensor([1.,0,0]),torch.tensor([0.,1,0]))
torch.kron(torch.eye(2),torch.ones(1,2))
torch.tensordot(torch.ones(2,3),torch.ones(3,2),1)
torch.tensordot(torch.ones(2,3),torch.ones(2,3),2)
torch.chain_matmul(torch.ones(2,3),torch.ones(3,2))
torch.tril(torch.ones(2))
torch.triu(torch.ones(3,3),1)
torch.inverse(torch.tensor([[2.]]))
torch.pinverse(torch.ones(2,1))
torch.logdet(torch.ones(2,2)*-1)
torch.linalg.vander(torch.tensor([1.,2.]))
torch.linalg.triangular_solve
torch.linalg.solve_triangular(torch.eye(2),torch.ones(2,1),upper=True)
torch.cholesky_solve(torch.ones(2,1),torch.eye(2))
torch.nn.functional.one_hot(torch.tensor([0,2]))
torch.nn.functional.one_hot(torch.tensor([0,-1]))
torch.nn.functional.one_hot(torch.tensor([0,3]),2)
torch.nn.functional.one_hot(torch.tensor([0.]))
repr(torch.tensor([1.,2.]))
repr(torch.zeros(0,3))
repr(torch.tensor([1e-5,1e5]))
repr(torch.tensor([True]))
repr(torch.tensor(1+2j))
repr(torch.ones(2,dtype=torch.float64))
repr(torch.arange(2000))
repr(torch.ones(2,requires_grad=True)+1)
repr(torch.tensor([nan,inf,-inf,1.5]))
repr(torch.tensor([],dtype=torch.int32))
repr(torch.tensor([1,-20]))
repr(torch.ones(2,2,dtype=torch.float16))
repr(torch.nn.Parameter(torch.ones(1)))
torch.autograd.gradcheck(lambda x:x.sin(),torch.ones(2,dtype=torch.float64,requires_grad=True))
torch.autograd.gradcheck(lambda x:x.detach()*x,torch.ones(2,dtype=torch.float64,requires_grad=True))
torch.autograd.gradcheck(lambda x:x.sin(),torch.ones(2,dtype=torch.float64))
torch.autograd.gradgradcheck(lambda x:x.sin(),torch.ones(2,dtype=torch.float64,requires_grad=True))
x=torch.ones(2,requires_grad=True); x.backward()
x=torch.ones(2,requires_grad=True); (x*2).backward(torch.ones(3))
x=torch.ones(2,requires_grad=True); y=(x*x).sum(); y.backward(); y.backward()
torch.ones(2).sum().backward()
x=torch.ones(2,requires_grad=True); x.add_(1)
x=torch.ones(2,requires_grad=True); x.requires_grad=False; x.requires_grad
x=torch.ones(2,requires_grad=True); y=x*2; y.requires_grad=False
x=torch.ones(2,dtype=torch.int64); x.requires_grad=True
x=torch.ones(2,requires_grad=True); x.grad=torch.ones(3)
x=torch.ones(2,requires_grad=True); x.grad=torch.ones(2,dtype=torch.float64)
x=torch.ones(2,requires_grad=True); x.grad=1
x=torch.ones(2); x.data=torch.ones(3); x
x=torch.ones(2); x.data=torch.ones(3,dtype=torch.int64)
""".strip().splitlines()

ALL = {
    "creation": CREATION,
    "numbers": NUMBERS,
    "index_writes": INDEX_WRITES,
    "arithmetic": ARITHMETIC,
    "indexing": INDEXING,
    "shapes_and_reductions": SHAPES_AND_REDUCTIONS,
    "interop_and_linalg": INTEROP_AND_LINALG,
}
