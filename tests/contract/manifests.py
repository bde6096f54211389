"""Whether image, compose file and Kubernetes manifests say what they mean, and mean this version.

Kubernetes' own schemas judge each manifest, strictly, after the overlays are applied to what all
services share. Where a schema says nothing, the house does: no root, no writable root file
system, no secret value, no setting that no process reads.
"""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import kubernetes_validate
import yaml

from tests.contract.step import ROOT, Context, settings_kinds
from zhichuang.postgres import SERVICES

_FOLDER: Final = ROOT / "deploy" / "kubernetes"
_COMPOSE: Final = ROOT / "deploy" / "compose"
_VERSION: Final = "1.37.0"
# CloudNativePG's kinds are not Kubernetes' own: their schema is the operator's.
_FOREIGN: Final = "postgresql.cnpg.io/"
_BASE: Final = "service"
_TOP: Final = {"name", "services", "networks", "volumes", "secrets"}
_SERVICE: Final = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck",
    "image", "networks", "ports", "read_only", "restart", "secrets", "security_opt", "shm_size",
    "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
_READ_BY_US: Final = {"ZHICHUANG_SECRETS"} | {
    f"ZHICHUANG_{name.upper()}" for kind in settings_kinds().values() for name in kind.model_fields
}


def ask(_context: Context) -> list[str]:
    """Name every fault of the files that put the house on other machines."""
    return [*kubernetes_faults(), *compose_faults(), *image_faults()]


def kubernetes_faults() -> list[str]:
    """Judge what `kubectl apply -k` would send."""
    faults = []
    manifests = list(built())
    for place, manifest in manifests:
        name = f"{place}: {manifest['kind']} {manifest['metadata']['name']}"
        if not manifest["apiVersion"].startswith(_FOREIGN):
            faults += [f"{name}: {fault}" for fault in _schema_faults(json.dumps(manifest))]
        faults += [f"{name}: {fault}" for fault in _house_faults(manifest)]
    return faults + _references([manifest for _, manifest in manifests])


def built() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every manifest with its folder, overlays applied."""
    top = yaml.safe_load((_FOLDER / "kustomization.yaml").read_text())
    for folder in top["resources"]:
        kustomization = yaml.safe_load((_FOLDER / folder / "kustomization.yaml").read_text())
        if kustomization["resources"] == [f"../{_BASE}"]:
            shared = yaml.safe_load((_FOLDER / _BASE / "kustomization.yaml").read_text())
            for manifest in _read(_BASE, shared["resources"]):
                yield folder, _patched(manifest, kustomization)
        else:
            for manifest in _read(folder, kustomization["resources"]):
                yield folder, manifest


def _read(folder: str, names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield from yaml.safe_load_all((_FOLDER / folder / name).read_text())


def _patched(manifest: dict[str, Any], kustomization: dict[str, Any]) -> dict[str, Any]:
    """Apply labels and JSON patches (RFC 6902: add and replace), as kustomize does."""
    made = copy.deepcopy(manifest)
    for patch in kustomization["patches"]:
        target = patch["target"]
        if (manifest["kind"], manifest["metadata"]["name"]) == (target["kind"], target["name"]):
            for step in yaml.safe_load(patch["patch"]):
                *way, last = (_key(part) for part in step["path"].strip("/").split("/"))
                inside: Any = made
                for part in way:
                    inside = inside[part]
                if step["op"] == "replace" and isinstance(last, str) and last not in inside:
                    message = f"{step['path']} of {manifest['kind']} is not there to be replaced"
                    raise KeyError(message)
                inside[last] = step["value"]
    for labels in kustomization["labels"]:
        _label(made, labels["pairs"])
    return made


def _key(part: str) -> str | int:
    return int(part) if part.isdigit() else part


def _label(manifest: dict[str, Any], pairs: dict[str, str]) -> None:
    manifest["metadata"].setdefault("labels", {}).update(pairs)
    spec = manifest["spec"]
    if manifest["kind"] == "Service":
        spec["selector"].update(pairs)
    elif "selector" in spec:
        spec["selector"]["matchLabels"].update(pairs)
    if "template" in spec:
        spec["template"]["metadata"]["labels"].update(pairs)


@cache
def _schema_faults(manifest: str) -> list[str]:
    """Ask the schemas; kept, since the library reads megabytes of them for each manifest."""
    try:
        kubernetes_validate.validate(json.loads(manifest), _VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [str(error.message)]
    return []


def _house_faults(manifest: dict[str, Any]) -> Iterator[str]:
    pod = manifest.get("spec", {}).get("template", {}).get("spec")
    if pod is None:
        return
    if not pod["securityContext"].get("runAsNonRoot"):
        yield "runs as root"
    probes = {"readinessProbe", "livenessProbe"} if manifest["kind"] == "Deployment" else set()
    for container in pod["containers"]:
        context = container["securityContext"]
        if not context.get("readOnlyRootFilesystem") or context.get("allowPrivilegeEscalation"):
            yield "may write its root file system, or gain rights"
        if "memory" not in container["resources"]["limits"]:
            yield "has no bound of memory"
        if not probes <= set(container):
            yield "is not probed"
        told = {one["name"] for one in container.get("env", [])}
        yield from (f"{name} is read by no process" for name in sorted(told - _READ_BY_US))


def _references(manifests: list[dict[str, Any]]) -> list[str]:
    """Compare what manifests say of each other: selectors, targets, the services that exist."""
    named = {(one["kind"], one["metadata"]["name"]) for one in manifests}
    labels = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in manifests
        if one["kind"] == "Deployment"
    ]
    faults = []
    for one in manifests:
        kind, name, spec = one["kind"], one["metadata"]["name"], one.get("spec", {})
        if kind == "HorizontalPodAutoscaler":
            target = (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
            faults += [] if target in named else [f"{kind} {name} scales {target[1]}, not there"]
        if kind in {"Service", "PodDisruptionBudget"} and name != "nobody":
            wanted = spec["selector"].get("matchLabels", spec["selector"])
            met = [each for each in labels if wanted.items() <= each.items()]
            faults += [] if len(met) == 1 else [f"{kind} {name} selects {len(met)} deployments"]
        if kind == "ConfigMap":
            unread = set(one["data"]) - _READ_BY_US
            faults += [f"{key} is read by no process" for key in sorted(unread)]
    return faults + [fault for service in SERVICES for fault in _lacking(service, manifests)]


def _lacking(service: str, manifests: list[dict[str, Any]]) -> Iterator[str]:
    """Name what a service has not got of what each one has: processes, address, database, logins.

    `kubectl apply` is content without it: a pod would wait for a secret or a name that never comes.
    """
    named = {(one["kind"], one["metadata"]["name"]): one.get("spec", {}) for one in manifests}
    name = service.replace("_", "-")
    kinds = ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Database")
    yield from (f"{name} has no {kind}" for kind in kinds if (kind, name) not in named)
    if ("Job", f"{name}-migration") not in named:
        yield f"{name} has no Job {name}-migration"
    if not any(_address(service) in one.get("data", {}) for one in manifests):
        yield f"{name} has no {_address(service)} in house/addresses.yaml"
    for (kind, _), spec in named.items():
        if kind == "Cluster":
            roles = {spec["bootstrap"]["initdb"]["owner"]}
            roles |= {one["name"] for one in spec["managed"]["roles"]}
            yield from (
                f"{login} is no role in database/cluster.yaml"
                for login in (f"{service}_owner", f"{service}_app")
                if login not in roles
            )


def _address(service: str) -> str:
    return f"ZHICHUANG_{service.upper()}_URL"


def compose_faults() -> list[str]:
    """Judge the compose file by what it may hold at all, and by what it refers to."""
    told = yaml.safe_load((_COMPOSE / "compose.yaml").read_text())
    faults = [f"compose: {name}" for name in set(told) - _TOP if not name.startswith("x-")]
    for name, service in told["services"].items():
        faults += [f"compose {name}: {fault}" for fault in _service_faults(told, service)]
    for secret, where in told["secrets"].items():
        if set(where) != {"file"} or not where["file"].startswith("./secrets/"):
            faults.append(f"compose: the secret {secret} is no file in secrets/")
    return faults + [fault for service in SERVICES for fault in _lacking_of_compose(service, told)]


def _lacking_of_compose(service: str, told: dict[str, Any]) -> Iterator[str]:
    name, running = service.replace("_", "-"), told["services"]
    wanted = (f"{name}-1", f"{name}-2", f"{name}-migrated")
    yield from (f"compose: there is no {one}" for one in wanted if one not in running)
    if _address(service) not in running["gateway-1"]["environment"]:
        yield f"compose: {name} has no {_address(service)}"
    yield from (
        f"compose: postgres is not given the secret {login}"
        for login in (f"{service}_owner", f"{service}_app")
        if login not in running["postgres"]["secrets"]
    )
    scraped = yaml.safe_load((_COMPOSE / "prometheus.yaml").read_text())["scrape_configs"]
    targets = {one for job in scraped for each in job["static_configs"] for one in each["targets"]}
    yield from (
        f"prometheus.yaml does not ask {one}"
        for one in (f"{name}-1:8000", f"{name}-2:8000")
        if one not in targets
    )


def _service_faults(told: dict[str, Any], service: dict[str, Any]) -> Iterator[str]:
    yield from (f"{key} is no word of a service here" for key in set(service) - _SERVICE)
    environment = service.get("environment", {})
    ours = {key for key in environment if key.startswith("ZHICHUANG_")}
    yield from (f"{key} is read by no process" for key in ours - _READ_BY_US)
    for secret in service.get("secrets", []):
        source = secret if isinstance(secret, str) else secret["source"]
        target = source if isinstance(secret, str) else secret["target"]
        if source not in told["secrets"]:
            yield f"there is no secret {source}"
        if target.startswith("zhichuang_") and target.upper() not in _READ_BY_US:
            yield f"no process reads the secret {target}"
    yield from (
        f"waits for {one}, which is not there"
        for one in service.get("depends_on", {})
        if one not in told["services"]
    )
    yield from (
        f"{one} is no network" for one in service.get("networks", []) if one not in told["networks"]
    )
    if service["image"] == "zhichuang" and not (
        service["read_only"] and service["user"] == "10001:10001" and service["cap_drop"] == ["ALL"]
    ):
        yield "may do more than it needs"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith(".") and not (_COMPOSE / source).exists():
            yield f"{source} is not there"
        if not source.startswith(".") and source not in told["volumes"]:
            yield f"there is no volume {source}"


def image_faults() -> list[str]:
    """Read the Dockerfile: two stages, nobody's user at the end, no compiler, what it copies."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    *first, last = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[1:]
    faults = [] if first else ["the image has one stage"]
    if not re.search(r"^USER 10001:10001$", last, re.MULTILINE):
        faults.append("the image runs as root")
    if re.search(r"\b(apt-get|gcc|build-essential)\b", last):
        faults.append("the image installs more than it runs")
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        faults += [f"{one} is not there" for one in line.split()[:-1] if not (ROOT / one).exists()]
    return faults
