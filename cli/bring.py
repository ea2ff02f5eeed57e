"""`makegood import`: cases from a table."""

from typing import Annotated

from cli.app import Verb
from cli.options import For, arg, opt
from cli.progress import progress
from cli.run import Desk
from cli.show import as_json, bad_json, bad_lines
from engine.ground.language import say


def _import(
    desk: Desk,
    file: Annotated[str, arg("FILE", say("The table, as CSV in UTF-8 or GB 18030."))],
    mapping: Annotated[str, opt("--mapping", "FILE", say("The mapping file: which column becomes which field."))],
    source: Annotated[
        str | None,
        opt(
            "--source",
            "NAME",
            say("Where the rows come from; otherwise the file's name. Rows of one source with one key are the same case."),
        ),
    ] = None,
    for_: For = None,
) -> int | None:
    """Open a case for each row that has none yet. Exit code 3 when there were rows that could not be used."""
    from pathlib import Path

    from engine.defining.mapping import read_mapping
    from engine.usecases.importing import import_cases, read_table

    path = Path(file)
    rules, table = read_mapping(Path(mapping)), read_table(path)
    with progress(say("Importing"), len(table.rows)) as moved:
        done = import_cases(desk.house, table, rules, desk.actor(for_), source=source or path.stem, progress=moved)
    if desk.as_json:
        as_json({"opened": done.opened, "already": done.already, "bad": bad_json(done.bad)})
    else:
        print(
            say(
                "{opened:case|cases} opened, {already:was|were} there already, {bad:row|rows} could not be used",
                opened=len(done.opened),
                already=done.already,
                bad=len(done.bad),
            )
        )
        bad_lines(done.bad)
    return 3 if done.bad else None


IMPORT = Verb("import", say("Open cases from the rows of a table. Running it again opens nothing twice."), _import)
