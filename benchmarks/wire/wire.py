"""What every peer speaks: a JSON line for a question, a JSON line for the answer.

A peer is a process of the peers' own environment. It measures its processor time inside, a question at a
time, so that neither the wire nor what else the machine does counts. Nothing of the product is imported here.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def serve(questions: Mapping[str, Callable[..., Any]]) -> None:
    """Answer until standard input ends: `{"ask": name, ...arguments}` by `{"cpu": seconds, "value": ...}`.

    What goes wrong is an answer too: `{"error": text}`. Libraries that print do so on standard error.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        arguments = json.loads(line)
        question = questions[arguments.pop("ask")]
        begun = time.process_time()
        try:
            value = question(**arguments)
        except Exception as error:  # noqa: BLE001 - a peer that cannot is a result
            answer: dict[str, Any] = {"error": f"{type(error).__name__}: {error}"[:500]}
        else:
            answer = {"cpu": time.process_time() - begun, "value": value}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
