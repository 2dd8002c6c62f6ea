# ruff: noqa: E501 (snippets are compact)
"""torch.nn: the same programs printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

SNIPPETS = {
    "text": r"""
m=nn.Sequential(nn.Linear(2,3),nn.BatchNorm1d(3),nn.ReLU(inplace=True),nn.Dropout(0.2),nn.Conv2d(1,2,3,padding=1,bias=False),nn.MaxPool2d(2),nn.AvgPool1d(2),nn.LSTM(3,4,2,batch_first=True),nn.GELU(),nn.LeakyReLU(.2),nn.Softmax(dim=1),nn.Embedding(3,4,padding_idx=0),nn.LayerNorm(4),nn.GroupNorm(2,4),nn.Upsample(scale_factor=2),nn.Flatten(),nn.ConvTranspose2d(2,3,3,stride=2,output_padding=1),nn.ZeroPad2d(1),nn.ReflectionPad1d(2),nn.ConstantPad1d(1,2.),nn.AdaptiveAvgPool2d((1,1)),nn.MultiheadAttention(4,2),nn.CrossEntropyLoss(),nn.MSELoss(),nn.BCEWithLogitsLoss(),nn.Identity(),nn.PReLU(),nn.Hardtanh(),nn.ELU(),nn.Softplus(),nn.Threshold(1,2),nn.GRUCell(2,3),nn.PixelShuffle(2),nn.CosineSimilarity(),nn.Unflatten(1,(2,2)),nn.RMSNorm(3),nn.InstanceNorm2d(3),nn.Bilinear(2,3,4),nn.TransformerEncoderLayer(4,2,8),nn.ModuleList([nn.Linear(2,2),nn.Linear(2,2),nn.ReLU()]),nn.ModuleDict({'a':nn.ReLU()}),nn.ParameterList([nn.Parameter(torch.ones(2,3))]),nn.ParameterDict({'a':nn.Parameter(torch.ones(2))}),nn.LocalResponseNorm(2),nn.Unfold(2),nn.Fold((2,2),2),nn.GLU(),nn.LPPool2d(2,3),nn.EmbeddingBag(3,4), nn.NLLLoss(), nn.KLDivLoss(), nn.Transformer(4,2,1,1,8), nn.RNN(2,3,nonlinearity='relu'), nn.AlphaDropout(), nn.Dropout2d(), nn.SiLU(), nn.Mish(), nn.Hardswish(), nn.ReLU6(), nn.CELU(), nn.SELU(), nn.LogSoftmax(1), nn.Softshrink(), nn.Hardshrink(), nn.AdaptiveMaxPool1d(2), nn.MaxUnpool2d(2), nn.RReLU(), nn.ChannelShuffle(2), nn.HuberLoss(), nn.TripletMarginLoss(), nn.Softmin(1), nn.UpsamplingNearest2d(scale_factor=2), nn.PairwiseDistance())
print(m)
""",
    "module": r"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1=nn.Linear(4,8); self.fc2=nn.Linear(8,2); self.register_buffer('b',torch.ones(2)); self.w=nn.Parameter(torch.zeros(2))
    def forward(self,x): return self.fc2(torch.relu(self.fc1(x)))+self.w*self.b
n=Net(); print(n); print([k for k,_ in n.named_parameters()],[k for k,_ in n.named_buffers()],[k for k,_ in n.named_modules()],[k for k,_ in n.named_children()],list(n.state_dict()))
for p in n.parameters():
    with torch.no_grad(): p.copy_(torch.arange(p.numel(),dtype=torch.float32).reshape(p.shape)/10)
x=torch.linspace(-1,1,12).reshape(3,4)
o=n(x); print(o); o.sum().backward(); print(n.fc1.weight.grad,n.w.grad,n.w)
sd=n.state_dict(); print(sd['fc2.weight']); m=Net(); print(m.load_state_dict(sd)); print(m(x))
bad=dict(sd); bad.pop('w'); bad['z']=torch.ones(1); attempt(lambda: m.load_state_dict(bad)); print(m.load_state_dict(bad,strict=False))
bad=dict(sd); bad['w']=torch.ones(3); attempt(lambda: m.load_state_dict(bad))
attempt(lambda: setattr(n,'fc1',3)); attempt(lambda: setattr(n,'w',torch.ones(2))); attempt(lambda: n.nope); attempt(lambda: n.register_parameter('a.b',None)); attempt(lambda: n.register_buffer('fc1',torch.ones(1))); attempt(lambda: nn.Module()(1)); attempt(lambda: n.get_submodule('fc1.x')); print(n.get_submodule('fc1'), n.get_parameter('fc1.bias'))
n.zero_grad(); print(n.w.grad); n.eval(); print(n.training,n.fc1.training); n.double(); print(n.w.dtype,n.b.dtype); n.requires_grad_(False); print(n.w.requires_grad)
h=n.float().register_forward_hook(lambda m,i,o: print("fwd",type(m).__name__,i[0].shape,o.shape)); h2=n.register_forward_pre_hook(lambda m,i: print("pre")); n(x); h.remove(); h2.remove(); n(x)
class Bad(nn.Module):
    def __init__(self): self.x=nn.Linear(1,1)
attempt(Bad)
""",
    "backward_hooks": r"""
l=nn.Linear(2,2); 
with torch.no_grad(): l.weight.copy_(torch.tensor([[1.,2.],[3.,4.]])); l.bias.zero_()
l.register_full_backward_hook(lambda m,gi,go: print("bw",gi,go)); l.register_full_backward_pre_hook(lambda m,go: print("bpre",go))
x=torch.ones(1,2,requires_grad=True); l(x).sum().backward(); print(x.grad,l.weight.grad)
""",
    "recurrent_and_transformer": r"""
def fill(m):
    with torch.no_grad():
        for i,p in enumerate(m.parameters()): p.copy_(torch.sin(torch.arange(p.numel(),dtype=torch.float32)*(i+1)).reshape(p.shape)/3)
    return m
torch.set_printoptions(precision=3, sci_mode=False)
x=torch.sin(torch.arange(30.)).reshape(5,2,3).requires_grad_()
for m in [nn.LSTM(3,4),nn.LSTM(3,4,2,bidirectional=True),nn.GRU(3,4,bidirectional=True),nn.RNN(3,4),nn.LSTM(3,4,proj_size=2),nn.GRU(3,4,batch_first=True)]:
    o,h=fill(m)(x); print(o.sum(),o[0,0]); x.grad=None; (o**2).sum().backward(); print(x.grad[0], [p.grad.abs().sum() for p in m.parameters()])
c=fill(nn.LSTMCell(3,4)); h,cc=c(x[0]); print(h,cc); print(fill(nn.GRUCell(3,4))(x[0])); print(fill(nn.RNNCell(3,4))(x[0]))
a=fill(nn.MultiheadAttention(4,2)); q=torch.cos(torch.arange(24.)).reshape(3,2,4).requires_grad_(); o,w=a(q,q,q); print(o,w); o.sum().backward(); print(q.grad)
e=fill(nn.TransformerEncoderLayer(4,2,8,dropout=0.)); print(e(q.detach()))
d=fill(nn.TransformerDecoderLayer(4,2,8,dropout=0.)); print(d(q.detach(),q.detach()))
t=fill(nn.Transformer(4,2,1,1,8,dropout=0.)); print(t(q.detach(),q.detach(),tgt_mask=t.generate_square_subsequent_mask(3)))
s=nn.utils.rnn.pack_padded_sequence(x,[5,3]); o,h=fill(nn.GRU(3,4))(s); print(nn.utils.rnn.pad_packed_sequence(o)[0].detach(), h)
""",
    "layers": r"""
torch.set_printoptions(precision=3, sci_mode=False)
x=torch.sin(torch.arange(2*3*4*4.)).reshape(2,3,4,4).requires_grad_()
bn=nn.BatchNorm2d(3); o=bn(x); print(o[0,0],bn.running_mean,bn.running_var,bn.num_batches_tracked); (o**3).sum().backward(); print(x.grad[0,0]); bn.eval(); print(bn(x)[0,0])
for m in [nn.LayerNorm([4,4]),nn.GroupNorm(3,3),nn.InstanceNorm2d(3),nn.RMSNorm(4),nn.LocalResponseNorm(2)]:
    x.grad=None; o=m(x); (o**3).sum().backward(); print(o[0,0],x.grad[0,0],o.grad_fn)
w=torch.cos(torch.arange(2*3*9.)).reshape(2,3,3,3).requires_grad_()
for f in [lambda: F.conv2d(x,w,padding=1,stride=2), lambda: F.conv_transpose2d(x,w.transpose(0,1)), lambda: F.max_pool2d(x,2), lambda: F.avg_pool2d(x,2,padding=1), lambda: F.adaptive_avg_pool2d(x,(2,3)), lambda: F.interpolate(x,scale_factor=2,mode='bilinear'), lambda: F.pad(x,(1,1,1,1),'reflect'), lambda: F.unfold(x,2), lambda: F.pixel_shuffle(torch.cat([x,x,x,x],1),2), lambda: F.gelu(x), lambda: F.silu(x), lambda: F.softplus(x), lambda: F.elu(x), lambda: F.hardswish(x), lambda: F.glu(x), lambda: F.softmax(x,1), lambda: F.log_softmax(x,-1), lambda: F.cosine_similarity(x,x*2+1), lambda: F.mish(x), lambda: F.scaled_dot_product_attention(x,x,x,is_causal=True)]:
    x.grad=None; o=f(); (o**2).sum().backward(); print(o.grad_fn, o.shape, o.flatten()[:3], x.grad.flatten()[:4])
""",
    "losses": r"""
x=torch.sin(torch.arange(12.)).reshape(3,4).requires_grad_(); t=torch.tensor([0,3,1]); y=torch.cos(torch.arange(12.)).reshape(3,4)
L=[lambda r: F.mse_loss(x,y,reduction=r), lambda r: F.l1_loss(x,y,reduction=r), lambda r: F.smooth_l1_loss(x,y,reduction=r), lambda r: F.huber_loss(x,y,reduction=r), lambda r: F.cross_entropy(x,t,reduction=r), lambda r: F.cross_entropy(x,t,weight=torch.tensor([1.,2,3,4]),reduction=r,label_smoothing=.1), lambda r: F.cross_entropy(x,y.softmax(1),reduction=r), lambda r: F.cross_entropy(x,t,ignore_index=3,reduction=r), lambda r: F.nll_loss(x,t,reduction=r), lambda r: F.binary_cross_entropy(x.sigmoid(),y.sigmoid(),reduction=r), lambda r: F.binary_cross_entropy_with_logits(x,y.sigmoid(),pos_weight=torch.ones(4)*2,reduction=r), lambda r: F.kl_div(x,y.softmax(1),reduction=r), lambda r: F.poisson_nll_loss(x,y.abs(),reduction=r), lambda r: F.gaussian_nll_loss(x,y,y.abs()+.1,reduction=r), lambda r: F.hinge_embedding_loss(x,y.sign(),reduction=r), lambda r: F.margin_ranking_loss(x,y,y.sign(),reduction=r), lambda r: F.cosine_embedding_loss(x,y,torch.tensor([1,-1,1]),reduction=r), lambda r: F.triplet_margin_loss(x,y,x*2,reduction=r), lambda r: F.multilabel_soft_margin_loss(x,(y>0).float(),reduction=r), lambda r: F.multi_margin_loss(x,t,reduction=r), lambda r: F.soft_margin_loss(x,y.sign(),reduction=r)]
for f in L:
    for r in ('none','mean','sum'):
        x.grad=None; o=f(r); o.sum().backward(); print(o, x.grad[0])
""",
    "errors": r"""
t=attempt
x=torch.randn(2,4); w=torch.randn(3,5)
t(lambda:F.linear(x,w)); t(lambda:F.linear(x,w,torch.ones(3))); t(lambda:F.linear(x.double(),torch.randn(3,4))); t(lambda:F.linear(x.double(),torch.randn(3,4),torch.ones(3))); t(lambda: F.linear(x,torch.randn(3,4),torch.ones(4)))
t(lambda:F.conv2d(torch.randn(1,3,8,8),torch.randn(4,2,3,3))); t(lambda:F.conv2d(torch.randn(8,8),torch.randn(4,2,3,3))); t(lambda:F.conv2d(torch.randn(1,2,2,2),torch.randn(4,2,3,3))); t(lambda:F.conv2d(torch.randn(1,2,8,8),torch.randn(4,2,3,3),torch.ones(3)))
t(lambda:nn.Conv2d(3,4,3,padding='same',stride=2)); t(lambda:nn.Conv2d(3,4,3,groups=2))
t(lambda:nn.BatchNorm1d(3)(torch.randn(1,3))); t(lambda:nn.BatchNorm1d(3)(torch.randn(2,3,4,5))); t(lambda:nn.BatchNorm2d(3)(torch.randn(2,3))); t(lambda:nn.BatchNorm2d(3)(torch.randn(2,4,3,3)))
t(lambda:F.layer_norm(x,(5,))); t(lambda:F.group_norm(torch.randn(2,3,4),2)); t(lambda:nn.GroupNorm(2,3)); t(lambda:F.embedding(torch.tensor([5]),w)); t(lambda:F.embedding(torch.tensor([5.]),w))
t(lambda:F.max_pool2d(torch.randn(1,1,1,1),2)); t(lambda:F.interpolate(torch.randn(1,1,4),size=2,scale_factor=2)); t(lambda:F.interpolate(torch.randn(1,1,4),size=2,mode='bilinear'))
t(lambda:nn.LSTM(3,4)(torch.randn(5,2,2))); t(lambda:nn.LSTM(3,4)(torch.randn(5))); t(lambda:nn.LSTM(3,4)(torch.randn(5,2,3),(torch.zeros(1,1,4),torch.zeros(1,2,4)))); t(lambda:nn.LSTMCell(3,4)(torch.randn(2,2)))
t(lambda:nn.MultiheadAttention(5,2)); t(lambda:nn.Linear(2,3)(3)); t(lambda: F.relu(3)); t(lambda: F.cross_entropy(torch.randn(2,3),torch.tensor([0,3]))); t(lambda: F.cross_entropy(torch.randn(2,3),torch.tensor([0,1,2]))); t(lambda: F.cross_entropy(torch.randn(2,3),torch.tensor([0.,1])));t(lambda: F.mse_loss(torch.randn(2,3),torch.randn(4)));t(lambda: F.binary_cross_entropy(torch.randn(2)*9,torch.ones(2)))
t(lambda: F.dropout(x,1.5)); t(lambda: nn.Dropout(2)); t(lambda: F.cross_entropy(torch.randn(2,3,4),torch.zeros(2,5).long())); t(lambda: F.cross_entropy(torch.randn(2,3),torch.zeros(2,3).long()))
""",
    "containers_and_hooks": r"""
class M(nn.Module):
    def __init__(self):
        super().__init__(); self.l=nn.ModuleList([nn.Linear(2,2) for _ in range(2)]); self.act=nn.ReLU()
    def forward(self,x,scale=1.):
        for l in self.l: x=self.act(l(x))*scale
        return x
m=M(); print(m); m.register_forward_hook(lambda m,a,k,o: print("hook",k),with_kwargs=True); m.register_forward_pre_hook(lambda m,a,k: (a,{'scale':2.}),with_kwargs=True); print(m(torch.ones(1,2),scale=3.).shape)
m.apply(lambda q: print(type(q).__name__)); print([n for n,_ in m.named_modules()]); print(sum(p.numel() for p in m.parameters()))
m.add_module('x',nn.Linear(1,1)); del m.x; print(hasattr(m,'x'), 'act' in dict(m.named_children())); m.half(); print(next(m.parameters()).dtype); m.to(torch.float64); print(next(m.parameters()).dtype)
attempt(lambda: m.to(torch.int32)); attempt(lambda: m.load_state_dict([1])); attempt(lambda: m.train(1)); print(m.train() is m, m.eval().training)
s=nn.Sequential(nn.Linear(2,2),nn.ReLU()); s.append(nn.Linear(2,1)); print(s[0:2], len(s), s[-1]); s[1]=nn.Tanh(); print(s); attempt(lambda: s[5]); from collections import OrderedDict; print(nn.Sequential(OrderedDict([('a',nn.Linear(1,1))])).a)
d=nn.ModuleDict({'a':nn.Linear(1,1)}); d['b']=nn.ReLU(); print(list(d.keys()),d)
pl=nn.ParameterList([torch.ones(1),torch.ones(2)]); print(len(pl),[p.shape for p in pl], pl[0])
print(nn.Linear(2,2).state_dict().keys(), nn.BatchNorm1d(2).state_dict())
""",
    "dropout_and_embedding": r"""
torch.manual_seed(0); x=torch.ones(4,3)
d=nn.Dropout(.5); d.eval(); print(d(x)); d.train(); o=d(x); print(set(o.flatten().tolist())<={0.,2.}); print(F.dropout(x,p=1.), F.dropout(x,p=0.), F.dropout(x,training=False) is x)
l=nn.Linear(100,50); k=1/10; print(l.weight.abs().max()<=k, l.weight.std().item()>.05, nn.Conv2d(3,8,3).weight.abs().max()<=1/27**.5, nn.Embedding(1000,10).weight.std().item()>.9)
e=nn.Embedding(5,3,padding_idx=0); i=torch.tensor([[0,1],[1,4]]); e(i).sum().backward(); print(e.weight.grad, e(i)[0,0])
b=nn.EmbeddingBag.from_pretrained(torch.arange(6.).reshape(3,2)) if hasattr(nn.EmbeddingBag,'from_pretrained') else None; print(b(torch.tensor([0,1,2]),torch.tensor([0,2])))
print(nn.Embedding.from_pretrained(torch.ones(2,2)).weight.requires_grad)
c=nn.CrossEntropyLoss(weight=torch.tensor([1.,2.]),reduction='sum'); print(c(torch.zeros(2,2),torch.tensor([0,1])), c.state_dict())
""",
    "training_a_cnn": r"""
cnn=nn.Sequential(nn.Conv2d(1,2,3,padding=1),nn.BatchNorm2d(2),nn.ReLU(),nn.MaxPool2d(2),nn.Flatten(),nn.Linear(8,3))
with torch.no_grad():
    for i,q in enumerate(cnn.parameters()): q.copy_(torch.cos(torch.arange(q.numel())*1.+i).reshape(q.shape))
x=torch.sin(torch.arange(2*16.)).reshape(2,1,4,4); t=torch.tensor([0,2]); o=torch.optim.Adam(cnn.parameters(),lr=.01); s=torch.optim.lr_scheduler.StepLR(o,2,.5)
for e in range(5):
    o.zero_grad(); l=F.cross_entropy(cnn(x),t); l.backward(); n=nn.utils.clip_grad_norm_(cnn.parameters(),1.); o.step(); s.step(); print(e,round(l.item(),3),round(float(n),3),s.get_last_lr())
cnn.eval(); 
with torch.no_grad(): print(cnn(x).argmax(1), cnn(x).softmax(1).sum(1).round())
""",
    "activations": r"""
x=torch.linspace(0,1,5).requires_grad_()
for a in ['relu','relu6','elu','selu','celu','leaky_relu','gelu','silu','mish','hardtanh','hardswish','hardsigmoid','logsigmoid','softsign','tanhshrink','softplus','tanh','sigmoid','softshrink','hardshrink']:
    f=getattr(F,a); x.grad=None; f(x-.5).sum().backward(); print(a, x.grad)
print(F.one_hot(torch.tensor([0,2]),3), F.pairwise_distance(x[None],x[None]*2), F.threshold(x,.5,9.), F.prelu(x[None],torch.tensor([.1])), F.normalize(x,dim=0), F.gelu(x,approximate='tanh'))
print(F.relu(x.detach().clone(),inplace=True), F.softmax(x,dim=0), F.pad(x,(1,2),value=3.)); attempt(lambda: F.softmax(x,dim=3)); attempt(lambda: F.elu()); attempt(lambda: F.pad(x,(1,)))
""",
    "polynomial": r"""
# polynomial fit
import math
x=torch.linspace(-math.pi,math.pi,200); y=torch.sin(x)
p=torch.tensor([1,2,3]); xx=x.unsqueeze(-1).pow(p)
model=torch.nn.Sequential(torch.nn.Linear(3,1),torch.nn.Flatten(0,1))
with torch.no_grad():
    for q in model.parameters(): q.fill_(.1)
loss_fn=torch.nn.MSELoss(reduction='sum'); o=torch.optim.RMSprop(model.parameters(),lr=1e-3)
for t in range(300):
    l=loss_fn(model(xx),y)
    if t%100==99: print(t,round(l.item(),2))
    o.zero_grad(); l.backward(); o.step()
lin=model[0]; print(f'Result: y = {lin.bias.item():.2f} + {lin.weight[:,0].item():.2f} x')
""",
    "gradient_penalty": r"""
# gradient penalty, double backward through module
torch.set_printoptions(precision=3)
m=nn.Sequential(nn.Linear(2,4),nn.Tanh(),nn.Linear(4,1))
with torch.no_grad():
    for i,q in enumerate(m.parameters()): q.copy_(torch.sin(torch.arange(q.numel())*1.+i).reshape(q.shape))
x=torch.tensor([[.1,.2],[.3,-.4]],requires_grad=True)
o=m(x); g,=torch.autograd.grad(o.sum(),x,create_graph=True); print(g)
pen=((g.norm(2,dim=1)-1)**2).mean(); pen.backward(); print([q.grad for q in m.parameters()], pen)
""",
    "shared_weights": r"""
# shared weights, freezing, accumulation
l=nn.Linear(2,2,bias=False); m=nn.Sequential(l,nn.ReLU(),l)
with torch.no_grad(): l.weight.copy_(torch.tensor([[1.,2],[3,4]]))
print(len(list(m.parameters())), list(m.state_dict()), m)
x=torch.ones(1,2); m(x).sum().backward(); m(x).sum().backward(); print(l.weight.grad)
for p in m.parameters(): p.requires_grad=False
print(m(x).requires_grad, l.weight)
import copy
c=copy.deepcopy(m); print(c[0] is c[2], c[0] is m[0], torch.equal(c[0].weight,l.weight))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
