"""LeNet by Model.train: datasets, callbacks, metrics, checkpoints."""

import os
import tempfile

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn
from mindspore.dataset import GeneratorDataset
from mindspore.train import Accuracy, Callback, Loss, LossMonitor, Model

rng = np.random.RandomState(0)


class Bars:
    """Images with a bright bar: standing (0) or lying (1)."""

    def __init__(self, count):
        self.labels = rng.randint(0, 2, count).astype(np.int32)
        self.images = (rng.rand(count, 1, 16, 16) * 0.3).astype(np.float32)
        for image, label in zip(self.images, self.labels, strict=True):
            at = rng.randint(3, 13)
            image[0, :, at] += 1 - label
            image[0, at, :] += label

    def __getitem__(self, i):
        return self.images[i], self.labels[i]

    def __len__(self):
        return len(self.labels)


def pipeline(count, size):
    data = GeneratorDataset(Bars(count), ["image", "label"], shuffle=False)
    data = data.map(lambda image: (image - 0.2) / 0.4, ["image"])
    return data.batch(size, drop_remainder=True)


class LeNet(nn.Cell):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 5, pad_mode="valid")
        self.conv2 = nn.Conv2d(4, 6, 3, pad_mode="same", has_bias=True)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.flatten = nn.Flatten()
        self.fc = nn.Dense(6 * 3 * 3, 2)

    def construct(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        return self.fc(self.flatten(x))


class Steps(Callback):
    def on_train_begin(self, run_context):
        args = run_context.original_args()
        print("training", args.epoch_num, "epochs of", args.batch_num, "batches")

    def on_train_epoch_end(self, run_context):
        args = run_context.original_args()
        print("epoch", args.cur_epoch_num, "after step", args.cur_step_num)


net = LeNet()
for p in net.get_parameters():
    p.set_data(Tensor(rng.randn(*p.shape) * 0.2, ms.float32))
train, test = pipeline(64, 16), pipeline(32, 16)
model = Model(
    net,
    loss_fn=nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean"),
    optimizer=nn.Momentum(net.trainable_params(), [0.05] * 8 + [0.02] * 8, 0.9),
    metrics={"accuracy": Accuracy(), "loss": Loss()},
)
model.train(4, train, callbacks=[Steps(), LossMonitor(4)], dataset_sink_mode=False)
print({k: round(float(v), 2) for k, v in model.eval(test).items()})

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "lenet.ckpt")
    ms.save_checkpoint(net, path)
    again = LeNet()
    print(ms.load_param_into_net(again, ms.load_checkpoint(path)))
image = Tensor(Bars(1).images)
print(np.array_equal(net(image).asnumpy(), again(image).asnumpy()))
