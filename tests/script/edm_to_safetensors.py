# SPDX-License-Identifier: MIT
"""Test of tools/edm_to_safetensors: edm_to_safetensors.py [BUILD_FOLDER] [--torch]."""
import collections
import io
import json
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/edm_to_safetensors"
FIXTURES = ROOT / "tests/fixtures"
BUILD = next((pathlib.Path(a) for a in sys.argv[1:] if a and a != "--torch"), None)
WITH_TORCH = "--torch" in sys.argv
WORK = pathlib.Path(tempfile.mkdtemp())


def expect(holds, what):
    if not holds:
        sys.exit(f"FAILED {what}")
    print(f"ok {what}")


def read_safetensors(path):
    """({name: (dtype, shape, bytes)}, metadata)"""
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    metadata = header.pop("__metadata__", {})
    return {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}, metadata


def module(name, **content):
    """A module that pickle can refer to."""
    sys.modules.setdefault(name.partition(".")[0], types.ModuleType(name))
    made = sys.modules.setdefault(name, types.ModuleType(name))
    for key, value in content.items():
        value.__module__, value.__qualname__ = name, key
        setattr(made, key, value)
    return made


def named(name):
    """A function to be named in a pickle; it must never run."""
    def function(*_):
        raise AssertionError(f"{name} was called")
    return function


# ---- Snapshots by hand, without torch: the same calls by the same names.


if not WITH_TORCH:
    module("torch", FloatStorage=type("FloatStorage", (), {}))
    module("torch.storage", _load_from_bytes=named("_load_from_bytes"))
    module("torch._utils", _rebuild_tensor_v2=named("_rebuild_tensor_v2"), _rebuild_parameter=named("_rebuild_parameter"))


class Storage:
    """Float32 values as torch.save writes them; `view`: they are part of another storage; `cut`: without their end."""

    def __init__(self, data, view=None, cut=0):
        self.data, self.view, self.cut = data, view, cut

    def saved(self):
        stream = io.BytesIO()
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1001}):
            pickle.dump(part, stream, 2)
        count = len(self.data) // 4
        description = ("storage", sys.modules["torch"].FloatStorage, "94", "cuda:0", count, self.view)
        pickler = pickle.Pickler(stream, 2)
        pickler.persistent_id = lambda thing: description if thing is self else None
        pickler.dump(self)
        pickle.dump(["94"], stream, 2)
        stream.write(struct.pack("<q", count) + self.data)
        return stream.getvalue()[:-self.cut or None]

    def __reduce__(self):
        return sys.modules["torch.storage"]._load_from_bytes, (self.saved(),)


class FakeTensor:
    def __init__(self, storage, offset, shape, stride):
        self.given = (storage, offset, tuple(shape), tuple(stride), False, collections.OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.given


class FakeParameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_parameter, (self.tensor, True, collections.OrderedDict())


def contiguous(shape):
    strides, step = [], 1
    for side in reversed(shape):
        strides.insert(0, step)
        step *= side
    return strides


def fake_tensor(shape, data, number):
    """Every third inside a longer storage, every third of the matrices stored transposed."""
    if number % 3 == 1:
        return FakeTensor(Storage(b"\1" * 12 + data + b"\2" * 8), 3, shape, contiguous(shape))
    if number % 3 == 2 and len(shape) >= 2 and shape[0] * shape[1] > 1:
        rest = len(data) // (shape[0] * shape[1])
        cells = [data[i * rest:(i + 1) * rest] for i in range(shape[0] * shape[1])]
        swapped = b"".join(cells[i * shape[1] + j] for j in range(shape[1]) for i in range(shape[0]))
        stride = contiguous([shape[1], shape[0], *shape[2:]])
        return FakeTensor(Storage(swapped), 0, shape, [stride[1], stride[0], *stride[2:]])
    return FakeTensor(Storage(data), 0, shape, contiguous(shape))


# The snapshot's own source text: defaults are read from it, and running it would leave a mark.
MARK = WORK / "executed"
SOURCE = f"""
open({str(MARK)!r}, "w").write("the module's source was run")
class SongUNet(torch.nn.Module):
    def __init__(self, img_resolution, in_channels, out_channels, label_dim=0, augment_dim=0, model_channels=128,
                 channel_mult=[1, 2, 2, 2], channel_mult_emb=4, num_blocks=4, attn_resolutions=[16], dropout=0.10,
                 label_dropout=0, embedding_type='positional', channel_mult_noise=1, encoder_type='standard',
                 decoder_type='standard', resample_filter=[1, 1]):
        pass
class VPPrecond(torch.nn.Module):
    def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, beta_d=19.9, beta_min=0.1, M=1000,
                 epsilon_t=1e-5, model_type='SongUNet', *, high=float('inf'), **model_kwargs):
        pass
"""


class Persistent:
    """Pickled as the reference's persistent classes are: a call with class name, source text and attributes."""

    def __init__(self, class_name, state, init_args=(), init_kwargs=None):
        self.meta = dict(type="class", version=6, module_src=SOURCE, class_name=class_name,
                         state=dict(state, _init_args=init_args, _init_kwargs=init_kwargs or {}))

    def __reduce__(self):
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (self.meta,)


class Inner:
    """A module of torch's own: state by __setstate__."""

    def __init__(self, state):
        self.__dict__.update(state)


class Evil:
    def __reduce__(self):
        return os.system, (f"touch {MARK}",)


module("torch_utils.persistence", _reconstruct_persistent_obj=named("_reconstruct_persistent_obj"))
module("torch_utils.inner", Inner=Inner)


def tree(leaves):
    """Modules of nested state from {"enc.a.weight": parameter or buffer}."""
    groups, own = {}, ({}, {})
    for name, (value, trained) in leaves.items():
        head, dot, rest = name.partition(".")
        if dot:
            groups.setdefault(head, {})[rest] = (value, trained)
        else:
            own[0 if trained else 1][head] = value
    return dict(training=False, _parameters=collections.OrderedDict(own[0]), _buffers=collections.OrderedDict(own[1]),
                _non_persistent_buffers_set=set(),
                _modules=collections.OrderedDict((head, Inner(tree(rest))) for head, rest in groups.items()))


def snapshot_of(fixture, make_parameter, make_buffer, extra=None):
    tensors, metadata = read_safetensors(FIXTURES / f"{fixture}.safetensors")
    config, trained = json.loads(metadata["config"]), json.loads(metadata["param_names"])
    leaves = {name: (make_parameter(*tensors["w." + name][1:], i), True) for i, name in enumerate(trained)}
    for i, name in enumerate(sorted(n[2:] for n in tensors if n.startswith("w.") and n[2:] not in leaves)):
        leaves[name] = (make_buffer(*tensors["w." + name][1:], i), False)
    kwargs = {k: v for k, v in config.items() if k not in ("img_resolution", "img_channels")}
    # Given by position and by word, and the last ones left to their defaults, as a maker may.
    for key, default in (("decoder_type", "standard"), ("embedding_type", "positional")):
        if kwargs.get(key) == default:
            del kwargs[key]
    network = Persistent("SongUNet", tree(leaves), (config["img_resolution"],),
                         dict(kwargs, in_channels=config["img_channels"], out_channels=config["img_channels"]))
    state = dict(training=False, _parameters=collections.OrderedDict(), _buffers=collections.OrderedDict(),
                 _modules=collections.OrderedDict(model=network))
    precond = Persistent("VPPrecond", state, (), dict(img_resolution=config["img_resolution"], beta_d=19.5))
    return {"ema": precond, "loss_fn": Evil(), "augment_pipe": None, "dataset_kwargs": {"path": "x", **(extra or {})}}


def run(path, *options):
    done = subprocess.run([sys.executable, str(TOOL), str(path), *options], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def write(name, thing, protocol=pickle.DEFAULT_PROTOCOL):
    path = WORK / name
    path.write_bytes(thing if isinstance(thing, bytes) else pickle.dumps(thing, protocol))
    return path


def converts(fixture, snapshot, what):
    out = WORK / f"{fixture}.safetensors"
    code, said = run(write(f"{fixture}.pkl", snapshot), str(out), "--prefix", "w.")
    expect(code == 0, f"{what} converts: {said.splitlines()[0] if said else ''}")
    got, metadata = read_safetensors(out)
    golden, golden_metadata = read_safetensors(FIXTURES / f"{fixture}.safetensors")
    weights = {name: t for name, t in golden.items() if name.startswith("w.")}
    expect(got == weights, f"{what}: {len(weights)} tensors as they were")
    config = json.loads(metadata["config"])
    expect(all(config[k] == v for k, v in json.loads(golden_metadata["config"]).items()), f"{what}: its config")
    expect(config["channel_mult_emb"] == 4 and config["label_dropout"] == 0, f"{what}: defaults from the source text")
    expect(json.loads(metadata["param_names"]) == json.loads(golden_metadata["param_names"]), f"{what}: names in order")
    expect(json.loads(metadata["param_count"]) == json.loads(golden_metadata["param_count"]), f"{what}: parameter count")
    precond = json.loads(metadata["precond"])
    expect(precond["name"] == "vp" and precond["beta_d"] == 19.5 and precond["M"] == 1000, f"{what}: its preconditioner")
    expect(not MARK.exists(), f"{what}: nothing was executed")
    parity = BUILD / "tests/diffmem_parity" if BUILD else None
    if parity and parity.exists():
        done = subprocess.run([str(parity), str(out)], capture_output=True, text=True)
        if done.returncode != 77:  # it needs a network that this build does not have
            expect(done.returncode == 0 and " 0 failed" in done.stdout, f"{what}: this build loads it\n{done.stdout}")
    sample = BUILD / "examples/sample" if BUILD else None
    if sample and sample.exists():
        done = subprocess.run([str(sample), "--weights", str(out), "--prefix", "w.", "--images", "2", "--set", "sampler.steps=2",
                               "--threads", "1", "--out", str(WORK / "images")], capture_output=True, text=True)
        images = read_safetensors(WORK / "images/images.safetensors")[0]["images"] if done.returncode == 0 else None
        side, channels = config["img_resolution"], config["img_channels"]
        expect(images and images[:2] == ("U8", [2, channels, side, side]), f"{what}: examples/sample makes images\n{done.stderr}")
        done = subprocess.run([str(sample), "--weights", str(out), "--prefix", "w.", "--dry-run"], capture_output=True, text=True)
        expect("schedule.beta_d = 19.5" in done.stdout, f"{what}: examples/sample takes its schedule\n{done.stderr}")


def by_hand():
    def parameter(shape, data, i):
        return FakeParameter(fake_tensor(shape, data, i))
    for fixture in ("songunet_ddpmpp_16x1", "songunet_ncsnpp_16x3", "songunet_ddpmpp_32x3_cond"):
        converts(fixture, snapshot_of(fixture, parameter, fake_tensor), fixture)

    small = "songunet_ddpmpp_16x1"
    good = snapshot_of(small, parameter, fake_tensor)
    path = write("protocols.pkl", good)
    reference = WORK / f"{small}.safetensors"
    for protocol in (2, 3, 4, 5):
        code, said = run(write("protocols.pkl", good, protocol), "--prefix", "w.")
        same = read_safetensors(path.with_suffix(".safetensors"))[0] == read_safetensors(reference)[0]
        expect(code == 0 and same, f"pickle protocol {protocol} {'' if code == 0 else said}")
    code, _ = run(path)
    expect("map_layer0.weight" in read_safetensors(path.with_suffix(".safetensors"))[0], "names without a prefix")

    def refuses(what, thing, word, *options):
        path = write("bad.pkl", thing)
        out = path.with_suffix(".safetensors")
        out.unlink(missing_ok=True)
        code, said = run(path, *options)
        whole = code == 1 and "; want " in said and "Traceback" not in said and word in said
        expect(whole and not out.exists() and not MARK.exists(), f"refuses {what}: {said.strip()}")

    content = pickle.dumps(good)
    refuses("an empty file", b"", "want a network-snapshot")
    refuses("a file cut short", content[:len(content) // 2], "want a network-snapshot")
    refuses("a file of torch.save", b"PK\3\4" + b"\0" * 100, "want a network-snapshot")
    refuses("a key that is not there", good, "ema loss_fn", "--key", "net")
    refuses("a snapshot that is only a call", Evil(), "posix.system")
    refuses("another network", {"ema": Persistent("DhariwalUNet", tree({}))}, "DhariwalUNet")
    refuses("a network without source", {"ema": Persistent("SongUNet", {}, (), {})}, "channels")
    four = struct.pack("<4f", 1, 2, 3, 4)

    def one_leaf(tensor):
        return {"ema": Persistent("SongUNet", tree({"a.weight": (tensor, True)}), (8, 1, 1))}
    refuses("a tensor beyond its storage", one_leaf(FakeTensor(Storage(four), 1, [2, 2], [2, 1])), "beyond its 16 bytes")
    refuses("a negative stride", one_leaf(FakeTensor(Storage(four), 3, [4], [-1])), "storage and numbers")
    refuses("a storage cut short", one_leaf(FakeTensor(Storage(four, cut=3), 0, [4], [1])), "cut short")
    refuses("a view of a storage", one_leaf(FakeTensor(Storage(four, view=("93", 0, 4)), 0, [4], [1])), "FloatStorage")
    whole = one_leaf(FakeTensor(Storage(four), 1, [3, 0], [1, 1]))
    code, said = run(write("empty_side.pkl", whole))
    expect(code == 0, f"a tensor without values {'' if code == 0 else said}")


def by_torch():
    import torch

    def tensor(shape, data, i):
        values = torch.frombuffer(bytearray(data), dtype=torch.float32).reshape(shape).clone()
        if i % 3 == 2 and values.dim() == 4:
            values = values.contiguous(memory_format=torch.channels_last)
        return values
    for fixture in ("songunet_ddpmpp_16x1", "songunet_ncsnpp_16x3"):
        converts(fixture, snapshot_of(fixture, lambda *a: torch.nn.Parameter(tensor(*a)), tensor),
                 f"torch {torch.__version__}, {fixture}")


try:
    (by_torch if WITH_TORCH else by_hand)()
finally:
    shutil.rmtree(WORK)
