"""Something to see on every page of the portal, and where each page is: found from the routes, none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from sqlalchemy import select

from assessment.agreement import Figure
from assessment.embeddings import Embedders
from assessment.fairness import impact
from assessment.training import prepare_ratings, train
from backend.app import create_app
from backend.db.models import BankQuestion, Placement, Position, Requisition
from backend.services import (
    abilities,
    api_tokens,
    courses,
    deletion,
    device_settings,
    employees,
    holds,
    hooks,
    kit_drafts,
    leavers,
    messages,
    model_effects,
    model_jobs,
    model_publishing,
    question_bank,
    question_media,
    requisitions,
    resume_intake,
    resumes,
    review_comments,
    sandbox,
    score_making,
    score_models,
    scorecards,
    slots,
)
from backend.services.assessing import rated_rows
from backend.services.duration import Level
from backend.services.employees import ScoreKind
from backend.services.kit_drafts import Start
from backend.services.leavers import Reason
from backend.services.model_comparison import Contender, Field, compare
from backend.services.model_ratings import Target
from backend.services.requisition_states import RequisitionState
from backend.services.requisitions import Wish
from backend.services.resume_rules import Education, Rules
from backend.services.score_models import Kind, Source
from backend.services.scorecard_sheet import Content, Mark
from contract.events import EventType
from tests.assessment.test_learning import ratings_table
from tests.backend.language_model import language_model
from tests.portal.booth import Sitting
from tests.portal.world import SAID, Web, World, words
from tests.security import rights, routes
from tests.support import kit_media
from tests.support.stick import COMMAND_LINE

# Files, streams and answers to programs: no pages.
NO_PAGE = re.compile(
    r"^/v1/|^/api/|\.(json|csv|jsonl|pdf|zip|vtt|yaml|xlsx|ics|bin)$|/media/|/receipts/|/kits/files/|^/language$|/next$|/live$|^/ready$|^/metrics$"
)
CANDIDATE = "candidate"
# one whose interview is over
DONE = "candidate-done"
_WHO = ((rights.HR, "hr"), (rights.ADMINISTRATOR, "admin"), (rights.AUDITOR, "auditor"))
SEXES = {"female": (40, 12), "male": (44, 20)}
_TEXT = {"zh_CN": "面试时间改到下周三，其他安排不变。", "en": "The interview moves to next Wednesday; all else stays."}
_TITLE = {"zh_CN": "面试时间调整", "en": "A new time for the interview"}
RATED = Content(
    ratings={
        "introduction": {"communication": Mark(level=4, comment="条理清楚，先说结论。")},
        "challenge": {"problem_solving": Mark(level=4), "expertise": Mark(level=3)},
        "change": {"communication": Mark(level=4)},
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """``user``: who looks at it; empty for somebody without a login, CANDIDATE or DONE in the candidate portal."""

    name: str
    path: str
    user: str
    status: int = 200


@dataclass
class Scenes:
    """A world in which something is everywhere. ``places``: what stands for {…} in the path of a page."""

    world: World
    web: Web
    places: dict[str, str] = field(default_factory=dict)

    def pages(self) -> list[Page]:
        """Every page there is. Raises LookupError for a route that cannot be filled, or is nobody's."""
        table = (name.partition(" ") for name in routes.table(create_app(self.world.hr.settings)))
        found = [self._page(path) for method, _, path in table if method == "GET" and not NO_PAGE.search(path)]
        first = self.world.sittings["finished"].interview_id
        more = (
            ("compare", f"/compare?i={first}&i={self.places['second']}", "hr"),
            ("interview-by-department-head", f"/interviews/{first}", "rd.head"),
            ("interview-before-rating", f"/interviews/{self.places['second']}", "hr"),
            ("interview-left-early", f"/interviews/{self.world.sittings['abandoned'].interview_id}", "hr"),
            ("interview-declined", f"/interviews/{self.world.sittings['declined'].interview_id}", "hr"),
            ("employees-who-left", "/employees?left=yes", "hr"),
            ("candidate-voluntary", "/candidate/voluntary", DONE),
            ("interview-with-second-opinion", f"/interviews/{self.places['opinion']}", "hr"),
            ("page-that-is-not-there", "/interviews/none", "hr", 404),
        )
        others = {"compare", "candidate-voluntary"}
        return [page for page in found if page.name not in others] + [Page(*one) for one in more]

    def _page(self, path: str) -> Page:
        right = rights.BY_ROUTE[f"GET {path}"]
        if rights.NOBODY in right.who:
            user = ""
        else:
            user = next((name for who, name in (*_WHO, (rights.CANDIDATE, CANDIDATE)) if who in right.who), "")
            if not user:
                raise LookupError(f"{path}: no user of the demo organisation may open it")
        missing = [name for name in re.findall(r"\{(\w+)\}", path) if name not in self.places]
        if missing:
            raise LookupError(f"{path}: tests/portal/scenes.py has nothing for {missing}")
        name = re.sub(r"\{\w+\}", "one", path).strip("/").replace("/", "-") or "home"
        return Page(name, path.format_map(self.places), user)


def fill(world: World) -> Scenes:
    """Add to a world with interviews in every state what the other pages show."""
    web = world.http("hr")
    made = Scenes(world, web)
    steps: tuple[Callable[[Scenes], Iterator[tuple[str, str]]], ...] = (
        _interviews,
        _reviews,
        _hiring,
        _questions,
        _programs,
        _messages,
        _keeping,
        _import,
        _exports,
        _practice,
        _models,
        _opinions,
    )
    for step in steps:
        made.places.update(step(made))
    return made


def _interviews(scenes: Scenes) -> Iterator[tuple[str, str]]:
    world = scenes.world
    batch = world.demo.batches[0]
    second = Sitting(world.booth, batch.kit, batch.invitations[6].invitation_id)
    second.speak("introduction", words(), SAID).speak("challenge", words(1.0), "团队意见不一致，我先分别沟通。")
    second.write("change", "先沟通，再调整计划。").choose("priority", 0).finish()
    lost = Sitting(world.booth, batch.kit, batch.invitations[5].invitation_id)
    lost.write("change", "写到一半").leave(EventType.ABANDONED, "privacy", "不想录像")
    yield "second", second.interview_id
    deletion.delete_interview(world.hr, COMMAND_LINE, lost.interview_id)
    yield "deleted_id", lost.interview_id
    yield "interview_id", world.sittings["finished"].interview_id
    start = world.hr.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    times = slots.series(start, start + timedelta(hours=3), 60, 2, "三号厅")
    slots.add(world.hr, COMMAND_LINE, batch.batch_id, times)
    slots.set_rules(world.hr, COMMAND_LINE, batch.batch_id, slots.Rules(offered=True))
    first = slots.board(world.hr, COMMAND_LINE, batch.batch_id).slots[0].slot_id
    slots.assign(world.hr, COMMAND_LINE, batch.batch_id, batch.invitations[7].invitation_id, first)
    papers = [
        resume_intake.Given(f"{batch.invitations[0].code}.txt", "本科，5 年 Python 开发经验，负责支付系统。".encode()),
        resume_intake.Given(f"{batch.invitations[1].code}.txt", "大专，熟悉客户服务，英语流利。".encode()),
    ]
    resume_intake.take_in(world.hr, COMMAND_LINE, batch.batch_id, papers)
    abroad = world.demo.batches[1]
    paper = b"Bachelor. 6 years of Python and PostgreSQL, then customer service in Singapore."
    resume_intake.take_in(
        world.hr, COMMAND_LINE, abroad.batch_id, [resume_intake.Given(f"{abroad.invitations[1].code}.txt", paper)]
    )
    wanted = Rules(must=["Python/Java"], any_of=["支付", "风控"], education=Education.BACHELOR, years=3)
    resumes.set_rules(world.hr, COMMAND_LINE, batch.batch_id, wanted)
    yield "batch_id", batch.batch_id
    yield "invitation_id", batch.invitations[0].invitation_id
    yield "kit_id", batch.kit.kit_id
    yield "device_id", world.booth.device_id


def _reviews(scenes: Scenes) -> Iterator[tuple[str, str]]:
    from tests.portal.test_scorecard_browser import actor

    world = scenes.world
    first = scenes.places["interview_id"]
    for interview_id in (first, scenes.places["second"]):
        score_making.make(world.hr, interview_id, "server")
    for name in ("hr", "admin"):
        who = actor(world, name)
        scorecards.save(world.hr, who, first, RATED, 0)
        scorecards.hand_in(world.hr, who, first, RATED, 1)
    answer = _answer(scenes.web, first)
    review_comments.add(world.hr, actor(world), first, answer, "这里说明了自己承担的部分。", 2.5)
    soon = f"{world.hr.now() + timedelta(days=3):%Y-%m-%d}"
    scenes.web.post(f"/interviews/{first}/redo", question="introduction", reason="录音里有很大的噪音", until=soon)
    scenes.web.post(f"/interviews/{first}/decision", ruling="second_round", reason="技术面表现突出")
    scenes.web.post(f"/interviews/{first}/share", days="7", words="on", recordings="none")
    page = scenes.web.page(f"/interviews/{first}").text
    yield "token", re.findall(r"/shared/([\w.-]+)", page)[0]


def _answer(web: Web, interview_id: str) -> str:
    return re.findall(r"/captions/([\w-]+)\.vtt", web.page(f"/interviews/{interview_id}").text)[0]


def _hiring(scenes: Scenes) -> Iterator[tuple[str, str]]:
    hr = scenes.world.hr
    with hr.db.read() as session:
        position = session.scalars(select(Position.id).where(Position.department_id == "rd")).first()
        recruiting = select(Requisition.id).where(Requisition.state == RequisitionState.OPEN.value)
        requisition = session.scalars(recruiting).first()
        placement = session.scalars(select(Placement.id)).first()
    assert position
    assert requisition
    requisitions.ask(hr, COMMAND_LINE, Wish(position, 2))
    yield "position_id", position
    yield "requisition_id", requisition
    yield "department_id", "rd"
    yield "placement_id", placement or ""


def _questions(scenes: Scenes) -> Iterator[tuple[str, str]]:
    hr = scenes.world.hr
    kit_drafts.keep_questions(hr, COMMAND_LINE, scenes.places["kit_id"])
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=scenes.places["position_id"]))
    item = next(item for stage in kit_drafts.one(hr, COMMAND_LINE, draft_id).plan.stages for item in stage.items)
    yield "draft_id", draft_id
    yield "item_id", item.item_id
    with hr.db.read() as session:
        question_id = session.scalars(select(BankQuestion.id)).first() or ""
    text = {"zh_CN": "一张示意图", "en": "A drawing"}
    version = question_bank.one(hr, COMMAND_LINE, question_id).version
    question_media.attach(hr, COMMAND_LINE, question_id, version, kit_media.png(480, 240), text)
    yield "question_id", question_id


def _programs(scenes: Scenes) -> Iterator[tuple[str, str]]:
    hr = scenes.world.hr
    api_tokens.make(hr, COMMAND_LINE, name="BI 报表", scopes=[next(iter(api_tokens.Scope))], days=90)
    kinds = [kind for kind in hooks.Kind if kind is not hooks.Kind.PING]
    webhook, _ = hooks.add(hr, COMMAND_LINE, name="HRIS", url="https://hr.example.com/xuda", kinds=kinds)
    hooks.ping(hr, COMMAND_LINE, webhook)
    yield "webhook_id", webhook


def _messages(scenes: Scenes) -> Iterator[tuple[str, str]]:
    now = scenes.world.hr.now()
    draft = messages.Draft(messages.EVERYONE, _TITLE, _TEXT, now, now + timedelta(days=5))
    yield "message_id", messages.send(scenes.world.hr, COMMAND_LINE, draft)


def _keeping(scenes: Scenes) -> Iterator[tuple[str, str]]:
    hr = scenes.world.hr
    holds.set_hold(hr, COMMAND_LINE, scenes.world.sittings["abandoned"].interview_id, "劳动仲裁，案号 2026-118")
    device_settings.save(hr, COMMAND_LINE, "all", {"idle_minutes": 5})
    yield from ()


def _import(scenes: Scenes) -> Iterator[tuple[str, str]]:
    answer = scenes.web.post("/imports", files=[("files", ("一号展台.xuda", b"PK\x03\x04"))])
    yield "import_id", answer.url.rpartition("/")[2]
    yield "place", "0"


def _exports(scenes: Scenes) -> Iterator[tuple[str, str]]:
    answer = scenes.web.post(f"/exports?i={scenes.places['interview_id']}", what="json")
    yield "job_id", answer.url.rpartition("/")[2]


def _practice(scenes: Scenes) -> Iterator[tuple[str, str]]:
    people = "工号,姓名,部门,岗位\nE-1024,周文静,rd,软件工程师\nE-1031,许志远,finance,会计\n"
    employees.import_people(scenes.world.hr, COMMAND_LINE, people.encode())
    _leave(scenes)
    tests = "工号,测评,分数\nE-1024,2026 专业测评,75\n"
    employees.import_scores(scenes.world.hr, COMMAND_LINE, ScoreKind.ASSESSMENT, tests.encode())
    here = employees.lines(scenes.world.hr, COMMAND_LINE)[0]
    yield "employee_id", here[0].employee_id
    leavers.note(scenes.world.hr, COMMAND_LINE, here[1].employee_id, scenes.world.hr.now().date(), Reason.RESIGNED)
    yield "course_id", _courses(scenes, here[0].employee_id)
    sandbox.make(scenes.world.hr, COMMAND_LINE)
    yield "topic", "start"


def _courses(scenes: Scenes, employee_id: str) -> str:
    """What the employee's position asks for, what is known of them, and courses; id of one."""
    hr = scenes.world.hr
    position_id = employees.own_position(hr, COMMAND_LINE, employee_id)
    wanted = [abilities.Level("Python", 85), abilities.Level("PostgreSQL", 70), abilities.Level("沟通表达", 75)]
    abilities.put(hr, COMMAND_LINE, position_id, [*wanted, abilities.Level("绩效", 80)])
    known = "工号,能力,测评,分数\nE-1024,Python,2026 技能测评,60\nE-1024,PostgreSQL,2026 技能测评,75\n"
    abilities.import_known(hr, COMMAND_LINE, known.encode())
    marks = "工号,周期,绩效\nE-1024,2026Q3,72\n"
    employees.import_scores(hr, COMMAND_LINE, ScoreKind.PERFORMANCE, marks.encode())
    table = "编码,课程,能力,水平,学时\nPY-2,Python 进阶,Python,80,24\nPY-3,高性能 Python,Python;PostgreSQL,90,40\n"
    courses.import_table(hr, COMMAND_LINE, (table + "COM-1,表达与沟通,沟通表达,80,8\n").encode())
    return courses.lines(hr, COMMAND_LINE)[0].course_id


def _leave(scenes: Scenes) -> None:
    """People who left over two years, so that there is something to forecast from."""
    hr = scenes.world.hr
    gone = [(place, f"E-2{place:03d}", hr.now().date() - timedelta(days=29 * place)) for place in range(1, 24)]
    rows = [f"{code},离职员工,{'overseas' if place % 4 == 0 else 'rd'},软件工程师" for place, code, _ in gone]
    employees.import_people(hr, COMMAND_LINE, "\n".join(["工号,姓名,部门,岗位", *rows]).encode())
    days = [f"{code},{day}" for _, code, day in gone]
    leavers.import_table(hr, COMMAND_LINE, "\n".join(["工号,离职日期", *days]).encode())


def _models(scenes: Scenes) -> Iterator[tuple[str, str]]:
    """One that scores now, and a newer one beside it, of another table of ratings."""
    hr, none = scenes.world.hr, Embedders(None)
    rated = rated_rows(ratings_table(60), none)[0]["en"]
    prepared = prepare_ratings(rated, 1, 5)
    at = [hr.now()] * len(prepared.ratings)
    old, new = (train(part, 0, 100, None) for part in (prepare_ratings(rated[:30], 1, 5), prepared))
    source = Source(Kind.TRAINED, Target.RATINGS.value, hr.now().isoformat(), 30, 4)
    with hr.db.write() as session:
        first = score_models.add(hr, session, "hr", "en", old, source).id
    model_publishing.publish(hr, COMMAND_LINE, first, "首个模型，按要求发布", anyway=True)
    sha256 = score_models.one(hr, COMMAND_LINE, first).sha256
    beside = compare(Field(prepared, at, "ratings"), Contender(new, source), Contender(old, Source(Kind.IMPORTED)))
    done = model_effects.effects(hr, "en", new, lambda: None)
    done["impact"] = {name: {"sex": [asdict(one) for one in impact(SEXES)]} for name in ("new", "now", "rubric")}
    done["performance"] = {"employees": 24, **dict.fromkeys(("new", "now", "rubric"), asdict(Figure(0.41, 0.01, 0.7)))}
    with hr.db.write() as session:
        made = score_models.add(
            hr, session, "hr", "en", new, source, {**beside, "against": sha256, "at": "", "effects": done}
        )
        yield "model_id", made.id
    model_jobs.order(hr, COMMAND_LINE)
    model_jobs.claim(hr, "scene")


def _opinions(scenes: Scenes) -> Iterator[tuple[str, str]]:
    """An interview about which a language model has been asked."""
    from tests.portal import opinion

    world = scenes.world
    sitting = opinion.agreeing(world, world.demo.batches[1].invitations[1].invitation_id)
    opinion.rated(world, sitting)
    with language_model() as model:
        opinion.given(world, sitting, model)
    yield "opinion", sitting.interview_id
