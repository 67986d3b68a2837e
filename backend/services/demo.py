"""A made-up organisation to try everything with: departments, users, kits, batches, candidates, enrolment codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib import resources

from backend.db.models import Batch, Department, Role
from backend.runtime import Runtime
from backend.services import batches, candidates, devices, invitations, kits, users
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.invitations import InvitationView
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
    return Demo(
        enrolment_codes=[devices.new_enrolment_code(hr, actor) for _ in range(_CODES)],
        users=[
            users.add_user(hr, actor, username=name, role=role, department_id=department, display_name=title)
            for name, role, department, title in _USERS
        ],
        batches=made,
    )


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
