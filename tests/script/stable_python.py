# SPDX-License-Identifier: MIT
"""What script.stable_python asks of Python; see there."""
import pathlib
import shutil
import sys
import warnings

import numpy
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file

warnings.filterwarnings("ignore")
what, work = sys.argv[1], pathlib.Path(sys.argv[2])

if what == "latents":
    torch.manual_seed(3)
    save_file({"latents": torch.randn(3, 4, 8, 8)}, work / "latents.safetensors")

if what == "compare":
    pipe = StableDiffusionPipeline.from_pretrained(work / "tuned", use_safetensors=True, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    latents = load_file(work / "latents.safetensors")["latents"]
    prompt = ["an animals painting"] * len(latents)
    settings = dict(prompt=prompt, latents=latents, num_inference_steps=10, guidance_scale=3.0)
    theirs = pipe(**settings, output_type="latent").images
    ours = load_file(work / "ours/images.safetensors")
    # Theirs are in the autoencoder's units times scaling_factor, as ours.
    apart = ((theirs - ours["latents"]).abs().max() / theirs.abs().max()).item()
    print(f"latents after 10 steps: {apart:.1e} apart, relative")
    assert apart < 1e-4
    images = numpy.round(pipe(**settings, output_type="np").images * 255).transpose(0, 3, 1, 2)
    levels = numpy.abs(images - ours["images"].numpy().astype(float)).max()
    print(f"images: at most {levels:.0f} grey levels apart")
    assert levels <= 1
    shutil.copytree(work / "tuned", work / "sharded")
    shutil.rmtree(work / "sharded/unet")
    pipe.unet.save_pretrained(work / "sharded/unet", max_shard_size="60KB")
    assert len(list((work / "sharded/unet").glob("*.safetensors"))) > 2
