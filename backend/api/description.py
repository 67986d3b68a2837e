"""What the APIs say about themselves (OpenAPI 3.1): that for devices at ``/v1/openapi.json``, that for programs at
``/api/v1/openapi.json``.

Bodies are read and verified as bytes before anything parses them, so the framework cannot see their models: the routes
name them with the helpers here, and tests/security holds the description against what the backend answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from contract.api import Problem
from contract.envelope import WireModel

_PROBLEM_TYPE = "application/problem+json"
_REF = "#/components/schemas/{model}"
_MEANING = {
    400: "A header or the body cannot be used.",
    401: "No valid token of an enrolled device; `clock_wrong` tells the server's time.",
    403: "Not for this device, or the enrolment code is not valid.",
    404: "Not here, or not this device's.",
    405: "Not allowed for this address.",
    408: "The body did not come in time.",
    409: "Something else is stored under this number or offset.",
    410: "The interview was deleted; nothing of it is taken in again.",
    412: "Another version of the tus protocol.",
    413: "More bytes than allowed.",
    415: "Another media type is expected.",
    422: "Understood and refused: `field` says what is wrong.",
    423: "A newer request for this upload has taken over.",
    429: "Too many tries, or the device has used up what it may store today; `Retry-After` says how long to wait.",
    460: "The checksum does not fit the bytes.",
    507: "No space left for it.",
}
_SCHEMES = {
    "request": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT (EdDSA)",
        "description": "A token bound to this very request: claims `htm` (method), `htu` (path with query), `bh` "
        "(base64url SHA-256 of the body), `iss` (device id), `aud` xuda-hr, `iat`, `exp`, `jti`.",
    },
    "objects": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT (EdDSA)",
        "description": "A token with `scope: objects`, for uploads alone and at most an hour long.",
    },
}
_TOKEN = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that an administrator has made in the portal, under *Integration*: `xuda_…`.",
    },
}
# models that routes name by hand, filled in as the routes are declared
_named: dict[str, type[WireModel]] = {Problem.__name__: Problem}


Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int, also: Responses | None = None) -> Responses:
    """``responses`` of a route: the refusals it may give, and ``also`` others."""
    schema = {"schema": {"$ref": _REF.format(model=Problem.__name__)}}
    found = dict(also or {})
    found.update({status: {"description": _MEANING[status], "content": {_PROBLEM_TYPE: schema}} for status in statuses})
    return found


def bodiless(*statuses: int, also: Responses) -> Responses:
    """As :func:`problems`, for HEAD."""
    found = dict(also)
    found.update({status: {"description": _MEANING[status]} for status in statuses})
    return found


def json_body(model: type[WireModel]) -> dict[str, Any]:
    """``openapi_extra`` of a route that takes ``model`` as JSON."""
    _named[model.__name__] = model
    content = {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def bytes_body(media_type: str, *, required: bool) -> dict[str, Any]:
    """``openapi_extra`` of a route that takes a stream of bytes."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": required, "content": content}}


def asked_by(scheme: str) -> dict[str, Any]:
    """``openapi_extra`` of a route that needs a token: ``request`` or ``objects``."""
    return {"security": [{scheme: []}]}


def header(name: str, description: str, schema: Mapping[str, Any], *, required: bool = False) -> dict[str, Any]:
    """One entry of ``parameters`` in ``openapi_extra``."""
    return {"name": name, "in": "header", "required": required, "description": description, "schema": dict(schema)}


def install(api: FastAPI) -> None:
    """Let ``api`` describe itself with problems, tokens and the models of bodies that are read as bytes."""

    def describe() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _description(api)
        return api.openapi_schema

    api.openapi = describe  # type: ignore[method-assign]


def install_programs(api: FastAPI) -> None:
    """The same for the API of programs, whose models the framework sees."""

    def describe() -> dict[str, Any]:
        if api.openapi_schema is None:
            found = get_openapi(title=api.title, version=api.version, routes=api.routes, servers=[{"url": "/api/v1"}])
            components = found.setdefault("components", {})
            components.setdefault("schemas", {})[Problem.__name__] = Problem.model_json_schema(ref_template=_REF)
            components["securitySchemes"] = _TOKEN
            api.openapi_schema = found
        return api.openapi_schema

    api.openapi = describe  # type: ignore[method-assign]


def _description(api: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=api.title, version=api.version, routes=api.routes, servers=[{"url": "/v1"}])
    components = found.setdefault("components", {})
    _, models = models_json_schema(
        [(model, "validation") for model in _named.values()], ref_template=_REF, by_alias=True
    )
    for schema in models["$defs"].values():
        schema.pop("additionalProperties", None)  # readers pass over what they do not know: docs/adr/0014
    components.setdefault("schemas", {}).update(models["$defs"])
    components["securitySchemes"] = _SCHEMES
    return found
