"""This product's engine with compiled kernels, asked by `environment.Product`."""

import base64
import importlib
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from wire import serve


def call(name: str, packed: str, cpu: float | None = None, tries: int | None = None) -> str:
    """`module:function` with arguments; it is told to stop after `cpu` CPU seconds, or after `tries`."""
    module, _, function = name.partition(":")
    arguments, named = unpacked(packed)
    if cpu is not None:
        named["stop"] = after(cpu)
    if tries is not None:
        named["stop"] = lambda tried: tried >= tries
    return packed_up(getattr(importlib.import_module(module), function)(*arguments, **named))


def after(cpu: float) -> Callable[[int], bool]:
    until = time.process_time() + cpu
    return lambda tried: time.process_time() >= until


def unpacked(text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    arguments, named = pickle.loads(base64.b64decode(text))
    return arguments, named


def packed_up(value: Any) -> str:
    return base64.b64encode(pickle.dumps(value)).decode()


serve({"call": call})
