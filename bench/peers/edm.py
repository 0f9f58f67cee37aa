# SPDX-License-Identifier: MIT
"""The paper's network, losses, training step and sampler in plain PyTorch: what diffmem's are timed beside.

Written from the equations; state-dict names as in published EDM weights.  bench/peers/verify holds it to the golden
numbers of tests/fixtures.  Images and noise are NCHW in [-1,1] and of unit variance; sigma is [B].
"""
import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional as F

SQRT_HALF = math.sqrt(0.5)


@dataclasses.dataclass
class Shape:
    resolution: int
    channels: int
    base: int = 128
    mult: tuple = (2, 2, 2)
    blocks: int = 2
    attention: tuple = (16,)
    dropout: float = 0.13
    labels: int = 0
    fourier: bool = False
    residual: bool = False  # NCSN++'s encoder
    noise_mult: int = 1
    filter: tuple = (1, 1)

    @property
    def emb(self):
        return 4 * self.base


def group_norm(channels):
    return nn.GroupNorm(min(32, channels // 4), channels, eps=1e-6)


class Conv(nn.Module):
    """A convolution with padding, after (or, if fused, before) halving or doubling the sides with a filter."""

    def __init__(self, cin, cout, kernel, up=False, down=False, filter=(1, 1), fused=False):
        super().__init__()
        self.up, self.down, self.fused, self.box = up, down, fused, tuple(filter) == (1, 1)
        self.weight = nn.Parameter(torch.empty(cout, cin, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(cout))
        if up or down:
            f = torch.tensor(filter, dtype=torch.float32)
            self.register_buffer("resample_filter", (f.outer(f) / f.sum() ** 2)[None, None])

    def halved(self, x, padding):
        filter = self.resample_filter.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv2d(x, filter, stride=2, padding=padding, groups=x.shape[1])

    def doubled(self, x, padding):
        filter = 4 * self.resample_filter.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv_transpose2d(x, filter, stride=2, padding=padding, groups=x.shape[1])

    def forward(self, x):
        pad = self.weight.shape[-1] // 2
        if self.down and self.fused:
            side = (self.resample_filter.shape[-1] - 1) // 2
            return self.halved(F.conv2d(x, self.weight, padding=pad + side), 0) + self.bias[:, None, None]
        if self.up or self.down:
            if self.box:  # the filter [1,1] is the mean of four, or four copies
                x = F.avg_pool2d(x, 2) if self.down else F.interpolate(x, scale_factor=2, mode="nearest")
            else:
                side = (self.resample_filter.shape[-1] - 1) // 2
                x = self.halved(x, side) if self.down else self.doubled(x, side)
        return F.conv2d(x, self.weight, self.bias, padding=pad)


class Block(nn.Module):
    def __init__(self, cin, cout, shape, attention=False, up=False, down=False):
        super().__init__()
        self.norm0 = group_norm(cin)
        self.conv0 = Conv(cin, cout, 3, up, down, shape.filter)
        self.affine = nn.Linear(shape.emb, cout)
        self.norm1 = group_norm(cout)
        self.dropout = nn.Dropout(shape.dropout)
        self.conv1 = Conv(cout, cout, 3)
        self.skip = Conv(cin, cout, 1, up, down, shape.filter) if cin != cout or up or down else None
        self.attention = attention
        if attention:
            self.norm2 = group_norm(cout)
            self.qkv = Conv(cout, 3 * cout, 1)
            self.proj = Conv(cout, cout, 1)

    def forward(self, x, emb):
        h = self.conv0(F.silu(self.norm0(x)))
        h = h + self.affine(emb)[:, :, None, None]
        h = self.conv1(self.dropout(F.silu(self.norm1(h))))
        h = (h + (x if self.skip is None else self.skip(x))) * SQRT_HALF
        if not self.attention:
            return h
        b, c, height, width = h.shape
        q, k, v = self.qkv(self.norm2(h)).reshape(b, c, 3, height * width).unbind(2)  # channels are q, k, v in turn
        with torch.autocast(h.device.type, enabled=False):  # logits and softmax in float32
            w = torch.bmm(q.float().transpose(1, 2), k.float() / math.sqrt(c)).softmax(-1)
        a = torch.bmm(v, w.to(v.dtype).transpose(1, 2)).reshape(b, c, height, width)
        return (self.proj(a) + h) * SQRT_HALF


class UNet(nn.Module):
    """F(x; c_noise, labels): x [B,C,H,W], c_noise [B], labels one-hot [B,labels]."""

    def __init__(self, shape):
        super().__init__()
        self.shape = s = shape
        noise = s.base * s.noise_mult
        if s.fourier:
            self.map_noise = nn.Module()
            self.map_noise.register_buffer("freqs", torch.randn(noise // 2) * 16)
        if s.labels:
            self.map_label = nn.Linear(s.labels, noise)
        self.map_layer0 = nn.Linear(noise, s.emb)
        self.map_layer1 = nn.Linear(s.emb, s.emb)
        sides = [s.resolution >> level for level in range(len(s.mult))]
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        width, aux, skips = s.base, s.channels, []
        for level, (side, mult) in enumerate(zip(sides, s.mult)):
            if level == 0:
                self.enc[f"{side}x{side}_conv"] = Conv(s.channels, width, 3)
            else:
                self.enc[f"{side}x{side}_down"] = Block(width, width, s, down=True)
                if s.residual:
                    residual = Conv(aux, width, 3, down=True, filter=s.filter, fused=True)
                    self.enc[f"{side}x{side}_aux_residual"] = residual
                    aux = width
            skips.append(width)
            for i in range(s.blocks):
                self.enc[f"{side}x{side}_block{i}"] = Block(width, s.base * mult, s, side in s.attention)
                width = s.base * mult
                skips.append(width)
        for level, (side, mult) in reversed(list(enumerate(zip(sides, s.mult)))):
            if level == len(sides) - 1:
                self.dec[f"{side}x{side}_in0"] = Block(width, width, s, True)
                self.dec[f"{side}x{side}_in1"] = Block(width, width, s)
            else:
                self.dec[f"{side}x{side}_up"] = Block(width, width, s, up=True)
            for i in range(s.blocks + 1):
                attention = i == s.blocks and side in s.attention
                self.dec[f"{side}x{side}_block{i}"] = Block(width + skips.pop(), s.base * mult, s, attention)
                width = s.base * mult
        self.dec[f"{s.resolution}x{s.resolution}_aux_norm"] = group_norm(width)
        self.dec[f"{s.resolution}x{s.resolution}_aux_conv"] = Conv(width, s.channels, 3)
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        """Xavier's uniform weights; what ends a block starts near zero."""
        for name, module in self.named_modules():
            if isinstance(module, (Conv, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
                if name.endswith(("conv1", "proj", "aux_conv")):
                    module.weight *= 1e-5
                elif name.endswith("qkv"):
                    module.weight *= math.sqrt(0.2)

    def embedded(self, c_noise, labels, dtype):
        half = self.map_layer0.in_features // 2
        if self.shape.fourier:
            freqs = 2 * math.pi * self.map_noise.freqs
        else:
            freqs = 1e-4 ** (torch.arange(half, dtype=torch.float32, device=c_noise.device) / (half - 1))
        angles = c_noise[:, None] * freqs.to(c_noise.dtype)
        e = torch.cat([angles.sin(), angles.cos()], 1).to(dtype)
        if self.shape.labels:
            rows = labels if labels is not None else e.new_zeros(1, self.shape.labels)
            e = e + self.map_label(rows.to(dtype) * math.sqrt(self.shape.labels))
        return F.silu(self.map_layer1(F.silu(self.map_layer0(e))))

    def forward(self, x, c_noise, labels=None):
        emb = self.embedded(c_noise, labels, x.dtype)
        aux, skips = x, []
        for name, module in self.enc.items():
            if name.endswith("aux_residual"):
                x = skips[-1] = aux = (x + module(aux)) * SQRT_HALF
                continue
            x = module(x, emb) if isinstance(module, Block) else module(x)
            skips.append(x)
        for name, module in self.dec.items():
            if name.endswith("aux_norm"):
                x = F.silu(module(x))
            elif name.endswith("aux_conv"):
                x = module(x)
            else:
                x = module(torch.cat([x, skips.pop()], 1) if "_block" in name else x, emb)
        return x


class Vp:
    """The variance-preserving schedule: beta(t) = 0.1 + 19.9 t, t in [1e-5, 1]."""
    lowest, highest = 2**-10, 152.1669769

    def coefficients(self, sigma):
        log = (1 + sigma**2).log()
        t = ((0.1**2 + 2 * 19.9 * log).sqrt() - 0.1) / 19.9
        return torch.ones_like(sigma), -sigma, 1 / (sigma**2 + 1).sqrt(), 999 * t

    def draw(self, drawn):
        """Sigma of a uniform draw from [0,1)."""
        t = 1 + drawn * (1e-5 - 1)
        return ((0.5 * 19.9 * t**2 + 0.1 * t).exp() - 1).sqrt()

    def weight(self, sigma):
        return 1 / sigma**2

    def drawn(self, n, **kind):
        return torch.rand(n, **kind)


class Ve:
    lowest, highest = 0.02, 100.0

    def coefficients(self, sigma):
        one = torch.ones_like(sigma)
        return one, sigma, one, (0.5 * sigma).log()

    def draw(self, drawn):
        return 0.02 * (100 / 0.02) ** drawn

    def weight(self, sigma):
        return 1 / sigma**2

    def drawn(self, n, **kind):
        return torch.rand(n, **kind)


class Edm:
    lowest, highest = 0.0, math.inf

    def coefficients(self, sigma):
        s = sigma**2 + 0.25
        return 0.25 / s, 0.5 * sigma / s.sqrt(), 1 / s.sqrt(), sigma.log() / 4

    def draw(self, drawn):
        """Sigma of a normal draw."""
        return (-1.2 + 1.2 * drawn).exp()

    def weight(self, sigma):
        return (sigma**2 + 0.25) / (0.5 * sigma) ** 2

    def drawn(self, n, **kind):
        return torch.randn(n, **kind)


SCHEDULES = {"vp": Vp(), "ve": Ve(), "edm": Edm()}


def denoised(net, schedule, x, sigma, labels=None):
    """D(x; sigma), by a network that may run in bf16 (autocast); the rest in the precision of x."""
    skip, out, scale, c_noise = (c if c.dim() == 1 else c for c in schedule.coefficients(sigma))
    column = lambda c: c[:, None, None, None]  # noqa: E731
    return column(skip) * x + column(out) * net(column(scale) * x, c_noise, labels).to(x.dtype)


def loss_of(net, schedule, images, drawn, noise, labels=None):
    """Weighted square errors [B,C,H,W]."""
    sigma = schedule.draw(drawn)
    error = denoised(net, schedule, images + noise * sigma[:, None, None, None], sigma, labels) - images
    return schedule.weight(sigma)[:, None, None, None] * error**2


class Trainer:
    """Adam and the moving average of the weights, step by step; ramps as in EDM's training loop."""

    def __init__(self, net, schedule, lr, warmup_images, ema_halflife, ema_ramp=0.05, fused=True):
        self.net, self.schedule = net, schedule
        self.lr, self.warmup, self.halflife, self.ramp = lr, warmup_images, ema_halflife, ema_ramp
        self.params = list(net.parameters())
        self.ema = [p.detach().clone() for p in self.params]
        self.adam = torch.optim.Adam(self.params, lr=lr, betas=(0.9, 0.999), eps=1e-8, fused=fused)
        self.seen = 0

    def step(self, images, drawn, noise, labels=None, autocast=None):
        """One step on [B,C,H,W]; the loss before it."""
        self.adam.zero_grad(set_to_none=True)
        with torch.autocast(images.device.type, dtype=autocast or torch.bfloat16, enabled=autocast is not None):
            loss = loss_of(self.net, self.schedule, images, drawn, noise, labels).sum() / len(images)
        loss.backward()
        self.update(len(images))
        return loss.detach()

    @torch.no_grad()
    def update(self, batch):
        for group in self.adam.param_groups:
            group["lr"] = self.lr * min(self.seen / max(self.warmup, 1e-8), 1)
        for p in self.params:
            torch.nan_to_num(p.grad, nan=0, posinf=1e5, neginf=-1e5, out=p.grad)
        self.adam.step()
        beta = 0.5 ** (batch / max(min(self.halflife, self.seen * self.ramp), 1e-8))
        torch._foreach_lerp_(self.ema, self.params, 1 - beta)
        self.seen += batch


def sigmas_of(schedule, steps=18, lowest=0.002, highest=80.0, rho=7):
    low, high = max(lowest, schedule.lowest), min(highest, schedule.highest)
    i = torch.arange(steps, dtype=torch.float64)
    grid = (high ** (1 / rho) + i / (steps - 1) * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    return grid.tolist() + [0.0]


@torch.no_grad()
def sampled(denoiser, latents, sigmas):
    """Heun's deterministic sampler; `denoiser` takes x and sigma (a float); latents float64, as the result."""
    x = latents * sigmas[0]
    for now, then in zip(sigmas[:-1], sigmas[1:]):
        slope = (x - denoiser(x, now)) / now
        ahead = x + (then - now) * slope
        if then > 0:
            ahead = x + (then - now) * 0.5 * (slope + (ahead - denoiser(ahead, then)) / then)
        x = ahead
    return x
