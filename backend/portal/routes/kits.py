"""Question kits with their rubrics, to read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import StreamingResponse

from assessment.values import Measure
from assessment.weights import WITH_KEY_POINTS, WITHOUT_KEY_POINTS
from backend.portal import kit_words
from backend.portal.visit import PAGE, READERS, Member, MemberForm, Visit, pages_of
from backend.ranges import Unsatisfiable, wanted_range
from backend.services import duration, kit_drafts, kit_files, kits, listings, rubrics, scope
from backend.services.duration import Level
from backend.services.rubric import POINTS, measured
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from report import score_words

router = APIRouter()


@router.get("/kits")
def kit_list(visit: Member, page: int = 1) -> Response:
    page = max(page, 1)
    found = listings.kit_lines(visit.hr, visit.actor, page=page, size=PAGE)
    return visit.page(
        "kits.html",
        lines=found.lines,
        page=page,
        pages=pages_of(found.total),
        total=found.total,
        drafts=kit_drafts.listed(visit.hr, visit.actor),
    )


@router.get("/kits/files/{sha256}")
def kit_file(visit: Member, request: Request, sha256: str) -> Response:
    """A picture, sound or film that questions are asked with: 206 for one range, 200 for the whole."""
    scope.require(visit.actor, *READERS)
    found = kit_files.stored_file(visit.hr, sha256)
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{found.sha256}"', "Cache-Control": "private, max-age=86400"}
    try:
        part = wanted_range(request.headers, found.size, headers["ETag"])
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{found.size}"})
    first, last = part or (0, found.size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    content = kit_files.read_range(visit.hr, sha256, first, last)
    return StreamingResponse(content, status_code=206 if part else 200, headers=headers, media_type=found.media_type)


@router.get("/kits/{kit_id}")
def kit_page(visit: Member, kit_id: str, version: int | None = None) -> Response:
    rows = listings.kit_versions(visit.hr, visit.actor, kit_id)
    row = next((row for row in rows if row.version == version), rows[0])
    kit = listings.parsed_kit(row)
    return visit.page(
        "kit.html",
        kit=kit,
        made=row.created_at,
        versions=[found.version for found in rows],
        rated=rubrics.shown(visit.hr, visit.actor, kit),
        points=POINTS,
        measured=measured,
        measure_words=lambda name: score_words.measure_words(name, visit.language),
        length=duration.of_kit(kit),
        level=Level(row.level) if row.level else None,
        level_words=lambda level: kit_words.level(visit, level),
        longer_because=kits.longer_because(visit.hr, visit.actor, row),
    )


@router.get("/kits/{kit_id}/rubric")
def rubric_form(visit: Member, kit_id: str, version: int | None = None) -> Response:
    kit = _kit(visit, kit_id, version)
    text, revision = rubrics.written(visit.hr, visit.actor, kit)
    return _rubric_page(visit, kit, text, revision)


def _rubric_page(visit: Visit, kit: Kit, text: str, revision: int, problem: str = "", status: int = 200) -> Response:
    return visit.page(
        "rubric_form.html",
        status=status,
        kit=kit,
        text=text,
        revision=revision,
        problem=problem,
        measures={name.value: (WITH_KEY_POINTS.get(name), WITHOUT_KEY_POINTS.get(name)) for name in Measure},
        measure_words=lambda name: score_words.measure_words(name, visit.language),
    )


@router.post("/kits/{kit_id}/rubric")
def change_rubric(
    visit: MemberForm,
    kit_id: str,
    version: Annotated[int, Form(ge=1)],
    revision: Annotated[int, Form(ge=0)],
    text: Annotated[str, Form(max_length=500_000)] = "",
) -> Response:
    """What was typed stays where it is refused."""
    kit = _kit(visit, kit_id, version)
    try:
        rubrics.replace(visit.hr, visit.actor, kit_id, kit.version, revision, text)
    except XudaError as error:
        if error.code not in (ErrorCode.KIT_INVALID, ErrorCode.CONFLICT):
            raise
        status = 409 if error.code is ErrorCode.CONFLICT else 422
        problem = _rubric_problem(visit, error)
        return _rubric_page(visit, kit, text, revision, problem, status)
    return visit.redirect(f"/kits/{kit_id}?version={kit.version}#rubric")


def _kit(visit: Visit, kit_id: str, version: int | None) -> Kit:
    rows = listings.kit_versions(visit.hr, visit.actor, kit_id)
    return listings.parsed_kit(next((row for row in rows if row.version == version), rows[0]))


def _rubric_problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is ErrorCode.CONFLICT:
        return t("Somebody else has changed the rubric since. Nothing was overwritten: copy yours and open it again.")
    where = t("Line {row}").format(row=error.row) if error.row else ""
    return " · ".join(part for part in (where, error.field or "", str(error.params.get("detail", ""))) if part)


@router.get("/kits/{kit_id}/kit.yaml")
def kit_as_file(visit: Member, kit_id: str, version: int | None = None) -> Response:
    """The kit with its rubric, to change and to publish again."""
    text = rubrics.kit_file(visit.hr, visit.actor, kit_id, version)
    headers = {"Content-Disposition": 'attachment; filename="kit.yaml"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)
