"""``python -m crosstalk STAGE --cfg JSON --NAME PATH …``: what the workflow's rules call.

A stage writes into a private folder beside its outputs; they are renamed into place, and its run
record written, only when all of it went well. So an output is either whole or absent.
"""

from __future__ import annotations

import argparse
import atexit
import errno
import fcntl
import gc
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from pydantic import ValidationError

from crosstalk.errors import CrosstalkError, DataError, ParameterError, StateError
from crosstalk.params.invalid import describe
from crosstalk.params.section import Section
from crosstalk.stage import Argument, Stage, load_stage
from crosstalk.stages import STAGES
from crosstalk.training.processes import is_first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage; return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(f"usage: crosstalk STAGE …\n\nstages:\n  {'\n  '.join(sorted(STAGES))}")
        return 0 if arguments else 2
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _run(arguments[0], arguments[1:])
    except CrosstalkError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_os_remedy(error))
    except KeyboardInterrupt:
        return _fail("interrupted; nothing half-written was kept", status=130)
    return 0


def _run(name: str, arguments: Sequence[str]) -> None:
    if name not in STAGES:
        raise ParameterError(f"{name!r} is not a stage; valid: {', '.join(sorted(STAGES))}")
    started = time.time()  # the stage's imports are part of its time
    with _uncollected():
        stage = load_stage(name, STAGES[name])
    given = vars(_parser(stage).parse_args(arguments))
    record_path = given.pop("record")
    keywords = {a.name: given[a.name] for a in stage.arguments if a.role == "value"}
    sections = {a.name: _section(stage, a, given[a.name]) for a in stage.named("cfg")}
    inputs = {a.name: _paths(given[a.name]) for a in stage.named("input")}
    _check_inputs(name, inputs)
    keywords |= sections | {a.name: given[a.name] for a in stage.named("input")}
    outputs = {a.name: _paths(given[a.name]) for a in stage.named("output")}
    written = [path for paths in outputs.values() for path in paths]

    with _whole_or_absent([*written, *_paths(record_path)]) as partial:
        for argument in stage.named("output"):
            places = [partial[path] for path in outputs[argument.name]]
            keywords[argument.name] = places if argument.many else places[0]
        _call(stage, keywords, sections)
        missing = [str(path) for path in written if not partial[path].exists()]
        if missing:
            raise CrosstalkError(f"stage {name} did not write {', '.join(missing)}")
        if record_path and is_first():
            record = _record(stage, keywords, inputs, outputs, partial, started)
            partial[record_path].write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def _call(stage: Stage, keywords: dict[str, Any], sections: dict[str, Section]) -> None:
    try:
        stage.function(**keywords)
    except (MemoryError, RuntimeError) as error:
        from crosstalk.memory import shortage

        if (told := shortage(error, sections.values())) is None:
            raise
        raise told from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do not look for garbage among what imports leave: there is none, and it takes a while."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _parser(stage: Stage) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"crosstalk {stage.name}",
        description=stage.function.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for argument in stage.arguments:
        kind = str if argument.role == "cfg" else argument.type
        flag = f"--{argument.name.replace('_', '-')}"
        extra: dict[str, Any] = {"nargs": "*"} if argument.many else {}
        options = {"type": kind, "choices": argument.choices, "required": True, **extra}
        parser.add_argument(flag, dest=argument.name, **options)
    parser.add_argument("--record", type=Path, help="where to write the run record (JSON)")
    return parser


def _section(stage: Stage, argument: Argument, text: str) -> Section:
    try:
        return argument.type.model_validate_json(text)
    except ValidationError as error:
        reason = describe(error.errors()[0], root=f"--{argument.name}")
        raise ParameterError(f"{stage.name}: {reason}") from error


def _check_inputs(name: str, inputs: dict[str, list[Path]]) -> None:
    for key, paths in inputs.items():
        for path in paths:
            if not path.is_file():
                raise DataError(
                    f"{name}: {key} file {path} does not exist; run the rule that makes it"
                )


def _paths(value: Any) -> list[Path]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@contextmanager
def _whole_or_absent(outputs: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    """Map each output to a place in a hidden sibling folder; move all there on success.

    The folder's name comes from the outputs, so a run that was killed leaves nothing that its
    repetition does not clear; a lock on it keeps two writers of one output apart. Of several
    processes of one training the first alone writes them; what the others write is thrown away.
    """
    if not is_first():
        with TemporaryDirectory(prefix="crosstalk-") as folder:
            yield {path: Path(folder, f"{n}-{path.name}") for n, path in enumerate(outputs)}
        return
    folders: dict[Path, Path] = {}
    with ExitStack() as stack:
        for path in outputs:
            if path.parent not in folders:
                folders[path.parent] = stack.enter_context(_private_folder(path))
        partial = {path: folders[path.parent] / path.name for path in outputs}
        yield partial
        for path, part in partial.items():
            part.replace(path)


@contextmanager
def _private_folder(output: Path) -> Iterator[Path]:
    folder = output.parent / f".{output.name}.partial"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise StateError(
            f"{output} is being written by another process: wait for it, or stop it if it is left "
            "over from a killed run"
        ) from error
    try:
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _record(
    stage: Stage,
    keywords: dict[str, Any],
    inputs: dict[str, list[Path]],
    outputs: dict[str, list[Path]],
    partial: dict[Path, Path],
    started: float,
) -> dict[str, Any]:
    from crosstalk import records

    written = records.describe_files(
        {name: [partial[path] for path in paths] for name, paths in outputs.items()}
    )
    for name, entries in written.items():
        for entry, path in zip(entries, outputs[name], strict=True):
            entry["path"] = str(path)
    history = next((partial[path] for path in outputs.get("history", [])), None)
    module, _, _ = STAGES[stage.name].partition(":")
    return {
        "stage": stage.name,
        "parameters": {
            a.name: keywords[a.name].model_dump(mode="json") for a in stage.named("cfg")
        },
        "values": {a.name: keywords[a.name] for a in stage.arguments if a.role == "value"},
        "inputs": records.describe_files(inputs),
        "outputs": written,
        "code": records.describe_code(module),
        "machine": records.describe_machine(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        **records.describe_cost(started),
        **records.describe_training(history),
    }


def _os_remedy(error: OSError) -> str:
    where = f" at {error.filename}" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return f"no space left{where}: free some or move the project; finished files are kept"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"cannot write{where}: it is read-only or belongs to someone else"
        case _:
            return f"{error.strerror or error}{where}"


def _terminate(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, status: int = 1) -> int:
    print(f"crosstalk: error: {' '.join(message.split())}", file=sys.stderr)
    return status


def leave(status: int) -> NoReturn:
    """Exit without taking the interpreter apart, which with torch in it takes half a second."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
