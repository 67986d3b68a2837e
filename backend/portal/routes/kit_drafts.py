"""Kits that are put together: begun, changed, looked at as candidates will see them, published."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from backend.portal import kit_facts, kit_preview, kit_words, question_form
from backend.portal.kit_facts import FactsForm
from backend.portal.question_form import Typed, TypedForm
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import batches, kit_drafts, listings, positions, question_bank, question_templates, scope
from backend.services.duration import Level, of_question
from backend.services.kit_drafts import DraftView, Start
from backend.services.kit_plan import Item, Move, Plan
from backend.services.question_bank import Wanted
from contract.errors import ErrorCode, XudaError
from contract.kit import InterviewKind, QuestionKind

router = APIRouter()
_Short = Annotated[str, Form(max_length=300)]
_Revision = Annotated[int, Form(ge=1)]
_MENDED = frozenset(
    {ErrorCode.KIT_INVALID, ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT, ErrorCode.TOO_LARGE, ErrorCode.KIT_MISSING}
)
_OFFERED = 12
_BLANK = dict.fromkeys(("position", "level", "kind", "department", "texts_of", "title_zh_CN", "title_en"), "")


@router.get("/kit-drafts/new")
def new_draft(visit: Member, position: str = "") -> Response:
    scope.require(visit.actor, *STAFF)
    return _start_form(visit, {"position": position, "level": Level.JUNIOR.value})


@router.post("/kit-drafts")
def start(
    visit: MemberForm,
    level: _Short = "",
    kind: _Short = "",
    position: _Short = "",
    department: _Short = "",
    title_zh_CN: _Short = "",
    title_en: _Short = "",
    texts_of: _Short = "",
    propose: _Short = "",
) -> Response:
    wish = Start(
        level=Level(level) if level in set(Level) else Level.JUNIOR,
        kind=InterviewKind(kind) if kind in set(InterviewKind) else InterviewKind.RECRUITMENT,
        position_id=position or None,
        department_id=department,
        title={"zh_CN": title_zh_CN, "en": title_en},
        texts_of=texts_of,
        propose=propose == "yes",
    )
    try:
        made = kit_drafts.start(visit.hr, visit.actor, wish)
    except XudaError as error:
        if error.code not in _MENDED:
            raise
        given = {"position": position, "level": level, "kind": kind, "department": department, "texts_of": texts_of}
        given |= {"title_zh_CN": title_zh_CN, "title_en": title_en}
        return _start_form(visit, given, problem=kit_words.problem(visit, error), status=422)
    return visit.redirect(f"/kit-drafts/{made}")


@router.post("/kit-drafts/file")
def start_from_file(visit: MemberForm, file: Annotated[UploadFile, File()]) -> Response:
    """A kit's file (YAML), to look at and to publish."""
    try:
        made = kit_drafts.start_from_file(visit.hr, visit.actor, file.file.read())
    except XudaError as error:
        if error.code not in _MENDED | {ErrorCode.FILE_ENCODING}:
            raise
        return _start_form(visit, {}, problem=kit_words.file_problem(visit, error), status=422)
    return visit.redirect(f"/kit-drafts/{made}")


@router.post("/kits/{kit_id}/draft")
def start_from_kit(visit: MemberForm, kit_id: str) -> Response:
    return visit.redirect(f"/kit-drafts/{kit_drafts.start_from_kit(visit.hr, visit.actor, kit_id)}")


@router.get("/kit-drafts/{draft_id}")
def draft_page(visit: Member, draft_id: str, q: str = "", skill: str = "") -> Response:
    return _show(visit, draft_id, search=Wanted(text=q[:200], skill=skill[:100]))


@router.post("/kit-drafts/{draft_id}/facts")
def change_facts(visit: MemberForm, draft_id: str, facts: FactsForm, revision: _Revision = 1) -> Response:
    def change(plan: Plan) -> None:
        kit_facts.put(plan, facts, visit.hr.now().astimezone().date())

    return _changed(visit, draft_id, revision, change, "#facts")


@router.post("/kit-drafts/{draft_id}/change")
def change(
    visit: MemberForm,
    draft_id: str,
    do: _Short = "",
    item: _Short = "",
    stage: _Short = "",
    title_zh_CN: _Short = "",
    title_en: _Short = "",
    weight: _Short = "1",
    template: _Short = "",
    skill: Annotated[str, Form(max_length=100)] = "",
    revision: _Revision = 1,
) -> Response:
    """Order, removals, stages, one more proposal. ``do`` names what is done."""

    def run(plan: Plan) -> None:
        if do in set(Move):
            plan.move(item, Move(do))
        elif do == "remove":
            plan.remove(item)
        elif do == "remove-stage":
            plan.remove_stage(stage)
        elif do == "stage":
            kit_facts.put_stage(plan, stage, title_zh_CN, title_en, weight)
        elif do == "propose":
            _propose(plan, template, skill)
        else:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="do")

    return _changed(visit, draft_id, revision, run, f"#item-{item}" if do in set(Move) else "#questions")


@router.post("/kit-drafts/{draft_id}/take")
def take(
    visit: MemberForm, draft_id: str, question: _Short = "", stage: _Short = "", revision: _Revision = 1
) -> Response:
    """A question of the bank to the end of a stage."""
    try:
        kit_drafts.take(visit.hr, visit.actor, draft_id, revision, stage, question)
    except XudaError as error:
        return _refused(visit, draft_id, error)
    return visit.redirect(f"/kit-drafts/{draft_id}#questions")


@router.get("/kit-drafts/{draft_id}/items/{item_id}")
def item_page(visit: Member, draft_id: str, item_id: str) -> Response:
    view = kit_drafts.one(visit.hr, visit.actor, draft_id)
    item = view.plan.find(item_id)
    return _item_form(visit, view, item, question_form.typed_of(item.question, item.dimensions, item.skills))


@router.post("/kit-drafts/{draft_id}/items/{item_id}")
def accept(
    visit: MemberForm, draft_id: str, item_id: str, typed: TypedForm, keep: _Short = "", revision: _Revision = 1
) -> Response:
    """A person has read the question and wants it so. ``keep`` yes: in the bank as well."""
    view = kit_drafts.one(visit.hr, visit.actor, draft_id)
    item = view.plan.find(item_id)
    try:
        written = question_form.written_of(typed, item.question)
        said = {"question": written.question, "dimensions": list(written.dimensions), "skills": list(written.skills)}
        changed = item.model_copy(update=said)
        kit_drafts.accept(visit.hr, visit.actor, draft_id, revision, changed, written if keep == "yes" else None)
    except XudaError as error:
        if error.code not in _MENDED:
            raise
        status = 409 if error.code is ErrorCode.CONFLICT else 422
        words = question_form.problem(visit, error)
        return _item_form(visit, view, item, typed, problem=words, status=status, revision=revision)
    return visit.redirect(f"/kit-drafts/{draft_id}#item-{item_id}")


@router.get("/kit-drafts/{draft_id}/preview")
def preview(visit: Member, draft_id: str, language: str = "") -> Response:
    """As candidates will see it."""
    view = kit_drafts.one(visit.hr, visit.actor, draft_id)
    try:
        kit = kit_drafts.preview(visit.hr, visit.actor, draft_id)
    except XudaError as error:
        return _refused(visit, draft_id, error)
    return kit_preview.page(visit, kit, language, back=f"/kit-drafts/{draft_id}", waiting=len(view.plan.waiting))


@router.get("/kits/{kit_id}/preview")
def preview_kit(visit: Member, kit_id: str, version: int | None = None, language: str = "") -> Response:
    rows = listings.kit_versions(visit.hr, visit.actor, kit_id)
    kit = listings.parsed_kit(next((row for row in rows if row.version == version), rows[0]))
    return kit_preview.page(visit, kit, language, back=f"/kits/{kit_id}?version={kit.version}", waiting=0)


@router.get("/kit-drafts/{draft_id}/kit.yaml")
def as_file(visit: Member, draft_id: str) -> Response:
    """The draft as the file that publishes it."""
    text = kit_drafts.one(visit.hr, visit.actor, draft_id).plan.kit_file()
    headers = {"Content-Disposition": 'attachment; filename="kit.yaml"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


@router.post("/kit-drafts/{draft_id}/publish")
def publish(
    visit: MemberForm, draft_id: str, reason: Annotated[str, Form(max_length=2000)] = "", revision: _Revision = 1
) -> Response:
    try:
        added = kit_drafts.publish(visit.hr, visit.actor, draft_id, revision, reason)
    except XudaError as error:
        return _refused(visit, draft_id, error, reason=reason)
    return visit.redirect(f"/kits/{added.kit.kit_id}?version={added.kit.version}")


@router.post("/kit-drafts/{draft_id}/discard")
def discard(visit: MemberForm, draft_id: str) -> Response:
    kit_drafts.discard(visit.hr, visit.actor, draft_id)
    return visit.redirect("/kits")


def _changed(visit: Visit, draft_id: str, revision: int, do: kit_drafts.Change, place: str) -> Response:
    try:
        kit_drafts.change(visit.hr, visit.actor, draft_id, revision, do)
    except XudaError as error:
        return _refused(visit, draft_id, error)
    return visit.redirect(f"/kit-drafts/{draft_id}{place}")


def _refused(visit: Visit, draft_id: str, error: XudaError, *, reason: str = "") -> Response:
    """The draft as it is, with what stands in the way. Raises what is not about the draft."""
    if error.code not in _MENDED:
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    return _show(visit, draft_id, problem=kit_words.problem(visit, error), status=status, reason=reason)


def _propose(plan: Plan, template_id: str, skill: str) -> None:
    known = {template.template_id: template for template in question_templates.offered(plan.level)}
    template = known.get(template_id)
    if template is None or not plan.stages:
        raise XudaError(ErrorCode.NOT_FOUND, field="template")
    stage = question_templates.stage_for(template.family, plan.stages)
    plan.add(stage.stage_id, question_templates.draft(template, skill.strip()))


def _show(
    visit: Visit, draft_id: str, *, search: Wanted | None = None, problem: str = "", status: int = 200, reason: str = ""
) -> Response:
    view = kit_drafts.one(visit.hr, visit.actor, draft_id)
    search = search or Wanted()
    wanted = Wanted(search.text, None, view.plan.level, search.skill)
    return visit.page(
        "kit_draft.html",
        status=status,
        view=view,
        facts=kit_facts.of_plan(view.plan),
        length=view.plan.length,
        seconds=lambda item: of_question(item.question).expected,
        templates=question_templates.offered(view.plan.level),
        family_words=lambda template: kit_words.family(visit, template),
        bank=question_bank.listed(visit.hr, visit.actor, wanted).rows[:_OFFERED],
        search=search,
        problem=problem,
        reason=reason,
        levels=list(Level),
        level_words=lambda level: kit_words.level(visit, level),
        interview_kinds=list(InterviewKind),
        speech=kit_facts.SPEECH,
    )


def _start_form(visit: Visit, given: dict[str, str], *, problem: str = "", status: int = 200) -> Response:
    return visit.page(
        "kit_draft_new.html",
        status=status,
        given={**_BLANK, **given},
        problem=problem,
        positions=positions.lines(visit.hr, visit.actor),
        tree=batches.tree(visit.hr, visit.actor),
        kits=listings.kit_lines(visit.hr, visit.actor).lines,
        levels=list(Level),
        level_words=lambda level: kit_words.level(visit, level),
        interview_kinds=list(InterviewKind),
    )


def _item_form(
    visit: Visit,
    view: DraftView,
    item: Item,
    typed: Typed,
    *,
    problem: str = "",
    status: int = 200,
    revision: int | None = None,
) -> Response:
    return visit.page(
        "kit_item.html",
        status=status,
        view=view,
        item=item,
        typed=typed,
        problem=problem,
        revision=revision or view.revision,
        kinds=list(QuestionKind),
        levels=list(Level),
        level_words=lambda level: kit_words.level(visit, level),
    )
