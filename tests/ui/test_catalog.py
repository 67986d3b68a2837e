"""The client speaks Chinese completely, and starts without heavy packages."""

from __future__ import annotations

import re
import subprocess
import sys

from app.ui.i18n import Texts
from contract.catalog import load
from tests.ui.messages import messages

_PLACE = re.compile(r"\{(\w+)\}")


def test_every_text_has_a_chinese_one() -> None:
    catalog = load("client", "zh_CN")
    missing = [text for text in messages() if catalog.gettext(text) == text and catalog.ngettext(text, text, 2) == text]
    assert missing == []


def test_the_chinese_texts_have_the_same_placeholders() -> None:
    catalog = load("client", "zh_CN")
    wrong = [
        text for text in messages() if set(_PLACE.findall(text)) != set(_PLACE.findall(catalog.ngettext(text, text, 2)))
    ]
    assert wrong == []


def test_the_texts_that_are_fixed_are_used_to_the_letter() -> None:
    t = Texts("zh_CN").t
    said = {t(text) for text in messages()}
    for text in (
        "是否确认结束本次面试?未完成的答题内容将不计入最终评估结果",
        "保存进度",
        "放弃面试",
        "网络问题",
        "设备或技术问题",
        "时间不足",
        "放弃",
        "其他",
        "是否继续上次未完成的面试?",
        "面试已完成,是否退出?",
        "入口是否清晰?",
        "流程是否顺畅?",
        "待评估",
        "已拒绝AI面试",
        "不参加AI面试",
        "同意并继续",
        "练习,不会保存",
        "离线,稍后自动上传",
        "已保存",
        "现在开始回答",
        "回答完毕",
        "结束面试",
    ):
        assert text in said


def test_the_window_opens_without_loading_cameras_models_or_the_player() -> None:
    heavy = ["cv2", "av", "sounddevice", "faster_whisper", "PySide6.QtMultimedia", "segno", "numpy"]
    code = f"import sys, app.ui.application; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
