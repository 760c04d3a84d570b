"""The fast decoder: stage C at the rate of the curves, taught by the one that the model has.

``config.FastConfig`` says what it is, ``weights`` reads and writes its one file, ``sound`` makes its excitation and its
waveform, ``graph`` is its network for ONNX Runtime, ``runtime.FastRuntime`` puts it in place of stage C. The network in
torch, its training and its teacher's lessons are in ``scripts/distill``.
"""
