"""Triangle meshes in millimetres as numpy arrays: bevelled board, lathe, swept tube, sweep backdrop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """Vertices (n, 3), unit normals (n, 3), texture positions (n, 2) and triangles (m, 3)."""

    vertices: Floats
    normals: Floats
    uv: Floats
    faces: Ints


def smooth_normals(vertices: Floats, faces: Ints) -> Floats:
    """Area-weighted vertex normals; vertices at the same place share theirs, so seams do not show."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    flat = np.cross(b - a, c - a)
    _, same = np.unique(vertices.round(5), axis=0, return_inverse=True)
    same = same.reshape(-1)
    total = np.zeros((int(same.max()) + 1, 3))
    for i in range(3):
        np.add.at(total, same[faces[:, i]], flat)
    normals = total[same]
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def grid_faces(rows: int, columns: int) -> Ints:
    """Triangles over a grid of vertices, counter-clockwise when rows run up and columns right."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def rounded_outline(
    width: float, height: float, radius: float, corner_points: int = 20
) -> tuple[Floats, Floats]:
    """Points (n, 2) of a rounded rectangle around the origin, anticlockwise, and their outward normals."""
    points, normals = [], []
    centres = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    for quarter, (sx, sy) in enumerate(centres):
        angles = np.linspace(0, np.pi / 2, corner_points) + quarter * np.pi / 2
        direction = np.stack([np.cos(angles), np.sin(angles)], -1)
        centre = np.array([sx * (width / 2 - radius), sy * (height / 2 - radius)])
        points.append(centre + radius * direction)
        normals.append(direction)
    return np.concatenate(points), np.concatenate(normals)


def board(
    width: float, height: float, thickness: float, radius: float, bevel: float, soft: float = 0.05
) -> Mesh:
    """A board lying on z = 0 with rounded corners and a rounded top edge; texture 0..1 over width and height.

    The texture runs on around the edge, so the grain does not stretch on the sides. Edge and face blend over
    `soft` millimetres.
    """
    outline, outward = rounded_outline(width, height, radius)
    turns = np.linspace(0, np.pi / 2, 8)
    profile = [(0.0, 0.0), (0.0, thickness - bevel)]
    profile += [(bevel * (1 - np.cos(t)), thickness - bevel * (1 - np.sin(t))) for t in turns[1:]]
    profile += [(bevel + soft, thickness), (bevel + soft + 0.55, thickness)]
    rings, textures = [], []
    for inset, z in profile:
        ring = outline - outward * inset
        rings.append(np.column_stack([ring, np.full(len(ring), z)]))
        spread = outline + outward * (thickness - z - inset if z < thickness else -inset)
        textures.append(np.column_stack([spread[:, 0] / width + 0.5, spread[:, 1] / height + 0.5]))
    count = len(outline)
    vertices, uv = np.concatenate(rings), np.concatenate(textures)
    faces = []
    for ring_index in range(len(profile) - 1):
        low, high = ring_index * count, (ring_index + 1) * count
        i = np.arange(count)
        j = (i + 1) % count
        faces += [np.stack([low + i, low + j, high + j], -1), np.stack([low + i, high + j, high + i], -1)]
    centre = len(vertices)
    vertices = np.vstack([vertices, [0, 0, thickness]])
    uv = np.vstack([uv, [0.5, 0.5]])
    last = (len(profile) - 1) * count
    i = np.arange(count)
    faces.append(np.stack([last + i, last + (i + 1) % count, np.full(count, centre)], -1))
    triangles = np.concatenate(faces)
    return Mesh(vertices, smooth_normals(vertices, triangles), uv, triangles)


def lathe(profile: Floats, segments: int = 256) -> Mesh:
    """Turns a profile of (radius, z) points around the z axis; u runs with the angle, v along the profile."""
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], -1)
    vertices = np.concatenate([np.column_stack([ring * r, np.full(len(ring), z)]) for r, z in profile])
    along = np.linspace(0, 1, len(profile))
    uv = np.concatenate([np.column_stack([angles / (2 * np.pi), np.full(len(angles), t)]) for t in along])
    faces = grid_faces(len(profile), segments + 1)
    return Mesh(vertices, smooth_normals(vertices, faces), uv, faces)


def tube(path: Floats, across: Floats, half_width: Floats, half_height: Floats, segments: int = 40) -> Mesh:
    """Sweeps an ellipse along a plane path (n, 3); `across` is the constant direction of its wide axis."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    up = np.cross(np.broadcast_to(across, path.shape), tangent)
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    vertices = (
        path[:, None, :]
        + np.cos(angles)[None, :, None] * half_width[:, None, None] * across
        + np.sin(angles)[None, :, None] * half_height[:, None, None] * up[:, None, :]
    ).reshape(-1, 3)
    along = np.repeat(np.linspace(0, 1, len(path)), segments + 1)
    uv = np.column_stack([np.tile(angles / (2 * np.pi), len(path)), along])
    faces = grid_faces(len(path), segments + 1)
    normals = smooth_normals(vertices, faces)
    outward = vertices - np.repeat(path, segments + 1, axis=0)
    if float(np.sum(normals * outward)) < 0:
        faces = faces[:, ::-1].copy()
        normals = -normals
    return Mesh(vertices, normals, uv, faces)


def plane(size: float, z: float, repeats: float) -> Mesh:
    """A level square around the z axis, its texture repeated `repeats` times."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=float)
    uv = (corners[:, :2] + 1) / 2 * repeats
    lifted = corners * size / 2 + np.array([0, 0, z])
    return Mesh(lifted, np.tile([0.0, 0.0, 1.0], (4, 1)), uv, np.array([[0, 1, 2], [0, 2, 3]]))


def sweep_backdrop(width: float, front: float, back: float, rise: float, radius: float) -> Mesh:
    """A photographer's paper sweep: floor at z = 0 towards -y (front), bending up into a wall at y = back."""
    turns = np.linspace(0, np.pi / 2, 48)
    profile = [(-front, 0.0)]
    profile += [(back - radius + radius * np.sin(t), radius * (1 - np.cos(t))) for t in turns]
    profile.append((back, rise))
    left = np.array([(-width / 2, y, z) for y, z in profile])
    right = np.array([(width / 2, y, z) for y, z in profile])
    vertices = np.stack([left, right], 1).reshape(-1, 3)
    uv = np.column_stack([np.tile([0.0, 1.0], len(profile)), np.repeat(np.linspace(0, 1, len(profile)), 2)])
    faces = grid_faces(len(profile), 2)
    return Mesh(vertices, smooth_normals(vertices, faces), uv, faces)
