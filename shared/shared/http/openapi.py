"""The published form of a service: complete, readable, without the framework's own models."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.schemas import CheckOut, ProblemOut

REF = "#/components/schemas/{model}"


def published(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI document once, and keep it."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": "/"}],
        separate_input_output_schemas=False,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["CheckOut"] = CheckOut.model_json_schema(ref_template=REF)
    problem = ProblemOut.model_json_schema(ref_template=REF)
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    document["components"]["securitySchemes"] = {
        "token": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
        }
    }
    document["security"] = [{"token": []}]
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    app.openapi_schema = document
    return document
