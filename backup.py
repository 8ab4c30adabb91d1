"""Backup and restore of the embedded mode: one archive with everything in the data folder.

PostgreSQL has tools of its own for this; docs/operating.md says which.
"""

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

FORMAT = "leadlight-backup/1"
DATABASE, MANIFEST, FILES = "leadlight.db", "manifest.json", "files"
TRIES = 5
"""Copies of the database that are taken until one names no file that went meanwhile."""
LEFT_OUT = {"server.lock", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"}


class BackupRefused(Exception):
    """It can't be done as asked; the message says why."""


def back_up(data_dir: Path, target: Path) -> int:
    """Writes the archive, also beside a running server; answers its size in bytes.

    The database is copied as of one moment, and every file that it names is there with it. The
    archive holds the secret key: keep it as safe as the data folder. An archive that is there
    already is not written over.
    """
    source = data_dir / DATABASE
    if not source.exists():
        raise BackupRefused(f"{source} is not there: nothing to back up.")
    if target.exists():
        raise BackupRefused(f"{target} is there already; name another file.")
    draft = target.with_name(f"{target.name}.part")
    try:
        with TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            copy = Path(folder) / DATABASE
            manifest = {"format": FORMAT, "madeAt": datetime.now(UTC).isoformat()}
            (Path(folder) / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
            draft.touch(mode=0o600, exist_ok=True)
            with tarfile.open(draft, "w:gz") as archive:
                archive.add(Path(folder) / MANIFEST, MANIFEST)
                held: set[Path] = set()
                for _ in range(TRIES):
                    _copy(source, copy)
                    _add_files(archive, data_dir, target, held)
                    missing = _named_by(copy) - {each.name for each in held}
                    if not missing or not (data_dir / "files").is_dir():
                        break  # else files went meanwhile, and the next copy knows it
                archive.add(copy, DATABASE)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _add_files(archive: tarfile.TarFile, data_dir: Path, target: Path, held: set[Path]) -> None:
    """Adds what is not held yet. Files may go while it runs, but none is ever written anew."""
    for top in sorted(data_dir.iterdir()):
        if not _is_kept(top, target):
            continue
        for each in (top, *sorted(top.rglob("*"))) if top.is_dir() else (top,):
            if each in held:
                continue
            with suppress(FileNotFoundError):
                archive.add(each, f"{FILES}/{each.relative_to(data_dir)}", recursive=False)
                held.add(each)


def _named_by(copy: Path) -> set[str]:
    """Names of the files of leads that the copied database has rows of."""
    with closing(sqlite3.connect(copy)) as database:
        try:
            return {row[0] for row in database.execute("SELECT id FROM file")}
        except sqlite3.OperationalError:
            return set()  # from before there were files


def _is_kept(path: Path, target: Path) -> bool:
    is_ours = path.name.startswith((".backup-", ".restore-", "before-restore-", target.name))
    return path.name not in LEFT_OUT and path.suffix != ".log" and not is_ours


def _copy(source: Path, copy: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as opened,
        closing(sqlite3.connect(copy)) as written,
    ):
        opened.backup(written)


def restore(data_dir: Path, archive: Path) -> Path | None:
    """Puts the archive's database and files in place; the caller holds the data folder's lock.

    What was there is moved aside, never deleted; answers where to, None if there was nothing.
    Raises BackupRefused for a file that is no backup or whose database is damaged; then nothing
    was changed.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder:
        unpacked = Path(folder)
        _unpack(archive, unpacked)
        _check(unpacked)
        aside = _move_aside(data_dir)
        for each in (unpacked / FILES).glob("*"):
            shutil.move(each, data_dir / each.name)
        shutil.move(unpacked / DATABASE, data_dir / DATABASE)
    return aside


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as opened:
            opened.extractall(folder, members=_members(opened), filter="data")
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise BackupRefused(f"{archive} is no backup: {type(error).__name__}.") from error


def _members(opened: tarfile.TarFile) -> list[tarfile.TarInfo]:
    members = opened.getmembers()
    for each in members:
        first = PurePosixPath(each.name).parts[:1]
        if first not in ((MANIFEST,), (DATABASE,), (FILES,)):
            raise tarfile.TarError(each.name)
    return members


def _check(unpacked: Path) -> None:
    try:
        manifest: dict[str, Any] = json.loads((unpacked / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
        with closing(sqlite3.connect(unpacked / DATABASE)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    except (OSError, ValueError, KeyError, TypeError, sqlite3.DatabaseError) as error:
        raise BackupRefused(f"This is no whole backup: {type(error).__name__}.") from error
    if found != FORMAT:
        raise BackupRefused(f"The backup's format is {found}, not {FORMAT}.")
    if verdict != "ok":
        raise BackupRefused("The backup's database is damaged.")


def _move_aside(data_dir: Path) -> Path | None:
    there = [
        each
        for each in data_dir.iterdir()
        if each.name != "server.lock" and not each.name.startswith((".restore-", "before-restore-"))
    ]
    if not there:
        return None
    aside = data_dir / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    aside.mkdir(mode=0o700)
    for each in there:
        shutil.move(each, aside / each.name)
    return aside
