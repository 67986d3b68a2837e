"""Programs: tokens for the REST API, and webhooks with what was sent to them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from backend.db.models import Role
from backend.portal import integration_words as words
from backend.portal.visit import Member, MemberForm, Visit
from backend.sending.hooks import HookSender
from backend.services import api_tokens, batches, hooks, scope
from backend.services.api_tokens import LONGEST_DAYS, Scope
from backend.services.hooks import CHOSEN, PAGE_SIZE
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=1000)]
_Several = Annotated[list[str] | None, Form()]
_MOST_PAGES = 1_000_000


@router.get("/integration")
def integration(visit: Member) -> Response:
    return _page(visit)


@router.post("/integration/tokens")
def make_token(
    visit: MemberForm, name: _Short = "", scopes: _Several = None, department: _Short = "", days: _Short = ""
) -> Response:
    """The answer shows the token, once."""
    scope.require(visit.actor, Role.ADMINISTRATOR)
    span = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    try:
        _, token = api_tokens.make(
            visit.hr, visit.actor, name=name, scopes=scopes or [], days=span, department_id=department or None
        )
    except XudaError as error:
        return _page(visit, error=error)
    return _page(visit, token=token)


@router.post("/integration/tokens/{token_id}/revoke")
def revoke_token(visit: MemberForm, token_id: str) -> Response:
    api_tokens.revoke(visit.hr, visit.actor, token_id)
    return visit.redirect("/integration#tokens")


@router.post("/integration/webhooks")
def add_webhook(
    visit: MemberForm, name: _Short = "", url: _Short = "", kinds: _Several = None, department: _Short = ""
) -> Response:
    """The answer shows the secret, once."""
    scope.require(visit.actor, Role.ADMINISTRATOR)
    try:
        endpoint_id, secret = hooks.add(
            visit.hr, visit.actor, name=name, url=url, kinds=kinds or [], department_id=department or None
        )
    except XudaError as error:
        return _page(visit, error=error)
    return _webhook(visit, endpoint_id, secret=secret)


@router.get("/integration/webhooks/{webhook_id}")
def webhook(visit: Member, webhook_id: str, page: int = 1) -> Response:
    return _webhook(visit, webhook_id, page=page)


@router.post("/integration/webhooks/{webhook_id}/ping")
def ping(visit: MemberForm, request: Request, webhook_id: str) -> Response:
    hooks.ping(visit.hr, visit.actor, webhook_id)
    _wake(request)
    return visit.redirect(f"/integration/webhooks/{webhook_id}")


@router.post("/integration/webhooks/{webhook_id}/rotate")
def rotate(visit: MemberForm, webhook_id: str) -> Response:
    return _webhook(visit, webhook_id, secret=hooks.rotate(visit.hr, visit.actor, webhook_id))


@router.post("/integration/webhooks/{webhook_id}/remove")
def remove(visit: MemberForm, webhook_id: str) -> Response:
    hooks.remove(visit.hr, visit.actor, webhook_id)
    return visit.redirect("/integration#webhooks")


@router.post("/integration/webhooks/{webhook_id}/again/{delivery_id}")
def again(visit: MemberForm, request: Request, webhook_id: str, delivery_id: str) -> Response:
    hooks.send_again(visit.hr, visit.actor, webhook_id, delivery_id)
    _wake(request)
    return visit.redirect(f"/integration/webhooks/{webhook_id}")


def _wake(request: Request) -> None:
    sender: HookSender = request.app.state.hooks
    sender.wake()


def _page(visit: Visit, *, error: XudaError | None = None, token: str = "") -> Response:
    """Raises what the person cannot mend in the form."""
    scope.require(visit.actor, Role.ADMINISTRATOR)
    if error is not None and error.code is not ErrorCode.SETTING_INVALID:
        raise error
    return visit.page(
        "integration.html",
        status=200 if error is None else 422,
        tokens=api_tokens.tokens(visit.hr, visit.actor),
        endpoints=hooks.endpoints(visit.hr, visit.actor),
        tree=batches.tree(visit.hr, visit.actor),
        scopes=list(Scope),
        kinds=CHOSEN,
        scope_words=lambda found: words.scope_words(visit, found),
        kind_words_of=lambda found: words.kind_words(visit, found),
        problem=words.problem(visit, error) if error else "",
        token=token,
        longest=LONGEST_DAYS,
        base=str(visit.request.base_url).rstrip("/"),
    )


def _webhook(visit: Visit, endpoint_id: str, *, page: int = 1, secret: str = "") -> Response:
    shown = min(max(page, 1), _MOST_PAGES)
    found = hooks.endpoint(visit.hr, visit.actor, endpoint_id)
    rows, total = hooks.deliveries(visit.hr, visit.actor, endpoint_id, page=shown)
    return visit.page(
        "webhook.html",
        found=found,
        rows=rows,
        total=total,
        page=shown,
        pages=max(1, -(-total // PAGE_SIZE)),
        secret=secret,
        kind_words_of=lambda kind: words.kind_words(visit, kind),
        delivery_words=lambda state: words.delivery_words(visit, state),
        delivery_tone=lambda state: words.TONES[state],
        reason=lambda row: words.reason(visit, row),
    )
