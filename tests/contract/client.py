"""The demo's case, told once more through a Python client that a public generator made.

The generator must understand every operation; every body of the case must survive the generated
model unchanged; and every answer must find its model, with no field that it does not know.
"""

import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.contract.openapi import operations
from tests.contract.step import BIN, Context
from zhichuang.demo.case import Case
from zhichuang.demo.client import Caller, Surprise

_PACKAGE: Final = "zhichuang_client"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
# Raw files and lines of JSON: the generator has no form for them, and no need of one.
_RAW: Final = (
    *("application/x-ndjson", "text/csv", "application/octet-stream", "application/pdf"),
    *("application/zip", "application/gzip", "application/atom", "application/vnd.openxmlformats"),
)


def ask(context: Context) -> list[str]:
    """Generate, import everything, walk the case."""
    faults = generate(context.openapi, context.folder)
    if faults:
        return faults
    sys.path.insert(0, str(context.folder))
    try:
        client = Generated(context.openapi)
    except ImportError as error:
        return [f"the generated client cannot be imported: {error}"]
    return _walk(context, client)


def generate(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Make the client's package in a folder; what the generator warns of is a fault."""
    source = folder / "openapi.json"
    source.write_text(json.dumps(document))
    settings = folder / "client.json"
    settings.write_text(json.dumps({"package_name_override": _PACKAGE, "post_hooks": []}))
    done = subprocess.run(
        [
            *(str(BIN / "openapi-python-client"), "generate", "--path", str(source)),
            *("--config", str(settings), "--meta", "none", "--overwrite"),
            *("--output-path", str(folder / _PACKAGE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode != 0:
        return [said[-4000:]]
    warnings = re.findall(r"(?ms)^WARNING.*?(?=^WARNING|\Z)", said)
    return [text.strip() for text in warnings if not any(media in text for media in _RAW)]


@dataclass(frozen=True)
class Operation:
    """One generated function, and the address it stands for."""

    method: str
    template: str
    pattern: re.Pattern[str]
    module: ModuleType

    @property
    def call(self) -> Callable[..., Any]:
        found: Callable[..., Any] = self.module.sync_detailed
        return found

    @property
    def takes_body(self) -> bool:
        """Whether the generated function has a body; `{}` may be sent where it has none."""
        return "body" in inspect.signature(self.call).parameters

    def arguments(
        self, path: Mapping[str, str], query: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Give the function what it has names for; a parameter it does not know is a fault."""
        known = inspect.signature(self.call).parameters
        given = {**path, **query}
        unknown = given.keys() - known.keys()
        if unknown:
            raise Surprise(f"{self.template}: the client has no parameter {sorted(unknown)}")
        return given | {name: value for name, value in headers.items() if name in known}

    def model(self, body: Any) -> Any:
        """Make the generated body of a plain one, and see that nothing is lost on the way."""
        annotation = inspect.signature(self.call).parameters["body"].annotation
        candidates = [one for one in _classes(annotation) if hasattr(one, "from_dict")]
        problems = []
        for candidate in candidates:
            try:
                made = candidate.from_dict(body)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                problems.append(f"{candidate.__name__}: {error!r}")
                continue
            lost = list(_differences(body, made.to_dict()))
            if not lost:
                return made
            problems.append(f"{candidate.__name__} loses {', '.join(lost)}")
        raise Surprise(f"{self.method} {self.template}: no model for the body; {problems}")


class Generated:
    """The generated package, by method and address."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Import every operation; what is missing is kept as a fault."""
        self.faults: list[str] = []
        schemas = document["components"]["schemas"].items()
        # Those that say what fields they have; a map inside another model takes any.
        self.closed_models = {name for name, one in schemas if not one.get("additionalProperties")}
        self.client: Any = importlib.import_module(f"{_PACKAGE}.client")
        self.operations = list(self._load(document))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Find the operation of an address, literal parts before parameters."""
        for operation in self.operations:
            match = operation.pattern.fullmatch(path)
            if match and operation.method == method:
                return operation, match.groupdict()
        raise Surprise(f"{method} {path} is not in the published document")

    def _load(self, document: Mapping[str, Any]) -> Iterator[Operation]:
        modules = {path.stem: path for path in _folder(self.client).glob("api/*/*.py")}
        listed = sorted(operations(dict(document)), key=lambda one: one[0].count("{"))
        for place, operation in listed:
            method, _, template = place.partition(" ")
            name = _snake(operation["operationId"])
            if name not in modules:
                self.faults.append(f"{place}: the generator made no {name}")
                continue
            module = f"{_PACKAGE}.api.{modules[name].parent.name}.{name}"
            pattern = _PARAMETER.sub(r"(?P<\1>[^/]+)", re.sub(r"([.*])", r"\\\1", template))
            yield Operation(method, template, re.compile(pattern), importlib.import_module(module))


class GeneratedCaller(Caller):
    """A caller of the demo whose every request goes through the generated functions."""

    def __init__(
        self, generated: Generated, address: str, name: str, credential: Mapping[str, Any]
    ) -> None:
        """Bind to the gateway with a client's credentials."""
        super().__init__(address, name, credential)
        self._generated = generated
        self._address = address

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        address = urlsplit(path)
        operation, inside = self._generated.find(method, address.path)
        query = dict(params or {}) | dict(httpx.QueryParams(address.query))
        if content is not None:
            return super()._send(
                method, path, params=params, content=content, headers=headers, version=version
            )
        sent = {"idempotency_key": str(uuid4()), "accept_language": "en"}
        if version is not None:
            sent["if_match"] = f'"{version}"'
        arguments = operation.arguments(inside, query, sent)
        if operation.takes_body:
            try:
                arguments["body"] = operation.model(body)
            except Surprise as surprise:
                self._generated.faults.append(str(surprise))
                return super()._send(method, path, body=body, params=params, version=version)
        elif body:
            # The case goes on, so that one run tells all there is to tell.
            said = f"{method} {operation.template}: takes no body, and the case sends {set(body)}"
            self._generated.faults.append(said)
        client = self._generated.client.AuthenticatedClient(
            base_url=self._address,
            token=self._fresh(),
            headers={
                "Accept-Language": "en",
                **({"Idempotency-Key": sent["idempotency_key"]} if method == "POST" else {}),
                **({"If-Match": sent["if_match"]} if version is not None else {}),
                **(headers or {}),
            },
            timeout=httpx.Timeout(60),
        )
        answer = operation.call(client=client, **arguments)
        self._judge(operation, answer)
        # The generated client has unpacked it already.
        kept = {k: v for k, v in answer.headers.items() if k.lower() != "content-encoding"}
        return httpx.Response(
            int(answer.status_code),
            headers=kept,
            content=answer.content,
            request=httpx.Request(method, f"{self._address}{path}"),
        )

    def _judge(self, operation: Operation, answer: Any) -> None:
        kind = answer.headers.get("content-type", "")
        if not 200 <= int(answer.status_code) < 300 or not kind.startswith("application/json"):
            return
        place = f"{operation.method} {operation.template} {int(answer.status_code)}"
        if answer.parsed is None:
            self._generated.faults.append(f"{place}: the client has no model for the answer")
            return
        unknown = sorted(set(_unknown_fields(answer.parsed)) & self._generated.closed_models)
        if unknown:
            names = ", ".join(unknown)
            self._generated.faults.append(f"{place}: fields that the document lacks, in {names}")


def _walk(context: Context, generated: Generated) -> list[str]:
    """Tell the whole case with generated callers; what surprises it is the fault."""
    known = context.stack.credentials
    callers: dict[str, Caller] = {}

    def caller(name: str) -> Caller:
        if name not in callers:
            callers[name] = GeneratedCaller(generated, context.stack.url, name, known[name])
        return callers[name]

    case = Case(caller, lambda _line: None, context.stack.url, known)
    folder = context.folder / "case"
    folder.mkdir(exist_ok=True)
    case.made["folder"] = str(folder)
    try:
        case.tell()
    except Surprise as surprise:
        return [*sorted(set(generated.faults)), str(surprise)]
    return sorted(set(generated.faults))


def _differences(plain: Any, made: Any, place: str = "") -> Iterator[str]:
    """Places where a value was lost; another writing of the same instant or day is none."""
    if isinstance(plain, dict) and isinstance(made, dict):
        for key, value in plain.items():
            if key not in made:
                yield f"{place}/{key}"
            else:
                yield from _differences(value, made[key], f"{place}/{key}")
    elif isinstance(plain, list) and isinstance(made, list):
        if len(plain) != len(made):
            yield place
        for index, (one, other) in enumerate(zip(plain, made, strict=False)):
            yield from _differences(one, other, f"{place}/{index}")


def _unknown_fields(model: Any) -> Iterator[str]:
    """Models in an answer that bear fields which the document does not name."""
    if isinstance(model, list):
        for one in model:
            yield from _unknown_fields(one)
    elif hasattr(model, "additional_properties"):
        if model.additional_properties:
            yield type(model).__name__
        for name in getattr(type(model), "__attrs_attrs__", ()):
            if name.name != "additional_properties":
                yield from _unknown_fields(getattr(model, name.name))


def _classes(annotation: Any) -> list[Any]:
    inside = getattr(annotation, "__args__", None)
    return [one for part in inside for one in _classes(part)] if inside else [annotation]


def _folder(module: ModuleType) -> Path:
    assert module.__file__ is not None
    return Path(module.__file__).parent


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
