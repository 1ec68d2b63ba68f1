"""This product's engine with compiled kernels, asked by `environment.Product`."""

import base64
import importlib
import pickle
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from wire import serve


def call(name: str, packed: str) -> str:
    module, _, function = name.partition(":")
    arguments, named = pickle.loads(base64.b64decode(packed))
    value = getattr(importlib.import_module(module), function)(*arguments, **named)
    return base64.b64encode(pickle.dumps(value)).decode()


serve({"call": call})
