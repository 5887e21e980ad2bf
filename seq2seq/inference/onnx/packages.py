"""The packages of the extra `onnx`, which are imported on demand."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from seq2seq.errors import ConfigError

INSTALL = "pip install 'seq2seq[onnx]'"
ONNX_PACKAGES = ("onnx", "onnxruntime")


def are_installed() -> bool:
    """Return whether both packages are there."""
    return all(find_spec(name) for name in ONNX_PACKAGES)


def require_packages() -> None:
    """Check that both packages are there; raises as `import_package`."""
    for name in ONNX_PACKAGES:
        import_package(name)


def import_package(name: str) -> Any:
    """Return a module.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise ConfigError(f"the package {name} is needed: {INSTALL}") from None
