"""The one photo studio of all pictures: light, camera, path tracing with Mitsuba, denoising, balance."""

import ctypes.util
import os
from collections.abc import Mapping
from glob import glob
from pathlib import Path
from typing import Any

import mitsuba as mi
import mitsuba_oidn
import numpy as np

from tools.pictures.meshes import Mesh
from tools.pictures.noise import Array, fractal

BACKDROP = (0.640, 0.602, 0.552)  # linear albedo of wall, paper and table: warm neutral
BACKDROP_LIGHT = np.array(
    [0.700, 0.657, 0.598], dtype=np.float32
)  # the linear light its border is balanced to
# Samples per pixel of a quick draft; without it every view has the number that its script says.
DRAFT_SAMPLES = int(os.environ.get("PICTURES_SAMPLES", "0"))


def start() -> None:
    """Chooses the vectorised variant when LLVM 17 or newer is installed, the slow scalar one otherwise."""
    if not os.environ.get("DRJIT_LIBLLVM_PATH"):
        names = glob("/usr/lib/*/libLLVM.so.*") + glob("/usr/lib/llvm-*/lib/libLLVM.so.*")
        if names:
            os.environ["DRJIT_LIBLLVM_PATH"] = max(
                names, key=lambda name: float(Path(name).name.split(".so.")[1])
            )
    usable = bool(os.environ.get("DRJIT_LIBLLVM_PATH") or ctypes.util.find_library("LLVM"))
    mi.set_variant("llvm_ad_rgb" if usable else "scalar_rgb")


def shape(mesh: Mesh, bsdf: Mapping[str, Any]) -> Any:
    """The mesh as a Mitsuba shape with its material."""
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(dict(bsdf))
    made = mi.Mesh(
        "mesh",
        len(mesh.vertices),
        len(mesh.faces),
        props=properties,
        has_vertex_normals=True,
        has_vertex_texcoords=True,
    )
    parameters = mi.traverse(made)
    parameters["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
    parameters["vertex_normals"] = mesh.normals.astype(np.float32).ravel()
    parameters["vertex_texcoords"] = mesh.uv.astype(np.float32).ravel()
    parameters["faces"] = mesh.faces.astype(np.uint32).ravel()
    parameters.update()
    return made


def texture(pixels: Array) -> dict[str, Any]:
    """Linear pixels (rows, columns[, 3]), first row = top, as a bitmap texture with v upwards."""
    data = pixels if pixels.ndim == 3 else pixels[..., None]
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(data[::-1], dtype=np.float32)),
        "raw": True,
        "wrap_mode": "mirror",
    }


def lamp(
    position: tuple[float, float, float],
    target: tuple[float, float, float],
    size: float,
    radiance: tuple[float, float, float],
) -> dict[str, Any]:
    """A square soft box of `size` millimetres looking at `target`."""
    transform = mi.ScalarTransform4f().look_at(origin=position, target=target, up=(0.01, 0.02, 1))
    return {
        "type": "rectangle",
        "to_world": transform @ mi.ScalarTransform4f().scale(size / 2),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": list(radiance)}},
    }


def camera(
    origin: tuple[float, float, float],
    target: tuple[float, float, float],
    up: tuple[float, float, float],
    fov: float,
    size: tuple[int, int],
) -> dict[str, Any]:
    """A pinhole camera; `fov` is the horizontal field of view in degrees."""
    return {
        "type": "perspective",
        "fov": fov,
        "fov_axis": "x",
        "to_world": mi.ScalarTransform4f().look_at(origin=origin, target=target, up=up),
        "film": {
            "type": "hdrfilm",
            "width": size[0],
            "height": size[1],
            "pixel_format": "rgb",
            # the denoiser expects noise that is independent from pixel to pixel
            "rfilter": {"type": "box"},
        },
        "sampler": {"type": "independent"},
    }


def shoot(scene: Mapping[str, Any], seed: int, samples: int, depth: int = 5) -> Array:
    """Path-traces and denoises one picture: rows x columns x 3, linear light, not yet balanced.

    `samples` is the number of light paths for each pixel.
    """
    described = {
        "type": "scene",
        "integrator": {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal",
            "picture": {"type": "path", "max_depth": depth},
        },
        **scene,
    }
    layers = np.array(
        mi.render(mi.load_dict(described), spp=DRAFT_SAMPLES or samples, seed=seed), dtype=np.float32
    )
    colour, albedo, normal = (np.ascontiguousarray(layers[..., i : i + 3]) for i in (0, 3, 6))
    clean = mitsuba_oidn.denoise(colour, albedo=np.clip(albedo, 0, 1), normal=normal, hdr=True)
    return np.maximum(np.asarray(clean, dtype=np.float32), 0)


def coverage(meshes: tuple[Mesh, ...], sensor: Mapping[str, Any]) -> Array:
    """How much of every pixel the meshes cover, 0..1 (rows, columns): their albedo on black, unlit."""
    white = {
        "type": "twosided",
        "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": [1.0] * 3}},
    }
    scene = {f"mesh{number}": shape(mesh, white) for number, mesh in enumerate(meshes)}
    described = {
        "type": "scene",
        "integrator": {"type": "aov", "aovs": "seen:albedo"},
        "sensor": sensor,
        **scene,
    }
    layers = np.array(mi.render(mi.load_dict(described), spp=64, seed=1), dtype=np.float32)
    return np.clip(layers[..., -3], 0, 1)


def balance(picture: Array, light: Array = BACKDROP_LIGHT) -> Array:
    """The gain per channel that brings the picture's outer border to the catalogue's backdrop."""
    rows, columns = picture.shape[0] // 12, picture.shape[1] // 12
    border = np.concatenate(
        [
            picture[:rows].reshape(-1, 3),
            picture[-rows:].reshape(-1, 3),
            picture[:, :columns].reshape(-1, 3),
            picture[:, -columns:].reshape(-1, 3),
        ]
    )
    return np.asarray(light / np.median(border, axis=0), dtype=np.float32)


def grain(size: tuple[int, int], seed: int, strength: float = 0.009) -> Array:
    """Fine film grain as a factor around 1, (rows, columns, 1): the same for every pass of a view."""
    rng = np.random.default_rng(seed)
    noise = fractal((size[1], size[0]), (size[1] // 2, size[0] // 2), 1, rng)
    return np.asarray(1 + strength * noise, dtype=np.float32)[..., None]


def plaster(size_px: int, seed: int) -> tuple[Array, Array]:
    """A wall of fine plaster: (albedo, bump height), both square."""
    rng = np.random.default_rng(seed)
    shape_px = (size_px, size_px)
    tone = fractal(shape_px, (6, 6), 6, rng, gain=0.62)
    fine = fractal(shape_px, (size_px // 8, size_px // 8), 3, rng, gain=0.7)
    albedo = np.asarray(BACKDROP, dtype=np.float32) * (1 + 0.018 * tone + 0.010 * fine)[..., None]
    return albedo.astype(np.float32), (0.5 + 0.10 * fine + 0.06 * tone).astype(np.float32)
