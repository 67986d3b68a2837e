"""A made-up organisation to try everything with: departments, users, kits, batches, candidates, enrolment codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import resources

from sqlalchemy import select

from backend.db.models import Batch, Department, Role, User
from backend.runtime import Runtime
from backend.services import batches, candidates, devices, invitations, kits, positions, requisitions, users
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.invitations import InvitationView
from backend.services.positions import PositionDraft
from backend.services.requisition_states import Move
from backend.services.requisitions import Wish
from backend.services.users import NewUser
from contract.kit import Kit

ORGANISATION = "星河科技有限公司"
_CODES = 10
_WINDOW = timedelta(days=30)
# id, the one above, name
_DEPARTMENTS = (
    ("hq", None, {"zh_CN": "总部", "en": "Headquarters"}),
    ("rd", "hq", {"zh_CN": "研发部", "en": "Research and development"}),
    ("rd-platform", "rd", {"zh_CN": "平台组", "en": "Platform team"}),
    ("overseas", "hq", {"zh_CN": "海外业务部", "en": "Overseas business"}),
    ("finance", "hq", {"zh_CN": "财务部", "en": "Finance"}),
)
_USERS = (
    ("admin", Role.ADMINISTRATOR, None, "系统管理员"),
    ("hr", Role.HR, None, "招聘专员"),
    ("rd.head", Role.DEPARTMENT_HEAD, "rd", "研发部负责人"),
    ("overseas.head", Role.DEPARTMENT_HEAD, "overseas", "海外业务部负责人"),
    ("auditor", Role.AUDITOR, None, "审计员"),
)
_KITS = (("demo.yaml", "演示批次：软件工程师"), ("demo-en.yaml", "演示批次：海外客户经理（英语）"))
_PEOPLE = {
    "demo": ("张晓雨", "王梓涵", "李浩然", "陈思远", "刘雅静", "赵一鸣", "孙若曦", "周子墨"),
    "demo-en": ("林嘉怡", "何俊杰", "郭美玲", "Alex Morgan", "Jamie Lee", "Sam Taylor"),
}
_POSITIONS = (
    PositionDraft("rd", {"zh_CN": "软件工程师", "en": "Software engineer"}, 12, 9, ("Python", "PostgreSQL")),
    PositionDraft("overseas", {"zh_CN": "海外客户经理", "en": "Account manager, overseas"}, 4, 3, ("英语",)),
)


@dataclass(frozen=True, slots=True)
class DemoBatch:
    batch_id: str
    kit: Kit
    invitations: list[InvitationView]


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made, with the secrets that are shown only once."""

    enrolment_codes: list[str]
    users: list[NewUser]
    batches: list[DemoBatch]


def fill(hr: Runtime, actor: Actor) -> Demo:
    """Fill a fresh organisation. Phone numbers are made up; people's names are common ones."""
    with hr.db.write() as session:
        for name, parent, title in _DEPARTMENTS:
            session.add(Department(id=name, parent_id=parent, name=title))
            session.flush()
    made = [_batch(hr, actor, file, title) for file, title in _KITS]
    people = [
        users.add_user(hr, actor, username=name, role=role, department_id=department, display_name=title)
        for name, role, department, title in _USERS
    ]
    _requisitions(hr, actor, made[0].batch_id)
    codes = [devices.new_enrolment_code(hr, actor) for _ in range(_CODES)]
    return Demo(enrolment_codes=codes, users=people, batches=made)


def _requisitions(hr: Runtime, actor: Actor, batch_id: str) -> None:
    """One that recruits with the first batch, and one that awaits approval."""
    engineer, manager = (positions.add(hr, actor, draft) for draft in _POSITIONS)
    with hr.db.read() as session:
        known = {row.username: Actor.of(row) for row in session.scalars(select(User))}
    needed = hr.now().date() + 2 * _WINDOW
    asked = requisitions.ask(hr, known["rd.head"], Wish(engineer, 2, reason="支付系统重构项目", needed_by=needed))
    requisitions.move(hr, known["rd.head"], asked, Move.SUBMIT)
    requisitions.move(hr, known["hr"], asked, Move.APPROVE)
    batches.assign(hr, known["hr"], batch_id, asked)
    waiting = requisitions.ask(hr, known["overseas.head"], Wish(manager, 1, reason="开拓东南亚市场"))
    requisitions.move(hr, known["overseas.head"], waiting, Move.SUBMIT)


def _batch(hr: Runtime, actor: Actor, file: str, title: str) -> DemoBatch:
    folder = resources.files("resources").joinpath("kits")

    def read(name: str) -> bytes:
        return folder.joinpath(*name.split("/")).read_bytes()

    kit = kits.add_kit(hr, actor, folder.joinpath(file).read_bytes(), read).kit
    start = hr.now() - timedelta(hours=1)
    batch_id = batches.add_batch(hr, actor, kit_id=kit.kit_id, title=title, not_before=start, not_after=start + _WINDOW)
    first = 13800000001 if kit.kit_id == "demo" else 13900000001
    with hr.db.write() as session:
        batch = session.get_one(Batch, batch_id)
        for place, name in enumerate(_PEOPLE[kit.kit_id]):
            candidates.invite(hr, session, batch, Person(name, phone=str(first + place)))
    return DemoBatch(batch_id, kit, invitations.list_invitations(hr, actor, batch_id))
