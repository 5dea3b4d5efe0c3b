"""The corruptions, one cloud and one point at a time, with numpy's generators: what the paper and its code describe."""

from __future__ import annotations

import math

import numpy as np


def shuffled(cloud, generator):
    return cloud[generator.permutation(len(cloud))]


def cluster_sizes(total, generator):
    number = generator.integers(1, 8)
    sizes = [0] * number
    for _ in range(total):
        sizes[generator.integers(number)] += 1
    return sizes


def slow_scale(cloud, severity, generator):
    largest = 1.5 + severity / 10
    factor = generator.uniform(1 / largest, largest, 3)
    stretched = cloud * factor
    stretched = stretched - stretched.mean(axis=0)
    return stretched / max(math.hypot(*point) for point in stretched)


def slow_jitter(cloud, severity, generator):
    return np.array([[value + generator.normal(0, severity / 100) for value in point] for point in cloud])


def slow_rotate(cloud, severity, generator):
    about_x, about_y, about_z = generator.uniform(-1, 1, 3) * math.radians(6 * severity)
    x = np.array([[1, 0, 0], [0, math.cos(about_x), -math.sin(about_x)], [0, math.sin(about_x), math.cos(about_x)]])
    y = np.array([[math.cos(about_y), 0, math.sin(about_y)], [0, 1, 0], [-math.sin(about_y), 0, math.cos(about_y)]])
    z = np.array([[math.cos(about_z), -math.sin(about_z), 0], [math.sin(about_z), math.cos(about_z), 0], [0, 0, 1]])
    return np.stack([point @ (z @ y @ x) for point in cloud])


def slow_drop_global(cloud, severity, generator):
    share_left = 1 - (0.125 + 0.125 * severity)
    return shuffled(cloud, generator)[: int(len(cloud) * share_left)]


def slow_drop_local(cloud, severity, generator):
    for size in cluster_sizes(round(severity * 100 * len(cloud) / 1024), generator):
        centre = cloud[generator.integers(len(cloud))]
        by_distance = sorted(range(len(cloud)), key=lambda row: ((cloud[row] - centre) ** 2).sum())
        cloud = cloud[by_distance[size:]]
    return cloud


def slow_add_global(cloud, severity, generator):
    added = []
    while len(added) < round(severity * 10 * len(cloud) / 1024):
        point = generator.uniform(-1, 1, 3)
        if math.hypot(*point) <= 1:
            added.append(point)
    return np.concatenate([cloud, added])


def slow_add_local(cloud, severity, generator):
    sizes = cluster_sizes(round(severity * 100 * len(cloud) / 1024), generator)
    added = []
    for centre, size in zip(shuffled(cloud, generator), sizes, strict=False):
        spread = generator.uniform(0.075, 0.125)
        for _ in range(size):
            point = centre + spread * generator.standard_normal(3)
            added.append(point / max(1, point @ point))
    return np.concatenate([cloud, added])


SLOW = {name.removeprefix('slow_'): function for name, function in globals().items() if name.startswith('slow_')}
