"""An interview whose candidate agrees to a second opinion, and a language model that gives one."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

from backend.opinion.settings import SecondOpinion
from backend.runtime import Runtime
from backend.services import kits, opinion_making, opinions, scorecards
from contract.events import ConsentedData, EventType
from tests.backend.language_model import Asked, LanguageModel, Sent, about, said
from tests.portal.booth import Sitting
from tests.portal.scenes import RATED
from tests.portal.test_scorecard_browser import actor
from tests.portal.world import SAID, World, words
from tests.support.stick import COMMAND_LINE

_ITEM = """  elsewhere:
    zh_CN: 回答的文字会发送给示例云的语言模型，由其给出第二意见，不计入分数。
    en: The words of your answers are sent to the language model of Example Cloud for a second opinion.
  retention_days: 180
"""


def settings(model: LanguageModel) -> SecondOpinion:
    return SecondOpinion(url=model.url, model="example-72b", key="sk-test-zq82", seconds=20, private=True)


def answer(asked: Asked, more: str = "") -> Sent:
    """Points about the first two answers, one of them with ``more``, and one that is invented."""
    first = about("q1", ("说明了自己负责的系统和结果。", "故障减少了一半"), ("编造的内容", "我带领二十人的团队"))
    weak = {"kind": "gap", "text": f"没有说明是怎样做到的。{more}", "quote": "上线之后"}
    return said([{**first, "points": [*first["points"], weak]}, about("q2", ("先评估再约定。", "先评估影响"), level=4)])


def agreeing(world: World, invitation_id: str) -> Sitting:
    """A finished interview in a new version of the demo's kit that names a service; HR has rated it."""
    folder = resources.files("resources").joinpath("kits")
    text = folder.joinpath("demo.yaml").read_text("utf-8").replace("  retention_days: 180\n", _ITEM, 1)
    read = lambda name: folder.joinpath(name).read_bytes()  # noqa: E731
    kit = kits.add_kit(world.hr, COMMAND_LINE, text.encode(), read).kit
    sitting = Sitting(world.booth, kit, invitation_id)
    both = ConsentedData(consent_version="2026-11", recording=True, scoring=True, elsewhere=True)
    sitting.say(EventType.CONSENTED, both)
    sitting.speak("introduction", words(), SAID).write("change", "先评估影响，再与客户约定下一个版本。").finish()
    return sitting


def rated(world: World, sitting: Sitting) -> None:
    content = RATED.model_copy(update={"ratings": {name: RATED.ratings[name] for name in ("introduction", "change")}})
    who = actor(world, "hr")
    scorecards.save(world.hr, who, sitting.interview_id, content, 0)
    scorecards.hand_in(world.hr, who, sitting.interview_id, content, 1)


def given(world: World, sitting: Sitting, model: LanguageModel) -> None:
    """Asked by HR and answered by ``model``, whatever the server's settings are."""
    model.answer = answer
    hr: Runtime = replace(world.hr, settings=replace(world.hr.settings, second_opinion=settings(model)))
    opinions.ask(hr, actor(world, "hr"), sitting.interview_id, "zh_CN")
    opinion_id = opinion_making.claim(hr, "scene")
    assert opinion_id is not None
    opinion_making.work(hr, "scene", opinion_id)
