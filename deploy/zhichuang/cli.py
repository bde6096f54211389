"""The command `zhichuang`: run it, show it, check a receipt.

Exit status: 0 done, 1 refused or failed (the reason on standard error), 2 wrong usage.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="zhichuang",
    help="A city's manufacturing-innovation-centre programme, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up() -> None:
    """Start everything and watch it; Ctrl-C stops everything.

    Settings: ZHICHUANG_PORT (8000), ZHICHUANG_HOME (.zhichuang).
    """
    raise typer.Exit(_function("zhichuang.up", "run")())


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help="registry, evaluation, ip-ledger or gateway.")],
    host: Annotated[str, typer.Option(help="Where it listens.")] = "0.0.0.0",  # noqa: S104 - in a container
    port: Annotated[int, typer.Option(help="On which port.")] = 8000,
) -> None:
    """Run one process of one service, as images do; settings come from the environment."""
    raise typer.Exit(_function("zhichuang.serving", "serve")(service, host, port))


@app.command()
def migrate(
    service: Annotated[str, typer.Argument(help="registry, evaluation, ip-ledger or gateway.")],
) -> None:
    """Bring one service's database up to date (ZHICHUANG_DATABASE_URL of its owner)."""
    raise typer.Exit(_function("zhichuang.serving", "migrate")(service))


@app.command()
def verify(
    proof: Annotated[Path, typer.Argument(help="A receipt, a bundle, or an export of the log.")],
    key: Annotated[Path, typer.Option(help="The log's public key, kept from /log/key.")],
    witness: Annotated[
        list[Path] | None, typer.Option(help="A witness's public key that must have signed, too.")
    ] = None,
) -> None:
    """Check a proof offline: what it says is in the log that the key signs.

    A receipt, a co-owner's bundle (its ZIP), or the whole log (the ZIP or folder of its tiles).
    """
    others = [part for path in witness or [] for part in ("--witness", str(path))]
    main = _function("zhichuang.verify", "main")
    raise typer.Exit(main([str(proof), "--key", str(key), *others]))


@app.command()
def audit(
    key: Annotated[
        Path | None, typer.Option(help="The log's public key, kept from /log/key.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept outside; several times.")
    ] = None,
    witness: Annotated[
        list[Path] | None, typer.Option(help="A witness's public key that you trust.")
    ] = None,
) -> None:
    """Compute every balance, sum and hash of the ledger again; name the first row that differs.

    Reads the data folder (ZHICHUANG_HOME), running or not, or ZHICHUANG_DATABASE_URL. A checkpoint
    kept from before also proves a log that was rewritten with all its hashes and signatures.
    """
    options = _audit_options(key, checkpoint, witness)
    raise typer.Exit(_function("zhichuang.audit", "main")(options))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    keys: Annotated[
        Path | None, typer.Option(help="Another one, for what opens the rest: passwords, keys.")
    ] = None,
) -> None:
    """Copy the data folder (ZHICHUANG_HOME), while its stack runs or not; never overwrites."""
    raise typer.Exit(_function("zhichuang.backups.commands", "backup")(folder, keys))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `backup` made.")],
    keys: Annotated[
        Path | None, typer.Option(help="Where the keys are, unless in the backup.")
    ] = None,
    manifest: Annotated[
        str | None, typer.Option(help="The manifest's SHA-256, as `backup` told it.")
    ] = None,
    wal: Annotated[
        Path | None, typer.Option(help="The archive (ZHICHUANG_WAL_ARCHIVE), to go on from there.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="The last moment of that, as 2026-11-28T09:30:00+08:00.")
    ] = None,
    files: Annotated[
        Path | None, typer.Option(help="A copy of the file store, for files after the backup.")
    ] = None,
    log_key: Annotated[
        Path | None, typer.Option(help="For the audit: the log's public key.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="For the audit: a kept checkpoint.")
    ] = None,
    *,
    skip_audit: Annotated[bool, typer.Option("--skip-audit", help="Audit it later.")] = False,
) -> None:
    """Make a new data folder (ZHICHUANG_HOME) from a backup: checked, started, audited."""
    audited = None if skip_audit else _audit_options(log_key, checkpoint, None)
    bring_back = _function("zhichuang.backups.commands", "bring_back")
    raise typer.Exit(bring_back(folder, keys, manifest, wal, until, files, audit=audited))


@app.command()
def doctor(
    language: Annotated[
        str | None, typer.Option(help="zh or en; the terminal's own otherwise.")
    ] = None,
) -> None:
    """Tell in plain words what is wrong with the house; exit status 1 where something is.

    Looks at the data folder (ZHICHUANG_HOME), running or not, or with ZHICHUANG_DATABASE_URL at
    the surroundings of one service.
    """
    raise typer.Exit(_function("zhichuang.doctoring.command", "main")(language))


@app.command()
def witness(
    log_key: Annotated[Path, typer.Option(help="The log's public key, kept from /log/key.")],
    folder: Annotated[
        Path, typer.Option(help="Where it keeps its own key and what it signed last; back it up.")
    ],
    name: Annotated[str, typer.Option(help="The name under which it signs, such as m04.example.")],
    address: Annotated[
        str, typer.Option(envvar="ZHICHUANG_ADDRESS", help="Where the gateway is.")
    ] = "http://localhost:8000",
    every: Annotated[
        float | None, typer.Option(min=1, help="Look again after so many seconds; once if absent.")
    ] = None,
) -> None:
    """Watch the ledger's log for a member: cosign what grew out of what it signed, never a fork.

    Credentials: ZHICHUANG_CLIENT_ID, ZHICHUANG_CLIENT_SECRET. Exit status 3: a fork, kept in the
    folder as evidence.
    """
    main = _function("zhichuang.witness", "main")
    raise typer.Exit(main(address, log_key, folder, name, every))


@app.command()
def housekeeping() -> None:
    """List the last run of each chore on the data folder's running stack, and what failed."""
    raise typer.Exit(_function("zhichuang.chores", "main")())


sandbox = typer.Typer(help="A sandbox's own affairs.", no_args_is_help=True)
app.add_typer(sandbox, name="sandbox")


@sandbox.command("wipe")
def sandbox_wipe() -> None:
    """Put the data folder's sandbox (ZHICHUANG_HOME) back to what the demo programme left.

    By itself it does so each night where ZHICHUANG_SANDBOX_WIPE=03:00 says when (Shanghai).
    """
    raise typer.Exit(_function("zhichuang.up", "wipe")())


@app.command()
def recompute(
    bundle: Annotated[Path, typer.Argument(help="The replay bundle, as the API gave it.")],
) -> None:
    """Compute a rating again, offline: the same inputs give the published hash."""
    raise typer.Exit(_function("zhichuang.recompute", "main")([str(bundle)]))


@app.command()
def check_draw(
    problem: Annotated[Path, typer.Argument(help="The frozen problem, as the API gave it.")],
    draw: Annotated[Path, typer.Argument(help="The draw, as the API gave it.")],
    seed: Annotated[
        str | None, typer.Option(help="The seed, which is open once a draw is accepted.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="The earlier draw, where this one changes it.")
    ] = None,
) -> None:
    """Check a draw of panels, offline: its rules, and in integers that no panels are better."""
    more = [*(["--seed", seed] if seed else []), *(["--before", str(before)] if before else [])]
    main = _function("zhichuang.draw_proof", "main")
    raise typer.Exit(main([str(problem), str(draw), *more]))


@app.command()
def demo(
    *,
    here: Annotated[
        bool, typer.Option("--here", envvar="HERE", help="On the running stack; moves its clock.")
    ] = False,
) -> None:
    """Walk one case from application to a proven payout, with its figures."""
    raise typer.Exit(_function("zhichuang.demo", "main")(["--here"] if here else []))


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 or GB 18030, with a header row.")],
    *,
    to: Annotated[str, typer.Option(help="What its rows are, such as `fact`.")],
    address: Annotated[
        str, typer.Option(envvar="ZHICHUANG_ADDRESS", help="Where the gateway is.")
    ] = "http://localhost:8000",
    credentials: Annotated[
        Path | None,
        typer.Option(
            envvar="ZHICHUANG_CREDENTIALS",
            help="JSON file with client_id and client_secret; else the environment's "
            "ZHICHUANG_CLIENT_ID and ZHICHUANG_CLIENT_SECRET.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--as", help="Which credential of a file that holds several.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, such as 金额=payload.amount.amount@yuan."),
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE for every row.")
    ] = None,
    ignored: Annotated[
        list[str] | None, typer.Option("--ignore", help="A column that is not sent.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file, if not found out.")] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Refused rows; FILE.errors.csv unless told.")
    ] = None,
    chunk: Annotated[int, typer.Option(min=1, max=10_000, help="Rows in one request.")] = 1_000,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to keep trying without an answer.")
    ] = 900,
    check: Annotated[bool, typer.Option("--check", help="Have rows judged, keep none.")] = False,
) -> None:
    """Post a CSV file: with progress, over broken lines, and every refused row in a file.

    The same command goes on where an interrupted one stopped. Mend the file of refused rows and
    upload it with the same options.
    """
    raise typer.Exit(
        _function("zhichuang.upload.ordering", "run")(
            file=file, to=to, address=address, credentials=credentials, name=name,
            mapped=mapped or [], constants=constants or [], ignored=ignored or [],
            encoding=encoding, errors=errors, chunk=chunk, patience=patience, check=check,
            environment=os.environ,
        )
    )  # fmt: skip


@app.command(name="rotate-keys")
def rotate_keys() -> None:
    """Change the key that signs tokens; the old one verifies until its last token has ended."""
    raise typer.Exit(_function("zhichuang.door", "run")("gateway.tokens.rotation"))


@app.command(name="reload")
def reload_gateway() -> None:
    """Let the gateway take a changed configuration file, once it was checked."""
    raise typer.Exit(_function("zhichuang.door", "run")("gateway.reloading"))


@app.command(name="bootstrap-admin")
def bootstrap_admin(
    name: Annotated[str, typer.Argument(help="The first admin's name.")],
    login: Annotated[str, typer.Argument(help="What he or she types to sign in.")],
    second_name: Annotated[str, typer.Argument(help="The second admin's name.")],
    second_login: Annotated[str, typer.Argument(help="And login.")],
) -> None:
    """Make the first two admins, once, outside a sandbox; prints their invitations."""
    words = (name, login, second_name, second_login)
    raise typer.Exit(_function("zhichuang.door", "run")("gateway.bootstrap_admin", *words))


@app.command(name="rotate-data-key")
def rotate_data_key() -> None:
    """Make a new key for personal data at rest; the next start seals anew what former keys hid."""
    raise typer.Exit(_function("zhichuang.data_keys", "rotate")())


@app.command()
def version() -> None:
    """Print the version."""
    print(importlib.metadata.version("zhichuang-deploy"))


def _audit_options(
    key: Path | None, checkpoints: list[Path] | None, witnesses: list[Path] | None
) -> list[str]:
    options = [part for path in checkpoints or [] for part in ("--checkpoint", str(path))]
    options += [part for path in witnesses or [] for part in ("--witness", str(path))]
    return options + ([] if key is None else ["--key", str(key)])


def _function(module: str, name: str) -> Callable[..., Any]:
    """Load a command's module only when it is wanted; say plainly when it is not built yet."""
    parent = module.rpartition(".")[0]
    if importlib.util.find_spec(parent) is None or importlib.util.find_spec(module) is None:
        print(f"{module} is not part of this version yet.", file=sys.stderr)
        raise typer.Exit(1)
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


if __name__ == "__main__":
    app()
