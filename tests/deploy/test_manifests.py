"""What puts the house on other machines is checked, and the check finds what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import manifests
from tests.contract.step import ROOT
from zhichuang.postgres import SERVICES, PostgreSQL, program


def test_the_files_hold() -> None:
    assert manifests.kubernetes_faults() == []
    assert manifests.compose_faults() == []
    assert manifests.image_faults() == []


def test_every_service_is_there_with_its_own_name() -> None:
    made = {(one["kind"], one["metadata"]["name"]): one for _, one in manifests.built()}
    for service in (package.replace("_", "-") for package in SERVICES):
        pod = made["Deployment", service]["spec"]["template"]["spec"]
        assert pod["containers"][0]["args"] == ["serve", service]
        assert pod["volumes"][0]["secret"]["secretName"] == service
        job = made["Job", f"{service}-migration"]["spec"]["template"]["spec"]
        assert job["containers"][0]["args"] == ["migrate", service]


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("service/deployment.yaml", "readOnlyRootFilesystem: true", "privileged: true", "may write"),  # noqa: E501
        ("service/deployment.yaml", "replicas: 2", "replica: 2", "replica"),
        ("service/deployment.yaml", "readinessProbe", "lifeProbe", "not probed"),
        ("service/service.yaml", "part-of: zhichuang}\n  ports", "part-of: x}\n  ports", "selects 0"),  # noqa: E501
        ("house/addresses.yaml", "ZHICHUANG_FILES", "ZHICHUANG_FILE", "read by no process"),
        ("house/addresses.yaml", "ZHICHUANG_EVALUATION_URL", "ZHICHUANG_FILES", "evaluation has no ZHICHUANG_EVALUATION_URL"),  # noqa: E501
        ("database/cluster.yaml", "name: ip_ledger_app", "name: app", "ip_ledger_app is no role"),
        ("database/cluster.yaml", "name: ip-ledger\nspec", "name: other\nspec", "has no Database"),
        ("kustomization.yaml", "  - evaluation\n", "", "evaluation has no Job"),
        ("registry/kustomization.yaml", "spec/scaleTargetRef/name, value: registry",
         "spec/scaleTargetRef/name, value: other", "scales other"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_manifest_is_named(
    file: str, before: str, after: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    folder = Path(shutil.copytree(ROOT / "deploy" / "kubernetes", tmp_path / "k"))
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after))
    monkeypatch.setattr(manifests, "_FOLDER", folder)
    assert words in " ".join(manifests.kubernetes_faults())


def test_the_script_for_another_server_makes_what_services_need(tmp_path: Path) -> None:
    words = [
        part
        for service in SERVICES
        for login in ("owner", "app")
        for part in ("-v", f"{service}_{login}=it's {service}")
    ]
    script = str(ROOT / "deploy" / "databases.sql")
    with PostgreSQL(tmp_path / "pg", throwaway=True) as server:
        for service in SERVICES:
            server.drop_database(service)
        address = f"host={server.socket_folder} dbname=postgres user=zhichuang_admin"
        for _ in range(2):  # Again after a new password: nothing is in its way.
            done = subprocess.run(
                [str(program("psql")), "-Xq", *words, "-d", address, "-f", script],
                env=os.environ | {"PGPASSWORD": server.password("zhichuang_admin")},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        owner = f"postgresql+asyncpg://registry_owner:it's%20registry@/registry?host={server.socket_folder}"
        done = subprocess.run(
            [sys.executable, "-m", "zhichuang.cli", "migrate", "registry"],
            env=os.environ | {"ZHICHUANG_DATABASE_URL": owner},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        may = "SELECT has_table_privilege('registry_app', 'event', 'INSERT')"
        assert server.execute(may, database="registry").strip() == "t"
        foreign = "SELECT has_database_privilege('gateway_app', 'registry', 'CONNECT')"
        assert server.execute(foreign).strip() == "f"
