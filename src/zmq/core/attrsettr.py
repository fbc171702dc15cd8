"""Options as attributes, for classes that have ``get`` and ``set``."""

from __future__ import annotations

import zmq.constants as constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["AttributeSetter"]


class AttributeSetter:
    """Attributes that no class defines are options: ``thing.linger`` is ``thing.get(LINGER)``.

    In any case of letters. Sockets have the same in C; contexts use this one.
    """

    def __getattr__(self, key: str) -> Any:
        option = getattr(constants, key.upper(), None)
        if not isinstance(option, int):
            raise AttributeError(f"{type(self).__name__} has no such option: {key.upper()}")
        return self._get_attr_opt(key.upper(), option)

    def __setattr__(self, key: str, value: Any) -> None:
        if key in self.__dict__ or any(
            key in vars(cls) or key in vars(cls).get("__annotations__", ())
            for cls in type(self).__mro__
        ):
            object.__setattr__(self, key, value)
            return
        option = getattr(constants, key.upper(), None)
        if not isinstance(option, int):
            raise AttributeError(f"{type(self).__name__} has no such option: {key.upper()}")
        self._set_attr_opt(key.upper(), option, value)

    def _get_attr_opt(self, name: str, opt: int) -> Any:
        return self.get(opt)

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        self.set(opt, value)

    def get(self, option: int) -> Any:
        """Read an option."""
        raise TypeError(f"{type(self).__name__} has no options to read")

    def set(self, option: int, value: Any) -> None:
        """Set an option."""
        raise TypeError(f"{type(self).__name__} has no options to set")
