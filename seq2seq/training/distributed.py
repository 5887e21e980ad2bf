"""Network without its wrapper for data-parallel training."""

from typing import Any

from torch.nn.parallel import DistributedDataParallel

from seq2seq.errors import ConfigError


def unwrap_model(forward: Any) -> Any:
    """Return the network itself, whether or not `DistributedDataParallel` wraps it.

    Use it where no gradient hook is needed, as for initial states. A pass over a batch has to call
    the wrapper: only a backward pass that follows the wrapper's own forward pass is synchronised.
    """
    return forward.module if isinstance(forward, DistributedDataParallel) else forward


def require_single_process(forward: Any, option: str) -> Any:
    """Return the network of a training that calls its parts one by one.

    Such calls bypass the forward pass of `DistributedDataParallel`, which would then leave the
    gradients of each process unsynchronised, without an error: the processes would diverge.

    Args:
        forward: the network as it is called in training.
        option: the option that makes training call the parts, for the message.

    Raises:
        ConfigError: the network is wrapped.
    """
    if isinstance(forward, DistributedDataParallel):
        raise ConfigError(
            f"{option} trains in one process: the gradients of several are not synchronised"
        )
    return forward
