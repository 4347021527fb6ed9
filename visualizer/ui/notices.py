"""What a person is told of how a model was loaded, in their language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def words(notice: str) -> str:
    """The sentence for one of `LoadedModel.notices`; "" for one that this version does not know."""
    name, _, detail = notice.partition(":")
    if name == "text_part":
        return translate("Notices", "This is the text part of a model that also reads pictures or sounds.")
    if name == "unpacked":
        text = translate("Notices", "Its weights are kept quantized ({how}) and were unpacked, which takes memory.")
        return text.format(how=detail)
    if name == "slow_dtype":
        return translate("Notices", "float16 is slow on this processor: bfloat16 is often many times faster.")
    return ""
