"""Signatures as people read them: types by their own names, without their modules' and paths.

What a module is called is no business of the reader's, least of all when it stands for a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import Parameter, Signature, formatannotation
from typing import Annotated, Any, get_origin

# A quoted text, which stays as it is, a dotted name, or the mark of a type variable.
_NAMES = re.compile(r"""('[^']*'|"[^"]*")|(?:(?:[^\W\d]\w*|<locals>)\.)+([^\W\d]\w*)|~""")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # another one in every process


@dataclass(frozen=True, slots=True)
class _Shown:
    """Stands in a signature for what is shown as `text`."""

    text: str

    def __repr__(self) -> str:
        return self.text


def signature_text(signature: Signature) -> str:
    """`(days: list[package.module.Day])` as `(days: list[Day])`."""
    shown = [_parameter(parameter) for parameter in signature.parameters.values()]
    returns = _annotation(signature.return_annotation)
    return str(Signature(shown, return_annotation=returns))


def _parameter(parameter: Parameter) -> Parameter:
    default = parameter.default
    if default is not Parameter.empty:
        default = _Shown(_default(default))
    return parameter.replace(annotation=_annotation(parameter.annotation), default=default)


def _default(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else _ADDRESS.sub("", repr(value))


def _annotation(annotation: Any) -> Any:
    if annotation is Signature.empty:
        return annotation
    if get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    text = annotation if isinstance(annotation, str) else formatannotation(annotation)
    return _Shown(_NAMES.sub(lambda found: found[1] or found[2] or "", text))
