"""`makegood init`: a new house."""

from typing import Annotated

from cli.app import Verb
from cli.options import arg
from cli.run import Desk
from cli.show import as_json
from engine.ground.language import say, spoken


def _init(desk: Desk, folder: Annotated[str, arg("FOLDER", say("Where to make it."))] = ".") -> None:
    """Settings, database and folders; whatever exists already is kept."""
    from pathlib import Path

    from engine.usecases.founding import found

    done = found(Path(folder), spoken())
    if desk.as_json:
        as_json({"folder": str(done.folder), "made": done.made, "kept": done.kept})
        return
    print(say("A house for complaints in {folder}", folder=str(done.folder)))
    for name in done.made:
        print(say("  made  {name}", name=name))
    for name in done.kept:
        print(say("  kept  {name}", name=name))
    print(say("Next: makegood org apply organisation.yaml, then makegood definition publish FOLDER"))


INIT = Verb("init", say("Make a house: settings, database, folders. Nothing that exists is overwritten."), _init)
