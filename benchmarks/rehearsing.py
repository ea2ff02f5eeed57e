"""How many scenarios of a bundle are played in a second: those of the shipped complaint procedure, and stories of eight steps."""

from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.measuring import Figures, cpu
from engine.defining.bundle import Bundle
from engine.usecases.examining import examine
from engine.usecases.scenarios import ScenarioResult, run_scenarios

SHIPPED = Path(__file__).parent.parent / "definitions" / "product-complaint"
SHORT = 8       # steps


def rates(runs: int) -> dict[str, Figures]:
    """Scenarios a second of CPU, everything of a run counted: the database in memory, publishing into it, every step."""
    bundle, around, problems = examine(SHIPPED)
    if bundle is None or around is None:
        raise AssertionError("; ".join(map(str, problems)))

    def measured(which: Bundle) -> Figures:
        results: list[ScenarioResult] = []
        seconds = []
        for _ in range(runs + 1):
            results.clear()
            seconds.append(cpu(lambda: results.extend(run_scenarios(which, around.calendars, around.document))))
        failed = [result.failure for result in results if not result.passed]
        if failed:
            raise AssertionError("; ".join(failed))
        steps, each = sum(result.steps for result in results), median(seconds[1:])   # the first run fills the caches
        return {
            "scenarios": len(results), "steps": steps, "per_second": round(len(results) / each, 1),
            "best_per_second": round(len(results) / min(seconds[1:]), 1), "ms_per_step": round(each / steps * 1000, 3),
        }

    return {"shipped": measured(bundle), "eight_steps": measured(_shortened(bundle))}


def _shortened(bundle: Bundle) -> Bundle:
    """The same stories up to their eighth step; shorter ones are left out."""
    scenarios = tuple(
        (file, replace(tree, value={**tree.value, "steps": tree.value["steps"][:SHORT]}))
        for file, tree in bundle.scenarios if len(tree.value["steps"]) >= SHORT
    )
    return replace(bundle, scenarios=scenarios)
