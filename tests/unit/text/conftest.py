"""What tests of running time share."""

import gc
import time
from collections.abc import Callable

import pytest


@pytest.fixture
def seconds_of() -> Callable[[Callable[[], object]], float]:
    """Processor seconds that this thread needs for something, without collecting what other tests have left alive."""

    def measure(act: Callable[[], object]) -> float:
        gc.disable()
        begin = time.thread_time()
        try:
            act()
            return time.thread_time() - begin
        finally:
            gc.enable()

    return measure
