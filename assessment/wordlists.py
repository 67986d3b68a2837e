"""Words of English and Chinese that measures look for. Lists of our own; what is in none of them is content."""

from __future__ import annotations

_FUNCTION_WORDS = """
a about after again all also am an and another any are aren't as at be because been before being both but by can
can't could couldn't did didn't do does doesn't doing don't done down each either er erm every finally first
firstly for from get gets go goes going got had has have having he her him his hmm how i i'd i'll i'm i've if in
into is isn't it it's its just lastly let let's like many may me might mine mm more most much must my neither
next no not of oh ok okay on one only onto or other our ours out over own really same second secondly shall she
should shouldn't since so some such than that that's the their them then there there's these they they're third
thirdly this those to too uh um under up us very was wasn't we we're well went were weren't what when where
which while who whom whose why will with won't would wouldn't yeah yes you you're your yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
# words that stand in any talk: where a key point has them, they say little about whether it is made
GENERAL: dict[str, str] = {
    "en": (
        "able add almost already always another area back bad begin best better big bring call case change "
        "clear come "
        "concrete day different differently difficult do done easy end enough even ever example fact far feel "
        "few find "
        "full general give good great happen hard help high hold important instead interesting keep kind know large "
        "later lead leave left less life little live long look lot low main make matter mean move need "
        "never new "
        "nothing number often old once open order others part people person place point possible put quick "
        "quite read "
        "real reason right run say see set short show simple since small something soon start state stay step still "
        "stop take talk tell thing think time today together true try turn two use usual want way week well without "
        "word work world year"
    ),
    "zh": (
        "自己 说明 具体 采取 之后 之前 以后 什么 别人 需要 可以 知道 开始 进行 主动 不是 而是 没有 很多 一些 "
        "这个 那个 现在 时候 事情 "
        "东西 时间 地方 方面 情况 问题 认为 觉得 希望 想要 使用 能够 应该 非常 比较 重要 不同 大家 我们 他们 "
        "对方 一起 最后 首先 然后 "
        "通常 同时 只需 很少 找到 做了 举例 今后 所学 相关 保持 良好 双方"
    ),
}  # fmt: skip
HESITATIONS = frozenset(("um", "uh", "er", "erm", "hmm", "mm"))
ARTICLES = frozenset(["the", "a", "an", "my", "our", "your", "his", "their", "its"])
PREPOSITIONS = frozenset(["of", "in", "on", "at", "with", "from", "by", "for", "into", "onto"])
_VERBS = "is are was were be been am do does did have has had can could will would shall should may might must"
_JOINING = "and or but because so if than of in on at with from by for into onto to"
NOT_AFTER_PREPOSITIONS = frozenset(f"{_VERBS} and or but because so if of with from by for into".split())
_SUBJECTS = "i he she we they"
_ARTICLES = "the a an my our your his their its"
NOT_AFTER_ARTICLES = frozenset(f"{_VERBS} {_JOINING} {_ARTICLES} {_SUBJECTS} you it".split())
NOT_AFTER_SUBJECTS = frozenset(f"{_ARTICLES} {_SUBJECTS} of at with from by for into them us him me".split())
SUBJECTS = frozenset(_SUBJECTS.split())
_MODALS = "would will can could should might must"
_BEFORE = "is are was were am did does than because of"
MODALS = frozenset(_MODALS.split())
NOT_AFTER_MODALS = frozenset(
    f"{_ARTICLES} {_MODALS} {_BEFORE} been has had with from into so and or but them him us me to".split()
)
NOT_AFTER_TO = frozenset(f"{_SUBJECTS} {_MODALS} {_BEFORE} been has had with from into".split())
JOINING = frozenset(("and", "or", "but"))
NOT_AFTER_JOINING = frozenset(("of", "and", "or", "but", "than", "them", "him", "us", "me"))
BEING = frozenset(("is", "are", "was", "were", "have", "has", "had"))
NOT_AFTER_BEING = frozenset(f"{_MODALS} {_BEFORE} do and or but if".split())
# a character, and those that nearly always stand behind it (or before it) in simplified Chinese
GO_BEFORE = (
    "虽然说 所以有谓需做 如果何此今实 已经 首先 其他次实中余它 或者许是 因为此素而 怎么样 什么 觉得 "
    "应该用急对聘 需要求 可以能是靠惜 "
    "认为同识真可定 负责面担 结果束合论构 希望 解决释 必须要 于是 特别长点 非常 问题他她我了过一 开始发会 "
    "经理验历过常济 喜欢 情况绪 "
    "公司开平 产品生 学习到校生会的院历 发展现给出生布 团队 能力够 方案法便面式向 时候间刻 责任 项目 数据字 "
    "系统 同事样时学意 "
    "成长功本绩为 总之是结的 重要新点视 第一二三四"
)
GO_AFTER = "们我你他她它人咱户员师生事友家 么什怎这那多要 候时 己自 为因认作以成"
FUNCTION_CHARACTERS = frozenset(
    "一上下不与且並个为么之也了于些什从他以们会但你來個們候做其再则到則去又及可向吗吧呀呃呢和哈哦啊嗯嘛因"
    "在她如它完对将將對就并当很後得從怎您成我或所把时是會有来果样樣次此沒没為的着等給给而能與被裡要觉說讓"
    "让说过还这這過還那都里首麼"
)
FILLERS: dict[str, tuple[str, ...]] = {
    "en": (
        "um", "uh", "er", "erm", "hmm", "you know", "i mean", "kind of", "sort of", "basically",
        "actually",
    ),
    "zh": (
        "嗯", "呃", "啊", "那个", "就是说", "然后呢", "怎么说呢", "这个这个", "就是",
    ),
}  # fmt: skip
HEDGES: dict[str, tuple[str, ...]] = {
    "en": (
        "maybe", "perhaps", "i guess", "i suppose", "probably", "not sure", "don't know", "no idea",
        "might be",
    ),
    "zh": (
        "可能", "也许", "大概", "或许", "好像", "应该是吧", "不太清楚", "不知道", "说不好",
    ),
}  # fmt: skip
GIVES_UP: dict[str, tuple[str, ...]] = {
    "en": (
        "don't know", "dont know", "do not know", "not sure", "no idea", "no answer", "not answered", "can't answer",
        "don't remember", "can't remember", "no comment", "skip this",
    ),
    "zh": (
        "不知道", "不清楚", "不了解", "不会答", "没想法", "想不起来", "记不清", "不记得", "没回答", "跳过",
        "没有答案",
    ),
}  # fmt: skip
OPENINGS: dict[str, tuple[str, ...]] = {
    "en": (
        "i think", "i believe", "in my view", "in my opinion", "my answer", "there are", "let me",
        "for me", "when i", "i would", "i once", "last year", "the main", "the most",
    ),
    "zh": (
        "我认为", "我觉得", "在我看来", "我的看法", "我会", "有一次", "去年", "当时", "主要", "我曾",
        "我想", "我之前",
    ),
}  # fmt: skip
ORDER: dict[str, tuple[str, ...]] = {
    "en": (
        "first", "firstly", "second", "secondly", "third", "thirdly", "next", "then", "after that",
        "finally", "lastly", "on the one hand", "on the other hand", "at the same time",
    ),
    "zh": (
        "首先", "第一", "其次", "第二", "第三", "然后", "接着", "之后", "另外", "此外", "最后", "同时",
        "一方面", "另一方面",
    ),
}  # fmt: skip
STORY: dict[str, dict[str, tuple[str, ...]]] = {
    "situation": {
        "en": (
            "when", "once", "last year", "at the time", "at that time", "in my last", "there was", "we had",
        ),
        "zh": (
            "当时", "有一次", "去年", "之前", "那时候", "在上一家", "背景", "曾经",
        ),
    },
    "task": {
        "en": (
            "my task", "my job", "responsible", "goal", "needed to", "had to", "asked to", "was to",
        ),
        "zh": (
            "负责", "任务", "目标", "需要", "要求", "我的职责", "必须",
        ),
    },
    "action": {
        "en": (
            "i decided", "i did", "i made", "i talked", "i asked", "i started", "i set", "i called", "so i",
            "i would",
        ),
        "zh": (
            "我决定", "于是", "我先", "我就", "我开始", "我联系", "我采取", "我会", "所以我", "我主动",
        ),
    },
    "result": {
        "en": (
            "as a result", "in the end", "result", "finally", "so that", "which led", "improved", "learned",
            "since then",
        ),
        "zh": (
            "结果", "最终", "最后", "因此", "提高", "提升", "效果", "学到", "收获",
        ),
    },
}  # fmt: skip
CLOSINGS: dict[str, tuple[str, ...]] = {
    "en": (
        "in conclusion", "to sum up", "in summary", "overall", "in short", "that is why", "that's why",
        "in the end", "as a result", "to conclude",
    ),
    "zh": (
        "总之", "总的来说", "综上", "总结", "所以说", "因此", "这就是", "最终", "概括",
    ),
}  # fmt: skip
